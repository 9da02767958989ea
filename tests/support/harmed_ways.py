"""The ways to a far end with a harming relay on each: SSH, a named pipe, a process, a container, WinRM.

The far end is scripted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.ssh.gate import until_one_ends

from tests.support.harm import Address, HarmingRelay, harming, listen
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, call, line, output, state
from tests.support.sshd import make_home
from tests.support.winrm_fixture import WinRMEndpoint
from tests.support.wsman_calls import call as call_of

#: seconds of every limit of the product that a stalled far end runs into
LIMIT = 0.4
#: the same where it is only slow
PATIENT = 60.0
#: the limits that are made that short: those of opening, and those of what comes later
OPENING = (
    "pstui.backends.psrp.pool.OPEN_TIMEOUT",
    "pstui.backends.transports.named_pipe.FIRST_ANSWER",
    "pstui.backends.transports.ssh.connect.PORT_TIMEOUT",
    "pstui.backends.transports.ssh.connect.HANDSHAKE_TIMEOUT",
    "pstui.backends.transports.ssh.connect.LOGIN_TIMEOUT",
    "pstui.backends.transports.ssh.session.SESSION_TIMEOUT",
    "pstui.backends.transports.wsman.http.CONNECT_TIMEOUT",
    "pstui.backends.transports.wsman.http.HANDSHAKE",
)
LATER = (
    "pstui.backends.psrp.pool.STATE_TIMEOUT",
    "pstui.backends.sessions.link.BEGIN_LIMIT",
    "pstui.backends.sessions.session.GIVE_UP_TIMEOUT",
    "pstui.backends.transports.outofproc.SIGNAL_TIMEOUT",
    "pstui.backends.transports.outofproc.CLOSE_TIMEOUT",
    "pstui.backends.transports.ssh.shared.END",
    "pstui.backends.transports.wsman.recovery.ATTEMPT",
    "pstui.backends.transports.wsman.client.SLACK",
    "pstui.backends.transports.wsman.client.TRANSFER",
    "pstui.backends.transports.wsman.transport.CLOSE_TIMEOUT",
    "pstui.backends.transports.wsman.transport.FAREWELL",
)
#: what the far end writes for "work", in this order
WORK = [f"line {number}" for number in range(30)]


def far_end() -> ScriptedPeer:
    """Return a far end that works, asks, and hangs until it is stopped."""
    return ScriptedPeer(
        commands={
            "work": [*(line(text) for text in WORK), output("<S>done</S>"), state(COMPLETED)],
            "ask": [call(11, ci=1)],
            "hang": [line("hanging")],
        },
        on_answer=state(COMPLETED),
    )


async def serve(peer: ScriptedPeer, reader: Any, writer: Any) -> None:
    """Let a far end speak over a stream, until either ends."""

    async def says() -> None:
        while data := await peer.read():
            writer.write(data)
            await writer.drain()

    async def hears() -> None:
        while data := await reader.read(65536):
            await peer.write(data)

    await until_one_ends(says(), hears())


@dataclass
class Way:
    """A way to a far end: what leads there, and the relay on it."""

    info: ConnectionInfo
    relay: HarmingRelay
    #: what is typed at each step, and what the first of them shows
    lines: Mapping[str, str] = field(default_factory=lambda: {"work": "work", "ask": "ask", "hang": "hang"})
    shows: Sequence[str] = tuple(WORK)


@asynccontextmanager
async def winrm(endpoint: WinRMEndpoint) -> AsyncIterator[Way]:
    """A WinRM service, which runs beside the tests."""
    async with harming(endpoint.port) as (relay, port):
        settings = {"max_retry_time": LIMIT * 1000, "receive_timeout": 5000}
        # A stop whose answer is lost waits for as long as PowerShell's does, a minute.
        info = call_of(endpoint, Port=port, settings=settings, SessionOption={"CancelTimeout": 5_000})
        lines = {"work": "1..30", "ask": "Read-Host name", "hang": "'hanging'; Start-Sleep 600"}
        yield Way(info, relay, lines, [str(number) for number in range(1, 31)])


@asynccontextmanager
async def listening(address: Address) -> AsyncIterator[Address]:
    """A far end for each connection, on a port or a socket."""
    serving: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the end of the block; asyncio would complain of it
                await serve(far_end(), reader, writer)
        finally:
            writer.close()
            serving.discard(task)

    server = await listen(address, connected)
    try:
        yield address if isinstance(address, Path) else int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        if serving:
            await asyncio.wait(serving)


@asynccontextmanager
async def named_pipe(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    """A local process, which is this one."""
    monkeypatch.setattr("pstui.backends.transports.named_pipe.folders", lambda: [folder])
    pipe = folder / f"CoreFxPipe_PSHost.1DB2C3D4.{os.getpid()}.None.pwsh"
    async with listening(folder / "far") as target, harming(target, pipe) as (relay, _):
        yield Way(ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": os.getpid()}), relay)


#: a process that is a pipe to a socket
_PIPE = """
import os, socket, sys, threading
far = socket.socket(socket.AF_UNIX)
far.connect(sys.argv[1])
def there():
    while data := os.read(0, 65536):
        far.sendall(data)
    far.shutdown(socket.SHUT_WR)
threading.Thread(target=there, daemon=True).start()
try:
    while data := far.recv(65536):
        while data:
            data = data[os.write(1, data):]
except OSError:
    pass
os._exit(0)
"""


@asynccontextmanager
async def process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    """A program on pipes."""
    async with listening(folder / "far") as target, harming(target, folder / "way") as (relay, at):
        command = (sys.executable, "-I", "-S", "-c", _PIPE, str(at))
        yield Way(ConnectionInfo(ParameterSet.PROCESS, {"Command": command}), relay)


#: an engine with one container, whose PowerShell is a pipe to a socket
_ENGINE = """\
#!{python} -IS
import json, sys
words = sys.argv[1:]
command = next(word for word in words if not word.startswith("-"))
if command == "ps":
    print(json.dumps(dict(ID="0123456789abcdef" * 4, Names="far", State="running", Status="Up", Image="i")))
elif command == "inspect":
    print("linux" if any("Platform" in word for word in words) else json.dumps(dict(Status="running", ExitCode=0)))
elif "-v" in words:
    print("PowerShell 7.4")
else:
    sys.argv = ["pipe", {at!r}]
    exec({pipe!r})
"""


@asynccontextmanager
async def container(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    """The streams of an engine's exec."""
    async with listening(folder / "far") as target, harming(target, folder / "way") as (relay, at):
        engine = folder / "docker"
        engine.write_text(_ENGINE.format(python=sys.executable, at=str(at), pipe=_PIPE))
        engine.chmod(0o755)
        values = {"ContainerId": "far", "Engine": (str(engine),)}
        yield Way(ConnectionInfo(ParameterSet.CONTAINER_ID, values), relay)


class _Anyone(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


@asynccontextmanager
async def ssh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    """An SSH server with the far end as its subsystem."""

    async def subsystem(process: asyncssh.SSHServerProcess[bytes]) -> None:
        with contextlib.suppress(asyncssh.Error, OSError):
            await serve(far_end(), process.stdin, process.stdout)
            process.exit(0)

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=_Anyone, server_host_keys=[key], process_factory=subsystem, encoding=None
    )
    try:
        async with harming(server.get_port()) as (relay, port):
            public = key.export_public_key().decode().strip()
            make_home(folder / "home", monkeypatch, f"[127.0.0.1]:{port} {public}\n")
            values = {"HostName": "127.0.0.1", "UserName": "ann", "Port": port}
            yield Way(ConnectionInfo(ParameterSet.SSH_HOST, values), relay)
    finally:
        server.close()
        await server.wait_closed()


#: the ways that need nothing but this process
WAYS: dict[str, Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractAsyncContextManager[Way]]] = {
    "named pipe": named_pipe,
    "process": process,
    "container": container,
    "ssh": ssh,
}


def shorten(monkeypatch: pytest.MonkeyPatch, opening: float, later: float) -> None:
    """Let every limit of the product be so long: those of opening, and those of what comes later."""
    for names, seconds in ((OPENING, opening), (LATER, later)):
        for name in names:
            monkeypatch.setattr(name, seconds)
