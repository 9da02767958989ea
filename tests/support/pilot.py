"""Drive the screen as a person does: press keys, then wait until the screen shows something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.tui.app import PstuiApp
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from pstui.tui.workspace.screen import Workspace
from rich.cells import cell_len
from textual import _wait, events
from textual._context import visible_screen_stack
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.keys import _character_to_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot

#: seconds a test waits for what it expects before it fails
DEADLINE = 10.0

#: what style sheets say, by their text, their place and the colours of the theme
_rules: dict[tuple[Any, ...], list[RuleSet]] = {}


def _parse_once(
    parse: Callable[..., list[RuleSet]],
) -> Callable[..., list[RuleSet]]:
    """Let style sheets be parsed once a process: a person starts one program, the tests start a thousand."""

    def parsed(sheet: Stylesheet, *source: Any, **options: Any) -> list[RuleSet]:
        key = (source, *sorted(options.items()), *sorted(sheet._variables.items()))
        if key not in _rules:
            _rules[key] = parse(sheet, *source, **options)
        return _rules[key]

    return parsed


# Textual waits until nothing was done for a fiftieth of a second, twice a key: the better part of a test's time.
_wait.SLEEP_GRANULARITY, _wait.SLEEP_IDLE = 1 / 250, 1 / 2_500

Stylesheet._parse_rules = _parse_once(Stylesheet._parse_rules)  # type: ignore[method-assign]  # for every test


class Screen:
    """The running program with words for what a test does and sees."""

    def __init__(self, app: PstuiApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def workspace(self) -> Workspace:
        return self.app.workspace

    @property
    def has_pane(self) -> bool:
        """Whether a pane of a session is in front."""
        front = self.workspace.front
        return front is not None and front.as_session is not None

    @property
    def pane(self) -> Pane:
        front = self.workspace.front
        assert front is not None and front.as_session is not None, "no pane of a session is in front"
        return front.as_session

    async def until(self, seen: Callable[[], Any], what: str = "", seconds: float = DEADLINE) -> None:
        """Wait until ``seen()`` is true; fail after the deadline, showing the text of the pane."""
        deadline, nap = time.monotonic() + seconds, 0.002
        while not seen():
            if time.monotonic() > deadline:
                raise AssertionError(f"never came: {what or seen}\n--- the screen:\n{self.shown()}")
            await self.pilot.pause()
            await asyncio.sleep(nap)
            # To look is dear: what takes its time is looked at less often.
            nap = min(nap * 1.5, 0.03)

    async def idle(self) -> None:
        """Wait until everything pressed and said so far has been dealt with."""
        await self.pilot.pause()
        while not self.app.typeahead.idle:
            await asyncio.sleep(0.002)
        await self.pilot.pause()

    async def still(self) -> None:
        """Wait until the screen stands still: no row changes for a tenth of a second."""
        seen, since = "", time.monotonic()
        while time.monotonic() < since + 0.1:
            await self.idle()
            if (now := self.shown()) != seen:
                seen, since = now, time.monotonic()

    async def dealt_with(self) -> None:
        """Wait as ``idle`` does, for what is in the queues alone: ten thousand keys have no time for quiet moments."""
        calm = 0
        while calm < 3 and self.app.is_running:
            await asyncio.sleep(0)
            pumps: list[MessagePump] = [self.app, *self.app._registry]
            waits = any(pump.message_queue_size or pump._next_callbacks for pump in pumps if pump.is_running)
            calm = 0 if waits or not self.app.typeahead.idle else calm + 1
            if waits or not self.app.typeahead.idle:
                await asyncio.sleep(0.001)

    async def keys(self, *keys: str) -> None:
        """Press keys by Textual's names."""
        await self.pilot.press(*keys)
        while not self.app.typeahead.idle:
            await asyncio.sleep(0.002)

    async def type(self, text: str, *, enter: bool = True) -> None:
        """Type text, and Enter unless told otherwise."""
        self.burst(*text, *(["enter"] if enter else []))
        await self.idle()

    def burst(self, *keys: str) -> None:
        """Press keys without waiting, as a slow link delivers them: all before the first one is dealt with."""
        for key in keys:
            character = key if len(key) == 1 else None
            self.app.post_message(events.Key(key if character is None else _character_to_key(key), character))

    async def run(self, line: str) -> None:
        """Type a line at the prompt and wait for the next prompt (or the end)."""
        await self.until(lambda: self.pane.state is PaneState.PROMPT, "a prompt")
        prompts = self.prompts
        await self.type(line)
        await self.until(lambda: self.prompts > prompts and self.pane.state is not PaneState.BUSY, f"the end of {line}")

    @property
    def prompts(self) -> int:
        """How many prompts with their lines the text holds."""
        return len(self.pane.transcript.buffer.prompts())

    def text(self, pane: Pane | None = None) -> list[str]:
        """The lines of a pane's text."""
        buffer = (pane or self.pane).transcript.buffer
        return [buffer.text(index) for index in range(buffer.line_count)]

    def sees(self, text: str, pane: Pane | None = None) -> bool:
        """Whether a line of the pane's text is exactly ``text``."""
        return text in self.text(pane)

    def shown(self) -> str:
        """What is on the screen, as plain rows."""
        # As a painting does: a dialog that is asked for its rows keeps those of what lies behind it.
        visible_screen_stack.set(self.app._background_screens)
        height = self.app.size.height
        rows = []
        for strip in self.app.screen._compositor.render_strips():
            rows.append("".join(segment.text for segment in strip).rstrip())
        return "\n".join(rows[:height])

    def place(self, text: str) -> tuple[int, int]:
        """The cell where ``text`` stands first."""
        y, row = next((y, row) for y, row in enumerate(self.shown().splitlines()) if text in row)
        return cell_len(row[: row.index(text)]), y

    async def click(self, text: str, *, within: int = 0, button: int = 1, times: int = 1) -> None:
        """Click where ``text`` stands, ``within`` it: so many columns from its first one."""
        await self.until(lambda: self.shows(text), text)
        x, y = self.place(text)
        await self.click_at(x + within, y, button=button, times=times)

    async def click_at(self, x: int, y: int, *, button: int = 1, times: int = 1) -> None:
        """Click a cell of the screen."""
        widget, region = self.app.screen.get_widget_at(x, y)
        await self.pilot.click(widget, offset=(x - region.x, y - region.y), button=button, times=times)
        await self.dealt_with()

    def shows(self, text: str) -> bool:
        """Whether ``text`` stands anywhere on the screen."""
        return text in self.shown()


@asynccontextmanager
async def screen(*infos: ConnectionInfo, size: tuple[int, int] = (100, 26), **options: Any) -> AsyncIterator[Screen]:
    """Run the program with sessions to open; ``options`` are those of PstuiApp."""
    app = PstuiApp(open=infos, **options)
    async with app.run_test(size=size) as pilot:
        yield Screen(app, pilot)
        assert not app.faults, "a worker failed"


def rows_with(lines: Sequence[str], text: str) -> list[int]:
    """The indexes of the lines that hold ``text``."""
    return [index for index, line in enumerate(lines) if text in line]
