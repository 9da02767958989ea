"""The line being written: text goes in as it arrives, and what moves the cursor in the row acts as in a terminal.

That is carriage return, backspace and tab, and of the terminal sequences those that a progress display of one row
needs: cursor forward and back, cursor to a column, erase in line. ``Splitter`` hands these on as single characters of
the surrogate range, which no text holds after it: ``forward``, ``back`` and ``ERASE`` make and name them.
"""

from __future__ import annotations

import re
from typing import Final

from pstui.tui.transcript.render.cells import clusters, width
from pstui.tui.transcript.render.style import Run, Runs, slice_runs

#: Tab stops are this many columns apart.
TAB: Final = 8
#: Style changes kept in one line; later ones are ignored.
MAX_RUNS: Final = 4096
#: Characters one column may hold: a base with the marks and joined emoji that ``clean`` lets through.
_MAX_CLUSTER: Final = 24

#: Columns that one mark can move; a row of a terminal is shorter.
MAX_MOVE: Final = 0x3F0
_FORWARD: Final = 0xD800
_BACK: Final = 0xDC00
#: What CSI K erases, by its parameter: to the end of the line, to its start, all of it.
ERASE: Final = {"": "\udbfd", "0": "\udbfd", "1": "\udbfe", "2": "\udbff"}
#: The marks as a class for regular expressions.
MARKS: Final = "\ud800-\udfff"
_LAYOUT = re.compile(f"([\r\b\t{MARKS}])")
#: What goes back or erases; erasing to the end does nothing at the end, and grep does it after every colour.
_OVERWRITES = re.compile("[\r\b\ud800-\udbf0\udc00-\udfff][^\r\b\ud800-\udfff]|[\udbfe\udbff]")


def forward(columns: int) -> str:
    """Return the mark that moves the cursor to the right."""
    return chr(_FORWARD + min(max(columns, 1), MAX_MOVE))


def back(columns: int) -> str:
    """Return the mark that moves the cursor to the left."""
    return chr(_BACK + min(max(columns, 1), MAX_MOVE))


class OpenLine:
    """Text and runs of an unfinished line.

    Until something is overwritten it is a list of pieces. The first carriage return or backspace that is followed
    by text turns it into columns, one entry a terminal cell.
    """

    __slots__ = (
        *("_cells", "_chars", "_columns", "_cursor", "_content", "_measured", "_pieces", "_runs", "_styles"),
        "length",
    )

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._runs: list[Run] = []
        #: Characters held (cells, once laid out in columns).
        self.length = 0
        self._cells = 0
        self._measured = 0
        #: Where the next text goes; None while that is the end.
        self._cursor: int | None = None
        #: Per cell its cluster ("" for the second half of a wide one) and its style, once in use.
        self._chars: list[str] = []
        self._styles: list[int] = []
        self._columns = False
        #: What ``content`` returned last for the columns, until something is written.
        self._content: tuple[str, Runs] | None = None

    def __bool__(self) -> bool:
        return self.length > 0 or self._cursor is not None

    def write(self, text: str, runs: Runs, columns: int = 0) -> None:
        """Add text without newlines; no move goes beyond the end of a row of ``columns``, where that is known."""
        self._content = None
        if _LAYOUT.search(text) is None:
            self._put(text, runs)
            return
        position = 0
        for part in _LAYOUT.split(text):
            end = position + len(part)
            if part == "\r":
                self._move(0)
            elif part == "\b":
                self._move(self.column() - 1)
            elif part == "\t":
                self._tab(slice_runs(runs, position, end))
            elif "\ud800" <= part[:1] <= "\udfff":
                self._act(ord(part), columns)
            elif part:
                self._put(part, slice_runs(runs, position, end))
            position = end

    def _act(self, mark: int, columns: int) -> None:
        """Do what a mark of the splitter says."""
        if mark < _FORWARD + MAX_MOVE + 1:
            at = self.column()
            last = (at // columns + 1) * columns - 1 if columns else at + MAX_MOVE
            self._move(max(min(at + mark - _FORWARD, last), at))
        elif mark >= _BACK:
            self._move(self.column() - (mark - _BACK))
        elif self.length:
            self._erase(chr(mark))

    def _move(self, column: int) -> None:
        column = max(column, 0)
        self._cursor = None if column == self._end() else column

    def _erase(self, what: str) -> None:
        """Erase a part of the line, as ``ERASE`` names it; the cursor stays."""
        if self._cursor is None and what == ERASE["0"]:
            return
        at = self.column()
        self._to_columns()
        first = 0 if what != ERASE["0"] else at
        last = at + 1 if what == ERASE["1"] else len(self._chars)
        if last < len(self._chars):
            blanks = slice(first, last)
            if self._chars[last] == "":  # half of a wide character is not left over
                blanks = slice(first, last + 1)
            count = len(self._chars[blanks])
            self._chars[blanks], self._styles[blanks] = [" "] * count, [0] * count
        else:
            if self._chars[first : first + 1] == [""]:
                self._chars[first - 1] = " "
            del self._chars[first:], self._styles[first:]
        self.length = len(self._chars)
        self._move(at)

    def overwrites(self, text: str) -> bool:
        """Whether the line is, or with ``text`` would be, laid out in columns, which costs time for each of them."""
        return self._columns or self._cursor is not None or _OVERWRITES.search(text) is not None

    def column(self) -> int:
        """The cell column the next text goes to, counted from 0."""
        return self._end() if self._cursor is None else self._cursor

    def _end(self) -> int:
        """The column after the last character."""
        if self._columns:
            return len(self._chars)
        for piece in self._pieces[self._measured :]:
            self._cells += width(piece)
        self._measured = len(self._pieces)
        return self._cells

    def content(self) -> tuple[str, Runs]:
        """The line as it looks now."""
        if not self._columns:
            if len(self._pieces) > 1:
                self._pieces = ["".join(self._pieces)]
                self._measured = min(self._measured, 1)
                self._cells = 0 if not self._measured else width(self._pieces[0])
            return (self._pieces[0] if self._pieces else ""), tuple(self._runs)
        if self._content is None:
            self._content = self._read()
        return self._content

    def _read(self) -> tuple[str, Runs]:
        """The columns as a line."""
        runs: list[Run] = []
        position, current = 0, 0
        for char, style in zip(self._chars, self._styles, strict=True):
            if style != current and char and len(runs) < MAX_RUNS:
                runs.append((position, style))
                current = style
            position += len(char)
        return "".join(self._chars), tuple(runs)

    def _put(self, text: str, runs: Runs) -> None:
        if self._cursor is not None or self._columns:
            self._overwrite(text, runs)
            return
        offset = self.length
        last = self._runs[-1][1] if self._runs else 0
        if last and not (runs and runs[0][0] == 0):
            runs = ((0, 0), *runs)
        for position, style in runs:
            if style != last and len(self._runs) < MAX_RUNS:
                self._runs.append((offset + position, style))
                last = style
        self._pieces.append(text)
        self.length += len(text)

    def _tab(self, runs: Runs) -> None:
        """Move to the next tab stop, writing blanks only where there is no text yet."""
        column = self.column()
        target = (column // TAB + 1) * TAB
        if self._cursor is None and not self._columns:
            self._put(" " * (target - column), runs)
            return
        self._to_columns()
        self._fill(target)
        self._cursor = target

    def _to_columns(self) -> None:
        if self._columns:
            return
        text, runs = self.content()
        cursor = self._cursor
        self._columns = True
        self._pieces, self._runs, self._cursor = [], [], 0
        self._overwrite(text, runs)
        self._cursor = cursor

    def _fill(self, columns: int) -> None:
        missing = columns - len(self._chars)
        if missing > 0:
            self._chars.extend([" "] * missing)
            self._styles.extend([0] * missing)
            self.length = len(self._chars)

    def _overwrite(self, text: str, runs: Runs) -> None:
        self._to_columns()
        chars, styles = self._chars, self._styles
        cursor = len(chars) if self._cursor is None else self._cursor
        next_run, style = 0, 0
        for start, end, cells in clusters(text):
            while next_run < len(runs) and runs[next_run][0] <= start:
                style = runs[next_run][1]
                next_run += 1
            if cells == 0:
                self._attach(cursor, text[start:end])
                continue
            self._fill(cursor + cells)
            if chars[cursor] == "":
                chars[cursor - 1] = " "
            if cursor + cells < len(chars) and chars[cursor + cells] == "":
                chars[cursor + cells] = " "
            chars[cursor] = text[start:end]
            styles[cursor] = style
            if cells == 2:
                chars[cursor + 1] = ""
                styles[cursor + 1] = style
            cursor += cells
        self.length = len(chars)
        self._cursor = cursor if cursor < len(chars) else None

    def _attach(self, cursor: int, mark: str) -> None:
        """A combining mark belongs to the cell before the cursor."""
        at = min(cursor, len(self._chars)) - 1
        if at > 0 and self._chars[at] == "":
            at -= 1
        if at >= 0 and len(self._chars[at]) + len(mark) <= _MAX_CLUSTER:
            self._chars[at] += mark
