"""A TextBuffer as rows of a pane: where each line stands, and strips for the rows that are visible.

When the transcript is painted and where it stands: one repaint a frame, following the end unless scrolled up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from pstui.backends.records import Write
from pstui.tui.transcript.paint import Brush, Overlay, fitted, with_places, with_tail
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import index_at_column, width
from pstui.tui.transcript.render.line import slice_runs
from pstui.tui.transcript.render.palette import Look, Palette
from pstui.tui.transcript.render.wrap import WrapIndex
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color as TextualColor
from textual.color import ColorParseError
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
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


#: Seconds between two repaints while text comes.
FRAME: Final = 1 / 60
#: Lines in a frame that nobody reads any more, and the seconds between two repaints then: the loop is for the keys.
FLOOD: Final = 120
FLOOD_FRAME: Final = 1 / 20
#: Seconds a frame may spend on making estimated rows exact after a resize.
REFINE: Final = 0.004


class TranscriptView(TranscriptRows):
    """The part of the transcript that takes text and scrolls; ``Transcript`` adds what one can do with it.

    ``new_output`` counts the lines that came below the view since it was scrolled up; 0 while it follows the end.
    """

    new_output: var[int] = var(0)

    class NewOutput(Message, namespace="transcript"):
        """Lines came below a view that is scrolled up (``count`` of them), or it follows the end again (0)."""

        def __init__(self, transcript: TranscriptView, count: int) -> None:
            super().__init__()
            self.transcript, self.count = transcript, count

        @property
        def control(self) -> TranscriptView:
            return self.transcript

    class Followed(Message, namespace="transcript"):
        """The user went away from the end of the text, or back to it."""

    class RowsChanged(Message, namespace="transcript"):
        """``row_count`` is another because of a resize, a fold or an exact count, without new text."""

        def __init__(self, transcript: TranscriptView) -> None:
            super().__init__()
            self.transcript = transcript

        @property
        def control(self) -> TranscriptView:
            return self.transcript

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
        super().__init__(buffer, wrap=wrap, name=name, id=id, classes=classes)
        self._shown = False
        self._frame_pending = False
        self._refining = False
        self._last_frame = 0.0
        self._following = True
        #: whether the view stays where it is even at the end
        self._held = False
        #: What stands in the top row while scrolled up: line number and index in its text.
        self._top = (0, 0)
        self._settling = False
        self._bar: tuple[int, ...] = ()
        self._bar_still = False
        self._seen_end = 0
        #: the end of the text at the last frame
        self._painted_end = 0
        self._flooded = False

    # -- text --------------------------------------------------------------------------------------------------------

    def write(self, record: Write) -> None:
        """Add one record; it is painted with the next frame."""
        self.buffer.write(record)
        self._changed()

    def extend(self, records: Iterable[Write]) -> None:
        """Add records; the caller decides how many a turn of the loop may take."""
        write = self.buffer.write
        for record in records:
            write(record)
        self._changed()

    def clear_screen(self) -> None:
        """Begin an empty screen, as Clear-Host does: what was there stays above, in the scrollback."""
        self.buffer.flush_partial()
        self._screen_top = self.buffer.end
        self._following = True
        self._changed()

    def clear(self) -> None:
        """Forget the whole text, scrollback and all."""
        self.buffer.clear()
        self._screen_top = None
        self._following = True
        self._changed()

    @property
    def wrap(self) -> bool:
        """Whether long lines are wrapped."""
        return self._wrap

    @wrap.setter
    def wrap(self, wrap: bool) -> None:
        if wrap != self._wrap:
            self._wrap = wrap
            self.set_class(not wrap, "-sideways")
            self.scroll_x = 0
            self._forget_strips()
            self._settle()
            self.refresh()

    # -- rows --------------------------------------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        """Whether the view stays at the end as text comes."""
        return self._following

    def _row_of_top(self) -> int:
        """The row that belongs at the top of the view."""
        self._sync()
        last = max(self._total_rows() - self.scrollable_content_region.height, 0)
        return last if self._following else min(self._row_of_place(*self._top), last)

    # -- frames ------------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Repaint with the next frame, if anybody looks."""
        if self._frame_pending or not self._shown:
            return
        self._frame_pending = True
        wait = self._last_frame + (FLOOD_FRAME if self._flooded else FRAME) - time.monotonic()
        if wait <= 0:
            self.call_next(self._frame)
        else:
            self.set_timer(wait, self._frame)

    def _frame(self) -> None:
        self._frame_pending = False
        self._last_frame = time.monotonic()
        self._flooded = self.buffer.end - self._painted_end > FLOOD
        self._painted_end = self.buffer.end
        if self._shown:
            self._settle()
            self.refresh()

    def _settle(self) -> None:
        """Size and scroll position for the text as it is now."""
        top = self._row_of_top()
        columns = 0 if self._wrap else self._index.widest
        size = Size(columns, self._total_rows())
        self._settling = True
        bar, self._bar = self._bar, self._bar_of(size, top)
        self._bar_still = bar == self._bar
        try:
            if size != self.virtual_size:
                # Only the scroll bar depends on it; a layout of the whole screen would cost more than the repaint.
                self.set_reactive(Widget.virtual_size, size)
                if not self._bar_still:
                    self._scroll_update(size)
            # A scroll under way is the user's, who has not got away from the end yet.
            if round(self.scroll_y) != top and not self.app.animator.is_being_animated(self, "scroll_y"):
                self.scroll_to(y=top, animate=False, force=True)
        finally:
            self._settling = False
        self._count_new()

    def _bar_of(self, size: Size, top: int) -> tuple[int, ...]:
        """What of the text's size and place the scroll bar can show: eighths of a cell."""
        height = max(self.scrollable_content_region.height, 1)
        rows = max(size.height, 1)
        return size.width, height, min(height * height * 8 // rows, height * 8 + 1), height * top * 8 // rows

    def _count_new(self) -> None:
        if self._following:
            self._seen_end = self.buffer.end
        count = self.buffer.end - self._seen_end
        if count != self.new_output:
            self.new_output = count
            self.refresh()
            self.post_message(self.NewOutput(self, count))

    def _estimated(self) -> None:
        if not self._refining and self.is_attached:
            self._refining = True
            self.set_timer(FRAME, self._refine)

    def _refine(self) -> None:
        """Make a few estimated rows exact, keeping in place what is seen."""
        self._refining = False
        if not self._shown:
            return
        self._sync()
        before = self._index.rows
        if self._index.refine(REFINE):
            self._estimated()
        if self._index.rows != before:
            self._settle()
            self.post_message(self.RowsChanged(self))

    def on_show(self) -> None:
        """The pane is seen (again): paint what came meanwhile."""
        self._shown = True
        self._frame()

    def on_hide(self) -> None:
        """Nobody looks: no more painting."""
        self._shown = False

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew, keeping the top line, or the end, in place."""
        rows = self._index.rows
        self._settle()
        if self._index.rows != rows:
            self.post_message(self.RowsChanged(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note where the user went."""
        if self._settling and self._bar_still:
            self.refresh()  # painting a bar that looks the same would cost as much as the text
        else:
            super().watch_scroll_y(old_value, new_value)
        if self._settling or not self._shown or self._columns() != self._index.columns:
            return  # our own doing, or a resize that ``on_resize`` settles
        self._sync()
        before, self._following = self._following, not self._held and round(new_value) >= self.max_scroll_y
        if not self._following:
            self._top = self._place_at_row(round(new_value))
        self._count_new()
        if before != self._following:
            self.post_message(self.Followed())

    def hold(self) -> None:
        """Stay with what is seen now, however much comes, until ``release``."""
        if not self._held:
            self._top = self._place_at_row(self._row_of_top())
            self._held, self._following = True, False

    def release(self) -> None:
        """Follow the end again if it is seen."""
        if self._held:
            self._held = False
            self._following = self._row_of_top() >= max(self._total_rows() - self.scrollable_content_region.height, 0)
            self._settle()

    def scroll_pages(self, pages: int) -> None:
        """Scroll by pages, a line less than what is seen."""
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False)

    def scroll_to_end(self) -> None:
        """Go to the end and follow it."""
        self._following = not self._held
        self._settle()
        self.refresh()

    def show_place(self, number: int, index: int = 0, *, at_top: bool = False) -> None:
        """Scroll so that a place is seen: at the top, or only as far as needed."""
        self._sync()
        row = self._row_of_place(number, index)
        height = max(self.scrollable_content_region.height, 1)
        top = self._row_of_top()
        if at_top or row < top:
            top = row
        elif row >= top + height:
            top = row - height + 1
        last = max(self._total_rows() - height, 0)
        self._following = not self._held and top >= last
        self._top = self._place_at_row(min(max(top, 0), last))
        self._settle()
        self.refresh()
