"""Finding text: looked for in the buffer without unpacking the blocks that cannot hold it, highlighted, and gone to.

``Search`` finds; ``Finding`` is the layer of the transcript that shows what was found.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from pstui.tui.transcript.layers import Layer, Overlay
from pstui.tui.transcript.limits import MAX_COUNTED
from pstui.tui.transcript.render.buffer import Block, TextBuffer
from pstui.tui.transcript.rows import Place
from pstui.tui.transcript.view import View

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
        """Return where the text is found in one line, as (first index, one after the last)."""
        return [match.span() for match in self._pattern.finditer(text)]

    def spans_near(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        """Return those ``spans`` of one line that touch ``start`` to ``end``.

        A line of a million matches has a thousand rows, and each row would go through all of them. Therefore only the
        surroundings are searched in a very long line; where matches could overlap, others than in ``spans`` may be
        chosen there.
        """
        if len(text) <= MAX_WHOLE:
            return [span for span in self.spans(text) if span[1] > start and span[0] < end]
        beside = len(self.text) - 1
        found = self._pattern.finditer(text, max(start - beside, 0), min(end + beside, len(text)))
        return [match.span() for match in found]

    def places(self, buffer: TextBuffer) -> list[tuple[int, int]]:
        """Return line number and index of each match in the buffer, oldest first, at most MAX_COUNTED."""
        found: list[tuple[int, int]] = []
        for number, text in self._lines(buffer, buffer.dropped, forward=True):
            found += [(number, match.start()) for match in self._pattern.finditer(text)]
            if len(found) >= MAX_COUNTED:
                return found[:MAX_COUNTED]
        return found

    def after(self, buffer: TextBuffer, number: int, index: int) -> Match | None:
        """Return the first match that begins at or after a place."""
        for line, text in self._lines(buffer, number, forward=True):
            for start, end in self.spans(text):
                if line > number or start >= index:
                    return Match(line, start, end)
        return None

    def before(self, buffer: TextBuffer, number: int, index: int) -> Match | None:
        """Return the last match that begins before a place."""
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
        """Yield the lines that may hold a match, from ``number`` on, in the direction asked for."""
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


class Finding(Layer):
    """The matches of one search, highlighted, and the one of them gone to last."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._search: Search | None = None
        self._places: list[Place] = []
        #: The match gone to last.
        self.match: Match | None = None

    def look_for(self, text: str, case_sensitive: bool, below: int | None) -> int:
        """Highlight a text, go to its last occurrence down to the line ``below``, and count the matches.

        Args:
            text: What to look for; an empty text ends the search.
            case_sensitive: Whether capitals matter.
            below: The number of the lowest line to begin at; None for the lowest one seen.

        Returns:
            How many there are; MAX_COUNTED means "this many or more".
        """
        self.match = None
        self._search = Search(text, case_sensitive) if text else None
        self.active = self._search is not None
        self._places = [] if self._search is None else self._search.places(self.buffer)
        self.view.widget.refresh()
        if self._search is not None and self._places:
            number = self.view.last_seen if below is None else below
            found = self._search.before(self.buffer, number, 1 << 30)
            self._go(found or self._search.after(self.buffer, number, 0))
        return len(self._places)

    @property
    def count(self) -> int:
        """How many matches there were when the search began; MAX_COUNTED means "this many or more"."""
        return len(self._places)

    @property
    def place(self) -> int:
        """Which of the matches is the one gone to, from 1; 0 where that is not known."""
        if self.match is None:
            return 0
        at = bisect_left(self._places, self.match[:2])
        return at + 1 if self._places[at : at + 1] == [self.match[:2]] else 0

    def next(self) -> bool:
        """Go to the next match, towards the end, from the last one to the first. Return whether there is any."""
        if self._search is None:
            return False
        number, index = (self.match.number, self.match.start + 1) if self.match else (self.buffer.dropped, 0)
        found = self._search.after(self.buffer, number, index)
        return self._go(found or self._search.after(self.buffer, self.buffer.dropped, 0))

    def previous(self) -> bool:
        """Go to the match before, from the first one to the last. Return whether there is any."""
        if self._search is None:
            return False
        last = self.buffer.dropped + self.buffer.line_count
        number, index = (self.match.number, self.match.start) if self.match else (last, 0)
        found = self._search.before(self.buffer, number, index)
        return self._go(found or self._search.before(self.buffer, last, 0))

    def _go(self, match: Match | None) -> bool:
        self.match = match
        if match is None:
            return False
        self.view.reveal(match.number)
        self.view.show((match.number, match.start))
        return True

    def covers(self, number: int) -> bool:
        """Return whether there is a search: any line may hold a match."""
        return self._search is not None

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return the matches, and the one gone to over them."""
        if self._search is None:
            return []
        found = [(start, end, "transcript--match") for start, end in self._search.spans_near(text, *part)]
        if self.match is not None and self.match.number == number:
            found.append((self.match.start, self.match.end, "transcript--current"))
        return found

    def line_in_hand(self) -> int | None:
        """Return the line of the match gone to."""
        return None if self.match is None else self.match.number
