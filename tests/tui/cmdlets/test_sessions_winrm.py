"""A session over WinRM, let go of and taken up again in the screen."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import RunspaceState
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.winrm_fixture import WinRMEndpoint, winrm_endpoint
from tests.support.winrm_runs import a_new_run
from tests.support.wsman_calls import call

__all__ = ["a_new_run", "winrm_endpoint"]


async def sessions(s: Screen) -> SessionsScreen:
    await s.keys("ctrl+right_square_bracket", "S")
    await s.until(lambda: isinstance(s.app.screen, SessionsScreen) and s.app.screen.focused, "the list")
    shown = s.app.screen
    assert isinstance(shown, SessionsScreen)
    return shown


async def test_a_session_is_disconnected_connected_and_entered_again(winrm_endpoint: WinRMEndpoint) -> None:
    info: ConnectionInfo = call(winrm_endpoint)
    async with screen(info, size=(120, 30)) as s:
        await s.run("$x = 7")
        (session,) = s.app.sessions.sessions
        shown = await sessions(s)
        await s.keys("d")
        await s.until(lambda: s.shows("Keep it first"), "a temporary one is not let go of")
        assert session.state is RunspaceState.OPENED
        await s.keys("k", "d")
        await s.until(lambda: session.state is RunspaceState.DISCONNECTED, "the session disconnected")
        assert s.workspace.panes[0].state is PaneState.LEFT, "who was in it has left it"
        assert not shown.verbs["connect"].why_not
        await s.keys("c")
        await s.until(lambda: session.state is RunspaceState.OPENED, "the session connected")
        await s.keys("d")
        await s.until(lambda: session.state is RunspaceState.DISCONNECTED, "the session disconnected")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace and s.pane.state is PaneState.PROMPT, "entered again")
        await s.run("$x")
        assert s.text()[-1] == "7", "a disconnected session is connected to when it is entered"
        assert len(s.workspace.panes) == 1


async def test_the_cmdlets_do_the_same(winrm_endpoint: WinRMEndpoint) -> None:
    async with screen(call(winrm_endpoint), size=(120, 30)) as s:
        await s.run("$x = 7")
        (session,) = s.app.sessions.sessions
        s.app.sessions.keep(session)
        s.workspace.context.variables["s"] = session
        await s.keys("alt+x")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the bar")
        await s.type("Disconnect-PSSession $s")
        await s.until(lambda: session.state is RunspaceState.DISCONNECTED, "the session disconnected")
        await s.type("Connect-PSSession -Id 1")
        await s.until(lambda: session.state is RunspaceState.OPENED, "the session connected")
        await s.type("Receive-PSSession $s")
        await s.until(lambda: s.shows("nothing to receive"), "the reason")


async def test_a_running_command_is_let_go_of_and_received(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with screen(call(winrm_endpoint), size=(120, 30)) as s:
        await s.run("$x = 7")
        (session,) = s.app.sessions.sessions
        s.app.sessions.keep(session)
        waiting = f"while (-not (Test-Path '{gate}')) {{ Start-Sleep -Milliseconds 20 }}"
        await s.type(f"'be' + 'gun'; {waiting}; 'do' + 'ne'")
        await s.until(lambda: "begun" in s.text(), "the command runs")
        await sessions(s)
        await s.keys("d")
        await s.until(lambda: session.state is RunspaceState.DISCONNECTED, "the session disconnected")
        await s.until(lambda: s.workspace.panes[0].state is PaneState.LEFT, "its tab has left it, nothing is broken")
        gate.touch()
        await s.keys("r")
        await s.until(lambda: s.app.screen is s.workspace and s.pane.state is PaneState.PROMPT, "entered again")
        assert "done" in s.text(), "what the command went on to write arrives"
        assert len(s.workspace.panes) == 1
