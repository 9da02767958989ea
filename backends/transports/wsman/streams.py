"""The streams of a shell: the state of each, and what they bring, in one queue with an end."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator

from pstui.backends.errors import SessionBroken, SessionDisconnected
from pstui.backends.transports.base import Incoming

#: bytes kept for a slow consumer before Receive waits
MAX_QUEUED = 4 * 1024 * 1024
#: seconds of rest after which commands that are over are forgotten, and how many may gather
REST, MAX_LEFT = 0.25, 100


class Lane:
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


class Inflow:
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
        """Remember why the session ended; who waits for output learns it."""
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


class Leftovers:
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
