"""Requests to one WinRM service: sent over any connection of the session, lost ones sent again while that may help.

HTTP connections block, so each has a daemon thread of its own, handed out to coroutines by the ``ConnectionPool``. The
default executor has too few threads for it: every session holds one or two requests that wait on the far end for as
long as nothing happens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Protocol

from pstui.backends.timeouts import timeout
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.envelope import Envelopes, Request
from pstui.backends.transports.wsman.http import EndpointSettings, WinRMConnection

#: idle connections kept authenticated for the next request
MAX_IDLE = 4


class Blocking(Protocol):
    """A connection as its thread uses it (``WinRMConnection``)."""

    def exchange(self, message: bytes, silence: float | None) -> bytes: ...
    def cut(self) -> None: ...
    def close(self) -> None: ...


_Job = tuple[bytes, float | None, "asyncio.Future[bytes]"]


class PooledConnection:
    """One HTTP connection and its thread."""

    def __init__(self, connection: Blocking) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
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


class ConnectionPool:
    """The connections of one session: a request takes an idle one, or makes a new one."""

    def __init__(self, make: Callable[[], Blocking]) -> None:
        self._make = make
        self._idle: list[PooledConnection] = []
        self._busy: set[PooledConnection] = set()
        self.is_closed = False
        #: gives back what the connections went through
        self.on_close: Callable[[], None] = lambda: None

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
        connection = self._idle.pop() if self._idle and not aside else PooledConnection(self._make())
        self._busy.add(connection)
        try:
            reply = await connection.exchange(message, silence)
        except BaseException:
            connection.end()
            raise
        else:
            if self.is_closed or len(self._idle) >= MAX_IDLE:
                connection.end()
            else:
                self._idle.append(connection)
            return reply
        finally:
            self._busy.discard(connection)

    def drop_idle(self) -> None:
        """Let go of the connections that nobody uses: the service may have closed them."""
        for connection in self._idle:
            connection.end()
        self._idle.clear()

    def drop(self) -> None:
        """Cut every connection; the next request makes a new one."""
        for connection in (*self._idle, *self._busy):
            connection.end()
        self._idle.clear()

    def close(self) -> None:
        """Cut every connection, for good."""
        self.is_closed = True
        self.drop()
        self.on_close()


#: seconds beyond the service's own time-out until a reply that does not come counts as lost
SLACK = 10.0
#: seconds that it grows to with a service that takes its own time
LONGEST_SLACK = 80.0
#: seconds that sending a request and its reply may take beside: the largest reply over a slow line
TRANSFER = 60.0
#: how often one request may get lost although the service answers others, and how much longer each time is waited
MAX_LOSSES, LOSS_PAUSE, LONGEST_LOSS_PAUSE = 12, 0.05, 5.0

Recover = Callable[[faults.NetworkFailure, int], Awaitable[None]]


class Client:
    """All connections of one session to its service.

    ``recover`` is awaited when a request got lost; when it returns, the request is sent again.
    """

    def __init__(
        self, endpoint: EndpointSettings, make: Callable[[EndpointSettings], Blocking] = WinRMConnection
    ) -> None:
        self.endpoint = endpoint
        self.envelopes = Envelopes(endpoint.target.url, endpoint.options)
        self.connections = ConnectionPool(lambda: make(endpoint))
        if endpoint.way is not None:
            self.connections.on_close = endpoint.way.close
        self.recover: Recover | None = None
        #: counts the interruptions that were overcome
        self.generation = 0
        self.slack = SLACK
        #: whether headers are marked as those that must be understood; not every service knows all of them
        self._insists = True
        self._preparing: asyncio.Task[object] | None = None

    def prepare(self) -> None:
        """Begin to connect and to prove who we are, where messages are sealed: the first request finds it done.

        What fails is raised by that request.
        """
        if self.endpoint.plan.sealed:
            work = self._exchange(b"", self.endpoint.options.open_timeout)
            self._preparing = asyncio.create_task(work, name="prepare connection")
            self._preparing.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def call(self, request: Request, *, recovers: bool = True, aside: bool = False) -> ET.Element:
        """Send a request until it is answered, and return the body of the reply. Raises WSManFailure.

        ``aside`` leaves the idle connections to others.
        """
        lost, losses = False, 0
        while True:
            generation = self.generation
            try:
                return await self.once(request, again=lost, aside=aside)
            except (faults.NetworkFailure, faults.HTTPFailure) as error:
                failure = _lost(error)
                lost, losses = lost or failure.sent, losses + 1
                recover = self.recover if recovers and losses <= MAX_LOSSES else None
                if recover is None or not failure.is_transient or self.connections.is_closed:
                    raise error
                if losses > 1:
                    await asyncio.sleep(min(LONGEST_LOSS_PAUSE, LOSS_PAUSE * 2**losses))
                await recover(failure, generation)
                if failure.kind is faults.NetworkKind.READ_TIMEOUT and request.patience is not None:
                    # It answers, only later than it was asked to.
                    self.slack = min(LONGEST_SLACK, self.slack * 2)

    async def once(self, request: Request, *, again: bool = False, aside: bool = False) -> ET.Element:
        """Send a request a single time; ``again`` when it may have arrived before. Raises WSManFailure.

        One that is refused for a header that must be understood is sent once more without the mark.
        """
        try:
            return await self._sent(request, again=again, aside=aside)
        except faults.Fault as fault:
            if not (fault.is_about_a_header and self._insists):
                raise
            self._insists = False
        return await self._sent(request, again=again, aside=aside)

    async def _sent(self, request: Request, *, again: bool, aside: bool) -> ET.Element:
        silence = None if request.patience is None else request.patience + self.slack
        data = (request.again if again else request.data) if self._insists else request.modest
        if self._preparing is not None:
            preparing, self._preparing = self._preparing, None
            await preparing  # what went wrong with the connection, went wrong with this request
        reply, took = await self._exchange(data, silence, aside=aside)
        if request.patience is not None and (late := took - request.patience) > 0:
            self.slack = max(self.slack, min(LONGEST_SLACK, late + SLACK))
        return self.envelopes.read(request, reply)

    async def _exchange(self, data: bytes, silence: float | None, *, aside: bool = False) -> tuple[bytes, float]:
        """Send bytes when it is our turn to prove who we are; return the reply, and the seconds that it took."""
        credential, logins = self.endpoint.credential, self.endpoint.failed_logins
        loop = asyncio.get_running_loop()
        try:
            async with logins.turn(credential) as may_prove:
                if not may_prove:
                    told = "The same user name and password were refused before; they are not sent a second time."
                    raise faults.AuthenticationFailure(told, secret_sent=False)
                # Beside the longest silence the whole has a limit: a reply that trickles in for ever is none.
                async with timeout(None if silence is None else silence + TRANSFER):
                    began = loop.time()
                    reply = await self.connections.exchange(data, silence, aside=aside)
        except TimeoutError as error:
            told = f"the reply did not end within {(silence or 0) + TRANSFER:g} s"
            raise faults.NetworkFailure(faults.NetworkKind.READ_TIMEOUT, told) from error
        except faults.AuthenticationFailure as failure:
            if failure.secret_sent:
                logins.refuse(credential)
                self.connections.drop()
            raise
        return reply, loop.time() - began


def _lost(error: faults.NetworkFailure | faults.HTTPFailure) -> faults.NetworkFailure:
    """Return an answer that is a passing failure as a loss of the network; any other as it is. Raises HTTPFailure."""
    if isinstance(error, faults.NetworkFailure):
        return error
    if error.status not in faults.TRANSIENT_STATUSES:
        raise error
    return faults.NetworkFailure(faults.NetworkKind.CLOSED, f"HTTP status {error.status}")
