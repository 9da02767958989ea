"""Receiving from a WinRM shell: what each stream brings, in one queue (protocol-notes 6.7).

How this works. WinRM never sends by itself: the client asks with a Receive, which the service answers when there is
output, or with a time-out fault when there is none for a while. So each stream (the pool's own and one a command) has
a task that sends one Receive after another, ``Receiver.receive``, until the service says Done. What comes goes into
the ``ReceiveQueue``, from which the pool takes it; while too much waits there, no further Receive is sent, and the
service makes the command wait.

The answer decides: chunks go on, a time-out asks again, "disconnected" takes the shell up again (``MAX_RETAKEN``
times). Any other fault of a command's stream ends that command, which is its normal end where it was closed meanwhile,
unless it says that the shell is gone. Whatever else fails ends the session with its reason. A service that answers at
once with nothing, again and again, is slowed down by ``Backoff``. The pool's own stream rests for a moment after the
opening (``FIRST_REST``), so that the first command gets the connection that stands already.

``FinishedCommands`` has the service forget commands that are over, when nothing else is to be sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

from pstui.backends.errors import ProtocolError, SessionBroken, SessionDisconnected
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import Incoming
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.shell import ReceiveResponse, ShellRequests, read_receive_response

#: bytes kept for a slow consumer before Receive waits
MAX_QUEUED = 4 * 1024 * 1024
#: seconds of rest after which commands that are over are forgotten, and how many may gather
REST, MAX_LEFT = 0.25, 100


class StreamState:
    """One stream: whose turn it is to send, the task that receives, how much has come.

    ``stopped`` says that nothing is sent to it any more.
    """

    def __init__(self, receiving: Coroutine[None, None, bool]) -> None:
        self.turn = asyncio.Lock()
        self.stopped = False
        self.size = 0
        self.task: asyncio.Task[bool] | None = None
        self.begin(receiving)

    def begin(self, receiving: Coroutine[None, None, bool]) -> None:
        """Receive, from now on."""
        self.task = asyncio.create_task(receiving, name="winrm receive")

    @property
    def is_over(self) -> bool:
        """Whether the far end has said that nothing more comes."""
        task = self.task
        return task is not None and task.done() and not task.cancelled() and task.result()

    def end(self) -> None:
        """Receive no more; a waiting request is cut."""
        if self.task is not None:
            self.task.cancel()


class ReceiveQueue:
    """What arrived and was not yet taken, and why nothing more comes.

    ``room`` is clear while too much waits, ``taken`` while anything does.
    """

    def __init__(self) -> None:
        self.failure: SessionBroken | None = None
        self.closing = self._leaving = False
        self.room = asyncio.Event()
        self.room.set()
        self.taken = asyncio.Event()
        self.taken.set()
        self._queue: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._size = 0

    def put(self, item: Incoming) -> None:
        """Add what arrived."""
        self._size += len(item.data)
        self.taken.clear()
        self._queue.put_nowait(item)
        if self._size >= MAX_QUEUED:
            self.room.clear()

    def end(self, failure: SessionBroken) -> None:
        """Remember why the session ended; whoever waits for output learns it."""
        if self.failure is None and not self._leaving:
            self.failure = failure
            self.room.set()
            self._queue.put_nowait(None)

    @property
    def is_ending(self) -> bool:
        """Whether this side is about to close the session, or to let go of it."""
        return self.closing or self._leaving

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """Take what streams say for the farewell it is while the session is being disconnected."""
        self._leaving = True
        try:
            yield
        except SessionBroken as failure:
            self._leaving = False
            self.end(failure)
            raise
        finally:
            self._leaving = False

    def resume(self) -> None:
        """Go on after a disconnection."""
        self.failure = None

    async def items(self) -> AsyncIterator[Incoming]:
        """Yield what arrives, in order. Raises SessionBroken when the session dies by itself."""
        while True:
            item = await self._queue.get()
            if item is not None:
                self._size -= len(item.data)
                if self._size < MAX_QUEUED:
                    self.room.set()
                if not self._size:
                    self.taken.set()
                yield item
            elif self.closing:
                self._queue.put_nowait(None)
                return
            elif self.failure is not None:  # None: the end of a disconnection that was overcome since
                if not isinstance(self.failure, SessionDisconnected):
                    self._queue.put_nowait(None)
                raise self.failure


class FinishedCommands:
    """Commands that are over but still listed by the service, forgotten when there is time for it.

    Each costs a request, which would hold up the next command; a service keeps a thousand or so of them.
    """

    def __init__(self, forget: Callable[[uuid.UUID], Awaitable[None]]) -> None:
        self._forget = forget
        self._commands: list[uuid.UUID] = []
        self._task: asyncio.Task[None] | None = None
        self._rests = self._held = False

    def add(self, command_id: uuid.UUID) -> None:
        """Take a command that is over, and forget it unless another one begins soon."""
        self._commands.append(command_id)
        self._held = False
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tidy(), name="forget commands")

    def wait(self) -> None:
        """Let something else be done first, unless too many have gathered."""
        if len(self._commands) < MAX_LEFT:
            self._held = True
            if self._task is not None and self._rests:  # a request that is on its way is left alone
                self._task.cancel()
                self._task = None

    async def _tidy(self) -> None:
        if len(self._commands) < MAX_LEFT:
            self._rests = True
            try:
                await asyncio.sleep(REST)
            finally:
                self._rests = False
        while self._commands and not self._held:
            await self._forget(self._commands[0])
            self._commands.pop(0)


log = logging.getLogger(__name__)

#: seconds the pool's stream rests once the pool is open: what runs first has the connection that is open already, and
#: the second one is made while nobody waits for it
FIRST_REST = 0.5
#: an answer that brings nothing and came within this part of the time it may take came too early: so many of them are
#: taken as they come, then each is waited for longer, up to so many seconds
EARLY, MAX_EARLY, FIRST_BACKOFF, LONGEST_BACKOFF = 0.01, 20, 0.01, 1.0
#: how often in a row a shell is taken again that the service disconnected by itself
MAX_RETAKEN = 3


class Receiver:
    """Receives the streams of one shell into ``queue``; ``streams`` are those that are listened to.

    ``put`` takes what arrived. ``retake`` connects to the shell again, where the service let go of it by itself.
    """

    def __init__(
        self,
        computer: str,
        put: Callable[[uuid.UUID | None, bytes], None],
        retake: Callable[[], Awaitable[None]],
    ) -> None:
        self.queue = ReceiveQueue()
        self.streams: dict[uuid.UUID | None, StreamState] = {}
        #: whether the pool is open, so that its stream has nothing urgent any more
        self.pool_is_open = False
        #: set when the pool was sent something by itself, which is answered on its own stream
        self.wanted = asyncio.Event()
        self._computer, self._put, self._retake = computer, put, retake
        self._has_rested = False

    async def receive(self, client: Client, requests: ShellRequests, pipeline_id: uuid.UUID | None) -> bool:
        """Receive one stream until it ends; return whether the far end said so."""
        backoff, retaken = Backoff(client.endpoint.options.receive_timeout), 0
        try:
            while True:
                aside = pipeline_id is None and await self._rest()
                backoff.begin()
                try:
                    found = read_receive_response(await client.call(requests.receive(pipeline_id), aside=aside))
                    retaken = 0
                except faults.Fault as fault:
                    if self._over(pipeline_id, fault):
                        return True
                    if self._is_alone(pipeline_id, fault):
                        told = errors.command_error(fault, self._computer, began=True)
                        self.queue.put(Incoming(pipeline_id, b"", told))
                        return True
                    if fault.code in faults.LET_GO and retaken < MAX_RETAKEN and not self.queue.is_ending:
                        retaken += 1
                        await self._retake()
                    elif not fault.is_timeout:
                        raise
                    found = ReceiveResponse((), False)  # having nothing to say is not a reason to stop
                for chunk in found.chunks:
                    self._put(pipeline_id, chunk)
                if found.is_done:
                    return True
                await backoff.end(empty=not found.chunks)
                await self.queue.room.wait()
        except faults.WSManFailure as failure:
            if not self.queue.closing:
                self.queue.end(errors.broken(failure, self._computer))
        except SessionBroken as failure:
            self.queue.end(failure)
        except Exception as error:  # a fault of ours must end the session, not leave everyone waiting for ever
            log.error("receiving failed: %s", type(error).__name__)
            what = f"{self._computer} sent what pstui could not handle"
            self.queue.end(ProtocolError(what, f"{type(error).__name__} was not expected."))
        return False

    async def _rest(self) -> bool:
        """Let the pool's stream rest once, when the pool has just opened; return whether it did."""
        if self._has_rested:
            return False
        await self.queue.taken.wait()
        if not self.pool_is_open:
            return False
        self._has_rested = True
        with contextlib.suppress(TimeoutError):
            async with timeout(FIRST_REST):
                await self.wanted.wait()
        return True

    def _over(self, pipeline_id: uuid.UUID | None, fault: faults.Fault) -> bool:
        """Whether a fault is but the answer to a command that was closed; the pool's own stream tells of the shell."""
        stream = self.streams.get(pipeline_id)
        closed = pipeline_id is not None and (stream is None or stream.stopped)
        return closed and not fault.asks_again

    def _is_alone(self, pipeline_id: uuid.UUID | None, fault: faults.Fault) -> bool:
        """Whether a fault ends one command while the session goes on."""
        return pipeline_id is not None and not fault.asks_again and not fault.ends_the_session


class Backoff:
    """Slows down asking a service that answers at once and says nothing, again and again."""

    def __init__(self, patience: float) -> None:
        self._early = patience * EARLY
        self._began = 0.0
        self._count = 0

    def begin(self) -> None:
        """Begin to ask."""
        self._began = asyncio.get_running_loop().time()

    async def end(self, *, empty: bool) -> None:
        """Wait, where it is called for."""
        took = asyncio.get_running_loop().time() - self._began
        self._count = self._count + 1 if empty and took < self._early else 0
        if self._count > MAX_EARLY:
            await asyncio.sleep(min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(10, self._count - MAX_EARLY)))
