"""Pasted lines: a row asks how to run them. Nothing runs without Enter, and any other key means to edit them."""

from __future__ import annotations

import enum
from collections.abc import Callable

from pstui.tui.colors import no_color
from pstui.tui.still import Note
from textual.content import Content
from textual.message import Message
from textual.style import Style


class PasteWay(enum.Enum):
    """What to do with pasted lines."""

    BLOCK = "as one block"
    LINES = "line by line"
    EDIT = "not yet"


_WAYS = tuple(PasteWay)


class PasteRow(Note):
    """The row above the editor: the question about pasted lines, or a search. A click chooses how to run the lines."""

    class Picked(Message):
        """A way was clicked."""

        def __init__(self, way: PasteWay) -> None:
            super().__init__()
            self.way = way

    def action_pick(self, name: str) -> None:
        """Take the way clicked."""
        self.post_message(self.Picked(PasteWay[name]))


class PasteChoice:
    """The question above pasted lines. ``show`` gets its row, None to hide it; ``run_lines`` runs them one by one.

    As one block they are run by Enter itself, like any text.
    """

    def __init__(self, show: Callable[[Content | None], None], run_lines: Callable[[], None]) -> None:
        self._show, self._run_lines = show, run_lines
        self._count = 0
        self._chosen = PasteWay.BLOCK

    @property
    def active(self) -> bool:
        """Whether the question is open."""
        return self._count > 0

    def begin(self, count: int) -> None:
        """Ask about ``count`` lines."""
        self._count, self._chosen = count, PasteWay.BLOCK
        self._present()

    def end(self) -> None:
        """Close the question; the lines stay in the editor."""
        if self._count:
            self._count = 0
            self._show(None)

    def take(self, key: str, character: str | None) -> bool:
        """Take a key: Tab chooses, Enter does what is chosen; any other key means editing and acts as usual."""
        if not self.active:
            return False
        if key in ("tab", "shift+tab"):
            step = 1 if key == "tab" else -1
            self._chosen = _WAYS[(_WAYS.index(self._chosen) + step) % len(_WAYS)]
            self._present()
            return True
        self.end()
        if key != "enter":
            return key == "escape"
        if self._chosen is PasteWay.LINES:
            self._run_lines()
        return self._chosen is not PasteWay.BLOCK

    def _present(self) -> None:
        mark = "bold reverse" if no_color() else "bold on $primary 30%"
        ways = [
            Content.styled(f" {way.value} ", mark if way is self._chosen else "$calm").stylize(_clicked(way))
            for way in _WAYS
        ]
        said = Content(f"{self._count:,} lines pasted, run: ")
        self._show(Content.assemble(said, *ways, ("  Tab chooses", "$calm")))


def _clicked(way: PasteWay) -> Style:
    return Style.from_meta({"@click": f"pick('{way.name}')"})
