"""The line being written: text goes in as it arrives, carriage return, backspace and tab as in a terminal."""

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

_LAYOUT = re.compile("([\r\b\t])")
_OVERWRITES = re.compile("[\r\b][^\r\b]")


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
        return self.length > 0

    def write(self, text: str, runs: Runs) -> None:
        """Add text without newlines."""
        self._content = None
        if _LAYOUT.search(text) is None:
            self._put(text, runs)
            return
        position = 0
        for part in _LAYOUT.split(text):
            end = position + len(part)
            if part == "\r":
                self._cursor = 0 if self.length else None
            elif part == "\b":
                self._cursor = max(self.column() - 1, 0) if self.length else None
            elif part == "\t":
                self._tab(slice_runs(runs, position, end))
            elif part:
                self._put(part, slice_runs(runs, position, end))
            position = end

    def overwrites(self, text: str) -> bool:
        """Whether the line is, or with ``text`` would be, laid out in columns, which costs time for each of them."""
        return self._columns or self._cursor is not None or _OVERWRITES.search(text) is not None

    def column(self) -> int:
        """The cell column the next text goes to, counted from 0."""
        if self._cursor is not None:
            return self._cursor
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
