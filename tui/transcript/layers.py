"""What lies over the text of a transcript.

The transcript is a text with layers over it: commands with their marks and folds, the matches of a search, the
selection and the cursor of copy mode. Each is an object of its own that says what it has to show on a line. None of
them knows the others' business, and a line that no layer covers is painted once and remembered.
"""

from __future__ import annotations

from typing import Final

from pstui.tui.transcript.messages import Selected
from pstui.tui.transcript.view import View
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

REVERSE: Final = Style(reverse=True)

#: A component class of the transcript (``transcript--match``) over part of a text: first index, one after the last.
Overlay = tuple[int, int, str]
#: Text after a line that is not part of it, and its component class.
Tail = tuple[str, str]


class Layer:
    """A layer that shows nothing. Lines are given by number (see ``TextBuffer``).

    Attributes:
        active: Whether there may be anything on any line. While it is False a layer is not asked.
    """

    def __init__(self, view: View) -> None:
        """Lie over what ``view`` shows."""
        self.view = view
        self.buffer = view.buffer
        self.active = False

    def covers(self, number: int) -> bool:
        """Return whether there may be anything on a line, or behind it; asked for every row while active."""
        return False

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return what lies over a ``part`` (first index, one after the last) of a line; later ones win."""
        return []

    def tails(self, number: int, text: str) -> list[Tail]:
        """Return what is shown after a line."""
        return []

    def line_in_hand(self) -> int | None:
        """Return the line that the user is at by this layer's keys, if there is one."""
        return None

    def tell(self) -> None:
        """Repaint, and tell those around that something else is marked or selected."""
        self.view.widget.refresh()
        self.view.widget.post_message(Selected(self.view.widget))


class NewOutputMarker:
    """The marker of one view, at the right end of its last row."""

    def __init__(self, view: View) -> None:
        self._view = view

    @property
    def text(self) -> str:
        """What the marker says; "" while nothing has come."""
        count = self._view.new_lines
        return f" ↓ {count:,} new line{'s' if count != 1 else ''} " if count > 0 else ""

    def holds(self, x: int, y: int) -> bool:
        """Return whether a cell of the view belongs to the marker."""
        width, height = self._view.widget.scrollable_content_region.size
        text = self.text
        return bool(text) and y == height - 1 and width - len(text) <= x < width

    def over(self, strip: Strip) -> Strip:
        """Return the last row of the view with the marker over its end, if it fits."""
        text, width = self.text, strip.cell_length
        if not text or len(text) >= width:
            return strip
        widget = self._view.widget
        style = REVERSE if widget.app.no_color else widget.get_component_rich_style("transcript--below", partial=True)
        return Strip([*strip.crop(0, width - len(text)), Segment(text, style)], width)
