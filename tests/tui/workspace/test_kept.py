"""Sessions that are let go of by one run of the program, and offered, listed and taken up by the next ones."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.wsman.envelope import SHELL_RESOURCE
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.pane.question import AnswerInput
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.workspace.state import StateFile
from pypsrp.wsman import WSMan

from tests.support.pilot import Screen, screen
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, winrm_endpoint
from tests.support.winrm_runs import a_new_run

__all__ = ["a_new_run", "winrm_endpoint"]


class Desk:
    """The files of one user: profiles, and what runs of the program remember."""

    def __init__(self, folder: Path, endpoint: WinRMEndpoint) -> None:
        self.memory = StateFile(folder / "state" / "workspace.json")
        self.profiles = folder / "profiles.toml"
        self.profiles.write_text(
            '[defaults]\ntrusted_hosts = ["<local>"]\n'
            f'[hosts.web1]\ncomputer_name = "localhost"\nport = {endpoint.port}\ncredential = "me"\n'
            f'[credentials.me]\nuser_name = "{USER}"\n'
        )

    def run(self, *infos: ConnectionInfo, **options: Any) -> AbstractAsyncContextManager[Screen]:
        """Begin a run of the program."""
        return screen(*infos, book=ProfileBook(read(self.profiles)), memory=self.memory, size=(110, 30), **options)


async def bar(s: Screen, line: str) -> None:
    """Run a line in the command bar; a password that is asked for is given."""
    await s.keys("alt+x")
    await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the bar")
    await s.type(line)


async def password(s: Screen) -> None:
    await s.until(lambda: s.shows("Password for") and isinstance(s.app.screen.focused, AnswerInput), "the question")
    await s.type(PASSWORD)


def others(endpoint: WinRMEndpoint) -> list[str]:
    """Return the names of the sessions as pypsrp's client lists them."""
    wsman = WSMan("localhost", port=endpoint.port, ssl=False, username=USER, password=PASSWORD, auth="ntlm")
    with wsman:
        listed = wsman.enumerate(SHELL_RESOURCE)
    return [one.text or "" for one in listed.iter() if one.tag.endswith("}Name")]


async def quit_and_keep(s: Screen) -> None:
    await s.keys("f10")
    await s.until(lambda: s.shows("d quits, and disconnects what is over WinRM"), "the question")
    await s.keys("d")
    await s.until(lambda: s.app._exit, "the end")


async def test_what_is_let_go_of_at_the_end_is_taken_up_at_the_next_start(
    winrm_endpoint: WinRMEndpoint, tmp_path: Path
) -> None:
    desk, gate = Desk(tmp_path, winrm_endpoint), tmp_path / "gate"
    async with desk.run() as s:
        await s.until(lambda: s.shows("web1"), "the profile")
        s.workspace.sidebar.move_to(next(each for each in s.workspace.sidebar.entries if each.name == "web1"))
        await s.keys("enter")
        await password(s)
        await s.run("$x = 7")
        waiting = f"while (-not (Test-Path '{gate}')) {{ Start-Sleep -Milliseconds 20 }}"
        await s.type(f"'be' + 'gun'; {waiting}; 'do' + 'ne'")
        await s.until(lambda: "begun" in s.text(), "the command runs")
        await quit_and_keep(s)
    assert list(winrm_endpoint.shells().values()) == ["Disconnected"]
    gate.touch()
    assert "correct" not in (tmp_path / "state" / "kept.json").read_text()

    async with desk.run() as s:
        await s.until(lambda: s.shows("A session is kept for you"), "the offer")
        await s.keys("escape")
        await s.until(lambda: s.shows("1 kept"), "the row below its host")
        sidebar = s.workspace.sidebar
        sidebar.move_to(next(row.entry for row in sidebar.rows if row.entry is not None and row.entry.kept))
        await s.keys("enter")
        await password(s)
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "entered")
        assert "done" in s.text(), "what was written meanwhile"
        await s.run("$x")
        assert s.text()[-1] == "7"
        assert not s.workspace.kept.sessions
        await s.until(lambda: not s.shows("1 kept"), "offered no more")
        await bar(s, "Get-PSSession | Remove-PSSession")
        await s.until(lambda: not winrm_endpoint.shells(), "removed")


async def test_the_session_that_began_before_the_screen_is_offered_too(
    winrm_endpoint: WinRMEndpoint, tmp_path: Path
) -> None:
    desk, sessions = Desk(tmp_path, winrm_endpoint), SessionManager()
    info = ProfileBook(read(desk.profiles)).connection("host", "web1")

    async def ready(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        return replace(info, values={**info.values, "Credential": PSCredential(USER, Secret(PASSWORD))})

    await sessions.begin(info, ready).begun.wait()
    async with desk.run(info, sessions=sessions) as s:
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "entered")
        await quit_and_keep(s)
    async with desk.run() as s:
        await s.until(lambda: s.shows("A session is kept for you"), "the offer")
    winrm_endpoint.control("end_shells")


async def test_a_session_with_a_name_is_found_by_another_run(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    desk = Desk(tmp_path, winrm_endpoint)
    there = f"-ComputerName localhost -Port {winrm_endpoint.port} -Credential {USER}"
    async with desk.run() as s:
        await bar(s, f"$s = New-PSSession {there} -Name nightly; Disconnect-PSSession $s")
        await password(s)
        await s.until(lambda: s.shows("Disconnected"), "let go of")
    assert others(winrm_endpoint) == ["nightly"]

    async with desk.run() as s:
        await s.until(lambda: isinstance(s.app.screen, QuitScreen) and s.shows("nightly"), "the offer")
        await s.keys("escape")
        await bar(s, f"Get-PSSession {there} -Name nightly")
        await password(s)
        await s.until(lambda: s.shows("Disconnected"), "listed")
        await s.type(f"Get-PSSession {there} -Name nightly | Connect-PSSession")
        await password(s)
        await s.until(lambda: s.shows("Opened"), "connected")
        await s.type("Get-PSSession -Name nightly | Remove-PSSession")
        await s.until(lambda: not winrm_endpoint.shells(), "removed")
    assert others(winrm_endpoint) == []
    assert json.loads((tmp_path / "state" / "kept.json").read_text()) == []
