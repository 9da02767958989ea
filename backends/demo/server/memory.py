"""The endpoint inside this process: a channel whose other end is served by a task."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from pstui.backends.demo.server.endpoint import Endpoint
from pstui.backends.errors import ProtocolError

#: bytes that wait in one direction before the writer waits
CAPACITY = 1024 * 1024
_CHUNK = 256 * 1024


class Pipe:
    """Bytes in one direction, bounded."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._changed = asyncio.Condition()
        self._closed = False

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._buffer or self._closed)
            data = bytes(self._buffer[:_CHUNK])
            del self._buffer[: len(data)]
            self._changed.notify_all()
            return data

    async def write(self, data: bytes) -> None:
        """Take bytes, waiting while too many are unread. Raises BrokenPipeError once closed."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._buffer) < CAPACITY or self._closed)
            if self._closed:
                raise BrokenPipeError("the demo endpoint has ended")
            self._buffer += data
            self._changed.notify_all()

    async def close(self) -> None:
        """End the direction; what was written can still be read."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()


class MemoryChannel:
    """The client's end of an endpoint in this process: read, write, stop and a reason for its end.

    ``home`` is the folder that it has for its home.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._up, self._down, self._home = Pipe(), Pipe(), home
        self._reason = ""
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            await Endpoint(self._up.read, self._down.write, home=self._home).serve()
        except ProtocolError as error:
            self._reason = f"The demo endpoint ended the session: {error}."
        except OSError:
            self._reason = "The demo endpoint was cut off."
        finally:
            await self._up.close()
            await self._down.close()

    async def read(self) -> bytes:
        """Return the next bytes of the endpoint, ``b""`` once it has ended."""
        return await self._down.read()

    async def write(self, data: bytes) -> None:
        """Send bytes to the endpoint. Raises OSError once it has ended."""
        await self._up.write(data)

    async def stop(self) -> None:
        """End the endpoint now, with everything that runs in it."""
        await self._up.close()
        await self._down.close()
        if self._task is not asyncio.current_task():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._task), 5)
            self._task.cancel()

    def ending(self) -> str:
        """Return why the endpoint ended, or ``""``."""
        return self._reason
