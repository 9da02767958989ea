"""A guard where lines are typed: in a tab, in the command bar, without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.cli import invoke
from pstui.tui.cli.main import main
from pstui.tui.cli.run import Invocation
from pstui.tui.guard.guards import Guards
from pstui.tui.guard.rules import Mode
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import Profiles, read

from tests.support.pilot import screen

FILE = """
[groups.Prod]
guard = "confirm"
color = "red"
[groups."Prod/Lab"]
guard = "off"
[tags.Sql]
guard = "read"
color = "#ff8800"
[hosts.web1]
host_name = "web1"
group = "Prod/Web"
[hosts.web2]
host_name = "web2"
group = "Prod"
guard = "read"
[hosts.lab]
host_name = "lab"
group = "Prod/Lab"
[hosts.db]
host_name = "db"
tags = ["sql"]
[hosts.other]
host_name = "root@other:22"
[hosts.here]
demo = true
group = "Prod"
[hosts.there]
demo = true
tags = ["sql"]
"""
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    return read(file)


def test_the_strictest_of_profile_group_and_tags_holds(profiles: Profiles) -> None:
    guards = Guards(profiles)

    def said(info: ConnectionInfo) -> tuple[Mode, str, str] | None:
        guard = guards.of(info)
        return None if guard is None else (guard.mode, guard.word, guard.color)

    assert profiles.configuration.problems == ()
    assert said(profiles.connection("host", "web1")) == (Mode.CONFIRM, "Prod", "red")
    assert said(profiles.connection("host", "web2")) == (Mode.READ, "web2", "red")
    assert said(profiles.connection("host", "lab")) is None
    assert said(profiles.connection("host", "db")) == (Mode.READ, "sql", "#ff8800")
    assert said(profiles.connection("host", "other")) is None
    typed = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "WEB1", "UserName": "root"})
    assert said(typed) == (Mode.CONFIRM, "Prod", "red"), "the same host, by its address"


def test_a_tag_with_a_problem_does_not_leave_its_hosts_unguarded(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[tags.sql]\nguard = "always"\n[hosts.db]\nhost_name = "db"\ntags = ["SQL"]\n')
    assert main(["--config", str(file), "--check"]) == 1
    assert "[tags.sql] guard: must be one of off, confirm, read" in capsys.readouterr().err
    assert main(["--config", str(file), "db", "-WhatIf"]) == 2
    assert "[tags.SQL] has a problem" in capsys.readouterr().err


async def test_a_line_is_held_quoted_and_runs_only_with_yes(profiles: Profiles) -> None:
    info = profiles.connection("host", "here")
    async with screen(info, book=ProfileBook(profiles), size=(100, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.until(lambda: s.shows(" Prod "), "the word of the guard at the prompt")
        await s.type("Get-Date | Out-Null; 'ran'")
        await s.until(lambda: s.sees("ran"), "what reads runs at once")
        await s.type("Remove-Variable x; 'ab' | Set-Item y")
        await s.until(lambda: s.shows("Prod is guarded, and this is held: Set-Item y (it is on the list)"), "held")
        assert s.shows("    Remove-Variable x; 'ab' | Set-Item y") and s.shows("Type yes to run it")
        await s.until(lambda: s.pane.questions.has_keys, "the keys")
        await s.type("y")
        await s.until(lambda: s.shows("It was not run."), "not run")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.keys("up")
        assert s.pane.editor.text == "Remove-Variable x; 'ab' | Set-Item y", "the line can be had again"
        await s.keys("escape")
        await s.keys("ctrl+c")
        await s.type("if (1) { 'done'; if (0) { Stop-Service x } }")
        await s.until(lambda: s.pane.questions.has_keys, "held inside of a block")
        await s.type("yes")
        await s.until(lambda: s.sees("done"), "it has run")


async def test_reading_lines_alone_are_let_through_and_pasted_ones_come_back(profiles: Profiles) -> None:
    info = profiles.connection("host", "there")
    async with screen(info, book=ProfileBook(profiles), size=(100, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.until(lambda: s.shows(" sql, read only "), "the word of the guard at the prompt")
        assert s.pane.submit_lines(["'one'", "New-Item two", "'three'"])
        await s.until(lambda: s.shows("only reading lines are let through here"), "not run")
        await s.until(lambda: s.pane.editor.text == "'three'", "the rest is in the editor")
        assert s.sees("one") and not s.sees("three") and s.pane.asking is None
        await s.keys("ctrl+c")
        profiles.path.write_text(FILE.replace('guard = "read"', 'guard = "off"'))
        s.workspace.profiles.check_file()
        await s.until(lambda: not s.shows("read only"), "the file is read again")
        await s.run("Start-Nothing; 'four'")
        assert s.sees("four"), "it runs"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Invocation]:
    found: list[Invocation] = []

    def run(invocation: Invocation, **_: object) -> int:
        found.append(invocation)
        return 0

    monkeypatch.setattr(invoke, "run", run)
    return found


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["web1", "-ScriptBlock", "rm x"], 2, "Prod is guarded, and this is held: rm x (it is remove-item)"),
        (["web1", "-ScriptBlock", "rm x"], 2, "--yes runs it"),
        (["web1", "-ScriptBlock", "ls"], 0, ""),
        (["--yes", "web1", "-ScriptBlock", "rm x"], 0, ""),
        (["-ComputerName", "web1,other", "-ScriptBlock", "rm x"], 2, "guarded"),
        (["-HostName", "root@web1", "-ScriptBlock", "rm x"], 2, "guarded"),
        (["other,lab", "-ScriptBlock", "rm x"], 0, ""),
        (["group:Prod", "--yes", "-ScriptBlock", "rm x"], 2, "Only reading lines are let through"),
        (["db", "-ScriptBlock", "New-Item x"], 2, "sql is guarded, and this is held: New-Item x"),
        (["db", "-ScriptBlock", "Get-Item x"], 0, ""),
    ],
)
def test_invoke_command_without_a_screen(
    words: list[str], code: int, said: str, profiles: Profiles, ran: list[Invocation], capsys: Captured
) -> None:
    assert main(["--config", str(profiles.path), "icm", *words]) == code
    assert bool(ran) == (code == 0) and said in capsys.readouterr().err


def test_the_help_says_what_a_guard_is_no_protection_from(capsys: Captured) -> None:
    assert main(["icm", "--help"]) == 0
    assert "from slips, not from malice" in " ".join(capsys.readouterr().out.split())
