"""Finding text in a TextBuffer without unpacking the blocks that cannot hold it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pstui.tui.transcript.render.block import Block
from pstui.tui.transcript.render.buffer import TextBuffer

#: Matches counted; beyond it the count stands for "this many or more".
MAX_COUNTED: Final = 5000
#: Characters of a line that is searched as a whole for the sake of one row.
MAX_WHOLE: Final = 2_000


class Match(NamedTuple):
    """A place in the text: line number (see ``TextBuffer``), first index and one after the last."""

    number: int
    start: int
    end: int


class Search:
    """One search text, looked for literally, within lines."""

    def __init__(self, text: str, case_sensitive: bool = False) -> None:
        """``text`` must not be empty."""
        self.text = text
        self.case_sensitive = case_sensitive
        self._pattern = re.compile(re.escape(text), 0 if case_sensitive else re.IGNORECASE)
        self._needle = (text if case_sensitive else text.lower()).encode("utf-8", "replace")
        self._bytewise = case_sensitive or text.isascii()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in one line."""
        return [match.span() for match in self._pattern.finditer(text)]

    def spans_near(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Where it stands in one line, as far as ``start`` to ``end`` is touched.

        A line of a million matches has a thousand rows, and each row would go through all of them. In a very long
        line matches that could overlap each other may be told apart otherwise than by ``spans``.
        """
        if len(text) <= MAX_WHOLE:
            return [span for span in self.spans(text) if span[1] > start and span[0] < end]
        beside = len(self.text) - 1
        found = self._pattern.finditer(text, max(start - beside, 0), min(end + beside, len(text)))
        return [match.span() for match in found]

    def places(self, buffer: TextBuffer) -> list[tuple[int, int]]:
        """Line number and index of each match the buffer holds, oldest first, MAX_COUNTED at most."""
        found: list[tuple[int, int]] = []
        for number, text in self._lines(buffer, buffer.dropped, forward=True):
            found += [(number, match.start()) for match in self._pattern.finditer(text)]
            if len(found) >= MAX_COUNTED:
                return found[:MAX_COUNTED]
        return found

    def after(self, buffer: TextBuffer, number: int, index: int) -> Match | None:
        """The first match that begins at or after a place."""
        for line, text in self._lines(buffer, number, forward=True):
            for start, end in self.spans(text):
                if line > number or start >= index:
                    return Match(line, start, end)
        return None

    def before(self, buffer: TextBuffer, number: int, index: int) -> Match | None:
        """The last match that begins before a place."""
        for line, text in self._lines(buffer, number, forward=False):
            for start, end in reversed(self.spans(text)):
                if line < number or start < index:
                    return Match(line, start, end)
        return None

    def _may_hold(self, block: Block) -> bool:
        data = block.data()
        if self._bytewise:
            return self._needle in (data if self.case_sensitive else data.lower())
        return self._pattern.search(data.decode()) is not None

    def _lines(self, buffer: TextBuffer, number: int, *, forward: bool) -> Iterator[tuple[int, str]]:
        """The lines from ``number`` on that may hold a match, in the direction asked for."""
        tail = range(buffer.tail_first, buffer.dropped + buffer.line_count)
        blocks = range(len(buffer.blocks))
        if not forward:
            yield from ((line, buffer.text_at(line)) for line in reversed(tail) if line <= number)
        for which in blocks if forward else reversed(blocks):
            block, first = buffer.blocks[which], buffer.block_firsts[which]
            behind = first + block.count <= number if forward else first > number
            if behind or not self._may_hold(block):
                continue
            low = max(buffer.dropped - first, number - first if forward else 0, 0)
            high = block.count if forward else min(block.count, number - first + 1)
            lines = range(low, high)
            yield from ((first + i, block.text(i)) for i in (lines if forward else reversed(lines)))
        if forward:
            yield from ((line, buffer.text_at(line)) for line in tail if line >= number)
