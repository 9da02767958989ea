"""A relay in front of a service on the loopback, whose connections can go dead: open, and nothing comes through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Relay:
    """A running relay: ``port`` is where to connect to."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self._alive: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """Carry nothing more over the connections there are, as after a sleep of one side; new ones work."""
        for alive in self._alive:
            alive.clear()
        self._alive.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        alive = asyncio.Event()
        alive.set()
        self._alive.append(alive)
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(source, sink, alive))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, alive: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await alive.wait()
                sink.write(data)
            if alive.is_set():
                sink.close()

    async def stop(self) -> None:
        """Carry nothing any more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """Run a relay to a port for the block."""
    made = Relay(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.stop()
