"""What is painted for a change is what a whole painting would show; and no more is rendered for it than has to be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from pstui.tui.mends.compositing import ChangesCompositor
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

WIDTH, HEIGHT = 60, 20


class Words(Static):
    """Counts how often it is rendered."""

    rendered = 0

    def render_lines(self, crop: Any) -> Any:
        self.rendered += 1
        return super().render_lines(crop)


class Painted(Screen[None]):
    """Keeps what the terminal would show after each update."""

    CSS = """
    #left { width: 17; } #right { width: 1fr; layers: base over; }
    Words { height: 3; border: round; padding: 0 1; }
    #over { layer: over; offset: 5 4; width: 12; background: red; }
    """

    rendered = 0

    def __init__(self) -> None:
        super().__init__()
        self._compositor = ChangesCompositor()
        self.cells = [[" "] * WIDTH for _ in range(HEIGHT)]

    def render_lines(self, crop: Any) -> Any:
        self.rendered += 1
        return super().render_lines(crop)

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield from (Words(f"left {number}", id=f"l{number}") for number in range(6))
            with Vertical(id="right"):
                yield from (Words(f"right {number}", id=f"r{number}") for number in range(6))
                yield Words("over", id="over")


def written(update: ChopsUpdate) -> Iterator[tuple[int, int, str]]:
    """The cells that an update writes: column, row, character."""
    x = y = 0
    for part in update.__rich_console__(None, None):  # type: ignore[arg-type]  # it asks neither
        if not isinstance(part, Segment):
            continue
        for code in part.control or ():
            _, x, y = (*code, 0, 0)[:3]  # the one control it has is "move to"
        if part.control or part.text == "\n":
            continue
        for character in part.text:
            yield x, y, character
            x += 1


def whole(screen: Painted) -> list[str]:
    """Every row as a painting of the whole screen has it."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


class Shown(App[None]):
    """An app whose screen is a Painted one; its updates go into the screen's cells."""

    def __init__(self) -> None:
        super().__init__()
        self.painted = Painted()
        self.partial = 0

    def get_default_screen(self) -> Painted:
        return self.painted

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, ChopsUpdate):
            self.partial += 1
            for x, y, character in written(renderable):
                self.painted.cells[y][x] = character
        elif renderable is not None:
            self.painted.cells = [list(row) for row in whole(self.painted)]


@pytest.mark.parametrize("seed", range(3))
async def test_what_a_change_paints_is_what_the_whole_would_show(seed: int) -> None:
    chance = random.Random(seed)
    app = Shown()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        for step in range(10):
            for widget in chance.sample(list(app.painted.query(Words)), chance.randint(1, 3)):
                what = chance.random()
                if what < 0.6:
                    widget.update(f"{step} " * chance.randint(0, 4), layout=False)
                elif what < 0.75:
                    widget.styles.height = chance.randint(3, 6)
                elif what < 0.9:
                    widget.display = not widget.display
                else:
                    widget.offset = (chance.randint(-3, 9), chance.randint(-2, 5))
            await pilot.pause()
            assert ["".join(row) for row in app.painted.cells] == whole(app.painted)
        assert app.partial >= 3


async def test_a_change_renders_what_it_touches() -> None:
    app = Shown()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        before = {widget.id: widget.rendered for widget in app.painted.query(Words)}
        under = app.painted.rendered
        app.painted.query_one("#l1", Words).update("other", layout=False)
        app.painted.query_one("#r4", Words).update("words", layout=False)
        await pilot.pause()
        rendered = {widget.id for widget in app.painted.query(Words) if widget.rendered > before[widget.id]}
        assert rendered == {"l1", "r4"}
        assert app.painted.rendered == under, "nothing of it is seen there"
