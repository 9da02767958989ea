"""Mends Textual's timers: one that is due once fires though it is late.

Textual passes over a tick that is late by more than its interval, since another one follows. For a timer that ticks
once none follows: its callback is lost. A machine that is busy for the 16 ms of a frame is enough, and then text that
waits for its frame waits for ever. ``test_textual_still_loses_a_late_timer`` fails when this is needed no longer.

And asyncio's: one that is cancelled lets go of what it was set in. A time limit that was not reached stays in the
loop's heap until it would have passed: 180 s for the opening of a session. It has no callback any more, but still the
context in which it was set, and Textual keeps there whose message was handled: a tab, closed meanwhile, with its text
and its session. ``test_asyncio_still_keeps_what_a_timer_was_set_in`` fails when this is needed no longer.
"""

from __future__ import annotations

from asyncio import TimerHandle
from contextvars import Context
from typing import Any, Final

from textual.timer import Timer

#: how Textual makes a timer
AS_TEXTUAL_MAKES_IT: Final = Timer.__init__
#: how asyncio cancels one
AS_ASYNCIO_CANCELS_IT: Final = TimerHandle.cancel
_NOTHING: Final = Context()


def _make_without_loss(self: Timer, *args: Any, repeat: int | None = None, skip: bool = True, **options: Any) -> None:
    AS_TEXTUAL_MAKES_IT(self, *args, repeat=repeat, skip=skip and repeat != 0, **options)


def keep_late_timers() -> None:
    """Let every timer of this process that is due once fire."""
    Timer.__init__ = _make_without_loss  # type: ignore[method-assign]  # there is no public way


def _cancel_and_let_go(self: TimerHandle) -> None:
    AS_ASYNCIO_CANCELS_IT(self)
    self._context = _NOTHING  # type: ignore[attr-defined]  # nothing runs in it any more


def let_go_of_ended_timers() -> None:
    """Let every timer of this process that is cancelled keep nothing alive."""
    TimerHandle.cancel = _cancel_and_let_go  # type: ignore[assignment, method-assign]  # there is no public way
