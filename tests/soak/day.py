"""One long day of the whole program with far ends in memory, and what it holds in the meantime."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState

from tests.support.pilot import Screen, screen
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, line, output, state
from tests.support.stall import memory

#: lines that a tab keeps, so that the texts are full early
SCROLLBACK = 1_000
#: what one line typed writes
LINES = 40
#: seconds for anything
LIMIT = 120.0
#: bytes that memory may seem to grow by after the warm-up: the allocator gives little back, and its arenas fill slowly
SLACK = 12 << 20


@dataclass(frozen=True)
class Look:
    """What the program holds at one moment. ``memory`` is in bytes."""

    at: float
    memory: int
    descriptors: int
    threads: int
    tasks: int


def look(began: float) -> Look:
    """Look at this process."""
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  only how many
    return Look(time.monotonic() - began, memory(), descriptors, threading.active_count(), len(asyncio.all_tasks()))


@dataclass
class Day:
    """How the day went."""

    looks: list[Look] = field(default_factory=list)
    lines: int = 0
    opened: int = 0

    @property
    def grown(self) -> dict[str, float]:
        """Return by how much each grew, from the first third after the warm-up to the last."""
        third = max(1, len(self.looks) // 3)
        first, last = self.looks[:third], self.looks[-third:]
        names = ("memory", "descriptors", "threads", "tasks")
        return {
            name: median(getattr(one, name) for one in last) - median(getattr(one, name) for one in first)
            for name in names
        }

    @property
    def is_flat(self) -> bool:
        """Whether nothing grew."""
        grown = self.grown
        return grown["memory"] <= SLACK and all(grown[name] <= 2 for name in ("descriptors", "threads", "tasks"))


class _Forgetful(list[Any]):
    """Keeps nothing: a far end would grow by what it was told in a day."""

    def append(self, item: Any) -> None:
        """Let go of it."""


def far_end() -> ScriptedPeer:
    """Return a far end that writes some lines and an object."""
    written = [line(f"{number:04} " + "x" * 60) for number in range(LINES)]
    commands = {"work": [*written, output("<S>done</S>"), state(COMPLETED)]}
    return ScriptedPeer(commands=commands, heard=_Forgetful(), created=_Forgetful())


@asynccontextmanager
async def program() -> AsyncIterator[Screen]:
    """The program, whose sessions lead to far ends in memory."""
    connect = registry.connect

    async def connected(info: ConnectionInfo, context: Any) -> OutOfProcTransport:
        return OutOfProcTransport(far_end(), True)

    registry.connect = connected
    try:
        async with screen(settings={"scrollback": SCROLLBACK}) as s:
            yield s
    finally:
        registry.connect = connect


async def live(
    sessions: int, busy: int, seconds: float, looks: int = 12, rounds: int = 0, say: Callable[[str], None] = print
) -> Day:
    """Live a day with so many sessions, of which some are always busy; look at it now and then.

    It lasts so many seconds and a quarter more to warm up, or so many rounds and a quarter more.
    """
    day = Day()
    async with program() as s:
        tabs = s.workspace.tabs

        async def opened() -> Pane:
            day.opened += 1
            return await tabs.open(ConnectionInfo(ParameterSet.PROCESS, {"Command": (f"far{day.opened}",)}))

        for _ in range(sessions):
            await opened()
        await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in tabs.panes), "every prompt", LIMIT)
        began = time.monotonic()
        done = 0

        def past() -> float:
            """How much of the day is over, 0.0 when it is warm and 1.0 at the end."""
            return done / rounds - 0.25 if rounds else (time.monotonic() - began) / seconds - 0.25

        while past() < 1:
            await _work(day, tabs.sessions[:busy])
            await tabs.close(tabs.panes[busy])  # one that is not busy goes, another comes
            await opened()
            done += 1
            if past() >= len(day.looks) / looks:
                await s.until(lambda: all(pane.state is PaneState.PROMPT for pane in tabs.panes), "rest", LIMIT)
                await s.idle()
                day.looks.append(look(began))
                say(str(day.looks[-1]))
    return day


async def _work(day: Day, panes: list[Pane]) -> None:
    """Let each of these panes run a line, beside each other."""
    for pane in panes:
        if pane.state is PaneState.PROMPT:
            pane.submit_line("work")
            day.lines += 1
    await asyncio.sleep(0.01)
