"""Many lines were pasted: a row asks how to run them. Nothing runs without Enter, and typing on means editing."""

from __future__ import annotations

import enum
from collections.abc import Callable

from pstui.tui.colors import no_color
from pstui.tui.pane.texts import Note
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
    """The row of the choice, and of a search; a click on a way takes it."""

    class Picked(Message):
        """A way was clicked."""

        def __init__(self, way: PasteWay) -> None:
            super().__init__()
            self.way = way

    def action_pick(self, name: str) -> None:
        """Take the way clicked."""
        self.post_message(self.Picked(PasteWay[name]))


class PasteChoice:
    """The row below which the pasted lines stand. ``show`` gets the row, None to hide it."""

    def __init__(self, show: Callable[[Content | None], None]) -> None:
        self._show = show
        self._count = 0
        self._chosen = PasteWay.BLOCK

    @property
    def active(self) -> bool:
        """Whether the question stands."""
        return self._count > 0

    def begin(self, count: int) -> None:
        """Ask about ``count`` lines."""
        self._count, self._chosen = count, PasteWay.BLOCK
        self._present()

    def end(self) -> None:
        """Ask no longer; the lines stay in the editor."""
        if self._count:
            self._count = 0
            self._show(None)

    def take(self, key: str) -> PasteWay | None:
        """Take a key: None goes on asking, else the answer; a key of its own meaning is EDIT and acts as always."""
        if key in ("tab", "shift+tab"):
            step = 1 if key == "tab" else -1
            self._chosen = _WAYS[(_WAYS.index(self._chosen) + step) % len(_WAYS)]
            self._present()
            return None
        self.end()
        return self._chosen if key == "enter" else PasteWay.EDIT

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
