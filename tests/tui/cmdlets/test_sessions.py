"""Sessions that are kept: the recorded scenario done in the screen, the list and its verbs, looking up."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.table import COLUMNS, session_table
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.pane.state import PaneState

from tests.support.nobody import NobodyConsole
from tests.support.paths import RECORDINGS
from tests.support.pilot import Screen, screen
from tests.support.replay_log import install, report

DEMO = ConnectionInfo(ParameterSet.DEMO)
PREFIX = "ctrl+right_square_bracket"
SUFFIX = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"
NOT_FOUND = "RemoteRunspaceNotAvailableForSpecified"


async def call(s: Screen, line: str) -> None:
    """Type a call into the command bar and wait for its end."""
    if not isinstance(s.app.screen, CommandPalette):
        await s.keys("alt+x")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the command bar")
    bar = s.app.screen
    await s.type(line)

    def ended() -> bool:
        return s.app.screen is not bar or (isinstance(bar, CommandPalette) and bar.is_idle)

    await s.until(ended, f"the end of {line}")
    await s.still()


async def entered(s: Screen) -> None:
    await s.until(lambda: s.app.screen is s.workspace and s.workspace.front is not None, "the tab")
    await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")


async def left(s: Screen) -> None:
    await s.until(lambda: s.pane.state is PaneState.LEFT, "the session left")


async def test_the_recorded_scenario_can_be_done_in_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, RECORDINGS / "sessions.jsonl.gz", tmp_path / "log")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    async with screen(size=(120, 40)) as s:
        await call(s, "$s = New-PSSession -Name Web")
        (session,) = s.app.sessions.sessions
        assert (session.name, session.temporary, session.state) == ("Web", False, RunspaceState.OPENED)
        assert s.workspace.panes == [], "New-PSSession enters nothing"

        await call(s, "Enter-PSSession -Session $s")
        await entered(s)
        await s.run("$v = 42")
        await s.type("exit")
        await left(s)
        assert session.state is RunspaceState.OPENED, "exit leaves a kept session open"

        await call(s, "Get-PSSession")
        await s.until(lambda: s.shows(session_table([session]).splitlines()[2].strip()), "the table")
        for line, leave in (
            ("Enter-PSSession -Name Web", "Exit-PSSession"),
            ("Enter-PSSession -Id $s.Id", "exit"),
            ("Enter-PSSession -InstanceId $s.InstanceId", "exit"),
        ):
            await call(s, line)
            await entered(s)
            await s.run("$v")
            assert s.text()[-1] == "42"
            await s.type(leave)
            await left(s)
        assert len(s.workspace.panes) == 1, "one session is one tab"

        for line, error_id in (
            ("Enter-PSSession -Name nope", f"{NOT_FOUND}Name{SUFFIX}"),
            ("Enter-PSSession -Id 99", f"{NOT_FOUND}SessionId{SUFFIX}"),
            ("Enter-PSSession -InstanceId 11111111-2222-3333-4444-555555555555", f"{NOT_FOUND}RunspaceId{SUFFIX}"),
        ):
            await call(s, line)
            await s.until(lambda error_id=error_id: s.shows(error_id), error_id)
        await call(s, "Disconnect-PSSession $s")
        await s.until(lambda: s.shows("cannot be disconnected"), "the refusal")
        assert s.shows("PSSessionDisconnectFailed,Microsoft.PowerShell.Commands.DisconnectPSSessionCommand")
        assert session.state is RunspaceState.OPENED
        await call(s, "Remove-PSSession $s")
        assert s.app.sessions.sessions == ()
        assert session.state is RunspaceState.CLOSED
        await call(s, "Enter-PSSession $s")
        await s.until(lambda: s.shows(f"PushedRunspaceMustBeOpen{SUFFIX}"), "the refusal")
    assert report(tmp_path / "log").violations == []


async def test_a_temporary_session_is_kept_and_outlives_its_leaving() -> None:
    async with screen(DEMO, size=(120, 30)) as s:
        await s.run("$x = 7")
        await s.keys(PREFIX, "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list")
        await s.until(lambda: s.shows("Temporary: closed when it is left"), "what it is")
        await s.keys("d")
        await s.until(lambda: s.shows("only WinRM keeps sessions"), "why it cannot be disconnected")
        shown = s.app.screen
        assert isinstance(shown, SessionsScreen)
        shown._look()
        await s.pilot.pause()
        assert s.shows("only WinRM keeps sessions"), "the reason stays while the states are looked at"
        await s.keys("k")
        await s.until(lambda: s.shows("  1 Runspace1"), "its Id")
        await s.keys("escape")
        await s.run("exit")
        (session,) = s.app.sessions.sessions
        assert session.state is RunspaceState.OPENED
        await s.keys("f10")
        await s.until(lambda: s.shows("Runspace1: kept open, not in a tab"), "what would be closed")
        await s.keys("escape")
        await s.type("")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the same session again")
        await s.run("$x")
        assert "7" in s.text()
        assert s.app.sessions.sessions == (session,)


async def test_a_long_list_begins_at_the_session_in_front_and_shows_the_row_chosen() -> None:
    async with screen(*[DEMO] * 18, size=(80, 24)) as s:
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in s.workspace.panes), "prompts")
        await s.keys(PREFIX, "p")
        front = s.workspace.panes[-1]
        assert s.pane is front and front.session is not None
        name = front.session.name
        await s.keys(PREFIX, "S")
        await s.until(lambda: s.shows(f"▶ 18    – {name} "), "the session in front")
        assert isinstance(s.app.screen, SessionsScreen) and s.app.screen.chosen is front.session
        assert s.shows("Available\n") or s.shows("Available "), "the last column is whole beside the scroll bar"
        assert not s.shows("Availab…"), s.shown()
        first = s.workspace.tabs.sessions[0].session
        assert first is not None
        await s.keys("home")
        await s.until(lambda: s.shows(f"▶ 1     – {first.name} "), "the first")
        await s.keys(*["down"] * 16)
        await s.until(lambda: s.shows("▶ 17    – Runspace"), "the seventeenth")


async def test_the_list_enters_and_removes_and_shows_all_columns() -> None:
    async with screen(DEMO, size=(200, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys(PREFIX, "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list")
        for caption in ("Tab", "Profile", *(caption for caption, _ in COLUMNS)):
            assert s.shows(caption), caption
        assert s.shows("Opened") and s.shows("Available")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "the tab that is in it")
        assert len(s.workspace.panes) == 1
        await s.keys(PREFIX, "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list")
        await s.keys("x")
        await s.until(lambda: s.shows("No session is open"), "the list empty")
        await s.keys("escape")
        await left(s)


async def test_a_session_in_which_a_command_runs_is_removed_after_a_question() -> None:
    async with screen(DEMO, size=(120, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.type("Start-Sleep 600")
        await s.until(lambda: s.pane.state is PaneState.BUSY)
        await s.keys(PREFIX, "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list")
        await s.keys("x")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        assert s.shows("a command runs")
        await s.keys("escape")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list again")
        assert s.pane.state is PaneState.BUSY
        await s.keys("x")
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "the question")
        await s.keys("enter")
        await s.until(lambda: s.shows("No session is open"), "the list empty")
        await s.keys("escape")
        await s.until(lambda: not s.pane.state.live, "the session gone")


async def test_exit_of_a_temporary_session_closes_it() -> None:
    async with screen(DEMO, size=(120, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await call(s, "Get-PSSession")
        assert s.shows("No session is kept open."), "a temporary one is not shown"
        await call(s, "Exit-PSSession")
        await left(s)
        await s.until(lambda: s.app.sessions.sessions == (), "the session closed")


async def test_what_if_shows_and_confirm_asks_before_a_session_is_removed() -> None:
    async with screen(size=(120, 40)) as s:
        for name in ("web", "db", "api"):
            named(s.app.sessions, name)

        def left_over() -> list[str]:
            return [session.name for session in s.app.sessions.sessions]

        await call(s, "Remove-PSSession * -WhatIf")
        assert s.shows('What if: Performing the operation "Remove" on target "demo".')
        assert left_over() == ["web", "db", "api"]
        await s.type("Remove-PSSession -Name web, db, api -Confirm")
        await s.until(lambda: s.shows("Are you sure you want to perform this action?"), "the question")
        await s.type("?")
        await s.until(lambda: s.shows("L - Leave this session and all that follow as they are."), "the help")
        await s.type("n")
        for answer in ("y", "l"):
            await s.until(lambda: s.shows("Are you sure you want to perform this action?"), "the question")
            await s.type(answer)
        await s.until(lambda: left_over() == ["web", "api"], "the one that was agreed to")
        await call(s, "Remove-PSSession -Name web, nobody, api")
        assert s.shows(f"{NOT_FOUND}Name,Microsoft.PowerShell.Commands.RemovePSSessionCommand")
        assert left_over() == [], "what is there is removed, what is not is told"


async def test_errors_can_be_silenced_and_results_kept_in_a_variable() -> None:
    async with screen(size=(120, 40)) as s:
        web, db = named(s.app.sessions, "web"), named(s.app.sessions, "db")
        await call(s, "Get-PSSession -Id 99 -ErrorAction SilentlyContinue")
        assert not s.shows("FullyQualifiedErrorId")
        await call(s, "Get-PSSession -Name web -OutVariable found")
        await call(s, "Get-PSSession -Name db -OutVariable +found")
        assert s.workspace.context.variables["found"] == [web, db]
        await call(s, "Get-PSSession -?")
        assert s.shows("Alias: gsn")


async def test_statements_of_a_line_are_done_one_after_the_other() -> None:
    async with screen(size=(120, 40)) as s:
        web = named(s.app.sessions, "web")
        await call(s, "$n = 'web'; $w = Get-PSSession -Name $n; $w; Get-PSSession -Id 99; Remove-PSSession $w")
        assert s.workspace.context.variables["n"] == "web"
        assert s.workspace.context.variables["w"] is web
        assert s.shows("  1 web") and s.shows(f"{NOT_FOUND}SessionId")
        assert s.app.sessions.sessions == (web,), "what stands behind an error is not done"
        await call(s, "$PSSessionConfigurationName = 'jea'")
        assert s.workspace.context.connection("etsn c").values["ConfigurationName"] == "jea"


async def test_verbose_leaves_the_steps_of_opening_in_the_text() -> None:
    async with screen(size=(120, 30)) as s:
        await call(s, "Enter-PSSession -Demo -Verbose")
        await entered(s)
        assert s.text()[0] == "VERBOSE: session the demo endpoint inside pstui"


def named(manager: SessionManager, name: str, state: RunspaceState = RunspaceState.OPENED) -> PSSession:
    session = manager.create(DEMO, NobodyConsole(), name=name, temporary=False)
    session.instance_id, session.status.state = uuid.uuid4(), state
    return session


@pytest.mark.parametrize(
    ("parameter_set", "value", "error_id"),
    [
        (ParameterSet.NAME, "twice", "RemoteRunspaceHasMultipleMatchesForSpecifiedName"),
        (ParameterSet.NAME, "broken", "PushedRunspaceMustBeOpen"),
        (ParameterSet.NAME, "away", "EnterPSSessionCannotConnectDisconnectedSession"),
        (ParameterSet.NAME, "tw*", f"{NOT_FOUND}Name"),
        (ParameterSet.ID, 77, f"{NOT_FOUND}SessionId"),
    ],
)
def test_what_cannot_be_entered_is_refused_with_powershells_id(
    parameter_set: ParameterSet, value: object, error_id: str
) -> None:
    manager = SessionManager()
    named(manager, "twice")
    named(manager, "TWICE")
    named(manager, "broken", RunspaceState.BROKEN)
    named(manager, "away", RunspaceState.DISCONNECTED)
    with pytest.raises(CallError) as refused:
        manager.find(ConnectionInfo(parameter_set, {parameter_set.value: value}))
    assert refused.value.error_id == error_id + SUFFIX


def test_the_table_is_aligned_as_the_real_one() -> None:
    manager = SessionManager()
    session = named(manager, "Web")
    session.transport = "SSH"
    text = session_table([session]).splitlines()
    assert text[0] == (
        " Id Name            Transport ComputerName    ComputerType    State         ConfigurationName     Availability"
    )
    assert text[1].startswith(" -- ----            --------- ------------    ------------    -----")
    assert text[2].startswith("  1 Web             SSH       demo            RemoteMachine   Opened")
    assert text[2].endswith("None")
