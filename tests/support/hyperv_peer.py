"""A Hyper-V guest on two Unix sockets: the broker and the PowerShell, each following a script byte by byte.

A script is a list of turns: ``Get(b"…")`` must arrive exactly so, ``Say(b"…")`` is sent, ``Pieces`` sends it in parts
that arrive one by one, ``Close`` ends the connection. What does not follow the script ends the guest with a reason.
"""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pstui.backends.demo.server.endpoint import Endpoint
from pstui.backends.transports.vm.hyperv import BROKER, POWERSHELL_SERVICE

#: seconds in which the client must take its turn, and in which nothing more may come from it
TURN, SILENCE = 5.0, 0.01


@dataclass(frozen=True)
class Get:
    data: bytes


@dataclass(frozen=True)
class Say:
    data: bytes


@dataclass(frozen=True)
class Pieces:
    pieces: tuple[bytes, ...]


class Close:
    """The guest hangs up."""


class Wait:
    """The guest says nothing more until the client hangs up."""


Turn = Get | Say | Pieces | Close | Wait


def wide(text: str) -> bytes:
    """Return text as the logon sends it."""
    return text.encode("utf-16-le")


TOKEN = b"VG9rZW5Ub2tlblRva2Vu"

VERSION: list[Turn] = [Get(b"VERSION"), Say(b"VERSION_2"), Get(b"VERSION_2"), Say(b"PASS")]


def account(domain: str, user: str, password: str) -> list[Turn]:
    """The turns of domain, user and password, up to the guest's verdict."""
    turns: list[Turn] = [Get(wide(domain)), Say(b"PASS"), Get(wide(user)), Say(b"PASS")]
    if not password:
        return [*turns, Get(b"EMPTYPW")]
    return [*turns, Get(b"NONEMPTYPW"), Say(b"PASS"), Get(wide(password))]


GIVE_TOKEN: list[Turn] = [Say(b"TOKEN " + TOKEN), Get(b"PASS")]
TAKE_TOKEN: list[Turn] = [*VERSION, Get(b"TOKEN " + TOKEN), Say(b"PASS")]
#: what a guest of before version 2 makes of a client that speaks it: a domain, a strange user, no
OLD_GUEST: list[Turn] = [
    Get(b"VERSION"),
    Say(b"PASS"),
    Get(wide("?<PSDirectVMLegacy>")),
    Say(b"PASS"),
    Get(b"EMPTYPW"),
    Say(b"FAIL"),
    Get(b"FAIL"),
]


@dataclass
class Guest:
    """The guest: ``broker`` holds a script for each connection to the broker in turn, ``powershell`` likewise.

    Where a script of ``powershell`` ends, the demo endpoint serves the session. ``faults`` says what the client did
    wrong, ``connections`` counts them.
    """

    folder: Path
    broker: Sequence[Sequence[Turn]] = ()
    powershell: Sequence[Sequence[Turn]] = ()
    faults: list[str] = field(default_factory=list)
    connections: dict[str, int] = field(default_factory=lambda: {"broker": 0, "powershell": 0})
    _servers: list[asyncio.Server] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Guest:
        for name in ("broker", "powershell"):

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name) -> None:
                task = asyncio.current_task()
                assert task is not None
                self._tasks.add(task)
                try:
                    await self._serve(name, reader, writer)
                finally:
                    writer.close()

            self._servers.append(await asyncio.start_unix_server(serve, self.folder / name))
        return self

    async def __aexit__(self, *ignored: object) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=TURN)

    async def dial(self, service: uuid.UUID) -> socket.socket:
        """Connect to one of the services, as Windows' own sockets would."""
        name = {BROKER: "broker", POWERSHELL_SERVICE: "powershell"}[service]
        made = socket.socket(socket.AF_UNIX)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, str(self.folder / name))
        return made

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections[name]
        self.connections[name] += 1
        scripts = self.broker if name == "broker" else self.powershell
        if number >= len(scripts):
            self.faults.append(f"{name}: connection {number + 1} was not expected")
            return
        for turn in scripts[number]:
            if not await self._turn(name, turn, reader, writer):
                return
        if name == "powershell":
            await self._session(reader, writer)
        elif rest := await reader.read():
            self.faults.append(f"{name}: {rest!r} came after the end")

    async def _turn(self, name: str, turn: Turn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one turn; False when it was the last."""
        match turn:
            case Get(data):
                try:
                    async with asyncio.timeout(TURN):
                        got = await reader.readexactly(len(data))
                except (asyncio.IncompleteReadError, TimeoutError) as error:
                    got = getattr(error, "partial", b"")
                if got == data:
                    # Whoever speaks out of turn would be heard now.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(SILENCE):
                            got += await reader.read(1)
                if got != data:
                    self.faults.append(f"{name}: {got!r} came where {data!r} belongs")
                    return False
            case Say(data):
                writer.write(data)
                await writer.drain()
            case Pieces(pieces):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)
            case Wait():
                await reader.read()
                return False
            case Close():
                return False
        return True

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def read() -> bytes:
            return await reader.read(65536)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        await Endpoint(read, write).serve()
