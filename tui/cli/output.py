"""Standard output and standard error, written by one thread so that a slow reader of them holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import select
import sys
import threading
from collections.abc import Callable
from io import RawIOBase
from typing import Any, Literal

from pstui.backends.console import BACKLOG_LIMIT

Where = Literal["out", "err"]

#: as many pieces as are joined into one write at most: large enough for a flood, small enough to stop soon
_BATCH = 2_000


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
        self._queue: queue.SimpleQueue[tuple[Where, str] | None] = queue.SimpleQueue()
        self._given = 0  # counted on the loop
        self._written = 0  # counted by the thread
        self._room = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="pstui-output", daemon=True)
        self._thread.start()

    def put(self, where: Where, text: str) -> None:
        """Queue text for one of the two; returns at once."""
        self._given += 1
        self._queue.put((where, text))

    @property
    def backlog(self) -> int:
        """How many pieces were taken and are not yet written."""
        return self._given - self._written

    async def drained(self, limit: int = BACKLOG_LIMIT // 2) -> None:
        """Return when at most ``limit`` pieces are waiting."""
        while self.backlog > limit and self._thread.is_alive():
            self._room.clear()
            if self.backlog <= limit:
                return
            await self._room.wait()

    async def close(self) -> None:
        """Write what is left and end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            where, text = first
            parts, taken = [text], 1
            last: tuple[Where, str] | None = first
            while taken < _BATCH and not self._queue.empty():
                last = self._queue.get()
                if last is None:
                    break
                taken += 1
                if last[0] != where:
                    self._write(where, "".join(parts))
                    where, parts = last[0], []
                parts.append(last[1])
            self._write(where, "".join(parts))
            self._written += taken
            self._tell(self._room.set)
            if last is None:
                return

    def _write(self, where: Where, text: str) -> None:
        stream = self._streams[where]
        if stream is None or (where == "out" and self.failure is not None):
            return
        view = memoryview(text.encode("utf-8", "replace"))
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


def _raw(stream: Any) -> RawIOBase | None:
    """Return the unbuffered stream beneath one of Python's, or None where the process has none."""
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)
