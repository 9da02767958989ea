"""The transcript of a pane: what the session wrote, to be read, searched, folded and copied."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.render.buffer import TextBuffer
from pstui.tui.widgets.transcript_commands import TranscriptCommands
from pstui.tui.widgets.transcript_paint import Overlay
from pstui.tui.widgets.transcript_search import Match, Search
from pstui.tui.widgets.transcript_select import Place, extract, moved, selection_of, span, word_at
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.selection import Selection

_REVERSE = Style(reverse=True)


class Transcript(TranscriptCommands, can_focus=True):
    """A line-API widget over a TextBuffer.

    Messages: ``NewOutput`` (lines came below a view that is scrolled up), ``RowsChanged`` (``row_count`` is another
    without new text). Places in the text are line numbers and indices that the ring does not shift, so a selection
    stays where it was made while text pours in.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"transcript--match", "transcript--current"}
    DEFAULT_CSS = """
    Transcript {
        & > .transcript--match { background: $warning 40%; text-style: underline; }
        & > .transcript--current { background: $warning; color: $background; text-style: bold; }
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
        super().__init__(buffer, wrap=wrap, name=name, id=id, classes=classes)
        self._search: Search | None = None
        self._match: Match | None = None
        self._cursor: Place | None = None
        self._anchor: Place = (0, 0)

    # -- selection ---------------------------------------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text of a selection, for Textual's own copying."""
        return extract(self.buffer, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show another selection."""
        self.refresh()

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
        """A second click selects the word, a third the line."""
        if event.chain < 2:
            return
        event.prevent_default()
        widget, place = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        if widget is not self or place is None or not self._readable(place.y):
            return
        text = self.buffer.text_at(place.y)
        first, last = word_at(text, place.x) if event.chain == 2 else (0, len(text))
        if first < last:
            self._select(selection_of((place.y, first), (place.y, last - 1)))

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
        self.refresh()

    def move(self, where: str, *, extend: bool = True) -> None:
        """Move the cursor of copy mode (entering it first), with the selection or without.

        ``where``: left, right, up, down, home, end, page_up, page_down, top, bottom, word_left or word_right.
        Raises ValueError for anything else.
        """
        if self._cursor is None:
            self.start_selection()
        assert self._cursor is not None
        page = max(self.scrollable_content_region.height - 1, 1)
        self._cursor = moved(self.buffer, self._cursor, where, page)
        if not extend:
            self._anchor = self._cursor
        self._select(selection_of(self._anchor, self._cursor) if extend else None)
        self._reveal(self._cursor[0])
        self.show_place(*self._cursor)

    def end_selection(self) -> None:
        """Leave copy mode and select nothing."""
        self._cursor = None
        self.clear_selection()
        self.refresh()

    def copy_text(self) -> str:
        """The selected text, or the cursor's line; copy mode ends. The caller puts it where it is wanted."""
        text = self.selected_text()
        if not text and self._cursor is not None and self._readable(self._cursor[0]):
            text = self.buffer.text_at(self._cursor[0]).rstrip()
        self.end_selection()
        return text

    # -- search ------------------------------------------------------------------------------------------------------

    def search(self, text: str, case_sensitive: bool = False) -> int:
        """Highlight a text, go to its last occurrence above the end of the view, and count the matches.

        Returns:
            How many there are, 5,000 standing for "this many or more"; 0 also for an empty text, which ends a search.
        """
        self._match = None
        self._search = Search(text, case_sensitive) if text else None
        self.refresh()
        if self._search is None:
            return 0
        count = self._search.count(self.buffer)
        if count:
            bottom = self._row_of_top() + self.scrollable_content_region.height
            number = self._place_at_row(max(min(bottom, self._index.rows) - 1, 0))[0]
            found = self._search.before(self.buffer, number, 1 << 30)
            self._go(found or self._search.after(self.buffer, number, 0))
        return count

    def search_next(self) -> bool:
        """Go to the next match, towards the end, from the last one to the first. Whether there is any."""
        if self._search is None:
            return False
        number, index = (self._match.number, self._match.start + 1) if self._match else (self.buffer.dropped, 0)
        found = self._search.after(self.buffer, number, index)
        return self._go(found or self._search.after(self.buffer, self.buffer.dropped, 0))

    def search_previous(self) -> bool:
        """Go to the match before, from the first one to the last. Whether there is any."""
        if self._search is None:
            return False
        last = self.buffer.dropped + self.buffer.line_count
        number, index = (self._match.number, self._match.start) if self._match else (last, 0)
        found = self._search.before(self.buffer, number, index)
        return self._go(found or self._search.before(self.buffer, last, 0))

    @property
    def search_match(self) -> Match | None:
        """The match gone to last."""
        return self._match

    def _go(self, match: Match | None) -> bool:
        self._match = match
        if match is None:
            return False
        self._reveal(match.number)
        self.show_place(match.number, match.start)
        return True

    def _line_in_hand(self) -> int | None:
        if self._cursor is not None:
            return self._cursor[0]
        return self._match.number if self._match is not None else None

    # -- painting ----------------------------------------------------------------------------------------------------

    def _has_overlays(self, number: int) -> bool:
        if self._search is not None or super()._has_overlays(number):
            return True
        if self._cursor is not None and self._cursor[0] == number:
            return True
        return span(self.text_selection, number) is not None

    def _overlays(self, number: int, text: str) -> list[Overlay]:
        overlays: list[Overlay] = []
        if self._search is not None:
            match = self.get_component_rich_style("transcript--match", partial=True)
            current = self.get_component_rich_style("transcript--current", partial=True)
            if self.app.no_color:
                current = _REVERSE
            for start, end in self._search.spans(text):
                overlays.append((start, end, current if self._match == (number, start, end) else match))
        selected = span(self.text_selection, number)
        if selected is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            overlays.append((*selected, _REVERSE if self.app.no_color else style))
        if self._cursor is not None and self._cursor[0] == number:
            overlays.append((self._cursor[1], self._cursor[1] + 1, _REVERSE))
        return overlays

    def _after(self, number: int, base: Style) -> list[Segment]:
        cursor, after = self._cursor, super()._after(number, base)
        if cursor is not None and cursor[0] == number and cursor[1] >= len(self.buffer.text_at(number)):
            return [Segment(" ", base + _REVERSE), *after]
        return after
