"""HTTP connections in threads of their own, handed out to coroutines: one daemon thread for one connection.

The default executor has too few threads for it: every session holds one or two requests that wait on the far end for
as long as nothing happens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from pstui.backends.transports.wsman import faults

#: idle connections kept authenticated for the next request
MAX_IDLE = 4


class Blocking(Protocol):
    """A connection as its thread uses it (``WinRMConnection``)."""

    def exchange(self, message: bytes, silence: float | None) -> bytes: ...
    def cut(self) -> None: ...
    def close(self) -> None: ...


_Job = tuple[bytes, float | None, "asyncio.Future[bytes]"]


class Line:
    """One HTTP connection and its thread. ``is_fresh`` until its first request was answered."""

    def __init__(self, connection: Blocking) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.is_fresh = True
        self.is_ended = False
        threading.Thread(target=self._work, name="pstui winrm", daemon=True).start()

    async def exchange(self, message: bytes, silence: float | None) -> bytes:
        """Send one message and return the reply. Raises WSManFailure. Cancelling it cuts the connection."""
        if self.is_ended:
            raise faults.NetworkFailure(faults.NetworkKind.CLOSED, "the connection has ended", sent=False)
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._jobs.put((message, silence, future))
        try:
            reply = await future
        except asyncio.CancelledError:
            self.end()
            raise
        self.is_fresh = False
        return reply

    def end(self) -> None:
        """Cut the connection and let its thread finish. May be called twice."""
        if not self.is_ended:
            self.is_ended = True
            self._connection.cut()
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            message, timeout, future = job
            try:
                reply: bytes | BaseException = self._connection.exchange(message, timeout)
            except BaseException as error:
                reply = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_settle, future, reply)
            del job, message, future, reply
        with contextlib.suppress(Exception):
            self._connection.close()


def _settle(future: asyncio.Future[bytes], reply: bytes | BaseException) -> None:
    if future.done():
        return
    if isinstance(reply, BaseException):
        future.set_exception(reply)
    else:
        future.set_result(reply)


class Lines:
    """The connections of one session: a request takes an idle one, or makes a new one."""

    def __init__(self, make: Callable[[], Blocking]) -> None:
        self._make = make
        self._idle: list[Line] = []
        self._busy: set[Line] = set()
        self.is_closed = False

    @property
    def count(self) -> int:
        """How many connections there are."""
        return len(self._idle) + len(self._busy)

    async def exchange(self, message: bytes, silence: float | None, *, aside: bool = False) -> bytes:
        """Send a message over any connection and return the reply; ``aside`` takes none that is there already.

        Raises WSManFailure.
        """
        if self.is_closed:
            raise faults.NetworkFailure(faults.NetworkKind.CLOSED, "the session was closed", sent=False)
        line = self._idle.pop() if self._idle and not aside else Line(self._make())
        self._busy.add(line)
        try:
            reply = await line.exchange(message, silence)
        except BaseException:
            line.end()
            raise
        else:
            if self.is_closed or len(self._idle) >= MAX_IDLE:
                line.end()
            else:
                self._idle.append(line)
            return reply
        finally:
            self._busy.discard(line)

    def drop_idle(self) -> None:
        """Let go of the connections that nobody uses: the service may have closed them."""
        for line in self._idle:
            line.end()
        self._idle.clear()

    def drop(self) -> None:
        """Cut every connection; the next request makes a new one."""
        for line in (*self._idle, *self._busy):
            line.end()
        self._idle.clear()

    def close(self) -> None:
        """Cut every connection, for good."""
        self.is_closed = True
        self.drop()
