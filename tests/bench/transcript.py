"""The transcript under a flood, against RichLog on the same feed, and what it keeps in memory."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from pstui.backends.records import Write
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.wrap import WrapIndex
from pstui.tui.transcript.transcript import Transcript
from pstui.tui.transcript.view import REFINE
from rich.segment import Segment
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import RichLog

LINES = 200_000
#: RichLog is given the beginning of the feed only: the whole would take minutes.
RICH_LOG_LINES = 6_000
#: Seconds of writing in one turn of the loop, as the pane's budget.
TURN = 0.004
SCREEN = (200, 60)

_COLOURED = (
    "\x1b[32m2026-11-21 09:12:44\x1b[0m {word} \x1b[1;33mWARN\x1b[0m a worker took longer than it should "
    "\x1b[38;5;208m{number:06d} ms\x1b[0m, \x1b[36mretry\x1b[0m"
)
_WORDS = ("plain ASCII text", "schön, déjà vu …", "🚀 start of 日本語")


def feed(count: int) -> list[str]:
    """Lines of about 90 characters and four runs: a third each ASCII, Latin-1, emoji and wide characters."""
    return [_COLOURED.format(word=_WORDS[number % 3], number=number) for number in range(count)]


class One(App[None]):
    """An app of one widget."""

    CSS = "One > Screen > Widget { height: 1fr; width: 1fr; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


class ReadyStrips(ScrollView):
    """The least a line-API widget can do: hand out strips that were made before."""

    def __init__(self, strips: list[Strip]) -> None:
        super().__init__()
        self.strips = strips
        self.virtual_size = Size(SCREEN[0], len(strips))

    def render_line(self, y: int) -> Strip:
        return self.strips[round(self.scroll_y) + y]


async def _pour(write: Callable[[int, int], Any], count: int, batch: int) -> tuple[float, float, float]:
    """Write ``count`` lines in turns: seconds taken, the longest time the loop did not turn, and the longest by the
    processor time of its thread (which leaves out what other programs took)."""
    worst = worst_cpu = 0.0
    start = last = time.perf_counter()
    last_cpu = time.thread_time()
    done = 0
    while done < count:
        turn = time.perf_counter() + TURN
        while done < count and time.perf_counter() < turn:
            write(done, min(done + batch, count))
            done += batch
        await asyncio.sleep(0)
        now, now_cpu = time.perf_counter(), time.thread_time()
        worst, last = max(worst, now - last), now
        worst_cpu, last_cpu = max(worst_cpu, now_cpu - last_cpu), now_cpu
    return time.perf_counter() - start, worst, worst_cpu


async def _transcript(records: list[Write]) -> tuple[float, float, float]:
    transcript = Transcript()
    async with One(transcript).run_test(size=SCREEN) as pilot:
        await pilot.pause()
        return await _pour(lambda first, last: transcript.extend(records[first:last]), len(records), 20)


async def _rich_log(lines: list[str]) -> float:
    log = RichLog(max_lines=100_000)
    async with One(log).run_test(size=SCREEN) as pilot:
        await pilot.pause()

        def write(first: int, last: int) -> None:
            for line in lines[first:last]:
                log.write(Text.from_ansi(line))

        took, _, _ = await _pour(write, len(lines), 1)
    return took


async def _full_collection(records: list[Write]) -> float:
    transcript = Transcript()
    async with One(transcript).run_test(size=SCREEN) as pilot:
        await pilot.pause()
        before = _time(gc.collect)
        transcript.extend(records)
        await pilot.pause()
        return _time(gc.collect) - before


def _time(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


async def _repaint(widget: Widget, prepare: Callable[[], object], scrolls: int = 60) -> float:
    """Median seconds of processor time from a scroll by a page's half to the finished update of the whole screen."""
    async with One(widget).run_test(size=SCREEN) as pilot:
        await pilot.pause()
        prepare()
        await pilot.pause()
        times = []
        compositor = pilot.app.screen._compositor
        for step in range(scrolls):
            start = time.thread_time()
            widget.scroll_to(y=1000 + 30 * step, animate=False)
            compositor.render_full_update()
            times.append(time.thread_time() - start)
            await pilot.pause()
    return median(times)


def _repaints(records: list[Write], strips: list[Strip]) -> tuple[float, float]:
    """Seconds of a repaint by the transcript and by ready strips: taken in turns, the best of each."""
    ours, ready = [], []
    for _ in range(3):
        transcript = Transcript()
        ours.append(asyncio.run(_repaint(transcript, partial(transcript.extend, records))))
        ready.append(asyncio.run(_repaint(ReadyStrips(strips), lambda: None)))
    return min(ours), min(ready)


def _ready_strips(lines: list[str]) -> list[Strip]:
    strips = []
    app = App[None]()
    for line in lines:
        segments = list(Text.from_ansi(line, end="").render(app.console))
        strips.append(Strip([Segment(text, style) for text, style, _ in segments]).extend_cell_length(SCREEN[0]))
    return strips


def _bytes_per_line(records: list[Write]) -> float:
    gc.collect()
    tracemalloc.start()
    buffer = TextBuffer()
    for record in records:
        buffer.write(record)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return kept / buffer.line_count


def _resize(records: list[Write]) -> tuple[float, float]:
    """Seconds until the screen is right after a resize, and of the longest of the steps that follow."""
    buffer = TextBuffer()
    for record in records:
        buffer.write(record)
    index = WrapIndex(buffer, SCREEN[0])

    def first() -> None:
        index.set_columns(60)
        for row in range(index.rows - SCREEN[1], index.rows):
            index.locate(row)

    steps = [_time(first)]
    more = True
    while more:
        start = time.perf_counter()
        more = index.refine(REFINE)
        steps.append(time.perf_counter() - start)
    return steps[0], max(steps[1:])


def run() -> list[str]:
    """Speed, stalls, memory and repainting of the transcript."""
    lines = feed(LINES)
    records = [Write(line) for line in lines]
    gc.collect()
    gc.freeze()  # the feed itself is no part of what is measured
    try:
        log_took = asyncio.run(_rich_log(lines[:RICH_LOG_LINES]))
        gc.collect()  # what RichLog leaves behind is not to be cleared away on our time
        took, worst, worst_cpu = asyncio.run(_transcript(records))
        collection = asyncio.run(_full_collection(records[:100_000]))
        ours, ready = _repaints(records[:3000], _ready_strips(lines[:3000]))
        kept = _bytes_per_line(records[:100_000])
        first, longest = _resize(records[:100_000])
    finally:
        gc.unfreeze()
    speed, log_speed = LINES / took, RICH_LOG_LINES / log_took
    return [
        f"{LINES:,} coloured lines: {speed:,.0f} lines/s; RichLog {log_speed:,.0f} (its first {RICH_LOG_LINES:,}): "
        f"{speed / log_speed:.1f} times (bar: 20)",
        f"longest stall of the loop under it, garbage collection included: {worst * 1000:.0f} ms, by its own processor "
        f"time {worst_cpu * 1000:.0f} ms (bar: 50)",
        f"full collection with 100,000 lines kept: {collection * 1000:+.1f} ms beside an empty one",
        f"bytes kept for a 90-character line with 4 runs: {kept:.0f} (bar: 250)",
        f"a new width with 100,000 lines: screen right after {first * 1000:.1f} ms, then steps of at most "
        f"{longest * 1000:.1f} ms (a frame: 16.7)",
        f"repaint of {SCREEN[0]}x{SCREEN[1]}: {ours * 1000:.1f} ms, ready strips {ready * 1000:.1f} ms: "
        f"{ours / ready:.2f} times (bar: 1.5)",
    ]
