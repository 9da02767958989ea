"""The lines typed before: for Up and Down, for the ghost behind the cursor, for Ctrl+R."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pstui.backends.language.secrets import looks_secret


class KeptLines(Protocol):
    """What keeps lines beyond the program's end; ``pstui.config.history.History`` does."""

    problem: str

    def add(self, host: str, line: str) -> None:
        """Keep a line typed to ``host``."""

    def lines(self, host: str | None = None) -> list[str]:
        """Return lines, oldest first: of one host, or of all."""


class LineHistory:
    """Lines in the order they were typed, newest last, bounded; and a place in them while Up and Down are used.

    ``limit`` counts lines. A line equal to the one before it is kept once. ``others`` are lines typed to other hosts.
    """

    def __init__(self, lines: Iterable[str] = (), *, limit: int = 4096) -> None:
        self._limit = limit
        self._lines: list[str] = list(lines)[-limit:]
        self._place = len(self._lines)
        self._draft = ""
        self._prefix = ""
        self._kept: KeptLines | None = None
        self._host = ""
        self._told = ""
        self.others: Sequence[str] = ()
        #: whether ``predict`` finds anything
        self.predicts = True

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, oldest first."""
        return tuple(self._lines)

    def complaint(self) -> str:
        """Return why lines are not kept, once; empty while they are (or nobody wants them to be)."""
        problem = "" if self._kept is None else self._kept.problem
        told, self._told = self._told, problem
        return f"the history is not kept: {problem}" if problem and problem != told else ""

    def keep(self, kept: KeptLines, host: str) -> None:
        """Begin with the lines typed to ``host`` in earlier runs, and hand on what is typed from now on."""
        self._kept, self._host = kept, host
        self._lines = (kept.lines(host) + self._lines)[-self._limit :]
        self._read_others()
        self.settle()

    def add(self, line: str, *, keep: bool = True) -> None:
        """Remember ``line`` unless it is blank or repeats the last one, and go back to the newest place.

        Without ``keep`` it is remembered in memory only.
        """
        if line.strip() and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
            del self._lines[: -self._limit]
        if keep and self._kept is not None:
            self._kept.add(self._host, line)
            self._read_others()
        self.settle()

    def settle(self) -> None:
        """Leave the lines of before: what is in the editor now is a new line."""
        self._place = len(self._lines)
        self._draft = self._prefix = ""

    def older(self, current: str) -> str | None:
        """Return the line before the present place, None at the oldest; ``current`` is kept for the way back.

        If lines begin as ``current`` does, only those are walked through.
        """
        if self._place == len(self._lines):
            self._draft = current
            self._prefix = current if any(_begins(line, current) for line in self._lines) else ""
        shown = self._shown()
        for place in range(self._place - 1, -1, -1):
            if self._fits(place, shown):
                self._place = place
                return self._lines[place]
        return None

    def newer(self) -> str | None:
        """Return the line after the present place, the text typed before going back at the end, None beyond it."""
        if self._place >= len(self._lines):
            return None
        shown = self._shown()
        for place in range(self._place + 1, len(self._lines)):
            if self._fits(place, shown):
                self._place = place
                return self._lines[place]
        self._place = len(self._lines)
        return self._draft

    def oldest(self, current: str) -> str | None:
        """Return the first line, None where there is none; ``current`` is kept for the way back."""
        if self._place == len(self._lines):
            self._draft, self._prefix = current, ""
        return self.go(0)

    def newest(self) -> str | None:
        """Return the text typed before going back, None where nobody has gone back."""
        if self._place >= len(self._lines):
            return None
        self._place = len(self._lines)
        return self._draft

    @property
    def place(self) -> int:
        """Which line is recalled, counted from the oldest; one after the last while none is."""
        return self._place

    def go(self, place: int) -> str | None:
        """Go to a line by its place and return it, None where there is no such line."""
        if not 0 <= place < len(self._lines):
            return None
        self._place = place
        return self._lines[place]

    def predict(self, text: str) -> str:
        """Return what followed ``text`` when a line that begins with it was last typed, here or to another host.

        Lines that look like secrets are left out: a ghost is seen by whoever looks at the screen.
        """
        for lines in (self._lines, self.others) if self.predicts else ():
            for line in reversed(lines):
                if len(line) > len(text) and _begins(line, text) and not looks_secret(line):
                    return line[len(text) :]
        return ""

    def _shown(self) -> str:
        return self._draft if self._place == len(self._lines) else self._lines[self._place]

    def _fits(self, place: int, shown: str) -> bool:
        line = self._lines[place]
        return line != shown and _begins(line, self._prefix)

    def _read_others(self) -> None:
        if self._kept is not None:
            own = set(self._lines)
            self.others = [line for line in self._kept.lines()[-self._limit :] if line not in own]


def _begins(line: str, start: str) -> bool:
    return line[: len(start)].lower() == start.lower()
