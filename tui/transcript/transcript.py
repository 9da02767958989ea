"""The transcript of a pane: what the session wrote, to be read, searched, folded and copied."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.keys.direct import handed_on
from pstui.tui.transcript.paint import Overlay
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.search import TranscriptFinding
from pstui.tui.transcript.selection import CopyKeys, Place, extract, moved, selection_of, span, word_at
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.selection import Selection

_REVERSE = Style(reverse=True)


class Transcript(TranscriptFinding, can_focus=True):
    """A line-API widget over a TextBuffer.

    Messages: ``NewOutput`` (lines came below a view that is scrolled up), ``RowsChanged`` (``row_count`` is another
    without new text). Places in the text are line numbers and indices that the ring does not shift, so a selection
    stays where it was made while text pours in.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--selection"}
    DEFAULT_CSS = """
    Transcript > .transcript--selection { background: $primary 40%; }
    """

    class Copied(Message, namespace="transcript"):
        """Keys of copy mode have copied ``text``; "" when there was nothing."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Wanted(Message, namespace="transcript"):
        """A key of copy mode that others act on: ``what`` is left or interrupt."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

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
        self._cursor: Place | None = None
        self._anchor: Place = (0, 0)
        self._copying = CopyKeys(self)

    # -- selection ---------------------------------------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text of a selection, for Textual's own copying."""
        return extract(self.buffer, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show another selection."""
        self.refresh()
        self.post_message(self.Selected(self))

    def selected_text(self) -> str:
        """What is selected here, by mouse or keys; "" for nothing."""
        selection = self.text_selection
        return "" if selection is None else extract(self.buffer, selection)

    def select_all(self) -> None:
        """Select the whole text."""
        self._select(Selection(None, None))

    def clear_selection(self) -> None:
        """Select nothing."""
        self._select(None)

    def _select(self, selection: Selection | None) -> None:
        others = {widget: other for widget, other in self.screen.selections.items() if widget is not self}
        self.screen.selections = others if selection is None else {**others, self: selection}

    def on_click(self, event: events.Click) -> None:
        """A second click selects the word, a third the line; the first shows what a fold or the marker hides."""
        if self._on_marker(event.x, event.y):
            self.scroll_to_end()
            return
        if event.chain > 1:
            # Textual would select what is around it as well, up to the whole screen.
            event.stop()
            event.prevent_default()
        widget, place = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        if widget is not self or place is None or not self._readable(place.y):
            return
        if event.chain < 2:
            self.unfold_at(place.y, place.x)
            return
        text = self.buffer.text_at(place.y)
        first, last = word_at(text, place.x) if event.chain == 2 else (0, len(text))
        if first < last:
            self._select(selection_of(self.buffer, (place.y, first), (place.y, last - 1)))

    def _readable(self, number: int) -> bool:
        return self.buffer.dropped <= number < self.buffer.dropped + self.buffer.line_count

    # -- copy mode ---------------------------------------------------------------------------------------------------

    @property
    def copy_mode(self) -> bool:
        """Whether a cursor is in the text."""
        return self._cursor is not None

    @property
    def cursor(self) -> Place | None:
        """Line number and index of the cursor of copy mode."""
        return self._cursor

    def start_selection(self) -> None:
        """Enter copy mode: a cursor in the lowest line that is seen (or on the match that is shown)."""
        if self._match is not None:
            self._cursor = (self._match.number, self._match.start)
        else:
            height = self.scrollable_content_region.height
            row = min(self._row_of_top() + height, self._index.rows) - 1
            self._cursor = (self._place_at_row(row)[0], 0) if row >= 0 else (self.buffer.dropped, 0)
        self._anchor = self._cursor
        self._copying.begin()
        self.hold()
        self.refresh()
        self.post_message(self.Selected(self))

    def go_to(self, place: Place) -> None:
        """Put the cursor of copy mode to a place, without a selection."""
        self._cursor = self._anchor = place
        self._select(None)
        self._reveal(place[0])
        self.show_place(*place)

    def select_from(self, place: Place) -> None:
        """In copy mode: begin a selection with the character at a place."""
        self._anchor = self._cursor = place
        self._select(selection_of(self.buffer, place, place))

    def select_lines(self, first: int, last: int) -> None:
        """In copy mode: select whole lines, by number, and put the cursor to the end of the last one."""
        self._anchor, self._cursor = (first, 0), (last, max(len(self.buffer.text_at(last)) - 1, 0))
        self._select(selection_of(self.buffer, self._anchor, self._cursor))
        self.show_place(*self._cursor)

    async def on_key(self, event: events.Key) -> None:
        """In copy mode every key has its meaning here, or none."""
        if self.copy_mode and not handed_on(self, event):
            event.stop()
            event.prevent_default()
            if not await self._copying.take_key(event.key):
                self.app.bell()

    def move(self, where: str, *, extend: bool = True) -> None:
        """Move the cursor of copy mode (entering it first), with the selection or without.

        ``where``: left, right, up, down, home, end, page_up, page_down, half_up, half_down, top, bottom, word_left
        or word_right. Raises ValueError for anything else.
        """
        if self._cursor is None:
            self.start_selection()
        assert self._cursor is not None
        height = self.scrollable_content_region.height
        page = max(height // 2 if where.startswith("half") else height - 1, 1)
        self._cursor = moved(self.buffer, self._cursor, where.replace("half", "page"), page)
        if not extend:
            self._anchor = self._cursor
        self._select(selection_of(self.buffer, self._anchor, self._cursor) if extend else None)
        self._reveal(self._cursor[0])
        self.show_place(*self._cursor)

    def end_selection(self) -> None:
        """Leave copy mode and select nothing."""
        self._cursor = None
        self.clear_selection()
        self.release()
        self.refresh()
        self.post_message(self.Selected(self))

    def copy_text(self) -> str:
        """The selected text, or the cursor's line; copy mode ends. The caller puts it where it is wanted."""
        text = self.selected_text()
        if not text and self._cursor is not None and self._readable(self._cursor[0]):
            text = self.buffer.text_at(self._cursor[0]).rstrip()
        self.end_selection()
        return text

    def _line_in_hand(self) -> int | None:
        return self._cursor[0] if self._cursor is not None else super()._line_in_hand()

    # -- painting ----------------------------------------------------------------------------------------------------

    def _has_overlays(self, number: int) -> bool:
        if super()._has_overlays(number):
            return True
        if self._cursor is not None and self._cursor[0] == number:
            return True
        return span(self.text_selection, number) is not None

    def _overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        overlays = super()._overlays(number, text, part)
        selected = span(self.text_selection, number)
        if selected is not None:
            style = self._wash("transcript--selection")
            overlays.append((*selected, _REVERSE if self.app.no_color else style))
        if self._cursor is not None and self._cursor[0] == number:
            overlays.append((self._cursor[1], self._cursor[1] + 1, _REVERSE))
        return overlays

    def _after(self, number: int, base: Style) -> list[Segment]:
        cursor, after = self._cursor, super()._after(number, base)
        if cursor is not None and cursor[0] == number and cursor[1] >= len(self.buffer.text_at(number)):
            return [Segment(" ", base + _REVERSE), *after]
        return after
