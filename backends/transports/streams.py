"""What the channels share: an asyncio stream as a Channel, the last words of a far end, and a bounded read buffer."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import unicodedata
from collections import deque
from collections.abc import Callable

#: largest piece that is read at once, in bytes
PIECE = 64 << 10


class StreamChannel:
    """Reads and writes an asyncio stream. ``ending`` is what its end means, in words."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ending: str) -> None:
        self._reader, self._writer, self._ending = reader, writer, ending
        self._problem = ""

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end; a broken connection has also ended."""
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


def exit_text(code: int) -> str:
    """Return an exit code in words; above 128 it stands for a signal, as shells and engines pass one on."""
    try:
        name = signal.Signals(code - 128).name
    except ValueError:
        return f"exit code {code}"
    memory = ", often the lack of memory" if code == 128 + 9 else ""
    return f"exit code {code}: signal {code - 128} ({name}){memory}"


#: longest line and number of lines kept; more than a screen of stderr explains nothing further
MAX_LINE = 500
MAX_LINES = 20


def printable(text: str) -> str:
    """Return ``text`` with every control and direction-changing character shown as ``?`` (tabs as a space)."""
    return "".join(
        " " if char == "\t" else "?" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char
        for char in text
    )


class LineTail:
    """Collects a byte stream as lines of UTF-8, keeping the first and the last few.

    ``on_line`` is called with each line that is not blank, as the far end sent it but at most ``MAX_LINE``
    characters long; what is kept for ``text()`` is made printable.
    """

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        self._on_line = on_line
        self._part = bytearray()
        self._skipping = False
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=MAX_LINES // 2)
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes; a line longer than the bound is cut and its rest dropped."""
        for piece in data.splitlines(keepends=True):
            ended = piece.endswith((b"\n", b"\r"))
            if not self._skipping:
                self._part += piece[: MAX_LINE * 4]
            if ended:
                self._finish()
                self._skipping = False
            elif len(self._part) >= MAX_LINE * 4:
                self._finish()
                self._skipping = True

    def end(self) -> None:
        """Take the last line, which may lack its end."""
        self._finish()

    def text(self) -> str:
        """Return the kept lines, with a note in place of those left out."""
        kept = [*self._head]
        left_out = self._count - len(self._head) - len(self._tail)
        if left_out:
            kept.append(f"(… {left_out} lines left out …)")
        return "\n".join([*kept, *self._tail])

    def __bool__(self) -> bool:
        return self._count > 0

    def _finish(self) -> None:
        line = self._part.decode("utf-8", "replace").rstrip("\r\n")[:MAX_LINE]
        self._part.clear()
        if not line.strip():
            return
        self._count += 1
        shown = printable(line)
        if len(self._head) < MAX_LINES // 2:
            self._head.append(shown)
        else:
            self._tail.append(shown)
        if self._on_line:
            self._on_line(line)


#: bytes that may wait unread before the far end is made to wait
HIGH_WATER = 1 << 20
#: largest piece that is handed out, in bytes
MAX_PIECE = 256 << 10


class ReadBuffer:
    """Takes bytes from callbacks and gives them to one reader.

    ``pause`` is called when more than ``high_water`` bytes wait, ``resume`` when there is room again.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None], high_water: int = HIGH_WATER) -> None:
        self._pause, self._resume, self._high_water = pause, resume, high_water
        self._pieces: deque[bytes] = deque()
        self._news = asyncio.Event()
        self.waiting = 0
        self.ended = False

    def put(self, data: bytes) -> None:
        """Take bytes that arrived."""
        if not data:
            return
        was_full = self.waiting > self._high_water
        self._pieces.append(data)
        self.waiting += len(data)
        if not was_full and self.waiting > self._high_water:
            self._pause()
        self._news.set()

    def end(self) -> None:
        """Note that nothing more will arrive; what waits can still be read."""
        self.ended = True
        self._news.set()

    async def get(self) -> bytes:
        """Return the next bytes, or ``b""`` when all was read and nothing more will arrive."""
        while not self._pieces and not self.ended:
            self._news.clear()
            await self._news.wait()
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        if len(piece) > MAX_PIECE:
            self._pieces.appendleft(piece[MAX_PIECE:])
            piece = piece[:MAX_PIECE]
        elif self._pieces:
            # Each piece is a turn of the loop for its reader: a backlog of small ones is given in one.
            parts, size = [piece], len(piece)
            while self._pieces and size + len(self._pieces[0]) <= MAX_PIECE:
                parts.append(self._pieces.popleft())
                size += len(parts[-1])
            piece = b"".join(parts)
        was_full = self.waiting > self._high_water
        self.waiting -= len(piece)
        if was_full and self.waiting <= self._high_water:
            self._resume()
        return piece
