"""The whole way over a real OpenSSH server: the demo endpoint as its subsystem, entered, used, killed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession

from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd, make_home, running_sshd

#: seconds within which the end of a server has to be told
PROMPT = 5.0


@contextlib.asynccontextmanager
async def entered(
    server: Sshd, console: ScriptedConsole, **values: Any
) -> AsyncIterator[tuple[PSSession, InteractiveSession]]:
    manager = SessionManager()
    session = manager.create(server.info(**values), console)
    interactive = manager.interact(session, console)
    try:
        async with asyncio.timeout(60):
            await interactive.enter()
        yield session, interactive
    finally:
        await manager.close_all()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with running_sshd(tmp_path / "sshd", subsystems={"garbage": "echo Welcome; sleep 600"}) as sshd:
        make_home(tmp_path / "home", monkeypatch, sshd.known_hosts_line)
        yield sshd


async def test_a_session_over_sshd_answers_and_is_left(server: Sshd) -> None:
    console = ScriptedConsole()
    async with entered(server, console) as (session, interactive):
        assert session.state is RunspaceState.OPENED
        assert session.transport == "SSH"
        assert await interactive.run("'x' * 3") is Outcome.READY
        assert "xxx" in console.shown()
        assert await interactive.run("exit") is Outcome.LEFT


async def test_a_server_killed_while_idle_breaks_the_session(server: Sshd) -> None:
    console = ScriptedConsole()
    async with entered(server, console) as (session, interactive):
        await interactive.run("'kept text'")
        broken = asyncio.Event()
        session.on_state(lambda changed: broken.set() if changed.state is RunspaceState.BROKEN else None)
        server.kill_connections()
        await asyncio.wait_for(broken.wait(), PROMPT)
        assert "kept text" in console.shown()
        assert await interactive.run("'never run'") is Outcome.BROKEN
        assert "never run" not in console.shown()


@pytest.mark.parametrize("victim", ["kill_connections", "kill_subsystems"])
async def test_a_server_killed_while_running_breaks_the_session(server: Sshd, victim: str) -> None:
    console = ScriptedConsole()
    async with entered(server, console) as (session, interactive):
        running = asyncio.ensure_future(interactive.run("'begun'; Start-Sleep 600"))
        async with asyncio.timeout(20):
            while "begun" not in console.shown():
                await asyncio.sleep(0)
        getattr(server, victim)()
        assert await asyncio.wait_for(running, PROMPT) is Outcome.BROKEN
        assert session.state is RunspaceState.BROKEN


async def test_garbage_in_place_of_the_protocol_fails_at_once(server: Sshd) -> None:
    with pytest.raises(OpenError, match="Welcome"):
        async with asyncio.timeout(PROMPT), entered(server, ScriptedConsole(), Subsystem="garbage"):
            pass


async def test_the_demo_endpoint_is_entered_as_a_local_process() -> None:
    import sys

    manager = SessionManager()
    console = ScriptedConsole()
    command = (sys.executable, "-m", "pstui.backends.demo.server.stdio")
    session = manager.create(ConnectionInfo(ParameterSet.PROCESS, {"Command": command}), console)
    interactive = manager.interact(session, console)
    try:
        await asyncio.wait_for(interactive.enter(), 60)
        assert await interactive.run("'y' * 3") is Outcome.READY
        assert "yyy" in console.shown()
        assert await interactive.run("exit") is Outcome.LEFT
    finally:
        await manager.close_all()
