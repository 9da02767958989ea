"""Going from tab to tab among fifty: the first paint, against an app of as many empty panes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, ClassVar

from pstui.tui.app import PstuiApp
from pstui.tui.pane.state import PaneState
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Tab, Tabs

from tests.support.stand_in import StandInManager, host

TABS = 50
SWITCHES = 40
SIZE = (120, 40)
#: seconds anything may take
LIMIT = 60.0


class EmptyPanes(App[None]):
    """Tabs and a switcher over widgets that show nothing."""

    CSS = "ContentSwitcher { height: 1fr; } ContentSwitcher > Widget { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+pagedown", "next", "Next")]

    def compose(self) -> ComposeResult:
        yield Tabs(*(Tab(f"pane {number}", id=f"tab-{number}") for number in range(TABS)))
        with ContentSwitcher(initial="pane-0"):
            for number in range(TABS):
                yield Widget(id=f"pane-{number}")

    def action_next(self) -> None:
        """Go to the tab after the one in front."""
        switcher, tabs = self.query_one(ContentSwitcher), self.query_one(Tabs)
        number = (int(str(switcher.current).removeprefix("pane-")) + 1) % TABS
        switcher.current = f"pane-{number}"
        tabs.active = f"tab-{number}"


@contextmanager
def painted() -> Iterator[list[tuple[float, float]]]:
    """Note the processor time and the time at the end of each paint."""
    paints: list[tuple[float, float]] = []
    paint = Screen._compositor_refresh

    def noted(screen: Screen[Any]) -> None:
        paint(screen)
        paints.append((time.thread_time(), time.perf_counter()))

    Screen._compositor_refresh = noted  # type: ignore[assignment]  # to look at Textual's own clockwork
    try:
        yield paints
    finally:
        Screen._compositor_refresh = paint  # type: ignore[method-assign]


async def _until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not seen():
            await asyncio.sleep(0.005)


async def _switches(app: App[Any], quiet: float) -> tuple[float, float]:
    """Median seconds of processor time, and of time, from the key to the first paint."""
    taken: list[tuple[float, float]] = []
    with painted() as paints:
        for _ in range(SWITCHES):
            await asyncio.sleep(quiet)
            paints.clear()
            cpu, start = time.thread_time(), time.perf_counter()
            app.post_message(events.Key("ctrl+pagedown", None))
            await _until(lambda: bool(paints))
            taken.append((paints[0][0] - cpu, paints[0][1] - start))
    return median(cpu for cpu, _ in taken), median(wall for _, wall in taken)


async def _empty() -> tuple[float, float]:
    app = EmptyPanes()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        return await _switches(app, 0.15)


async def _ours() -> tuple[float, float]:
    app = PstuiApp(sessions=StandInManager().as_manager())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for number in range(TABS):
            await app.workspace.tabs.open(host(f"web{number}"))
        await _until(lambda: all(pane.state is PaneState.PROMPT for pane in app.workspace.panes))
        await pilot.pause()
        return await _switches(app, 0.15)


def run() -> list[str]:
    """Both, in turns, the best of each."""
    empty, ours = [], []
    for _ in range(2):
        empty.append(asyncio.run(_empty()))
        ours.append(asyncio.run(_ours()))
    (empty_cpu, empty_wall), (cpu, wall) = min(empty), min(ours)
    return [
        f"a switch among {TABS} tabs, processor time to the first paint: {cpu * 1000:.1f} ms, empty panes "
        f"{empty_cpu * 1000:.1f} ms: {cpu / empty_cpu:.2f} times (bar: 2); by the clock {wall * 1000:.0f} and "
        f"{empty_wall * 1000:.0f} ms",
    ]
