"""Mends Textual's timers: one that is due once fires though it is late.

Textual passes over a tick that is late by more than its interval, since another one follows. For a timer that ticks
once none follows: its callback is lost. A machine that is busy for the 16 ms of a frame is enough, and then text that
waits for its frame waits for ever. ``test_textual_still_loses_a_late_timer`` fails when this is needed no longer.
"""

from __future__ import annotations

from typing import Any, Final

from textual.timer import Timer

#: how Textual makes a timer
AS_TEXTUAL_MAKES_IT: Final = Timer.__init__


def _make_without_loss(self: Timer, *args: Any, repeat: int | None = None, skip: bool = True, **options: Any) -> None:
    AS_TEXTUAL_MAKES_IT(self, *args, repeat=repeat, skip=skip and repeat != 0, **options)


def keep_late_timers() -> None:
    """Let every timer of this process that is due once fire."""
    Timer.__init__ = _make_without_loss  # type: ignore[method-assign]  # there is no public way
