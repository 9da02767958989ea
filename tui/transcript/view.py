"""When the transcript is painted and where it stands: one repaint a frame, following the end unless scrolled up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from pstui.backends.records import Write
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.rows import TranscriptRows
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget

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
