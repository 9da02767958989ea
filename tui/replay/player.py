"""Plays a recording into an emulator: what the time has come for, a few milliseconds a turn of the loop.

How this works: ``at`` is where it is, in seconds of the recording. ``go_to`` says where it is to be, and ``work`` feeds
the emulator until it is there or its turn is over. Going back means a new emulator and all from the beginning; that may
take several turns. Nothing of the recording reaches the real terminal: it writes on the emulator's cells, and what the
emulator would answer is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO, Final

from pstui.tui.replay.cast_file import Recording, event, is_size, size_of
from pstui.tui.terminal.emulator import Emulator

#: seconds of emulation in one turn
BUDGET: Final = 0.008
#: seconds of a wait that is played, where waits are cut and the file has no wish
WAIT: Final = 2.0
#: the largest picture, larger than a real screen; emptying one costs as much as it has cells
MOST_COLUMNS, MOST_ROWS = 400, 150
#: cells of a picture for which the emulator's slice is meant, and bytes that are fed at least
_CELLS, _LEAST = 80 * 24, 16
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Player:
    """Plays ``recording`` from ``file``; ``make`` makes an emulator of columns and rows.

    Attributes:
        at: Where it is.
        playing: Whether time goes by.
        speed: How fast.
        cuts_waits: Whether long waits are played as short ones.
        failed: Why nothing more can be read, empty for no reason.
    """

    def __init__(self, recording: Recording, file: BinaryIO, make: Callable[[int, int], Emulator]) -> None:
        self.recording, self._file, self._make = recording, file, make
        self.at = self._goal = 0.0
        self.playing, self.speed, self.cuts_waits = True, 1.0, True
        self.failed = ""
        self._next = 0
        self._rest = b""
        self._last = -1
        self.size = _bounded(recording.size)
        self.emulator = make(*self.size)

    # -- time -------------------------------------------------------------------------------------------------

    @property
    def arrived(self) -> bool:
        """Whether it is where it is to be."""
        return not self._rest and self._next > self._last

    @property
    def part(self) -> float:
        """How much of the way is done, from 0 to 1."""
        return 1.0 if self._last < 0 else min(self._next / (self._last + 1), 1.0)

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self._goal >= self.recording.seconds and self.arrived

    def tick(self, seconds: float) -> None:
        """Let so many seconds go by."""
        if not self.playing or not self.arrived:
            return
        goal = self._goal + seconds * self.speed
        following = self.recording.times[self._next] if self._next < len(self.recording) else 0.0
        wait = self.recording.idle or WAIT
        if self.cuts_waits and following - self._goal > wait:
            goal = max(goal, following - wait)
        self._aim(min(goal, self.recording.seconds))
        if self.ended:
            self.playing = False

    def go_to(self, seconds: float) -> None:
        """Be somewhere else."""
        goal = min(max(seconds, 0.0), self.recording.seconds)
        if self.recording.after(goal) < self._next or (self._rest and goal < self._goal):
            self._begin_again()
        self._aim(goal)

    def step(self) -> None:
        """Go to the next event."""
        if self._next < len(self.recording):
            self.go_to(self.recording.times[self._next])

    def next_chapter(self) -> bool:
        """Go to where the next command begins; whether there is one."""
        number = self.recording.chapter_at(self._goal) + 1
        if number >= len(self.recording.chapters):
            return False
        self.go_to(self.recording.chapters[number].seconds)
        return True

    def previous_chapter(self) -> bool:
        """Go to where this command begins, or from its first second to the one before; whether there is one."""
        number = self.recording.chapter_from(self._goal - 1.0) - 1
        if number < 0:
            return False
        self.go_to(self.recording.chapters[number].seconds)
        return True

    def faster(self, by: int) -> None:
        """Take the next speed, or the one before."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]

    def _aim(self, goal: float) -> None:
        self._goal = self.at = goal
        self._last = self.recording.after(goal) - 1

    def _begin_again(self) -> None:
        self._next, self._rest = 0, b""
        self.size = _bounded(self.recording.size)
        self.emulator = self._make(*self.size)

    # -- work -------------------------------------------------------------------------------------------------

    def work(self, budget: float = BUDGET) -> bool:
        """Feed until it is where it is to be, or for ``budget`` seconds; whether anything was fed."""
        until = time.perf_counter() + budget
        fed = False
        while not self.arrived and time.perf_counter() < until:
            fed = True
            if self._rest:
                size = max(self.emulator.slice * _CELLS // max(self.size[0] * self.size[1], _CELLS), _LEAST)
                self.emulator.feed(self._rest[:size])
                self._rest = self._rest[size:]
            else:
                self._take_next()
        return fed

    def _take_next(self) -> None:
        index, self._next = self._next, self._next + 1
        try:
            data = event(self.recording, self._file, index)
        except (OSError, ValueError, IndexError, TypeError, RecursionError):
            self.failed = "the file has changed"
            self._next = self._last + 1
            self.playing = False
            return
        if not is_size(self.recording, index):
            self._rest = data.encode("utf-8", "replace")
        elif (size := size_of(data)) is not None:
            self.size = _bounded(size)
            self.emulator.resize(*self.size)


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    return min(max(size[0], 2), MOST_COLUMNS), min(max(size[1], 2), MOST_ROWS)
