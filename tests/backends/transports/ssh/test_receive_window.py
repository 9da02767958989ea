"""Floods over SSH: what piles up here is bounded, a command can be stopped quickly, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.ssh.channel import SSHChannel
from pstui.backends.transports.ssh.receive_window import ENOUGH, WINDOW
from pstui.backends.transports.ssh.target import resolve, settings

from tests.support.nobody import NobodyConsole
from tests.support.sshd import make_home

#: bytes that the server sends when it may
FLOOD = 24 * WINDOW


class Anyone(asyncssh.SSHServer):
    """Lets everybody in."""

    def begin_auth(self, username: str) -> bool:
        return False


class Server:
    """Sends FLOOD bytes to each session, in pieces of ``piece``, as far as the window allows."""

    def __init__(self, piece: int, *, stderr: bool = False) -> None:
        self.piece, self.stderr = piece, stderr
        self.sent = 0

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        stream = process.stderr if self.stderr else process.stdout
        with contextlib.suppress(asyncssh.Error, OSError):
            process.channel.set_write_buffer_limits(0)
            while self.sent < FLOOD:
                stream.write(bytes([self.sent // self.piece % 256]) * self.piece)
                await stream.drain()
                self.sent += self.piece
            process.exit(0)


@contextlib.asynccontextmanager
async def session(server: Server, make: Callable[[], Any], **options: Any) -> AsyncIterator[Any]:
    """A session on the server, with what ``make`` makes; the server's key is nobody's."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    listening = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Anyone, server_host_keys=[key], process_factory=server.serve, encoding=None
    )
    async with listening:
        port = listening.get_port()
        async with asyncssh.connect("127.0.0.1", port, known_hosts=None, username="x", config=None) as connection:
            _, made = await connection.create_session(make, subsystem="powershell", encoding=None, **options)
            yield made
            connection.abort()


async def turned(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


async def still(value: Callable[[], int]) -> int:
    """Return a number once it has stopped changing for many turns of the loop."""
    last, turns = value(), 0
    while turns < 100:
        await asyncio.sleep(0.001)
        last, turns = (value(), 0) if value() != last else (last, turns + 1)
    return last


def ours() -> SSHChannel:
    async def stop() -> None:
        """Nothing of the connection is the channel's here."""

    return SSHChannel("there", NobodyConsole(), stop)


@pytest.mark.parametrize("piece", [7_000, 32_768])
async def test_the_far_end_waits_for_a_reader_that_does_not_read(piece: int) -> None:
    server = Server(piece)
    async with session(server, ours, window=WINDOW) as channel:
        await turned(lambda: server.sent > ENOUGH)
        # Its own buffers are no part of this: one piece on its way, one that was not taken.
        assert await still(lambda: server.sent) <= WINDOW + ENOUGH + 2 * piece
        got = bytearray()
        while data := await channel.read():
            got += data
            assert server.sent - len(got) <= WINDOW + ENOUGH + 2 * piece
        assert len(got) == server.sent >= FLOOD
        assert all(got[at] == at // piece % 256 for at in range(0, len(got), 997))


async def test_a_flood_of_messages_on_stderr_does_not_stop_the_answers() -> None:
    server = Server(8_192, stderr=True)
    async with session(server, ours, window=WINDOW):
        await turned(lambda: server.sent >= FLOOD)


class Stock(asyncssh.SSHClientSession[bytes]):
    """A session that pauses and resumes as the library says."""

    def __init__(self) -> None:
        self.got = 0
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self.channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self.got += len(data)
        assert self.channel is not None
        self.channel.pause_reading()


async def test_the_library_still_grants_what_it_only_stores() -> None:
    """Fails when asyncssh is mended: then receive_window.py can go, and pause_reading do its work."""
    server = Server(8_192)
    async with session(server, Stock, window=WINDOW) as stock:
        for _ in range(8):
            await still(lambda: server.sent)
            stock.channel.resume_reading()
        assert await still(lambda: server.sent) - stock.got > 2 * WINDOW


@pytest.mark.parametrize(
    ("named", "first"),
    [(None, "aes256-gcm@openssh.com"), ("chacha20-poly1305@openssh.com,aes128-ctr", "chacha20-poly1305@openssh.com")],
)
def test_the_ciphers_asked_for_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, first: str
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    values: dict[str, Any] = {"HostName": "db"} | ({"Options": {"Ciphers": named}} if named else {})
    (hop,) = resolve(ConnectionInfo(ParameterSet.SSH_HOST, values), tmp_path)
    options = asyncssh.SSHClientConnectionOptions(config=[str(file) for file in hop.config], host="db", **settings(hop))
    asked = [name.decode() for name in options.encryption_algs]
    assert asked[0] == first
    assert named is None or asked == named.split(",")
