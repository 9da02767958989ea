"""Local PowerShell processes: which are listed, how one is entered and left, and whose pipe is not believed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.polled import ProcessSource
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports import named_pipe
from pstui.backends.transports.named_pipe import host_pipes

from tests.support import host_process
from tests.support.scripted_console import ScriptedConsole

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="these dialogues use Unix sockets and /proc")

#: seconds within which the end of a process has to be told
PROMPT = 10.0


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder with a name short enough for sockets, as .NET sees it."""
    with tempfile.TemporaryDirectory(prefix="p") as made:
        monkeypatch.setenv("TMPDIR", made)
        monkeypatch.setattr("pstui.backends.transports.named_pipe.folders", lambda: [Path(made)])
        yield Path(made)


@pytest.fixture
def powershell(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process, _ = host_process.start(folder)
    yield process
    process.kill()
    process.communicate()


@contextlib.asynccontextmanager
async def entered(process_id: int) -> AsyncIterator[tuple[PSSession, InteractiveSession, ScriptedConsole]]:
    console, manager = ScriptedConsole(), SessionManager()
    session = manager.create(ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": process_id}), console)
    interactive = manager.interact(session, console)
    try:
        async with asyncio.timeout(30):
            await interactive.enter()
        yield session, interactive, console
    finally:
        await manager.close_all()


async def refused(process_id: int) -> OpenError:
    with pytest.raises(OpenError) as refusal:
        async with entered(process_id):
            pass
    return refusal.value


async def test_a_process_is_listed_entered_and_left(powershell: subprocess.Popen[str]) -> None:
    section = await ProcessSource().look()
    assert section is not None
    [found] = section.found
    assert (found.kind, found.name, found.state) == ("process", f"pwsh {powershell.pid}", "running")
    assert found.info.number("ProcessId") == powershell.pid
    async with entered(powershell.pid) as (session, interactive, console):
        assert session.transport == "NamedPipe"
        assert interactive.prompt.startswith(f"[Process:{powershell.pid}]: PS ")
        assert await interactive.run("'x' * 3") is Outcome.READY
        assert "xxx" in console.shown()
        assert await interactive.run("exit") is Outcome.LEFT
    assert powershell.poll() is None
    async with entered(powershell.pid):
        pass


async def test_a_process_that_dies_while_entered_breaks_the_session(powershell: subprocess.Popen[str]) -> None:
    async with entered(powershell.pid) as (session, interactive, _console):
        broken = asyncio.Event()
        session.on_state(lambda changed: broken.set() if changed.state is RunspaceState.BROKEN else None)
        powershell.kill()
        await asyncio.wait_for(broken.wait(), PROMPT)
        assert session.failure is not None
        assert "NamedPipeTransportProcessEnded" in session.failure.message
        assert await interactive.run("'never run'") is Outcome.BROKEN


async def test_a_process_that_is_gone_and_one_without_a_pipe_are_told_apart(folder: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert f"there is no process {gone.pid}" in (await refused(gone.pid)).what
    error = await refused(os.getpid())
    assert "has no pipe" in error.what
    assert "POWERSHELL_DIAGNOSTICS_OPTOUT" in error.why


async def test_a_pipe_served_by_another_process_is_not_believed(folder: Path) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process, _ = host_process.start(folder, f"CoreFxPipe_PSHost.1DB2C3D4.{victim.pid}.None.pwsh")
    try:
        error = await refused(victim.pid)
        assert f"served by another process ({process.pid})" in error.what
    finally:
        for one in (victim, process):
            one.kill()
            one.communicate()


async def test_a_pipe_that_does_not_accept_is_waited_for_and_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_pipe, "TIMEOUT", 0.3)
    path = folder / f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))  # bound, but nobody listens: refused, until the time is over
        assert "did not accept a connection within 0.3 s" in (await refused(os.getpid())).what


@pytest.mark.parametrize(
    "name",
    [
        "CoreFxPipe_PSHost.1DB2C3D4.{pid}.None",
        "CoreFxPipe_PSHost.zz.{pid}.None.pwsh",
        "CoreFxPipe_PSHost.1DB2C3D4.-1.None.pwsh",
        "CoreFxPipe_PSHost.1DB2C3D4.99999999999999.None.pwsh",
        "CoreFxPipe_PSHost.1DB2C3D4.{dead}.None.pwsh",
        "PSHost.1DB2C3D4.{pid}.None.pwsh",
    ],
)
def test_what_is_no_pipe_of_a_living_process_is_left_out(folder: Path, name: str) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / name.format(pid=os.getpid(), dead=dead.pid)))
        assert host_pipes() == []


def test_a_file_and_anothers_socket_are_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    path.write_text("no socket")
    assert host_pipes() == []
    path.unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        [pipe] = host_pipes()
        assert (pipe.process_id, pipe.program, pipe.owner) == (os.getpid(), "pwsh", os.geteuid())
        elsewhere: Any = lambda process_id: 4321  # noqa: E731  a user who runs the named process, not this socket's
        monkeypatch.setattr("pstui.backends.transports.named_pipe.process_owner", elsewhere)
        assert host_pipes() == []


async def test_a_process_that_serves_another_session_is_said_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_pipe, "FIRST_ANSWER", 0.3)
    path = folder / f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    with socket.socket(socket.AF_UNIX) as entered_already:
        entered_already.bind(str(path))
        entered_already.listen()  # the system accepts for it, and nobody answers
        error = await refused(os.getpid())
    assert "does not answer" in error.what
    assert "serves one at a time" in error.why


async def test_a_process_that_closes_its_pipe_and_runs_on_is_not_said_to_have_ended(folder: Path) -> None:
    path = folder / f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    server = await asyncio.start_unix_server(lambda reader, writer: writer.close(), str(path))
    async with server:
        error = await refused(os.getpid())
    assert "it runs on" in error.why
