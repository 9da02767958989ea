"""The part of the text that is seen, and when it is painted.

The view either *follows* the end of the text or *stands* at a place (line number and index) that is its top row,
whatever is written below it and whatever the ring drops above. Textual's scroll position is set from that before each
repaint (``settle``); when it changes otherwise, the user has scrolled, and the view stands where they went
(``scrolled``).

It is painted at most once a frame, more rarely under a flood, and not at all while it is hidden.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pstui.tui.transcript.messages import Followed, NewOutput, RowsChanged
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.rows import Place, Rows
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

#: Seconds between two repaints while text comes.
FRAME: Final = 1 / 60
#: Repaints in a frame that need not wait for the next one: a line that is sent, and the answer to it.
AT_ONCE: Final = 2
#: Lines in a frame that nobody can read any more, and the seconds between two repaints then: the event loop is for
#: the keys.
FLOOD: Final = 120
FLOOD_FRAME: Final = 1 / 12


class Frames:
    """The next repaint of a widget that shows a buffer.

    Attributes:
        shown: Whether the widget is seen.
        pending: Whether a repaint is on its way.
    """

    def __init__(self, widget: Widget, buffer: TextBuffer, settle: Callable[[], None]) -> None:
        """``settle`` is called before each repaint, for the size and the scroll position."""
        self.shown = False
        self.pending = False
        self._widget = widget
        self._buffer = buffer
        self._settle = settle
        #: When the frame began, and the repaints in it.
        self._last, self._paints = 0.0, 0
        #: The end of the text at the last frame.
        self._end = 0
        self._flooded = False

    def changed(self) -> None:
        """Repaint with the next frame, if the widget is seen."""
        if self.pending or not self.shown:
            return
        self.pending = True
        wait = self._last + (FLOOD_FRAME if self._flooded else FRAME) - time.monotonic()
        if wait <= 0 or (self._paints < AT_ONCE and not self._flooded):
            self._widget.call_next(self._paint)
        else:
            self._widget.set_timer(wait, self._paint)

    def show(self) -> None:
        """The widget is seen (again): paint what came meanwhile."""
        self.shown = True
        self._paint()

    def hide(self) -> None:
        """The widget is not seen any longer: paint no more."""
        self.shown = False

    def _paint(self) -> None:
        self.pending = False
        now = time.monotonic()
        if now >= self._last + FRAME:
            self._last, self._paints = now, 0
        self._paints += 1
        self._flooded = self._buffer.end - self._end > FLOOD
        self._end = self._buffer.end
        if self.shown:
            self._settle()
            self._widget.refresh()


#: Seconds a frame may spend on making estimated rows exact.
REFINE: Final = 0.004


class View:
    """The part of a buffer's rows that a scrolling widget shows.

    Attributes:
        widget: The widget.
        rows: The rows; ``sync`` brings them up to date.
        frames: When the widget is painted.
        following: Whether the view stays at the end as text comes.
        new_lines: How many lines have come since the view followed the end last; 0 while it does.
        fits: Whether the widget is always made as high as its rows, so that it neither scrolls nor needs a scroll bar.
        bar_is_still: Whether the scroll position is just being set and the scroll bar looks the same before and after.
    """

    def __init__(self, widget: ScrollView, buffer: TextBuffer, rows: Rows) -> None:
        self.widget = widget
        self.buffer = buffer
        self.rows = rows
        self.frames = Frames(widget, buffer, self.settle)
        self.following = True
        self.new_lines = 0
        self.fits = False
        self.bar_is_still = False
        #: Whether the view stays where it is even at the end.
        self._held = False
        #: What is in the top row of a view that does not follow.
        self._top: Place = (0, 0)
        #: The end of the text when the view followed last.
        self._seen_end = 0
        self._settling = False
        self._refining = False
        self._bar: tuple[int, ...] = ()

    # -- size --------------------------------------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Rows that are seen."""
        return self.widget.scrollable_content_region.height

    def columns(self) -> int | None:
        """Return how many cells a row holds; None for lines that are not wrapped."""
        if not self.rows.wrap:
            return None
        columns = self.widget.scrollable_content_region.width
        if not columns:
            # Not laid out, or no row high: the parent's width will be ours.
            parent = self.widget.parent
            bar = self.widget.styles.scrollbar_size_vertical
            columns = (parent.size.width if isinstance(parent, Widget) else 0) - bar
        return columns if columns > 0 else (self.rows.index.columns or 80)

    def sync(self) -> Rows:
        """Bring the rows up to date with text and width, and return them."""
        if self.rows.sync(self.columns()):
            self._refine_later()
        return self.rows

    # -- place -------------------------------------------------------------------------------------------------------

    @property
    def top_row(self) -> int:
        """The row that belongs at the top of the view, for the text as it is now."""
        self.sync()
        last = self._last_top(self.height)
        return last if self.following else min(self.rows.row_of(self._top), last)

    def _last_top(self, height: int) -> int:
        """Return the top row of a view of the end that is ``height`` rows high."""
        return max(self.rows.total(height) - height, 0)

    @property
    def first_seen(self) -> Place:
        """The place at the top of the view."""
        return self.rows.place_at(self.top_row)

    @property
    def last_seen(self) -> int:
        """The number of the lowest line in the view."""
        below = min(self.top_row + self.height, self.rows.index.rows)
        return self.rows.place_at(max(below - 1, 0))[0]

    def hold(self) -> None:
        """Stay with what is seen now, even at the end, until ``release``."""
        if not self._held:
            self._top = self.first_seen
            self._held, self.following = True, False

    def release(self) -> None:
        """Follow the end again if it is seen."""
        if self._held:
            self._held = False
            self.following = self.top_row >= self._last_top(self.height)
            self.settle()

    def scroll_to_end(self) -> None:
        """Go to the end and, unless held, follow it."""
        if not self.following and not self._held:
            self.following = True
            self.settle()
            self.widget.refresh()

    def show(self, place: Place, *, at_top: bool = False) -> None:
        """Scroll so that a place is seen: at the top, or only as far as needed."""
        top = self.top_row
        row = self.rows.row_of(place)
        height = max(self.height, 1)
        if at_top or row < top:
            top = row
        elif row >= top + height:
            top = row - height + 1
        last = self._last_top(height)
        self._stand(min(max(top, 0), last), last)
        self.settle()
        self.widget.refresh()

    def _stand(self, row: int, last: int) -> None:
        """Stand with ``row`` at the top, or follow if that is the ``last`` top row there is."""
        self.following = not self._held and row >= last
        if not self.following:
            self._top = self.rows.place_at(row)

    # -- scroll position ---------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Set the widget's virtual size and scroll position for the text as it is now."""
        widget, height = self.widget, self.height
        top = self.top_row
        # A widget that has yet to grow by new rows would scroll to them, show a bar, and be laid out again without it.
        fits = self.fits and self.rows.screen_top is None
        if fits:
            top = 0
        size = Size(0 if self.rows.wrap else self.rows.index.widest, self.rows.total(height))
        self._settling = True
        bar, self._bar = self._bar, _bar_of(size, height, top)
        self.bar_is_still = bar == self._bar
        try:
            if size != widget.virtual_size:
                # Only the scroll bar depends on it; a layout of the whole screen would cost more than the repaint.
                widget.set_reactive(Widget.virtual_size, size)
                if not (self.bar_is_still or fits):
                    widget._scroll_update(size)
            # The user is scrolling, and has not got away from the end yet.
            if round(widget.scroll_y) != top and not widget.app.animator.is_being_animated(widget, "scroll_y"):
                widget.scroll_to(y=top, animate=False, force=True)
        finally:
            self._settling = self.bar_is_still = False
        self._count_new()

    def scrolled(self, row: float) -> None:
        """Take in that the widget's scroll position has become ``row``: note where the user went."""
        if self._settling or not self.frames.shown or self.columns() != self.rows.index.columns:
            return  # our own doing, or a resize that ``resized`` settles
        self.sync()
        before = self.following
        self._stand(round(row), self.widget.max_scroll_y)
        self._count_new()
        if before != self.following:
            self.widget.post_message(Followed())

    def _count_new(self) -> None:
        if self.following:
            self._seen_end = self.buffer.end
        new = self.buffer.end - self._seen_end
        if new != self.new_lines:
            self.new_lines = new
            self.widget.refresh()
            self.widget.post_message(NewOutput(new))

    # -- other rows for the same text --------------------------------------------------------------------------------

    def resized(self) -> None:
        """Wrap again, keeping the top line, or the end, in place."""
        rows = self.rows.index.rows
        self.settle()
        if self.rows.index.rows != rows:
            self.widget.post_message(RowsChanged())

    def reveal(self, number: int) -> None:
        """Unfold what hides a line."""
        if self.rows.folds.unfold_around(number):
            self.refold()

    def refold(self) -> None:
        """Leave out what is folded now."""
        self.sync()
        self.rows.hide_folded()
        self._refine_later()
        self.settle()
        self.widget.refresh()
        self.widget.post_message(RowsChanged())

    def _refine_later(self) -> None:
        if not self._refining and self.widget.is_attached:
            self._refining = True
            self.widget.set_timer(FRAME, self._refine)

    def _refine(self) -> None:
        """Make a few estimated rows exact, keeping in place what is seen."""
        self._refining = False
        if not self.frames.shown:
            return
        self.sync()
        before = self.rows.index.rows
        if self.rows.index.refine(REFINE):
            self._refine_later()
        if self.rows.index.rows != before:
            self.settle()
            self.widget.post_message(RowsChanged())


def _bar_of(size: Size, height: int, top: int) -> tuple[int, ...]:
    """Return what of the text's size and place the scroll bar can show: eighths of a cell."""
    height, rows = max(height, 1), max(size.height, 1)
    return size.width, height, min(height * height * 8 // rows, height * 8 + 1), height * top * 8 // rows
