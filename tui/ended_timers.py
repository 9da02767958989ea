"""Mends asyncio's timers: one that is cancelled lets go of what it was set in.

A time limit that was not reached stays in the loop's heap until it would have passed: 180 s for the opening of a
session. It has no callback any more, but still the context in which it was set, and Textual keeps there whose message
was handled: a tab, closed meanwhile, with its text and its session.
``test_asyncio_still_keeps_what_a_timer_was_set_in`` fails when this is needed no longer.
"""

from __future__ import annotations

from asyncio import TimerHandle
from contextvars import Context
from typing import Final

#: how asyncio cancels a timer
AS_ASYNCIO_CANCELS_IT: Final = TimerHandle.cancel
_NOTHING: Final = Context()


def _cancel_and_let_go(self: TimerHandle) -> None:
    AS_ASYNCIO_CANCELS_IT(self)
    self._context = _NOTHING  # type: ignore[attr-defined]  # nothing runs in it any more


def let_go_of_ended_timers() -> None:
    """Let every timer of this process that is cancelled keep nothing alive."""
    TimerHandle.cancel = _cancel_and_let_go  # type: ignore[assignment, method-assign]  # there is no public way
