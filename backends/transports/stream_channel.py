"""A connected stream as a channel: the socket of a local process, or of a virtual machine."""

from __future__ import annotations

import asyncio
import contextlib

#: largest piece that is read at once, in bytes
PIECE = 64 << 10


class StreamChannel:
    """Reads and writes an asyncio stream. ``ending`` is what its end means, in words."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ending: str) -> None:
        self._reader, self._writer, self._ending = reader, writer, ending
        self._problem = ""

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end; a connection that breaks has ended, too."""
        try:
            return await self._reader.read(PIECE)
        except OSError as error:
            self._problem = f"The system says: {error.strerror or error}."
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``, waiting while the far end takes no more. Raises OSError."""
        self._writer.write(data)
        await self._writer.drain()

    async def stop(self) -> None:
        """Drop the connection."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), 1.0)

    def ending(self) -> str:
        """Return what the end of the stream means."""
        return "\n".join(part for part in (self._ending, self._problem) if part)
