"""The standard streams of a run without a screen: text and JSON on their way out, lines on their way in.

One thread writes both standard output and standard error, so that a slow reader of them holds nobody up. Standard
input is the input of the remote pipeline, one object a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import select
import sys
import threading
from collections.abc import Callable
from io import RawIOBase
from typing import Any, Literal

from pstui.backends.console import BACKLOG_LIMIT
from pstui.tui.output.base import Deferred

Where = Literal["out", "err"]

#: a piece of more characters or bytes counts as several
_PIECE = 1024
#: so many characters are written at once, whatever they are part of
_WRITE = 256 * 1024
#: In a flood the thread is woken no oftener than this, in seconds: each waking takes turns with the loop at Python's
#: lock. What comes alone goes out at once.
_REST = 0.01
_HALF = re.compile("[\ud800-\udfff]")

_Piece = tuple[Where, str | Deferred, int]


class Output:
    """Takes text on the event loop and writes it in order, standard output and error in one queue.

    ``on_closed`` is called once on the loop when nobody reads standard output any longer, or when it cannot be
    written; ``failure`` then holds the error, and the rest is dropped.
    """

    def __init__(self, out: Any = None, err: Any = None, on_closed: Callable[[], None] | None = None) -> None:
        self._streams = {"out": out if out is not None else _raw(sys.stdout), "err": err or _raw(sys.stderr)}
        self.failure: OSError | None = None
        self.on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Piece] = []  # what was put in this turn of the loop
        self._queue: queue.SimpleQueue[list[_Piece] | None] = queue.SimpleQueue()
        self._given = 0  # counted on the loop
        self._written = 0  # counted by the thread
        self._room = asyncio.Event()
        self._room_wanted = False
        self._handed_over = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name="pstui-output", daemon=True)
        self._thread.start()

    def put(self, where: Where, text: str | Deferred, size: int = 0) -> None:
        """Queue text for one of the two; returns at once.

        Text that is not made yet is made by the thread; ``size`` is that of what it is made from, in bytes.
        """
        weight = 1 + (size or (len(text) if isinstance(text, str) else 0)) // _PIECE
        self._given += weight
        self._waiting.append((where, text, weight))
        if self._timer is None:
            self._timer = self._loop.call_at(self._handed_over + _REST, self._hand_over)

    def _hand_over(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if self._waiting:
            self._queue.put(self._waiting)
            self._waiting = []
            self._handed_over = self._loop.time()

    @property
    def backlog(self) -> int:
        """How many pieces were taken and are not yet written; a long one counts as many."""
        return self._given - self._written

    async def drained(self, limit: int = BACKLOG_LIMIT // 2) -> None:
        """Return when at most ``limit`` pieces are waiting."""
        self._hand_over()
        while self.backlog > limit and self._thread.is_alive():
            self._room.clear()
            self._room_wanted = True
            if self.backlog <= limit:
                return
            await self._room.wait()

    async def close(self) -> None:
        """Write what is left and end the thread."""
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (pieces := self._queue.get()) is not None:
            parts = _Parts(self._write)
            for where, text, _ in pieces:
                parts.begin(where)
                if isinstance(text, str):
                    parts.add(text)
                elif where == "err" or self.failure is None:
                    text(parts.add)
            parts.flush()
            weight = sum(weight for _, _, weight in pieces)
            del pieces, text  # not to be kept until the next ones come
            self._written += weight
            if self._room_wanted:
                self._room_wanted = False
                self._tell(self._room.set)

    def _write(self, where: Where, text: str) -> None:
        stream = self._streams[where]
        if stream is None or (where == "out" and self.failure is not None):
            return
        view = memoryview(_encoded(text))
        try:
            while view:
                written = stream.write(view)
                if written is None:  # a terminal that somebody left non-blocking, and it is full
                    select.select([], [stream], [])
                    continue
                view = view[written:]
        except OSError as error:
            self._streams[where] = None
            if where == "out":
                self.failure = error
                if self.on_closed is not None:
                    self._tell(self.on_closed)

    def _tell(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended first: nobody waits any longer
            self._loop.call_soon_threadsafe(callback)


def _encoded(text: str) -> bytes:
    """Return text as UTF-8; half a surrogate pair, which has none, becomes U+FFFD as in .NET."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF.sub("\ufffd", text).encode()


class _Parts:
    """Joins pieces of text to writes of a good size."""

    def __init__(self, write: Callable[[Where, str], None]) -> None:
        self._write = write
        self._where: Where = "out"
        self._parts: list[str] = []
        self._size = 0

    def begin(self, where: Where) -> None:
        """Say which of the two streams the next pieces are for."""
        if where != self._where:
            self.flush()
            self._where = where

    def add(self, text: str) -> None:
        """Take one more piece."""
        start = 0
        while len(text) - start > 2 * _WRITE:
            self._parts.append(text[start : start + _WRITE])
            self._size += _WRITE
            start += _WRITE
            self.flush()
        self._parts.append(text[start:])
        self._size += len(text)
        if self._size > _WRITE:
            self.flush()

    def flush(self) -> None:
        """Write what is there."""
        if self._size:
            self._write(self._where, "".join(self._parts))
        self._parts.clear()
        self._size = 0


def _raw(stream: Any) -> RawIOBase | None:
    """Return the unbuffered stream beneath one of Python's, or None where the process has none."""
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)
