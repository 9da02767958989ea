"""Keys in a real terminal: from key to letter on the screen, with and without a flood; Ctrl+C through one."""

from __future__ import annotations

import os
import random
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

from tests.support.pseudo_terminal import PseudoTerminal

SIZE = (100, 30)
#: letters that no escape sequence and no line of the flood holds
LETTERS = "бгджзийлпфцчшщъыьэюя"
SAMPLES = 120
STOPS = 8
#: seconds that anything may take
LIMIT = 30.0


class Screen:
    """The program in a pseudo terminal, read as fast as it writes."""

    def __init__(self, master: int) -> None:
        self._master = master
        self.seen = b""

    def send(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def until(self, *wanted: str) -> float:
        """Read until one of the texts has come; returns the seconds."""
        start = time.perf_counter()
        needles = [text.encode() for text in wanted]
        self.seen = b""
        while not any(needle in self.seen for needle in needles):
            left = LIMIT - (time.perf_counter() - start)
            if left < 0 or not select.select([self._master], [], [], left)[0]:
                raise TimeoutError(f"never came: {wanted}; last: {self.seen[-2000:]!r}")
            self.seen = self.seen[-64:] + os.read(self._master, 1 << 20)
        return time.perf_counter() - start

    def rest(self, seconds: float) -> None:
        """Read whatever comes for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                os.read(self._master, 1 << 20)


@contextmanager
def screen() -> Iterator[Screen]:
    """Run the screen over a far end that can flood."""
    env = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": os.devnull}
    env.pop("NO_COLOR", None)
    columns, rows = SIZE
    with PseudoTerminal([sys.executable, "-m", "tests.bench._flood"], env, columns=columns, rows=rows) as there:
        yield Screen(there.master)


def typed(there: Screen, count: int) -> list[float]:
    """Seconds from a key to its letter on the screen, for keys pressed at any moment of a frame."""
    times = []
    chance = random.Random(1)
    for number in range(count):
        there.rest(0.03 + chance.random() / 30)
        letter = LETTERS[number % len(LETTERS)]
        there.send(letter)
        times.append(there.until(letter))
        there.rest(0.02)
        there.send("\x7f")
    return times


def worst_of_twenty(times: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20)[-1]


def stops(there: Screen) -> list[float]:
    """Seconds from Ctrl+C in a flood to the next prompt; a flood runs when it begins and when it ends."""
    times = []
    for _ in range(STOPS):
        there.rest(0.2)
        there.send("\x03")
        times.append(there.until("PS>"))  # the words in the last row follow when they stay
        there.rest(0.1)
        there.send("flood\r")
        there.rest(0.5)
    return times


def run() -> list[str]:
    """Latency of keys, with and without a flood, and of Ctrl+C."""
    with screen() as there:
        there.until("PS>")
        there.rest(1.0)
        idle = typed(there, SAMPLES)
        there.send("flood\r")
        there.rest(1.0)
        flooded = typed(there, SAMPLES)
        stopped = stops(there)
    return [
        f"a key on the screen without a flood: {median(idle) * 1000:.0f} ms, 95th percentile "
        f"{worst_of_twenty(idle) * 1000:.0f} ms (bar: 16.7)",
        f"under a flood as fast as it is read: {median(flooded) * 1000:.0f} ms, 95th percentile "
        f"{worst_of_twenty(flooded) * 1000:.0f} ms (bar: 33), {median(flooded) / median(idle):.1f} times",
        f"Ctrl+C in that flood to the next prompt: {median(stopped) * 1000:.0f} ms, at most "
        f"{max(stopped) * 1000:.0f} ms (bar: 100)",
        f"the machine had {os.getloadavg()[0]:.1f} programs to run on {os.cpu_count()} processors, 2 of them these",
    ]
