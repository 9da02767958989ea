"""Logs of sessions: text as shown, a record a command, written as it happens, without a secret."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import Write
from pstui.tui.cli.main import main
from pstui.tui.log.files import LogFiles
from pstui.tui.log.place import About, Keeping, part, template_problem
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen


@pytest.fixture
def template(tmp_path: Path) -> str:
    return str(tmp_path / "logs" / "{host}" / "{date}-{time}")


def demo(**settings: Any) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.DEMO, {}, "lab", settings)


def records(folder: Path) -> list[dict[str, Any]]:
    [file] = folder.rglob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def text(folder: Path) -> str:
    [file] = folder.rglob("*.txt")
    return file.read_text()


async def prompt(s: Screen) -> None:
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")


async def test_a_log_holds_what_was_typed_what_came_and_what_was_asked(template: str, tmp_path: Path) -> None:
    async with screen(demo(), settings={"log": template}, size=(80, 24)) as s:
        await s.run("Write-Output one two")
        await s.type("Read-Host Name")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("Ada")
        await prompt(s)
        await s.type("Read-Host Word -AsSecureString")
        await s.until(lambda: s.pane.questions.has_keys, "the question")
        await s.type("hunter2!")
        await prompt(s)
        await s.run("Write-Error nothing")
        await s.type("Start-Sleep 60")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys("ctrl+c")
        await prompt(s)
        await s.type("not run", enter=False)
        await s.keys("ctrl+c")
        for row in ("if (1) {", "'in a block'", "}"):
            await s.type(row)
        await s.until(lambda: s.text()[-1] == "in a block", "the end of the block")
        await prompt(s)
        shown = s.text()
    head, *found = records(tmp_path)
    assert head["pstui_log"] == 1 and head["profile"] == "lab"
    assert [(each["line"], each["outcome"]) for each in found] == [
        ("Write-Output one two", "completed"),
        ("Read-Host Name", "completed"),
        ("Read-Host Word -AsSecureString", "completed"),
        ("Write-Error nothing", "failed"),
        ("Start-Sleep 60", "stopped"),
        ("if (1) {\n'in a block'\n}", "completed"),
    ]
    assert found[0]["streams"] == {"output": "one\ntwo\n"}
    assert found[1]["asked"] == [{"question": "Name: ", "answer": "Ada"}]
    assert found[2]["asked"] == [{"question": "Word: ", "answer": "********"}]
    assert "nothing" in found[3]["streams"]["error"]
    assert all(each["seconds"] >= 0 and each["host"] == "demo" and each["start"][-6] in "+-" for each in found)
    assert text(tmp_path).splitlines() == shown, "the stars of a secret are eight, as is this one"
    for file in tmp_path.rglob("*.*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in (tmp_path / "logs", tmp_path / "logs" / "demo"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_what_a_command_has_written_is_on_the_disk_while_it_runs(template: str, tmp_path: Path) -> None:
    async with screen(demo(), settings={"log": template}) as s:
        await s.run("'before'")
        await s.type("Write-Output one; Start-Sleep 60")
        await s.until(lambda: s.sees("one"), "the output")
        await s.until(lambda: '"one\\n"' in next(tmp_path.rglob("*.jsonl")).read_text(), "its record")
        assert records(tmp_path)[-1]["outcome"] == "running"
        assert text(tmp_path).splitlines() == s.text()
        await s.keys("ctrl+c")
        await prompt(s)
    assert [each["outcome"] for each in records(tmp_path)[1:]] == ["completed", "stopped"]


@pytest.mark.parametrize(
    ("settings", "log", "kept"), [({}, None, False), ({}, True, True), ({"log": "x"}, False, False)]
)
async def test_a_profile_says_yes_or_no(
    settings: dict[str, Any], log: bool | None, kept: bool, isolated_home: Path
) -> None:
    async with screen(demo(**({} if log is None else {"log": log})), settings=settings) as s:
        await s.run("'one'")
    assert bool(list(isolated_home.rglob("*.jsonl"))) == kept
    if kept:
        assert list((isolated_home / ".local/state/pstui/logs/demo").glob("*.txt"))


async def test_a_line_that_shows_a_secret_is_not_logged_nor_where_it_comes_back(template: str, tmp_path: Path) -> None:
    async with screen(demo(), settings={"log": template}) as s:
        await s.run("$password = 'S3cret-pw'; Write-Error \"no S3cret-pw here\"; 'S3cret-pw'")
        await s.run("'open'")
    whole = text(tmp_path) + next(tmp_path.rglob("*.jsonl")).read_text()
    assert "S3cret-pw" not in whole
    assert [each["line"] for each in records(tmp_path)[1:]] == [
        "(not logged: the line seems to hold a secret)",
        "'open'",
    ]
    assert "Write-Error: ********" in whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("which", ["_text", "_cast"])
async def test_a_disk_that_takes_nothing_is_told_once_and_the_session_goes_on(template: str, which: str) -> None:
    async with screen(demo(), settings={"log": template}) as s:
        await s.run("'one'")
        files = s.pane.console.log._files  # type: ignore[union-attr]  # a disk that fills up in the middle
        await s.until(lambda: getattr(files, which) is not None)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, getattr(files, which)._fd)
        os.close(full)
        await s.run("'two'")
        await s.until(lambda: "No space left" in str([each.message for each in s.app._notifications]), "the notice")
        await s.run("'three'")
        assert s.text()[-1] == "three"


_KILLED = """
import asyncio, os, signal
from pstui.backends.records import Write
from pstui.tui.log import files, session_log
from pstui.tui.log.place import About, Keeping

files.SAVE = session_log.SAVE = 0.05  # the half second of a second, ten times as fast

async def main():
    keeping = Keeping("here/log", cast=True)
    log = session_log.SessionLog(session_log.LogThread(), keeping, lambda: About("db"), print)
    log.prompted("PS> ")
    log.began("Get-Long")
    for number in range(1000):
        log.wrote(Write(f"line {number}"))
    await asyncio.sleep(0.02)
    log.wrote(Write("the last"))
    await asyncio.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_was_shown_a_moment_before_is_on_the_disk_when_the_program_is_killed(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", _KILLED], cwd=tmp_path, check=False, env=os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    )
    [log] = tmp_path.rglob("log.txt")
    assert log.read_text().endswith("line 999\nthe last\n")
    record = json.loads(log.with_suffix(".jsonl").read_text().splitlines()[-1])
    assert record["outcome"] == "running" and record["streams"]["output"].endswith("the last\n")
    events = [json.loads(line) for line in log.with_suffix(".cast").read_text().splitlines()[1:]]
    assert "".join(each[2] for each in events if each[1] == "o").endswith("line 999\r\nthe last\r\n")


async def test_a_log_goes_on_in_new_files_and_old_ones_go(tmp_path: Path) -> None:
    keeping = Keeping(f"{tmp_path}/logs/{{date}}-{{time}}", most_bytes=8_000, rotate=1_000)
    files = LogFiles(keeping)
    foreign = tmp_path / "logs" / "notes.jsonl"
    foreign.parent.mkdir()
    foreign.write_text("{}\n" * 5_000)
    for number in range(20):
        files.began(f"line {number}", About("h"))
        files.wrote(Write("x" * 900))
        files.ended("completed", None)
        files.flush()
    files.close()
    assert foreign.exists(), "what is not ours stays"
    logs = list(tmp_path.rglob("*.txt"))
    assert 2 <= len(logs) <= 4
    assert any("line 19" in path.read_text() for path in logs), "the newest is kept"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("web1.example.com", "web1.example.com"),
        ("../../etc/passwd", "etc_passwd"),
        ("CONTOSO\\bob", "CONTOSO_bob"),
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("[::1]", "1"),
        ("a\x00\x1b[31mb\n", "a_31mb"),
        ("...", "unknown"),
        ("", "unknown"),
        ("é" * 400, "é" * 25),
    ],
)
def test_a_name_from_far_away_is_one_part_of_a_path(name: str, safe: str) -> None:
    assert part(name) == safe


@given(st.text())
def test_any_name_stays_in_its_folder(name: str) -> None:
    one = part(name)
    assert one not in ("", ".", "..")
    assert not set(one) & set('/\\:*?"<>|\x00') and len(one.encode()) <= 51


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("~/logs/{host}", ""),
        ("{date}/{time}", ""),
        ("~/logs/{hots}", "{hots}, which is not known"),
        ("~/logs/{host", "is not a path with fields"),
        ("~/logs/", "must end with the name of a file"),
        ("{host.__class__}", "is not known"),
    ],
)
def test_what_is_wrong_with_a_place_is_said(template: str, said: str) -> None:
    assert said in template_problem(template) and bool(said) == bool(template_problem(template))


def test_a_place_with_an_unknown_field_is_a_problem_of_the_profile_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[settings]\nlog = "~/logs/{hots}"\n')
    assert main(["--config", str(file), "--check"]) == 1
    assert "[settings] log: has the field {hots}, which is not known. There are {host}, " in capsys.readouterr().err
