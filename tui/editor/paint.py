"""A text area that shows PowerShell in colours, marks fitting brackets and quotes, and has a ghost after the cursor."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, ClassVar

from pstui.tui.editor.highlight import NAMES, Highlighted, Run
from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import TextArea


class PaintedEditor(TextArea):
    """Colours come from the component classes ``editor--command``, ``editor--string``, …, ``editor--pair``.

    Offsets are code points from the start of the whole text.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"editor--{name}" for name in NAMES} | {"editor--pair"}

    def __init__(self, **options: Any) -> None:
        # the base class asks for rows while it is being made
        self._read = Highlighted("")
        self._pair: tuple[int, tuple[int, int] | None] = (-1, None)
        self._window = (0, 1 << 30)
        self._ghost = ""
        super().__init__(**options)
        self.match_cursor_bracket = False

    # -- offsets ----------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """The offset of the cursor."""
        return self.offset_of(self.cursor_location)

    def offset_of(self, location: tuple[int, int]) -> int:
        """Return the offset of a row and column."""
        row, column = location
        return sum(len(self.document.get_line(each)) + 1 for each in range(row)) + column

    def location_of(self, offset: int) -> tuple[int, int]:
        """Return the row and column of an offset; beyond the end, the end."""
        for row in range(self.document.line_count):
            length = len(self.document.get_line(row))
            if offset <= length:
                return row, max(offset, 0)
            offset -= length + 1
        return self.document.end

    def go(self, offset: int) -> None:
        """Put the cursor at an offset."""
        self.move_cursor(self.location_of(offset))

    def change(self, start: int, end: int, text: str, cursor: int | None = None) -> None:
        """Replace what stands between two offsets; the cursor goes behind it, or to ``cursor``."""
        self.replace(text, self.location_of(start), self.location_of(end), maintain_selection_offset=False)
        self.go(start + len(text) if cursor is None else cursor)

    # -- the ghost --------------------------------------------------------------------------------------------

    @property
    def ghost(self) -> str:
        """What would be added by accepting the prediction, empty while there is none."""
        return self._ghost

    def predict(self) -> str:
        """Return what may follow the text; the cursor stands at its end."""
        return ""

    def update_suggestion(self) -> None:
        """Show the prediction behind the cursor, as much of it as fits the row."""
        at_end = self.selection.is_empty and self.cursor_at_end_of_text
        self._ghost = self.predict() if at_end and self.text.strip() else ""
        self.suggestion = self._fitting(self._ghost)

    def watch_selection(self) -> None:
        """The ghost is there only while the cursor stands at the end."""
        self.update_suggestion()

    def _fitting(self, ghost: str) -> str:
        first, line_end, _ = ghost.partition("\n")
        row, column = self.cursor_location
        sections = self.wrapped_document.get_offsets(row)
        start = next((offset for offset in reversed(sections) if offset <= column), 0)
        used = cell_len(self.document.get_line(row)[start:column].expandtabs(self.indent_width))
        room = self.wrap_width - used
        if room < 2 or not first + line_end:
            return ""
        shown = first + (" …" if line_end else "")
        return shown if cell_len(shown) <= room else set_cell_size(shown, room - 1) + "…"

    # -- painting ---------------------------------------------------------------------------------------------

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> tuple[int, int] | None:
        """Leave brackets to the tokens: one inside a string has no partner."""
        return None

    def render_line(self, y: int) -> Strip:
        """Return a row of the screen; only what stands in it is coloured, however long the line is."""
        top = Offset(0, y + self.scroll_offset.y)
        if top.y < self.wrapped_document.height:
            _, column = self.wrapped_document.offset_to_location(top)
            self._window = column, column + 2 * max(self.wrap_width, 1)
        return super().render_line(y)

    def get_line(self, line_index: int) -> Text:
        """Return a line with the colours of the part that is being painted."""
        line = super().get_line(line_index)
        text, cursor = self.text, self.cursor
        if self._read.text != text:
            self._read, self._pair = Highlighted(text), (-1, None)
        runs = self._read.runs(line_index)
        first, last = self._window
        for index in range(bisect_right(runs, first, key=_end_of), len(runs)):
            run = runs[index]
            if run.start >= last:
                break
            line.stylize(self.get_component_rich_style(f"editor--{run.name}", partial=True), run.start, run.end)
        if self._pair[0] != cursor:
            self._pair = cursor, self._read.partners(cursor)
        if self.has_focus and self.selection.is_empty and self._pair[1] is not None:
            style = self.get_component_rich_style("editor--pair", partial=True)
            for row, column in map(self.location_of, self._pair[1]):
                if row == line_index:
                    line.stylize(style, column, column + 1)
        return line


def _end_of(run: Run) -> int:
    return run.end
