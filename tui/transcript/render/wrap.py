"""Which row of a wrapped pane shows which line, without wrapping what nobody looks at.

How this works: rows are counted block by block of the buffer. A block whose longest line fits into a row has as many
rows as lines and costs nothing. Any other block is *estimated* from its size, until it is looked at (``locate``,
``row_of``) or until ``refine`` comes to it, in slices short enough for one frame; then it is *exact*, and the rows of
each of its lines are kept in an array for a few blocks. Sums of rows before each block are made again when one of them
has changed, and a row is found by bisection, first among the blocks, then in the array. Lines that are not packed into
a block yet (the tail) are always exact. Estimates only move the scroll bar: rows on the screen always come from exact
blocks.

A new width or another fold estimates everything again, so a resize costs the same whatever was written before.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Final

from pstui.tui.transcript.render.buffer import Block, TextBuffer
from pstui.tui.transcript.render.cells import row_count, row_starts, width

#: Blocks whose rows are kept line by line.
_DETAILED_BLOCKS: Final = 16


class WrapIndex:
    """Rows of a TextBuffer at one width. Lines are given by number (see ``TextBuffer``), rows counted from 0 at the
    oldest line kept.

    Attributes:
        columns: Cells a row holds; None: lines are not wrapped.
        widest: With ``columns`` None: cells of the widest line, never less.
    """

    def __init__(self, buffer: TextBuffer, columns: int | None) -> None:
        self._buffer = buffer
        self.columns = columns
        self.widest = 0
        self._hidden: list[tuple[int, int]] = []
        self._firsts: list[int] = []
        self._rows: list[int] = []
        self._exact: list[bool] = []
        #: Row at which each block begins, and the tail; None when it has to be added up again.
        self._begins: list[int] | None = None
        self._tail_first = 0
        self._tail_rows: list[int] = []
        #: Number of the line that was open when the rows were counted last.
        self._finished = 0
        #: Rows of the first block that belong to lines already dropped.
        self._skipped = 0
        self._details: dict[int, array[int]] = {}
        #: The line being written and where its rows begin, as they were last.
        self._open: tuple[str, list[int]] = ("", [0])
        self.sync()

    # -- following the buffer --------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Take in what was appended to the buffer and what it dropped."""
        buffer = self._buffer
        firsts = buffer.block_firsts
        oldest = firsts[0] if firsts else buffer.tail_first
        gone = bisect_left(self._firsts, oldest)
        if gone:
            for first in self._firsts[:gone]:
                self._details.pop(first, None)
            del self._firsts[:gone], self._rows[:gone], self._exact[:gone]
            self._begins = None
        for index in range(len(self._firsts), len(firsts)):
            block = buffer.blocks[index]
            rows, exact = self._estimate(block, firsts[index])
            self._firsts.append(firsts[index])
            self._rows.append(rows)
            self._exact.append(exact)
            self._begins = None
        self._sync_tail()
        self._sync_dropped()

    def _sync_tail(self) -> None:
        buffer = self._buffer
        first = buffer.tail_first
        # The line that was open last time may have changed: it is measured again.
        del self._tail_rows[max(self._finished - self._tail_first, 0) :]
        del self._tail_rows[: first - self._tail_first]
        self._tail_first = first
        for number in range(first + len(self._tail_rows), buffer.dropped + buffer.line_count):
            self._tail_rows.append(self._rows_of_line(number))
        self._finished = buffer.end

    def _sync_dropped(self) -> None:
        dropped = self._buffer.dropped
        self._skipped = 0
        if self._firsts and self._firsts[0] < dropped:
            self._skipped = self._detail(0)[dropped - self._firsts[0]]

    def _rows_of_line(self, number: int) -> int:
        if self._is_hidden(number):
            return 0
        if self.columns is not None and number >= self._buffer.end:
            return len(self.open_starts())
        text = self._buffer.text_at(number)
        if self.columns is None:
            self.widest = max(self.widest, width(text))
            return 1
        return 1 if len(text) * 2 <= self.columns else row_count(text, self.columns)

    def _estimate(self, block: Block, first: int) -> tuple[int, bool]:
        """Rows of a block, and whether that is exact."""
        last = first + block.count
        if self.columns is None:
            self.widest = max(self.widest, block.longest)
        if any(start <= first and last <= end for start, end in self._hidden):
            return 0, True
        if self.columns is not None and block.longest > self.columns:
            return block.count + len(block.data()) // self.columns, False
        return block.count, not self._hides(first, last)

    # -- settings --------------------------------------------------------------------------------------------------

    def set_columns(self, columns: int | None) -> None:
        """Wrap at another width."""
        if columns != self.columns:
            self.columns = columns
            self._restart()

    def set_hidden(self, ranges: list[tuple[int, int]]) -> None:
        """Show no rows of these lines: number ranges (first, one after the last), ascending and disjoint."""
        self._hidden = list(ranges)
        self._restart()

    def _restart(self) -> None:
        self.widest = 0
        self._firsts, self._rows, self._exact, self._tail_rows = [], [], [], []
        self._details.clear()
        self._begins = None
        self._open = ("", [0])
        self.sync()

    def _is_hidden(self, number: int) -> bool:
        return bool(self._hidden) and self._hides(number, number + 1)

    def _hides(self, first: int, last: int) -> bool:
        """Whether any line of a number range is hidden."""
        at = bisect_right(self._hidden, (first, 1 << 62)) - 1
        if at >= 0 and self._hidden[at][1] > first:
            return True
        return at + 1 < len(self._hidden) and self._hidden[at + 1][0] < last

    # -- rows ------------------------------------------------------------------------------------------------------

    def _detail(self, index: int) -> array[int]:
        """Rows before each line of a block (one more entry for all of them); makes the block exact."""
        first = self._firsts[index]
        known = self._details.pop(first, None)
        if known is None:
            known = array("I", accumulate(self._line_rows(self._buffer.blocks[index], first), initial=0))
            while len(self._details) >= _DETAILED_BLOCKS:
                del self._details[next(iter(self._details))]
        self._details[first] = known
        if known[-1] != self._rows[index]:
            self._rows[index] = known[-1]
            self._begins = None
        self._exact[index] = True
        return known

    def _line_rows(self, block: Block, first: int) -> list[int]:
        """Rows of each line of a block."""
        columns = self.columns
        offsets = block.offsets
        if columns is None or block.longest <= columns:
            rows = [1] * block.count
        elif block.ascii:
            fill = columns - 1
            rows = [(offsets[i + 1] - offsets[i] + fill) // columns or 1 for i in range(block.count)]
        else:
            rows = [
                1 if offsets[i + 1] - offsets[i] <= columns else row_count(block.text(i), columns)
                for i in range(block.count)
            ]
        if self._hides(first, first + block.count):
            rows = [0 if self._is_hidden(first + i) else count for i, count in enumerate(rows)]
        return rows

    def _begin_rows(self) -> list[int]:
        if self._begins is None:
            self._begins = list(accumulate(self._rows, initial=0))
        return self._begins

    @property
    def rows(self) -> int:
        """All rows, partly estimated."""
        return self._begin_rows()[-1] - self._skipped + sum(self._tail_rows)

    def locate(self, row: int) -> tuple[int, int]:
        """The number of the line shown in a row, and which of its rows that is.

        Raises:
            IndexError: there is no such row.
        """
        if row < 0:
            raise IndexError(f"row {row}")
        row += self._skipped
        while True:
            begins = self._begin_rows()
            if row >= begins[-1]:
                return self._locate_in_tail(row - begins[-1])
            index = bisect_right(begins, row) - 1
            was_exact = self._exact[index]
            detail = self._detail(index)
            if not was_exact:
                continue  # rows after this block may have moved
            inside = row - begins[index]
            line = bisect_right(detail, inside) - 1
            return self._firsts[index] + line, inside - detail[line]

    def _locate_in_tail(self, row: int) -> tuple[int, int]:
        wanted = row
        for index, rows in enumerate(self._tail_rows):
            if row < rows:
                return self._tail_first + index, row
            row -= rows
        raise IndexError(f"row {wanted} of the last lines")

    def row_of(self, number: int, sub_row: int = 0) -> int:
        """The row in which a line begins, plus ``sub_row``; for a hidden or dropped line, the next row shown."""
        if number < self._buffer.dropped:
            return 0
        if number >= self._tail_first:
            before = sum(self._tail_rows[: number - self._tail_first])
            return self._begin_rows()[-1] - self._skipped + before + sub_row
        index = bisect_right(self._firsts, number) - 1
        detail = self._detail(index)
        return self._begin_rows()[index] + detail[number - self._firsts[index]] - self._skipped + sub_row

    def starts(self, text: str) -> list[int]:
        """Indices at which the rows of a line begin."""
        return [0] if self.columns is None else row_starts(text, self.columns)

    def open_starts(self) -> list[int]:
        """Indices at which the rows of the line being written begin; what it has become longer by is wrapped alone."""
        if self.columns is None:
            return [0]
        before, starts = self._open
        text = self._buffer.text_at(self._buffer.end)
        if text != before:
            kept = starts[:-1] if text.startswith(before) else []
            first = starts[-1] if text.startswith(before) else 0
            starts = [*kept, *(first + start for start in row_starts(text[first:], self.columns))]
            self._open = text, starts
        return starts

    def refine(self, seconds: float) -> bool:
        """Make estimated blocks exact, newest first, for about so long; whether any are left."""
        deadline = time.perf_counter() + seconds
        for index in range(len(self._exact) - 1, -1, -1):
            if not self._exact[index]:
                self._detail(index)
                if time.perf_counter() > deadline:
                    return not all(self._exact)
        return False
