"""How long one turn of the event loop takes, as a multiple of a piece of work that is the same everywhere.

A key waits for the turn that is under way. The budget is 50 ms on the machine on which the piece of work takes 5 ms;
only the processor time of the loop's own thread counts, so that a busy machine makes no difference.
"""

from __future__ import annotations

import asyncio.base_events
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

#: turns may take as many times as long as ``calibration``: 50 ms to 5
BUDGET = 10.0
_PAGE = 4096


def calibration() -> float:
    """Return the seconds that a fixed piece of work takes here, at best."""
    best = 1.0
    for _ in range(5):
        begun = time.thread_time()
        total = 0
        for number in range(90_000):
            total += number
        best = min(best, time.thread_time() - begun)
    return best


def memory() -> int:
    """Return the bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


@dataclass
class Turns:
    """What was measured: the longest turn, in calibrations, and the most memory, in bytes."""

    unit: float = field(default_factory=calibration)
    longest: float = 0.0
    most: int = 0

    @property
    def within(self) -> bool:
        """Whether no turn was longer than the budget."""
        return self.longest <= BUDGET

    def begin(self) -> None:
        """Measure anew."""
        self.longest, self.most = 0.0, memory()


@contextmanager
def watched_turns() -> Iterator[Turns]:
    """Measure every turn of every loop for the block.

    What other tests have left in memory is put out of reach of collections: a search through that would be measured.
    """
    gc.collect()
    gc.freeze()
    turns = Turns()
    loop_type = asyncio.base_events.BaseEventLoop
    once = loop_type._run_once  # type: ignore[attr-defined]  # a loop has no public way to tell of its turns
    count = 0

    def run_once(self: asyncio.base_events.BaseEventLoop) -> None:
        nonlocal count
        begun = time.thread_time()
        try:
            once(self)
        finally:
            took = (time.thread_time() - begun) / turns.unit
            turns.longest = max(turns.longest, took)
            count += 1
            if took > 0.5 or count % 50 == 0:
                turns.most = max(turns.most, memory())

    loop_type._run_once = run_once  # type: ignore[attr-defined]  # see above
    try:
        yield turns
    finally:
        loop_type._run_once = once  # type: ignore[attr-defined]  # see above
