"""Turns of the event loop: work that could fill it lets a person's keys go first, and an answer that is due.

A key passes the loop several times until its letter is on the screen. Under a flood each of those turns would hold a
portion of the flood's work, and together they are what makes typing feel slow; so the flood stands back for the moment
it takes, and goes on.

A line that is sent is mostly answered within a few milliseconds. A painting in between would hold the answer up longer
than that, and be out of date when it is done; so painting waits for a moment, or until the answer is there.
"""

from __future__ import annotations

import time

#: seconds that work rests at most without a break, however many keys come
LONGEST = 0.25
#: seconds that a painting waits for an answer, two frames, and for more of what comes from the keyboard all at once
ANSWER_TIME, MORE_TIME = 2 / 60, 1 / 60


class Pace:
    """Who gives way to whom in one program: its owner makes one and hands it to those who read keys and show text."""

    def __init__(self) -> None:
        # since when and until when work that gives way rests, in monotonic seconds
        self._since = self._until = self._last = time.monotonic()
        self._answer = 0.0
        #: whether a person waits for the next painting
        self.urgent = False

    def stand_back(self, seconds: float) -> None:
        """Let all work that gives way rest for so long from now. Can be called from any thread."""
        self._last = now = time.monotonic()
        if now >= self._until:
            self._since = now
        if now - self._since < LONGEST:
            self._until = max(self._until, now + seconds)

    @property
    def rest(self) -> float:
        """For how many more seconds work that gives way must rest, 0.0 when it may continue."""
        return max(0.0, self._until - time.monotonic())

    @property
    def quiet(self) -> float:
        """For how many seconds no key has come."""
        return time.monotonic() - self._last

    def expect_answer(self) -> None:
        """Let painting wait: a line was sent."""
        self._answer = time.monotonic() + ANSWER_TIME

    def expect_more(self) -> None:
        """Let painting wait: many characters came at once, and mostly those after them are on their way."""
        self._answer = max(self._answer, time.monotonic() + MORE_TIME)

    def answered(self) -> None:
        """Let painting go on: the first of an answer is there."""
        if self._answer:
            self.urge()

    def urge(self) -> None:
        """Let what has come be painted next, however short ago the last painting was: a person waits for it."""
        self._answer, self.urgent = 0.0, True

    @property
    def answer_is_due(self) -> bool:
        """Whether painting waits for the answer to a line."""
        return self._answer > time.monotonic()
