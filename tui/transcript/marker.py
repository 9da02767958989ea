"""The marker in the last row of a transcript that is scrolled up: how many lines have come below."""

from __future__ import annotations

from pstui.tui.transcript.paint import REVERSE
from pstui.tui.transcript.view import View
from rich.segment import Segment
from textual.strip import Strip


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
