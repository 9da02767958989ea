"""Whole lines that open and enter a session, given to the bar, to F2 and to ``--line``: the session keeps its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import RunspaceState
from pstui.tui.app import PstuiApp
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.pane.state import PaneState
from textual import events

from tests.support.paths import RECORDINGS
from tests.support.pilot import Screen, screen
from tests.support.replay_log import install

LINE = "$s = New-PSSession -Name keepme; Enter-PSSession -Session $s"
DEMO = ConnectionInfo(ParameterSet.DEMO)


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pwsh on the PATH that answers as one was recorded."""
    install(tmp_path, RECORDINGS / "sessions.jsonl.gz", tmp_path / "log")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


async def kept(s: Screen) -> None:
    """The session is entered, has its name and its variable, and stays open when it is left."""
    await s.until(lambda: s.app.screen is s.workspace and s.workspace.front is not None, "the tab")
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
    (session,) = s.app.sessions.sessions
    assert (session.name, session.temporary) == ("keepme", False)
    assert s.workspace.context.variables["s"] is session
    await s.type("exit")
    await s.until(lambda: s.pane.state is PaneState.LEFT, "the session left")
    assert session.state is RunspaceState.OPENED
    assert s.app.is_running, "a kept session is still there, so the program stays"


async def test_behind_the_option_line() -> None:
    app = PstuiApp(open=(), single=True)
    app.workspace.first_line = LINE
    async with app.run_test(size=(110, 34)) as pilot:
        await kept(Screen(app, pilot))


async def test_in_the_list_that_f2_opens() -> None:
    async with screen(size=(110, 34)) as s:
        await s.keys("f2")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the list")
        await s.type(LINE)
        await kept(s)


async def test_two_lines_pasted_into_the_bar_are_both_run() -> None:
    async with screen(size=(110, 34)) as s:
        await s.keys("alt+x")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the command bar")
        bar = s.app.screen
        assert isinstance(bar, CommandPalette)
        text = "PS> $s = New-PSSession -Name keepme\r\nPS> Enter-PSSession -Session $s\r\n"
        bar.input.post_message(events.Paste(text))
        await s.until(lambda: bar.input.value == LINE, "both lines")
        await s.keys("enter")
        await kept(s)


async def test_lines_typed_while_a_call_runs_are_run_after_it() -> None:
    async with screen(size=(110, 34)) as s:
        await s.keys("alt+x")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the command bar")
        s.burst(*"$s = New-PSSession -Name keepme", "enter", *"etsn $s", "enter")
        await kept(s)
