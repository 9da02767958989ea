"""Keys go to whoever will own them: what is typed after a key waits until that key has been acted on.

A terminal hands over many keys at once. If the first of them opens a screen, a question or a field, the others belong
there, and not to what had the keys when they were read.

How this works: ``Typeahead`` gets every key and every paste before anything else. One that only types into a line of
text is given out at once. After any other the next ones wait: until all who may act on it have had it, until the
screen then in front has been laid out and has its focus, and until nobody *holds* the keys any more. A question that
was answered holds them until the next one is there, for what is typed then is its answer (``hold``). Every wait is
bounded: keys are given out late rather than never.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, runtime_checkable
from weakref import WeakSet

from pstui.tui.typed import Typed
from textual import events
from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

#: seconds that keys wait at most for any one thing, and for a screen that is being made
LIMIT: Final = 2.0
SCREEN_LIMIT: Final = 10.0
#: groups of workers that open, fill or close a screen, or move the focus, as soon as they can
_MOVING: Final = frozenset({"fill", "focus", "save", "opening"})
_POLL: Final = 0.005

TypedEvent = events.Key | events.Paste | Typed


@runtime_checkable
class ActsAtOnce(Protocol):
    """A widget that acts on its keys by itself and by calls: when it has had one, everything is done."""

    acts_at_once: bool


class Typeahead:
    """Gives keys and pastes to ``give_out``, in their order and one after the other.

    ``takes_whole`` says whether several characters that were read at once may be given out together now, ``awaits``
    whether something that an event may need is still to come.
    """

    def __init__(
        self,
        app: App[int],
        give_out: Callable[[TypedEvent], Awaitable[None]],
        takes_whole: Callable[[Typed], bool] = lambda event: False,
        awaits: Callable[[TypedEvent], bool] = lambda event: False,
    ) -> None:
        self._app, self._give_out, self._takes_whole, self._awaits = app, give_out, takes_whole, awaits
        self._waiting: deque[TypedEvent] = deque()
        self._task: asyncio.Task[None] | None = None
        self._ready: Screen[object] | None = None
        self._laid_out: WeakSet[Screen[object]] = WeakSet()
        self._held_until = 0.0
        #: the clock of ``now`` when the key that is acted on was read
        self.read_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether no key waits, and none is being acted on."""
        return self._task is None and not self._waiting

    async def take(self, event: TypedEvent) -> None:
        """Give an event out now, or when it is its turn."""
        waits = self._task is not None or not self._settled or self._awaits(event)
        if waits or (isinstance(event, Typed) and not self._takes_whole(event)):
            self._waiting.append(event)
            self._begin([])
        else:
            chain = self._chain(event)
            await self._act(event)
            if chain:
                self._begin(chain)

    def hold(self, seconds: float) -> None:
        """Let keys wait until ``release``, but not longer than this."""
        self._held_until = asyncio.get_running_loop().time() + min(seconds, SCREEN_LIMIT)

    def release(self) -> None:
        """Let keys wait no longer."""
        self._held_until = 0.0

    def _chain(self, event: TypedEvent) -> list[MessagePump]:
        """Who may act on an event that is given out now; nobody where it only types into a line of text."""
        target: DOMNode = self._app.focused or self._app.screen
        if getattr(self._app.screen, "prefixed", False):
            return [*target.ancestors_with_self]  # the second key of a chord: it means an action
        types = not isinstance(event, events.Key) or event.is_printable
        if types and getattr(target, "only_types", isinstance(target, Input)):
            return []
        if isinstance(target, ActsAtOnce):
            return [target]
        return [*target.ancestors_with_self]

    def _begin(self, chain: list[MessagePump]) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._go_on(chain))

    async def _go_on(self, chain: list[MessagePump]) -> None:
        try:
            while True:
                for pump in chain:
                    await _passed(pump.call_later)
                await self._settle()
                if not self._waiting:
                    return
                # In the app's own turn, as if it had just been read.
                chain = []
                if not await _passed(self._app.call_later, self._give_out_next, chain):
                    self._waiting.clear()  # the program ends, and its app takes nothing any longer
        except ScreenStackError:  # the program ends
            self._waiting.clear()
        finally:
            self._task = None
            if self._waiting:
                self._begin([])

    async def _act(self, event: TypedEvent) -> None:
        self.read_at = event.time
        await self._give_out(event)

    async def _give_out_next(self, chain: list[MessagePump]) -> None:
        """Give out what waits, up to the first event that may open something; ``chain`` gets who may act on that."""
        while True:
            if self._awaits(self._waiting[0]):
                return
            event = self._waiting.popleft()
            if isinstance(event, Typed) and not self._takes_whole(event):
                self._waiting.extendleft(reversed(event.keys))
                continue
            chain += self._chain(event)
            await self._act(event)
            if chain or not self._waiting or not self._settled:
                return

    @property
    def _settled(self) -> bool:
        """Whether what has the keys now is what will have them."""
        held = self._held_until > asyncio.get_running_loop().time()
        return not held and self._app.screen is self._ready and not self._moving

    @property
    def _moving(self) -> bool:
        return any(worker.group in _MOVING and not worker.is_finished for worker in self._app.workers)

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LIMIT
        while True:
            # One that ends may have closed the screen.
            while (  # noqa: ASYNC110  no event tells of a worker's end
                self._held_until > loop.time()
                or (self._moving and loop.time() < deadline)
                or (self._waiting and self._awaits(self._waiting[0]))
            ):
                await asyncio.sleep(_POLL)
            if (screen := self._app.screen) is self._ready:
                return
            await _passed(screen.call_later, limit=SCREEN_LIMIT)
            if screen not in self._laid_out:  # one that comes back to the front is as it was
                await _passed(screen.call_after_refresh, limit=SCREEN_LIMIT)
                self._laid_out.add(screen)
            self._ready = screen


#: keys that close a screen, and mean something else where that has gone: Enter runs a line, Esc reverts it
_CLOSING: Final = frozenset({"enter", "escape", "ctrl+c", "q"})


class ClosedScreens:
    """Tells the second press of a key whose first one closed a screen: what lies behind that is not meant by it."""

    def __init__(self) -> None:
        self._last = self._closed_by = ""
        self._closed_at = 0.0

    def is_slip(self, key: events.Key) -> bool:
        """Whether a key is that of the screen closed last, pressed before it had gone. Called for each key in turn."""
        if key.key == self._closed_by and key.key in _CLOSING and key.time < self._closed_at:
            return True
        self._last, self._closed_by = key.key, ""
        return False

    def closed(self) -> None:
        """A screen closes, by the key that was asked about last."""
        self._closed_by, self._closed_at = self._last, now()


async def _passed(
    call: Callable[..., bool],
    act: Callable[..., Awaitable[None]] | None = None,
    *args: object,
    limit: float = LIMIT,
) -> bool:
    """Return when a call that was handed to a pump has been made, after all that the pump had before.

    False where the pump has ended and takes no call.
    """
    done = asyncio.get_running_loop().create_future()

    async def called() -> None:
        try:
            if act is not None:
                await act(*args)
        finally:
            if not done.done():
                done.set_result(None)

    if taken := call(called):
        await asyncio.wait({done}, timeout=limit)
    return taken


def now() -> float:
    """Return what Textual's clock says, by which it notes when a key was read."""
    return Message().time


def was_read_before(widget: Widget, moment: float) -> bool:
    """Whether the key that is acted on was read before a moment of ``now``: it was pressed for what was there then."""
    found = _typeahead(widget)
    return found is not None and found.read_at < moment


def hold_keys(widget: Widget, seconds: float) -> None:
    """Let keys wait in the app of a widget until they are released, but not longer than this."""
    if (found := _typeahead(widget)) is not None:
        found.hold(seconds)


def release_keys(widget: Widget) -> None:
    """Let keys wait no longer."""
    if (found := _typeahead(widget)) is not None:
        found.release()


def _typeahead(widget: Widget) -> Typeahead | None:
    found = getattr(widget.app, "typeahead", None) if widget.is_attached else None
    return found if isinstance(found, Typeahead) else None
