"""The prediction: what followed this text when it was last typed, shown after the cursor until it is accepted."""

from __future__ import annotations

from collections.abc import Callable

from pstui.tui.editor.surface import EditingSurface
from rich.cells import cell_len, set_cell_size
from textual.widgets import TextArea


class Prediction:
    """Asks ``predict`` for what may follow a text, and has Textual show as much of it as fits the row.

    ``text`` is what would be added by accepting it, empty while there is none. It is no part of the editor's text.
    """

    def __init__(self, area: TextArea, surface: EditingSurface, predict: Callable[[str], str]) -> None:
        self._area, self._surface, self._predict = area, surface, predict
        self.text = ""

    def update(self) -> None:
        """Predict anew: only where the cursor stands at the end of a text."""
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
