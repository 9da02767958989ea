"""PowerShell's colours in the editor, and the mark on brackets and quotes that belong together.

Only what stands in the row being painted is coloured, however long the line is.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from pstui.tui.editor.highlight import NAMES, Highlighted, Run
from pstui.tui.editor.surface import EditingSurface
from rich.text import Text
from textual.geometry import Offset
from textual.widgets import TextArea

#: the component classes that the colours come from
COMPONENTS: Final = {f"editor--{name}" for name in NAMES} | {"editor--pair"}


class Painting:
    """Colours the lines of a text area; the text is read again only when it is another."""

    def __init__(self, area: TextArea, surface: EditingSurface) -> None:
        self._area, self._surface = area, surface
        self._read = Highlighted("")
        #: an offset, and the bracket or quote there with its partner
        self._pair: tuple[int, tuple[int, int] | None] = (-1, None)
        #: the columns of a line that the row being painted can show
        self._window = (0, 1 << 30)

    def begin_row(self, y: int) -> None:
        """Note what part of its line a row of the widget shows."""
        area = self._area
        top = Offset(0, y + area.scroll_offset.y)
        if top.y < area.wrapped_document.height:
            _, column = area.wrapped_document.offset_to_location(top)
            self._window = column, column + 2 * max(area.wrap_width, 1)

    def paint(self, line: Text, row: int) -> Text:
        """Colour a line of the text, as much of it as the row being painted shows, and return it."""
        area, text = self._area, self._area.text
        if self._read.text != text:
            self._read, self._pair = Highlighted(text), (-1, None)
        runs = self._read.runs(row)
        first, last = self._window
        for index in range(bisect_right(runs, first, key=_end_of), len(runs)):
            run = runs[index]
            if run.start >= last:
                break
            line.stylize(area.get_component_rich_style(f"editor--{run.name}", partial=True), run.start, run.end)
        if area.has_focus and area.selection.is_empty:
            self._mark_pair(line, row)
        return line

    def _mark_pair(self, line: Text, row: int) -> None:
        cursor = self._surface.cursor
        if self._pair[0] != cursor:
            self._pair = cursor, self._read.partners(cursor)
        if self._pair[1] is not None:
            style = self._area.get_component_rich_style("editor--pair", partial=True)
            for place, column in map(self._surface.location_of, self._pair[1]):
                if place == row:
                    line.stylize(style, column, column + 1)


def _end_of(run: Run) -> int:
    return run.end
