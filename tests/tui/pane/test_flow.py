"""Floods: shown in portions, held back at the transport, stopped at once, and never in the way of a key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pstui.backends.console import BACKLOG_LIMIT
from pstui.backends.pace import Pace
from pstui.backends.records import Write
from pstui.backends.transports import registry
from pstui.tui.pane.console import BUDGET, PaneConsole
from pstui.tui.pane.state import PaneState
from pstui.tui.responsive import KEY_TIME, PaintedWhenIdle, keys_first
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.transcript import Transcript
from textual import events
from textual.app import App, ComposeResult
from textual.driver import Driver
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from tests.bench._flood import FloodingPeer, lead_to
from tests.support.pilot import Screen, screen
from tests.support.stall import calibration
from tests.support.stand_in import StandInManager, host


class Parts:
    """What a console needs of a pane, its text among it: runs what is due when it is told to, keeps each portion."""

    def __init__(self) -> None:
        self.portions: list[list[Write]] = []
        self.due: list[Callable[[], None]] = []
        self.told: list[Message] = []
        self.cleared = 0
        self.pace = Pace()
        self.buffer = TextBuffer()
        anything: Any = self
        self.console = PaneConsole(anything, anything, anything, anything, self.pace)

    def extend(self, records: Sequence[Write]) -> None:
        self.portions.append(list(records))

    def clear_screen(self) -> None:
        self.cleared += 1

    def post_message(self, message: Message) -> None:
        self.told.append(message)

    def call_next(self, callback: Callable[[], None]) -> None:
        self.due.append(callback)

    def set_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        self.due.append(callback)

    def turn(self) -> None:
        """Let the pane have its turn."""
        due, self.due = self.due, []
        for callback in due:
            callback()

    @property
    def text(self) -> str:
        return "".join(each.text + "\n" * each.newline for portion in self.portions for each in portion)


async def test_of_a_flood_of_titles_few_are_told_and_the_last_is_kept() -> None:
    parts = Parts()
    for number in range(20_000):
        parts.console.set_title(f"title {number}")
        if number % 10_000 == 0:
            parts.turn()
    parts.turn()
    assert len([one for one in parts.told if isinstance(one, PaneConsole.Titled)]) <= 4
    assert parts.console.title == "title 19999"


async def test_a_flood_of_clearings_is_done_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, now = Parts(), 0.0

    def later() -> float:
        nonlocal now
        now += 0.001
        return now

    monkeypatch.setattr(time, "perf_counter", later)
    for number in range(100):
        parts.console.clear()
        parts.console.clear()
        parts.console.write(Write(str(number)))
    turns = 0
    while parts.console.backlog:
        parts.turn()
        turns += 1
    assert parts.cleared == 100 and turns > 10
    assert parts.text.split() == [str(number) for number in range(100)]


async def test_one_huge_record_comes_in_pieces_and_whole() -> None:
    parts = Parts()
    console = parts.console
    text = "".join(f"{number:07d} " for number in range(100_000))
    console.write(Write(text))
    while console.backlog:
        parts.turn()
    assert parts.text == text + "\n"
    assert len(parts.portions) > 10
    assert max(sum(len(each.text) for each in portion) for portion in parts.portions) <= 1 << 15


async def test_long_records_count_for_as_much_as_they_are() -> None:
    parts = Parts()
    console = parts.console
    for _ in range(30):
        console.write(Write("x" * 1_000_000))
    assert console.backlog > BACKLOG_LIMIT
    waiting = asyncio.ensure_future(console.drained())
    await asyncio.sleep(0)
    assert not waiting.done(), "the reader waits"
    while console.backlog > BACKLOG_LIMIT // 2:
        parts.turn()
    await waiting
    while console.backlog:
        parts.turn()
    await console.shown()
    assert console.backlog == 0


async def test_records_that_are_shown_slowly_count_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, now = Parts(), 0.0

    def later() -> float:
        nonlocal now
        now += BUDGET * 2  # one chunk for a portion
        return now

    monkeypatch.setattr(time, "perf_counter", later)
    console = parts.console
    for number in range(BACKLOG_LIMIT // 10):
        console.write(Write(str(number)))
    assert console.backlog == BACKLOG_LIMIT // 10
    for _ in range(4):
        now += 0.1  # a painting
        parts.turn()
    assert console.backlog > BACKLOG_LIMIT, "they would take seconds"
    console.write(Write("one more"))
    waiting = asyncio.ensure_future(console.drained())
    await asyncio.sleep(0)
    assert not waiting.done(), "the reader waits"
    while not waiting.done():
        parts.turn()
        await asyncio.sleep(0)
    assert console.backlog <= BACKLOG_LIMIT // 2
    while console.backlog:
        parts.turn()
    assert parts.text.split()[:3] == ["0", "1", "2"]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of a machine that has just booted, to be turned on by the test."""
    now = [0.0]
    monkeypatch.setattr("pstui.backends.pace.time.monotonic", lambda: now[0])
    return now


async def test_a_flood_is_not_shown_while_a_key_is_on_its_way(now: list[float]) -> None:
    parts = Parts()
    for _ in range(500):
        parts.console.write(Write("one"))
    parts.pace.stand_back(0.05)
    parts.turn()
    assert not parts.portions
    now[0] += 0.06
    while parts.due:
        parts.turn()
    assert parts.text == "one\n" * 500


async def test_an_answer_is_shown_at_once_though_a_key_is_on_its_way(now: list[float]) -> None:
    parts = Parts()
    parts.pace.stand_back(0.05)
    parts.console.write(Write("one"))
    parts.turn()
    assert parts.text == "one\n"


def test_painting_waits_for_an_answer_but_not_long(now: list[float]) -> None:
    pace = Pace()
    assert not pace.answer_is_due
    pace.expect_answer()
    assert pace.answer_is_due
    now[0] += 0.05
    assert not pace.answer_is_due
    pace.expect_answer()
    pace.answered()
    assert not pace.answer_is_due


async def test_what_a_key_changes_just_after_a_painting_waits_for_no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 3600.0)
    painted = asyncio.Queue[str]()

    class Word(Static):
        def render_line(self, y: int) -> Strip:
            painted.put_nowait(str(self.content))
            return super().render_line(y)

    class Lone(App[None]):
        def get_default_screen(self) -> PaintedWhenIdle:
            made = PaintedWhenIdle()
            made.pace = Pace()
            return made

        def compose(self) -> ComposeResult:
            yield Word("0")

    async with Lone().run_test() as pilot, asyncio.timeout(20):
        word, there = pilot.app.query_one(Word), pilot.app.screen
        assert isinstance(there, PaintedWhenIdle)
        for number in map(str, range(1, 10)):
            there.pace.stand_back(10.0)
            word.update(number, layout=False)
            while await painted.get() != number:
                pass


def test_keys_hold_a_flood_back_for_a_while_but_not_for_ever(now: list[float]) -> None:
    pace = Pace()
    went_on = 0
    for _ in range(100):
        pace.stand_back(0.045)
        now[0] += 0.01
        went_on += pace.rest == 0.0
    assert went_on >= 3, "a key held down lets text through a few times a second"


@pytest.mark.parametrize("booted", [0.0, 1000.0, 2000.0])
def test_who_gives_way_knows_of_no_clock_of_before(now: list[float], booted: float) -> None:
    now[0] = 2000.0
    another = Pace()
    another.stand_back(0.2)
    now[0] = booted
    pace = Pace()
    assert pace.rest == 0.0, "one program's keys are not those of another, nor of the test before"
    pace.stand_back(0.045)
    assert pace.rest == pytest.approx(0.045)
    now[0] += 0.05
    assert pace.rest == 0.0


async def test_work_that_gives_way_rests_until_the_key_is_done() -> None:
    parts = Parts()
    start = time.monotonic()
    parts.pace.stand_back(0.03)
    await asyncio.sleep(parts.console.rest)
    assert time.monotonic() - start >= 0.029
    assert parts.console.rest == 0.0


def test_the_driver_holds_floods_back_for_keys_but_not_for_ctrl_c(now: list[float]) -> None:
    passed: list[Any] = []

    class Plain:
        def process_message(self, message: Any) -> None:
            passed.append(message)

    pace = Pace()
    plain: Any = Plain
    held_back: Any = keys_first(plain, pace)
    driver = held_back()
    for message in (events.Key("ctrl+c", "\x03"), events.MouseUp(None, 0, 0, 0, 0, 0, False, False, False)):
        driver.process_message(message)
    assert not pace.rest
    driver.process_message(events.Key("a", "a"))
    assert pace.rest == KEY_TIME and len(passed) == 3
    abstract: Any = Driver
    assert issubclass(keys_first(abstract, pace), Driver)


@asynccontextmanager
async def flooding(
    monkeypatch: pytest.MonkeyPatch, dress: Callable[[str], str] = str, lines: int = 3000
) -> AsyncIterator[tuple[Screen, FloodingPeer]]:
    peer = FloodingPeer(dress=dress)
    monkeypatch.setattr(registry, "connect", registry.connect)  # put back afterwards
    async with screen(lead_to(peer)) as driver:
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "a prompt")
        await driver.type("flood")
        await driver.until(lambda: len(driver.text()) > lines, "a flood", 60)
        yield driver, peer


async def test_ctrl_c_ends_a_flood_and_nothing_of_it_comes_after_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    async with flooding(monkeypatch) as (driver, peer):
        start = time.monotonic()
        await driver.keys("ctrl+c")
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "the prompt")
        assert time.monotonic() - start < 2.0  # the bench holds it to 0.1; here other tests have the machine, too
        lines = driver.pane.transcript.buffer.end
        assert not peer.flooding
        await driver.run("quiet")
        assert driver.text()[lines - driver.pane.transcript.buffer.dropped :] == ["[localhost]: PS> quiet"]


def colours(number: str) -> str:
    """A line of which each character has another colour."""
    return "".join(f"_x001B_[38;5;{place * 7 % 256}m{number}" for place in range(60)) + "_x001B_[0m"


def marks(number: str) -> str:
    """A line of characters with more marks than are shown."""
    return f"{number}\u0301\u0302\u0303\u0304\u0305\u0306" * 40


@pytest.mark.parametrize("dress", [colours, marks])
async def test_ctrl_c_ends_a_flood_of_what_costs_much(
    dress: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with flooding(monkeypatch, dress, 500) as (driver, peer):
        unit, begun = calibration(), time.thread_time()
        await driver.keys("ctrl+c")
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "the prompt", 60)
        took = (time.thread_time() - begun) / unit * 5
        assert not peer.flooding
        assert took < 1_000, f"{took:.0f} ms of work"


async def test_what_is_typed_under_a_flood_is_seen_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with flooding(monkeypatch) as (driver, peer):
        before = peer.given
        await driver.type("quiet")
        await driver.until(lambda: driver.shows("⏎ waits  quiet"), "the line waits")
        await driver.until(lambda: peer.given > before + 3, "the flood goes on")
        await driver.keys("ctrl+c", "ctrl+c")
        await driver.until(lambda: driver.pane.state is PaneState.PROMPT, "the prompt")


async def test_a_far_end_that_is_not_read_is_not_read_ahead_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with flooding(monkeypatch) as (driver, peer):
        monkeypatch.setattr(driver.pane.transcript, "extend", lambda records: None)
        console = driver.pane.console
        monkeypatch.setattr(console, "_show_portion", lambda: None)
        await driver.until(lambda: console.backlog > BACKLOG_LIMIT, "the backlog is full")
        await driver.idle()
        given = peer.given
        await asyncio.gather(*(driver.idle() for _ in range(20)))
        assert peer.given - given <= 12, "what the transport keeps for a slow reader, and no more"


async def test_a_tab_behind_is_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Transcript] = []
    render = Transcript.render_lines

    def noted(self: Transcript, crop: Region) -> Any:
        painted.append(self)
        return render(self, crop)

    monkeypatch.setattr(Transcript, "render_lines", noted)
    manager = StandInManager()
    async with screen(host("web1"), host("db"), sessions=manager.as_manager()) as driver:
        front = driver.pane
        (behind,) = (pane for pane in driver.workspace.tabs.sessions if pane is not front)
        await driver.until(lambda: all(pane.state is PaneState.PROMPT for pane in (behind, front)), "prompts")
        await driver.idle()
        painted.clear()
        place = driver.workspace.panes.index(behind)
        await manager.interactive[place].do_flood("30000")
        await driver.until(lambda: behind.transcript.buffer.end >= 30_000, "the text came")
        await driver.until(lambda: driver.shows("●999"), "the badge says so")
        assert behind.transcript not in painted
        driver.workspace.tabs.bring_to_front(behind)
        await driver.until(lambda: driver.shows("line 29999"), "it is painted when it is seen")
