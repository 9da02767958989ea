"""The forwards of a session in the panel: added, seen with their traffic, and removed, by keys and by the mouse."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.config.profiles import load
from pstui.tui.dialogs.forward_list import ForwardsScreen, size
from pstui.tui.dialogs.session_list import SessionsScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.schema import schema
from pstui.tui.workspace.switcher import LineScreen

from tests.backends.transports.ssh.test_forwarding import ANSWER, DATA, echo, through
from tests.support.pilot import screen
from tests.support.sshd import make_home, running_sshd

PREFIX = "ctrl+right_square_bracket"


async def test_the_panel_adds_shows_and_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        async with echo() as there, screen(server.info(), size=(100, 30)) as s:
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
            await s.keys(PREFIX, "S")
            await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list of sessions")
            await s.keys("f")
            await s.until(lambda: isinstance(s.app.screen, ForwardsScreen), "the list of forwards")
            assert s.shows("Nothing is forwarded")
            await s.keys("a")
            await s.until(lambda: isinstance(s.app.screen, LineScreen), "the line")
            await s.type(f"lokal 0 127.0.0.1:{there}")
            await s.until(lambda: s.shows("not with local, remote or socks"), "what is wrong")
            await s.keys(*["home"], *["delete"] * 5)
            await s.type("local")
            await s.until(lambda: s.shows("listening"), "the forward")
            port = int((re.search(r"(\d+) \(free\)", s.shown()) or [0, 0])[1])
            assert await asyncio.wait_for(through(port), 20) == ANSWER
            sent, received = size(len(DATA)), size(len(ANSWER))
            await s.until(lambda: s.shows(f"listening 0   {sent}") and s.shows(received), "the traffic")
            await s.keys("enter")
            await s.until(lambda: s.shows(f"Sent {len(DATA):,} bytes"), "the details")
            await s.keys("a")
            await s.until(lambda: isinstance(s.app.screen, LineScreen), "the line")
            await s.type(f"socks {port}")
            await s.until(lambda: s.shows("in use"), "why it does not listen")
            await s.keys("escape")
            await s.until(lambda: s.shows("1 forward, 0 connections now"), "the sum beside the session")
            await s.pilot.click("#message", offset=(3, 1))
            await s.until(lambda: isinstance(s.app.screen, ForwardsScreen), "the list of forwards")
            await s.pilot.click("#verbs Verb:last-child")
            await s.until(lambda: s.shows("Nothing is forwarded"), "it is gone")
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)


async def test_a_session_without_ssh_forwards_nothing() -> None:
    async with screen(ConnectionInfo(ParameterSet.DEMO), size=(100, 30)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys(PREFIX, "S")
        await s.until(lambda: isinstance(s.app.screen, SessionsScreen), "the list of sessions")
        await s.keys("f")
        await s.until(lambda: s.shows("Only an open session over SSH forwards ports"), "why not")


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (999_950, "1.0 MB")])
def test_sizes_are_short(count: int, text: str) -> None:
    assert size(count) == text


def test_a_profile_names_forwards_and_what_is_wrong_with_one_is_said(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[hosts.a]\nhost_name = "a"\nforwards = ["socks 1080", "-L 1:b:2"]\n')
    assert load(file, schema()).problems == ()
    file.write_text('[hosts.a]\nhost_name = "a"\nforwards = ["socks 1080", "local 8080"]\n')
    (problem,) = load(file, schema()).problems
    assert "local 8080" in str(problem) and "where it leads to is missing" in str(problem)
