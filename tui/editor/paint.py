"""What the editor paints besides the text: colours, marks and the prediction.

The colours are PowerShell's; the marks show brackets and quotes that belong together; the prediction is what followed
this text when it was last typed, shown after the cursor until it is accepted. Only what is in the row being painted is
coloured, however long the line is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from pstui.tui.editor.highlight import NAMES, Highlighted, Run
from pstui.tui.editor.surface import EditingSurface
from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.geometry import Offset
from textual.widgets import TextArea


class Prediction:
    """Asks ``predict`` for what may follow a text, and has Textual show as much of it as fits the row.

    ``text`` is what would be added by accepting it, empty while there is none. It is not part of the editor's text.
    """

    def __init__(self, area: TextArea, surface: EditingSurface, predict: Callable[[str], str]) -> None:
        self._area, self._surface, self._predict = area, surface, predict
        self.text = ""

    def update(self) -> None:
        """Predict again: only where the cursor is at the end of a text."""
        area = self._area
        at_end = area.selection.is_empty and area.cursor_at_end_of_text
        self.text = self._predict(area.text) if at_end and area.text.strip() else ""
        area.suggestion = self._fitting()

    def accept(self, length: int | None = None) -> bool:
        """Make the prediction, or ``length`` characters of it, part of the text; False when there is none."""
        if not self.text:
            return False
        end = self._surface.cursor
        self._surface.change(end, end, self.text[:length])
        return True

    def _fitting(self) -> str:
        area = self._area
        first, line_end, _ = self.text.partition("\n")
        row, column = area.cursor_location
        sections = area.wrapped_document.get_offsets(row)
        start = next((offset for offset in reversed(sections) if offset <= column), 0)
        used = cell_len(area.document.get_line(row)[start:column].expandtabs(area.indent_width))
        room = area.wrap_width - used
        if room < 2 or not first + line_end:
            return ""
        shown = first + (" …" if line_end else "")
        return shown if cell_len(shown) <= room else set_cell_size(shown, room - 1) + "…"


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
