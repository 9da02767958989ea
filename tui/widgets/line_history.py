"""The lines typed before, for Up and Down."""

from __future__ import annotations

from collections.abc import Iterable


class LineHistory:
    """Lines in the order they were typed, newest last, bounded; and a place in them while Up and Down are used.

    ``limit`` counts lines. A line equal to the one before it is kept once.
    """

    def __init__(self, lines: Iterable[str] = (), *, limit: int = 4096) -> None:
        self._limit = limit
        self._lines: list[str] = list(lines)[-limit:]
        self._place = len(self._lines)
        self._draft = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, oldest first."""
        return tuple(self._lines)

    def add(self, line: str) -> None:
        """Keep ``line`` unless it is blank or repeats the last one, and go back to the newest place."""
        if line.strip() and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
            del self._lines[: -self._limit]
        self._place = len(self._lines)
        self._draft = ""

    def older(self, current: str) -> str | None:
        """Return the line before the present place, None at the oldest; ``current`` is kept for the way back."""
        if self._place == len(self._lines):
            self._draft = current
        if self._place == 0:
            return None
        self._place -= 1
        return self._lines[self._place]

    def newer(self) -> str | None:
        """Return the line after the present place, the text typed before going back at the end, None beyond it."""
        if self._place >= len(self._lines):
            return None
        self._place += 1
        return self._draft if self._place == len(self._lines) else self._lines[self._place]
