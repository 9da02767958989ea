"""Opening a session over SSH on a new and on a shared connection, beside ``ssh -s`` and asyncssh by itself.

The engine ssh is measured the same way.

The server's subsystem writes at once, so what is measured is the way there: until its first byte is here. On a shared
connection the server's own time is measured beside it, as asyncssh by itself opens one more session on it, and the time
that ``ssh -G`` takes, which is asked what to do for the host each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from pstui.backends.connection import ConnectionInfo
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.shared import Lease

from tests.support.nobody import NobodyConsole
from tests.support.parts import program
from tests.support.sshd import Sshd, running_sshd

ROUNDS = 9


def _system(server: Sshd, home: Path) -> float:
    start = time.perf_counter()
    command = [program("ssh"), "-F", "none", "-i", str(server.user_key), "-o", "BatchMode=yes", "-p", str(server.port)]
    command += ["-o", f"UserKnownHostsFile={home}/.ssh/known_hosts", "-s", f"{server.user}@{server.host}", "powershell"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as there:
        assert there.stdout is not None
        assert there.stdout.read(1) == b"x"
        took = time.perf_counter() - start
        there.kill()
    return took


async def _library(server: Sshd) -> None:
    import asyncssh

    key = [str(server.user_key)]
    async with asyncssh.connect(
        server.host, server.port, username=server.user, client_keys=key, known_hosts=None, config=None
    ) as there:
        _, reader, _ = await there.open_session(subsystem="powershell", encoding=None)
        assert await reader.read(1) == b"x"


async def _bare(lease: Lease) -> None:
    """Open a session on a connection that is there, and end it, with nothing of ours."""
    writer, reader, _ = await lease.connection.open_session(subsystem="powershell", encoding=None)
    assert await reader.read(1) == b"x"
    writer.channel.abort()
    await writer.channel.wait_closed()


def _asked(server: Sshd) -> None:
    subprocess.run([program("ssh"), "-G", "-p", str(server.port), "--", server.host], capture_output=True, check=True)


async def _ours(info: ConnectionInfo) -> None:
    from pstui.backends.transports.ssh import session

    channel = await session.connect(info, ConnectContext(NobodyConsole()))
    assert await channel.read() == b"x"
    await channel.stop()


async def _engine(info: ConnectionInfo) -> None:
    from pstui.backends.transports.ssh import program
    from pstui.backends.transports.ssh.engine import Engine

    channel = await program.connect(info, ConnectContext(NobodyConsole()), Engine("ssh", "it is measured"))
    assert await channel.read() == b"x"
    await channel.stop()


async def _timed(call: Callable[[], Awaitable[None]]) -> float:
    start = time.perf_counter()
    await call()
    return time.perf_counter() - start


async def _measure(server: Sshd, home: Path) -> dict[str, float]:
    from pstui.backends.transports.ssh import shared

    info = server.info()
    took: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS + 1):
        took["ssh"].append(await asyncio.to_thread(_system, server, home))
        took["library"].append(await _timed(lambda: _library(server)))
        took["new"].append(await _timed(lambda: _ours(info)))
        took["engine"].append(await _timed(lambda: _engine(info)))
        lease = await shared.lease(info, ConnectContext(NobodyConsole()))
        took["own"].append(await _timed(partial(_bare, lease)))
        took["shared"].append(await _timed(lambda: _ours(info)))
        took["asked"].append(await _timed(lambda: asyncio.to_thread(_asked, server)))
        await lease.release()
    return {name: 1000 * median(values[1:]) for name, values in took.items()}


def run() -> Iterator[str]:
    """Both figures with their bars; one row that says so where a part is missing."""
    missing = [name for name in ("sshd", "ssh", "ssh-keygen") if not program(name)]
    if missing:
        yield f"not measured: it needs an SSH server, and {', '.join(missing)} is not here"
        return
    before = os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        subsystems = {"powershell": "printf x; exec cat"}
        server = stack.enter_context(running_sshd(Path(folder) / "sshd", subsystems=subsystems))
        home = Path(folder) / "home"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
        os.environ["HOME"] = str(home)
        try:
            took = asyncio.run(_measure(server, home))
        finally:
            os.environ.pop("HOME")
            if before is not None:
                os.environ["HOME"] = before
    yield (
        f"over a new connection: {took['new']:.0f} ms; ssh -s {took['ssh']:.0f} ms, asyncssh alone "
        f"{took['library']:.0f} ms (bar: ssh -s + 100 ms)"
    )
    yield f"by the engine ssh: {took['engine']:.0f} ms (bar: ssh -s + 100 ms)"
    yield (
        f"over a shared connection: {took['shared']:.0f} ms, of which ssh -G {took['asked']:.0f} ms; the server's own "
        f"{took['own']:.0f} ms (bar: its own + 50 ms)"
    )
