"""A timer that is due once fires, however late the machine comes to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from pstui.tui.mends.late_timers import AS_TEXTUAL_MAKES_IT, keep_late_timers
from textual import _time
from textual.app import App
from textual.timer import Timer


@pytest.fixture(autouse=True)
def timers() -> Iterator[None]:
    """Timers as they were, afterwards."""
    before = Timer.__init__
    yield
    Timer.__init__ = before  # type: ignore[method-assign]  # put back


def busy(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let so much time pass, for the timer "late", between its first and its second look at the clock."""
    looks = 0

    def clock() -> float:
        nonlocal looks
        task = asyncio.current_task()
        looks += task is not None and task.get_name() == "late"
        return time.monotonic() + (seconds if looks > 1 else 0.0)

    monkeypatch.setattr(_time, "get_time", clock)


async def fired(start: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a timer of a frame fires on a machine that is busy."""
    done = asyncio.Event()
    app: App[None] = App()
    async with app.run_test() as pilot:
        start()
        busy(monkeypatch, 0.05)
        app.set_timer(1 / 60, done.set, name="late")
        for _ in range(20):
            await asyncio.sleep(0.01)
        monkeypatch.undo()
        await pilot.pause()
    return done.is_set()


async def test_a_late_timer_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await fired(keep_late_timers, monkeypatch)


async def test_textual_still_loses_a_late_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when Textual is mended: then late_timers.py can go."""
    Timer.__init__ = AS_TEXTUAL_MAKES_IT  # type: ignore[method-assign]  # whatever another test has made of it
    assert not await fired(lambda: None, monkeypatch)
