"""The text being edited as one string, and where its words begin and end.

Textual counts rows and columns; the parts of the editor that read and change the text (words, tokens, completions)
count code points from the start of the whole text.
"""

from __future__ import annotations

from typing import Final

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import TokenKind
from pstui.tui.transcript.render.cells import cluster_end, step_left
from textual.geometry import Offset
from textual.widgets import TextArea
from textual.widgets.text_area import Selection


class EditingSurface:
    """Text, cursor and selection of a text area by offsets: code points from the start of the whole text."""

    def __init__(self, area: TextArea) -> None:
        self._area = area

    @property
    def text(self) -> str:
        """The whole text; its rows are separated by line feeds."""
        return self._area.text

    @property
    def cursor(self) -> int:
        """The offset of the cursor."""
        return self.offset_of(self._area.cursor_location)

    @property
    def selected(self) -> tuple[int, int]:
        """The first offset of the selection and the one after it; twice the cursor if nothing is selected."""
        first, last = sorted(map(self.offset_of, self._area.selection))
        return first, last

    @property
    def anchor(self) -> int:
        """Where the selection was begun; the cursor if nothing is selected."""
        return self.offset_of(self._area.selection.start)

    def offset_of(self, location: tuple[int, int]) -> int:
        """Return the offset of a row and column."""
        row, column = location
        return sum(len(self._area.document.get_line(each)) + 1 for each in range(row)) + column

    def location_of(self, offset: int) -> tuple[int, int]:
        """Return the row and column of an offset; beyond the end, the end."""
        document = self._area.document
        for row in range(document.line_count):
            length = len(document.get_line(row))
            if offset <= length:
                return row, max(offset, 0)
            offset -= length + 1
        return document.end

    def row_at(self, offset: int) -> tuple[int, int]:
        """Return where the row that holds an offset begins and ends; its line feed is behind the end."""
        text = self.text
        end = text.find("\n", offset)
        return text.rfind("\n", 0, offset) + 1, len(text) if end < 0 else end

    def place_left(self) -> int:
        """Return the offset one step left of the cursor; a letter with its marks, or a joined emoji, is one step."""
        cursor = self.cursor
        start, _ = self.row_at(cursor)
        if cursor == start:
            return max(cursor - 1, 0)
        return start + step_left(self.text[start:cursor], cursor - start)

    def place_right(self) -> int:
        """Return the offset one step right of the cursor, in the same way."""
        cursor = self.cursor
        start, end = self.row_at(cursor)
        if cursor == end:
            return min(cursor + 1, len(self.text))
        return start + cluster_end(self.text[start:end], cursor - start)

    def screen_place(self, offset: int) -> Offset:
        """Return where an offset of the text is on the screen."""
        area = self._area
        place = area.wrapped_document.location_to_offset(self.location_of(offset))
        region = area.content_region
        return Offset(region.x + place.x - area.scroll_offset.x, region.y + place.y - area.scroll_offset.y)

    def go(self, offset: int) -> None:
        """Put the cursor at an offset and select nothing."""
        self._area.move_cursor(self.location_of(offset))

    def select(self, start: int, end: int) -> None:
        """Select what is between two offsets; the cursor goes to the second."""
        self._area.selection = Selection(self.location_of(start), self.location_of(end))

    def change(self, start: int, end: int, text: str, cursor: int | None = None) -> None:
        """Replace what is between two offsets; the cursor goes after it, or to ``cursor``."""
        self._area.replace(text, self.location_of(start), self.location_of(end), maintain_selection_offset=False)
        self.go(start + len(text) if cursor is None else cursor)

    def insert(self, text: str) -> None:
        """Insert text as if typed, in place of the selection; no text changes nothing."""
        if text:
            self._area.replace(text, *self._area.selection, maintain_selection_offset=False)

    def put(self, text: str) -> None:
        """Replace the whole text and go to its end."""
        self._area.replace(text, (0, 0), self._area.document.end)
        self._area.move_cursor(self._area.document.end)


#: what parts words beside blanks, as in PSReadLine's WordDelimiters
DELIMITERS: Final = frozenset(";:,.[]{}()/\\|!?^&*-=+'\"–—―")
_SILENT = frozenset([TokenKind.NEWLINE, TokenKind.COMMENT, TokenKind.CONTINUATION, TokenKind.SEMICOLON])


def _in_word(character: str) -> bool:
    return not character.isspace() and character not in DELIMITERS


def word_start_before(text: str, place: int) -> int:
    """Return the start of the word at or before ``place``."""
    while place > 0 and not _in_word(text[place - 1]):
        place -= 1
    while place > 0 and _in_word(text[place - 1]):
        place -= 1
    return place


def word_end_after(text: str, place: int) -> int:
    """Return the end of the word at or after ``place``."""
    while place < len(text) and not _in_word(text[place]):
        place += 1
    while place < len(text) and _in_word(text[place]):
        place += 1
    return place


def next_word_start(text: str, place: int) -> int:
    """Return the start of the word after the one at ``place``."""
    while place < len(text) and _in_word(text[place]):
        place += 1
    while place < len(text) and not _in_word(text[place]):
        place += 1
    return place


def blank_start_before(text: str, place: int) -> int:
    """Return the start of the run without blanks at or before ``place``."""
    while place > 0 and text[place - 1].isspace():
        place -= 1
    while place > 0 and not text[place - 1].isspace():
        place -= 1
    return place


def words_of(line: str) -> list[str]:
    """Return the words of a line as they are written, quotes included."""
    words: list[str] = []
    end = -1
    for token in tokenize(line):
        if token.kind in _SILENT:
            continue
        if token.start == end:
            words[-1] += token.text
        else:
            words.append(token.text)
        end = token.end
    return words


def capitalized(text: str) -> str:
    """Return a text with one capital, at its first letter or digit."""
    first = next((index for index, character in enumerate(text) if character.isalnum()), len(text))
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :].lower()
