"""The table of key sequences typed into PowerShell's own console: PSReadLine gives what the table says.

A row that only one of its modes knows is typed in that mode; what differs on purpose is named.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pstui.tui.editor.mode import EditMode

from tests.support.powershell import real_client
from tests.support.tmux import Terminal
from tests.tui.editor.test_psreadline import HISTORY, rows

#: tmux's names of Textual's keys
NAMES = {
    "backspace": "BSpace",
    "shift+left": "S-Left",
    "shift+home": "S-Home",
    "shift+f8": "S-F8",
    "alt+full_stop": "M-.",
    "alt+minus": "M--",
}
#: keys that PowerShell's console reads as others, one of them now and then
MISREAD = ("alt+less_than_sign", "alt+ctrl+y", "ctrl+right")
#: keys that a mode of PSReadLine does not know, and pstui has in both
ONLY = {
    EditMode.EMACS: ("ctrl+z", "f8", "alt+z", "ctrl+right", "escape"),
    EditMode.WINDOWS: ("ctrl+u", "ctrl+k", "ctrl+g", "alt+f", "alt+z", "ctrl+x"),
}
#: whole letters, which PSReadLine takes apart
BETTER = ("👨", "🇩")

SETUP = """
Set-PSReadLineOption -EditMode {mode} -HistorySaveStyle SaveNothing -BellStyle None -PredictionSource History
function prompt {{ '> ' }}
[Microsoft.PowerShell.PSConsoleReadLine]::ClearHistory()
foreach ($line in ConvertFrom-Json '{history}') {{ [Microsoft.PowerShell.PSConsoleReadLine]::AddToHistory($line) }}
Set-PSReadLineKeyHandler -Chord F12 -ScriptBlock {{
  $text = $cursor = $null
  [Microsoft.PowerShell.PSConsoleReadLine]::GetBufferState([ref] $text, [ref] $cursor)
  Add-Content '{answers}' (ConvertTo-Json @($text, $cursor) -Compress)
  [Microsoft.PowerShell.PSConsoleReadLine]::RevertLine()
  [Microsoft.PowerShell.PSConsoleReadLine]::BeginningOfLine()
  [Microsoft.PowerShell.PSConsoleReadLine]::ForwardDeleteInput()
}}
Clear-Host
"""


def tmux_name(key: str) -> str:
    if key in NAMES:
        return NAMES[key]
    return key.replace("ctrl+", "C-").replace("alt+", "M-") if "+" in key else key[0].upper() + key[1:]


def answer(t: Terminal, answers: Path, typed: str, keys: str) -> tuple[str, int]:
    """Type a text and keys; return the text and the cursor that F12 writes down."""
    known = len(answers.read_text().splitlines())
    for row, part in enumerate(typed.split("\n")):
        if row:
            t.keys("Enter")
        t.text(part)
    for key in keys.split(" "):
        if key.startswith("="):
            t.text(key[1:])
        else:
            t.keys(tmux_name(key))
    t.keys("F12")
    t.wait_for(lambda: len(answers.read_text().splitlines()) > known, f"an answer to {typed!r} {keys}")
    text, cursor = json.loads(answers.read_text().splitlines()[known])
    return text, cursor


@pytest.mark.parametrize("mode", EditMode)
def test_the_table_is_true(mode: EditMode, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.touch()
    script = tmp_path / "setup.ps1"
    history = json.dumps(HISTORY).replace("'", "''")
    script.write_text(SETUP.format(mode=mode.value, history=history, answers=answers))
    wanted = [
        (typed, keys, expected)
        for typed, keys, expected in rows(mode)
        if not set(keys.split()) & {*ONLY[mode], *MISREAD} and not any(letter in typed for letter in BETTER)
    ]
    differing = []
    with real_client(tmp_path, columns=100, rows=20) as t:
        t.line(f". {script}")
        t.wait(lambda seen: seen[0].strip() == ">", 30)
        for typed, keys, expected in wanted:
            # On a busy machine the console takes the two halves of an Alt key for two keys, now and then.
            found = [answer(t, answers, typed, keys)]
            while found[-1] != expected and len(found) < 3:
                found.append(answer(t, answers, typed, keys))
            if found[-1] != expected:
                differing.append((typed, keys, found, expected))
    assert not differing, "\n".join(map(repr, differing))
