"""A TextBuffer as rows of a pane: where each line stands, and strips for the rows that are visible."""

from __future__ import annotations

from typing import Final

from pstui.tui.transcript.paint import Brush, Overlay, fitted, with_places, with_tail
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import index_at_column, width
from pstui.tui.transcript.render.line import slice_runs
from pstui.tui.transcript.render.palette import Look, Palette
from pstui.tui.transcript.render.wrap import WrapIndex
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.color import ColorParseError
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

_CACHED_ROWS: Final = 512


class TranscriptRows(ScrollView):
    """The lowest part of the transcript: rows and their painting, without scrolling by itself."""

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    TranscriptRows {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        &.-sideways { overflow-x: auto; }
    }
    """

    def __init__(
        self,
        buffer: TextBuffer | None = None,
        *,
        wrap: bool = True,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Show ``buffer`` (a new one by default). Without ``wrap`` long lines run out sideways."""
        super().__init__(name=name, id=id, classes=classes)
        self.buffer = buffer if buffer is not None else TextBuffer()
        self._wrap = wrap
        self._index = WrapIndex(self.buffer, None)
        self._index_version = -1
        #: Number of the line that stands at the top of an emptied screen.
        self._screen_top: int | None = None
        self._painting: tuple[int, int, Style] | None = None
        self._brush: Brush | None = None
        self._strips: dict[tuple[int, int], Strip] = {}
        self._starts: dict[int, list[int]] = {}
        # A class may have the widget restyled at once, which asks for what is made above.
        self.set_class(not wrap, "-sideways")

    # -- rows --------------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Rows the text takes at the present width, from the top of the screen after ``clear_screen`` on."""
        self._sync()
        top = 0 if self._screen_top is None else self._index.row_of(self._screen_top)
        return self._index.rows - top

    @property
    def columns(self) -> int:
        """Cells that are seen of a row."""
        return self._columns() or self.size.width

    def _columns(self) -> int | None:
        """Cells a row holds, None for lines that are not wrapped."""
        if not self._wrap:
            return None
        columns = self.scrollable_content_region.width
        if not columns:
            # Not laid out, or no row high: the parent's width will be ours.
            parent = self.parent
            columns = (parent.size.width if isinstance(parent, Widget) else 0) - self.styles.scrollbar_size_vertical
        return columns if columns > 0 else (self._index.columns or 80)

    def _sync(self) -> None:
        """Bring the rows up to date with the text and the width."""
        columns = self._columns()
        if columns != self._index.columns:
            self._index.set_columns(columns)
            self._forget_strips()
            self._estimated()
        elif self._index_version != self.buffer.version:
            self._index.sync()
        self._index_version = self.buffer.version

    def _estimated(self) -> None:
        """Called when rows have been estimated and should be made exact when there is time."""

    def _total_rows(self) -> int:
        rows = self._index.rows
        if self._screen_top is None:
            return rows
        return max(rows, self._index.row_of(self._screen_top) + self.scrollable_content_region.height)

    def _row_of_top(self) -> int:
        """The row at the top of the view, for the text as it is now."""
        self._sync()
        return self.scroll_offset.y

    def _row_of_place(self, number: int, index: int) -> int:
        buffer = self.buffer
        if number < buffer.dropped or number >= buffer.dropped + buffer.line_count:
            return self._index.row_of(number)
        starts = self._row_starts(number, buffer.text_at(number))
        sub_row = sum(1 for start in starts[1:] if start <= index)
        return self._index.row_of(number, sub_row)

    def _place_at_row(self, row: int) -> tuple[int, int]:
        """Line number and index of what begins a row; the end of the text for rows below it."""
        try:
            number, sub_row = self._index.locate(row)
        except IndexError:
            return self.buffer.end, 0
        starts = self._row_starts(number, self.buffer.text_at(number))
        return number, starts[min(sub_row, len(starts) - 1)]

    def _row_starts(self, number: int, text: str) -> list[int]:
        if number >= self.buffer.end:
            return self._index.open_starts()
        known = self._starts.get(number)
        if known is None:
            if len(self._starts) >= _CACHED_ROWS:
                self._starts.clear()
            known = self._starts[number] = self._index.starts(text)
        return known

    # -- painting ----------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint; text that came since the last frame is taken as it is."""
        self._painting = self._view()
        try:
            return super().render_lines(crop)
        finally:
            self._painting = None

    def _view(self) -> tuple[int, int, Style]:
        """Top row, cells across and style of what is painted now: the same for every row of one painting."""
        return self._row_of_top(), self.scrollable_content_region.width, self.rich_style

    def render_line(self, y: int) -> Strip:
        """One row of the view. Only for finding what the mouse points at does it carry its place in the text."""
        top, columns, base = self._painting or self._view()
        try:
            number, sub_row = self._index.locate(top + y)
        except IndexError:
            return Strip.blank(columns, base)
        strip, start = self._row_strip(number, sub_row, columns, base)
        return strip if self._painting else with_places(strip, number, start)

    def _row_strip(self, number: int, sub_row: int, columns: int, base: Style) -> tuple[Strip, int]:
        """The strip of a row, and the index of its first character."""
        finished = number < self.buffer.end
        if self._wrap and finished and number in self._starts:
            starts = self._starts[number]
            start = starts[min(sub_row, len(starts) - 1)]
            known = self._strips.get((number, start))
            if known is not None and not self._has_overlays(number):
                return known, start
        text, runs = self.buffer.at(number)
        starts = self._row_starts(number, text)
        sub_row = min(sub_row, len(starts) - 1)
        start = starts[sub_row]
        end = starts[sub_row + 1] if sub_row + 1 < len(starts) else len(text)
        skip = 0
        if not self._wrap:
            start = index_at_column(text, self.scroll_offset.x)
            skip = self.scroll_offset.x - width(text[:start])
            end = min(index_at_column(text, self.scroll_offset.x + columns) + 1, len(text))
        part = text[start:end]
        overlays = [
            (first - start, last - start, style) for first, last, style in self._overlays(number, text, (start, end))
        ]
        pieces = self._brush_for(base).segments(part, slice_runs(runs, start, end), overlays)
        if sub_row == len(starts) - 1 and (after := self._after(number, base)):
            pieces = with_tail(pieces, after, skip + columns)
        strip = fitted(pieces, skip, columns, base)
        if self._wrap and finished and not overlays:
            if len(self._strips) >= _CACHED_ROWS:
                self._strips.clear()
            self._strips[(number, start)] = strip
        return strip, start

    def _has_overlays(self, number: int) -> bool:
        """Whether something may lie over a line: then its strip is not remembered."""
        return False

    def _overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """What lies over a ``part`` (first index, one after the last) of a line: selection, matches, the cursor."""
        return []

    def _wash(self, name: str) -> Style:
        """The style of a component class to be laid over text: grounds are mixed, the text's own colours stay."""
        styles = self.get_component_styles(name)
        if self.app.no_color:
            return styles.text_style
        over = Style(bgcolor=(self.background_colors[1] + styles.background).rich_color) + styles.text_style
        return over + Style(color=styles.color.rich_color) if styles.has_rule("color") else over

    def _after(self, number: int, base: Style) -> list[Segment]:
        """What is shown after the text of a line that is not part of it."""
        return []

    def _brush_for(self, base: Style) -> Brush:
        if self._brush is None or self._brush.base != base:
            app = self.app
            try:
                accent: Color | None = TextualColor.parse(app.theme_variables.get("accent", "")).rich_color
            except ColorParseError:
                accent = None
            native = app.native_ansi_color
            self._forget_strips()
            self._brush = Brush(Palette(Look(app.current_theme.dark, native, None if native else accent)), base)
        return self._brush

    def notify_style_update(self) -> None:
        """The theme or the style has changed."""
        super().notify_style_update()
        self._brush = None
        self._forget_strips()

    def _forget_strips(self) -> None:
        self._strips.clear()
        self._starts.clear()
