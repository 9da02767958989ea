"""A relay that harms what passes it, in front of any service that listens on a port or on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["truncate", "reset", "duplicate", "flip", "drop", "stall", "slow"]
Direction = Literal["there", "back"]
KINDS: tuple[Kind, ...] = ("truncate", "reset", "duplicate", "flip", "drop", "stall", "slow")
DIRECTIONS: tuple[Direction, ...] = ("there", "back")
#: bytes of a piece, and how many of them go one by one, where the way is slow
PIECE, PIECES = 16, 40

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]
Address = int | Path


async def listen(address: Address, connected: Connected) -> asyncio.Server:
    """Listen on a port of the loopback (0 for any), or on a Unix socket."""
    if isinstance(address, Path):
        return await asyncio.start_unix_server(connected, address)
    return await asyncio.start_server(connected, "127.0.0.1", address)


async def reach(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to what listens there."""
    if isinstance(address, Path):
        return await asyncio.open_unix_connection(address)
    return await asyncio.open_connection("127.0.0.1", address)


@dataclass
class Harm:
    """What is done to the bytes of one direction, once ``after`` more have passed."""

    kind: Kind
    direction: Direction
    after: int = 0
    #: whether it has been done; ``slow`` and ``stall`` go on
    done: bool = False


class HarmingRelay:
    """A relay to ``target``. It harms nothing until it is told to."""

    def __init__(self, target: Address) -> None:
        self.target = target
        self.harm: Harm | None = None
        self.harmed = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    def arm(self, kind: Kind, direction: Direction, after: int = 0) -> None:
        """Harm what passes next."""
        self.harm = Harm(kind, direction, after)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [writer]
        try:
            there, back = await reach(self.target)
            writers.append(back)
            ways: tuple[tuple[Direction, asyncio.StreamReader, asyncio.StreamWriter], ...] = (
                ("there", reader, back),
                ("back", there, writer),
            )
            carrying = [asyncio.create_task(self._carry(*way)) for way in ways]
            try:
                await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in carrying:
                    one.cancel()
                await asyncio.wait(carrying)
        except (OSError, asyncio.CancelledError):
            pass  # the end of the block; asyncio would complain of it
        finally:
            for each in writers:
                each.close()
            self._tasks.discard(task)

    async def _carry(self, way: Direction, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                harm = self.harm
                if harm is None or harm.direction != way or (harm.done and harm.kind not in ("slow", "stall")):
                    sink.write(data)
                elif harm.after >= len(data):
                    harm.after -= len(data)
                    sink.write(data)
                elif not await self._harm(harm, data, sink):
                    return
                await sink.drain()

    async def _harm(self, harm: Harm, data: bytes, sink: asyncio.StreamWriter) -> bool:
        """Do it; return whether the connection goes on."""
        at, harm.after, harm.done = harm.after, 0, True
        self.harmed.set()
        match harm.kind:
            case "truncate":
                sink.write(data[:at])
                await sink.drain()
                return False
            case "reset":
                sink.write(data[:at])
                cut(sink)
                return False
            case "duplicate":
                sink.write(data + data)
            case "flip":
                sink.write(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
            case "drop":
                sink.write(data[:at])
            case "stall":
                await asyncio.Event().wait()
            case "slow":
                for start in range(0, min(len(data), PIECE * PIECES), PIECE):
                    sink.write(data[start : start + PIECE])
                    await sink.drain()
                    await asyncio.sleep(0.0005)
                sink.write(data[PIECE * PIECES :])
        return True

    async def stop(self) -> None:
        """Carry nothing any more."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


def cut(writer: asyncio.StreamWriter) -> None:
    """Break a connection off: a reset where there is such a thing."""
    found = writer.get_extra_info("socket")
    if found is not None and found.family != socket.AF_UNIX:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def harming(target: Address, at: Address = 0) -> AsyncIterator[tuple[HarmingRelay, Address]]:
    """Run a relay for the block; give it, and where it listens."""
    relay = HarmingRelay(target)
    server = await listen(at, relay.connected)
    try:
        yield relay, at if isinstance(at, Path) else int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await relay.stop()
        await server.wait_closed()
