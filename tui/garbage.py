"""When Python looks for what nobody has any more.

How this works: a closed tab is a knot of widgets that hold each other, and only the collector lets go of it. To look
through everything that lives takes about a microsecond an object: 100 ms for Textual, the protocol and one tab. So
what is loaded before the first tab is taken out of it for good. That must be done while no tab lives: what is taken out
holds for ever what it holds, itself included. After a tab was closed everything else is looked through, 20 ms with a
few tabs, as soon as no key has come for a while.
"""

from __future__ import annotations

import asyncio
import gc
from contextvars import Context
from typing import Final
from weakref import WeakSet

from pstui.backends.pace import Pace

#: how many objects are made before the young ones are looked through; with Python's own 700 the collector has a
#: seventh of the time that a session takes to open
COLLECT_AFTER: Final = 10_000
#: seconds without a key before everything is looked through
QUIET: Final = 2.0
#: of so many open tabs one must have been closed: looking takes the longer, the more there are
TABS: Final = 20
#: how often it looks for one closed tab, each time after twice the seconds: something may hold it for a moment
TIMES: Final = 5


class Garbage:
    """Has the collector of this process do its work where it is not felt."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        #: the closed tabs that are still there
        self._closed: WeakSet[object] = WeakSet()
        self._looked = 0
        self._timer: asyncio.TimerHandle | None = None
        self._holds_session = False

    def settle(self, *, session: bool) -> None:
        """Take everything that lives now out of later collections. ``session``: one has begun already, before its tab.

        Nothing else that will end may live. What such a session holds is let go of when the first tab has been closed.
        """
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        self._holds_session = session

    def tab_closed(self, tab: object, still_open: int) -> None:
        """Look for what a closed tab held when no key has come for a while. To be called in the event loop."""
        self._closed.add(tab)
        self._looked = 0
        if self._timer is None and len(self._closed) * TABS >= still_open:
            self._wait(QUIET)

    def _wait(self, seconds: float) -> None:
        # In a context of its own: that of the caller may hold the tab.
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        if (rest := QUIET - self._pace.quiet) > 0:
            self._wait(rest)
            return
        if self._holds_session:
            gc.unfreeze()
            self._holds_session = False
        gc.collect()
        self._looked += 1
        if self._closed and self._looked < TIMES:
            self._wait(QUIET * 2**self._looked)
        else:
            self._closed.clear()
