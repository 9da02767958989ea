"""Completion beside TabExpansion2 of a real server: order, text, label, kind, tooltip, and what is replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.interactive import InteractiveSession
from pstui.tui.editor.completion import clean, insertion

from tests.support.powershell import entered, process_info
from tests.support.scripted_console import ScriptedConsole

DATA = Path(__file__).parent.parent / "data" / "completion"
#: what the folder of the recorded session held
FOLDERS = ("dir one", "dirtwo")
FILES = (
    *(".hid", ".hid2", "amp&x.txt", "back`tick.txt", "br[1].txt", "dol$ar.txt", "par(en.txt", "plain.txt", "plan.md"),
    *("q'uote.txt", "script.ps1", "semi;x.txt", "sp ace.txt", "sp other.txt", "tool.sh", "ünïc.txt", "日本.txt"),
)
#: texts whose answers are another machine's, or hold what the question itself leaves behind
ELSEWHERE = ("$", "Test-Path /tmp/pstui/complete/", "Import-Module Micro", "Set-Location /tm", "Get-")
#: asks the far end for all of it in another way: by a script of its own, the answers as JSON
BESIDE = """
ConvertTo-Json -Compress -Depth 5 @(foreach ($case in ('{0}' | ConvertFrom-Json)) {{
    $found = TabExpansion2 $case.text $case.cursor
    $all = @(foreach ($match in $found.CompletionMatches) {{
        ,@($match.CompletionText, $match.ListItemText, "$($match.ResultType)", $match.ToolTip) }})
    @{{ start = $found.ReplacementIndex; length = $found.ReplacementLength; matches = $all }} }})
"""


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "tabexpansion2.jsonl").read_text().splitlines()]


def seen(completion: Completion) -> dict[str, Any]:
    """An answer as it was recorded, with the tooltips."""
    found = [[match.text, match.label, match.kind, match.tooltip] for match in completion.matches]
    return {"start": completion.start, "length": completion.length, "matches": found}


async def beside(interactive: InteractiveSession, texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the far end answers to a script that asks it."""
    found: list[Any] = []
    wanted = json.dumps([{"text": each["text"], "cursor": each["cursor"]} for each in texts]).replace("'", "''")
    script = Invocation(((Call(BESIDE.format(wanted), is_script=True),),))
    await interactive.session.run(script, on_output=found.append)
    answers: list[dict[str, Any]] = json.loads(found[0])
    return answers


async def test_every_answer_is_the_far_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    folder = tmp_path / "complete"
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for name in FILES:
        (folder / name).touch()
    (folder / "tool.sh").chmod(0o755)
    setup = (DATA / "setup.ps1").read_text().replace("/tmp/pstui/complete", str(folder))
    async with entered(process_info(), ScriptedConsole()) as interactive:
        await interactive.run(setup)
        texts = [each for each in cases() if each["text"] not in ELSEWHERE]
        answers = await beside(interactive, texts)
        differing = []
        for each, answer in zip(texts, answers, strict=True):
            found = await interactive.complete(each["text"], each["cursor"])
            assert seen(found) == answer, each["text"]
            assert [match.text for match in clean(found, each["text"]).matches] == [row[0] for row in answer["matches"]]
            recorded = [each["replacement_index"], each["replacement_length"], each["first_matches"]]
            if [found.start, found.length, [row[:3] for row in answer["matches"][:12]]] != recorded:
                differing.append(each["text"])
        assert len(differing) <= 3, f"this PowerShell answers otherwise than the recorded one: {differing}"


async def test_a_completed_folder_is_gone_into_by_the_next_tab(tmp_path: Path) -> None:
    (tmp_path / "dir one" / "in side").mkdir(parents=True)
    async with entered(process_info(), ScriptedConsole()) as interactive:
        await interactive.run(f"Set-Location '{tmp_path}'")
        text, cursor = "cd d", 4
        for expected in ("cd './dir one/'", "cd './dir one/in side/'"):
            found = await interactive.complete(text, cursor)
            (match,) = found.matches
            inserted, place = insertion(match)
            text = text[: found.start] + inserted + text[found.start + found.length :]
            cursor = found.start + place
            assert text == expected and text[cursor:] == "'"
