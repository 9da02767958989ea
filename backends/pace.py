"""Turns of the event loop: work that could fill it lets a person's keys go first.

A key passes the loop several times until its letter is on the screen. Under a flood each of those turns would hold a
portion of the flood's work, and together they are what makes typing feel slow; so the flood stands back for the moment
it takes, and goes on.
"""

from __future__ import annotations

import asyncio
import time

#: seconds that work rests at most without a break, however many keys come
LONGEST = 0.25


class _Pace:
    """Since when and until when work that gives way rests, in monotonic seconds."""

    since = until = 0.0


def stand_back(seconds: float) -> None:
    """Let all work that gives way rest for so long from now. Can be called from any thread."""
    now = time.monotonic()
    if now >= _Pace.until:
        _Pace.since = now
    if now - _Pace.since < LONGEST:
        _Pace.until = max(_Pace.until, now + seconds)


def standing_back() -> float:
    """Return for how many more seconds work that gives way shall rest, 0.0 when it may go on."""
    return max(0.0, _Pace.until - time.monotonic())


async def give_way() -> None:
    """Let the loop turn, and rest while a person's key is on its way."""
    await asyncio.sleep(standing_back())
