"""Which rows are seen, and in which order: what the filter lets through, sorted by a column.

How this works. ``refresh`` brings ``order`` up to date in steps of a few milliseconds: rows that came since are
filtered and added, and after another filter or another order all are gone through again. What is typed after more of
the same filter narrows what is seen already. Sorting goes by portions that are merged: Python's sort merges sorted
portions in one pass, and no call lasts longer than that pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pstui.tui.grid.cells import BETWEEN
from pstui.tui.grid.filter import Filter, passing, read_filter
from pstui.tui.grid.rows import Clock, Rows

#: rows that are filtered, or sorted, in one go
PORTION = 4_000


class View:
    """The rows of a grid as they are seen."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.order: list[int] = []
        self.text = ""
        self.filter = Filter()
        #: the place of the column that is sorted by, -1 for the order in which they came; and whether downwards
        self.column, self.downwards = -1, False
        self._seen = 0
        self._turn, self._stale = 0, False
        self._version = rows.version
        self._texts_of, self._known = (-1, 0), list[str]()

    @property
    def current(self) -> bool:
        """Whether everything that was read is filtered and sorted."""
        return not self._stale and self._seen == len(self.rows.cells) and self._version == self.rows.version

    def look_for(self, text: str) -> None:
        """Show what fits a text."""
        before = self.filter
        self.text, self.filter = text, read_filter(text, self.rows.columns)
        if self.filter.terms != before.terms:
            self._turn += 1
            self._stale = True

    def sort(self, column: int, *, downwards: bool) -> None:
        """Sort by a column; -1 is the order in which the rows came."""
        self.column, self.downwards = column, downwards
        self._turn += 1
        self._stale = True

    async def refresh(self) -> None:
        """Bring the order up to date with what was read by now; a change meanwhile begins anew."""
        while not self.current:
            turn = self._turn
            if self._version != self.rows.version:
                self._version, self._stale, self.column = self.rows.version, True, -1
                self.filter = read_filter(self.text, self.rows.columns)
            version, begin = self._version, 0 if self._stale else self._seen
            end = len(self.rows.cells)
            found = await self._passed(range(begin, end), turn, version)
            if found is None:
                continue
            order = found if self._stale else self.order + found
            if self.column >= 0:
                sorted_order = await self._sorted(order, turn, version)
                if sorted_order is None:
                    continue
                order = sorted_order
            self.order, self._seen, self._stale = order, end, False

    def _gone(self, turn: int, version: int) -> bool:
        return turn != self._turn or version != self.rows.version

    async def _passed(self, rows: range, turn: int, version: int) -> list[int] | None:
        tests = self.filter.tests(self.rows)
        if not tests:
            return list(rows)
        clock, found = Clock(), list[int]()
        for start in range(0, len(rows), PORTION):
            found.extend(passing(tests, rows[start : start + PORTION]))
            await clock.turn()
            if self._gone(turn, version):
                return None
        return found

    async def _sorted(self, order: Sequence[int], turn: int, version: int) -> list[int] | None:
        """Return an order sorted: numbers, then texts, and what is empty last; None where it is not wanted any more."""
        clock, numbers = Clock(), self.rows.keys[self.column].numbers
        texts = await self._texts(clock) if self.rows.keys[self.column].texts else []
        if self._gone(turn, version):
            return None
        by_number, by_text, empty = list[int](), list[int](), list[int]()
        for start in range(0, len(order), PORTION):
            some = order[start : start + PORTION]
            by_number += [row for row in some if numbers[row] == numbers[row]]
            rest = [row for row in some if numbers[row] != numbers[row]] if len(by_number) < start + len(some) else []
            by_text += [row for row in rest if texts and texts[row]]
            empty += [row for row in rest if not (texts and texts[row])]
            await clock.turn()
        groups: list[tuple[list[int], Callable[[int], Any]]] = [
            (by_number, numbers.__getitem__),
            (by_text, texts.__getitem__),
        ]
        found = list[int]()
        for rows, key in reversed(groups) if self.downwards else groups:
            found += await self._merged(rows, key, clock)
            if self._gone(turn, version):
                return None
        return found + empty

    async def _merged(self, rows: list[int], key: Callable[[int], Any], clock: Clock) -> list[int]:
        portions = [rows[start : start + PORTION] for start in range(0, len(rows), PORTION)]
        for portion in portions:
            portion.sort(key=key, reverse=self.downwards)
            await clock.turn()
        while len(portions) > 1:
            merged = []
            for first in range(0, len(portions), 2):
                both = [*portions[first], *(portions[first + 1] if first + 1 < len(portions) else ())]
                both.sort(key=key, reverse=self.downwards)
                merged.append(both)
                await clock.turn()
            portions = merged
        return portions[0] if portions else []

    async def _texts(self, clock: Clock) -> Sequence[str]:
        """Return the texts of the column that is sorted by; they are kept as long as it is."""
        of = (self.column, self.rows.version)
        if self._texts_of != of:
            self._texts_of, self._known = of, []
        cells, known = self.rows.cells, self._known
        while len(known) < len(cells):
            some = cells[len(known) : len(known) + PORTION]
            known += [cell.split(BETWEEN)[of[0]][1:].casefold() for cell in some]
            await clock.turn()
        return known
