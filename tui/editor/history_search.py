"""Ctrl+R: a line typed before, found by a part of it while the part is typed."""

from __future__ import annotations

from collections.abc import Sequence

from pstui.tui.editor.line_history import LineHistory


class HistorySearch:
    """The search without its screen: newest lines first, those of this host before those of others.

    ``line`` is the line found, ``""`` while there is none; ``failed`` says that nothing (more) fits.
    """

    def __init__(self, history: LineHistory) -> None:
        own = list(dict.fromkeys(reversed(history.lines)))
        self._own = len(own)
        self._lines: Sequence[str] = list(dict.fromkeys([*own, *reversed(history.others)]))
        self._place = -1
        self.query = ""
        self.failed = False

    @property
    def line(self) -> str:
        """The line found."""
        return self._lines[self._place] if 0 <= self._place < len(self._lines) else ""

    @property
    def foreign(self) -> bool:
        """Whether the line found was typed to another host."""
        return self._place >= self._own

    @property
    def match(self) -> tuple[int, int]:
        """Where in the line the query stands: first index, one after the last."""
        start = self.line.lower().find(self.query.lower())
        return max(start, 0), max(start, 0) + (len(self.query) if start >= 0 else 0)

    def type(self, text: str) -> None:
        """Make the query longer; the line found stays while it fits."""
        self.query += text
        self._find(max(self._place, 0), 1)

    def shorten(self) -> None:
        """Take the last character of the query away and begin at the newest line again."""
        self.query = self.query[:-1]
        self._place = -1
        self.failed = False
        if self.query:
            self._find(0, 1)

    def older(self) -> None:
        """Go to the next older line that fits."""
        self._find(self._place + 1, 1)

    def newer(self) -> None:
        """Go to the next newer line that fits."""
        self._find(self._place - 1, -1)

    def _find(self, start: int, step: int) -> None:
        query = self.query.lower()
        place = start
        while query and 0 <= place < len(self._lines):
            if query in self._lines[place].lower():
                self._place, self.failed = place, False
                return
            place += step
        self.failed = bool(query)
