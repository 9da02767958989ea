"""Words of a far end that are kept for an error message: bounded, decoded, and free of control characters."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Callable

#: longest line and number of lines kept; more than a screen of stderr explains nothing further
MAX_LINE = 500
MAX_LINES = 20


def printable(text: str) -> str:
    """Return ``text`` with every control and direction-changing character shown as ``?`` (tabs as a space)."""
    return "".join(
        " " if char == "\t" else "?" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else char
        for char in text
    )


class LineTail:
    """Collects a byte stream as lines of UTF-8, keeping the first and the last few.

    ``on_line`` is called with each line that is not blank, as the far end sent it but at most ``MAX_LINE``
    characters long; what is kept for ``text()`` is made printable.
    """

    def __init__(self, on_line: Callable[[str], None] | None = None) -> None:
        self._on_line = on_line
        self._part = bytearray()
        self._skipping = False
        self._head: list[str] = []
        self._tail: deque[str] = deque(maxlen=MAX_LINES // 2)
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes; a line longer than the bound is cut and its rest dropped."""
        for piece in data.splitlines(keepends=True):
            ended = piece.endswith((b"\n", b"\r"))
            if not self._skipping:
                self._part += piece[: MAX_LINE * 4]
            if ended:
                self._finish()
                self._skipping = False
            elif len(self._part) >= MAX_LINE * 4:
                self._finish()
                self._skipping = True

    def end(self) -> None:
        """Take the last line, which may lack its end."""
        self._finish()

    def text(self) -> str:
        """Return the kept lines, with a note in place of those left out."""
        kept = [*self._head]
        left_out = self._count - len(self._head) - len(self._tail)
        if left_out:
            kept.append(f"(… {left_out} lines left out …)")
        return "\n".join([*kept, *self._tail])

    def __bool__(self) -> bool:
        return self._count > 0

    def _finish(self) -> None:
        line = self._part.decode("utf-8", "replace").rstrip("\r\n")[:MAX_LINE]
        self._part.clear()
        if not line.strip():
            return
        self._count += 1
        shown = printable(line)
        if len(self._head) < MAX_LINES // 2:
            self._head.append(shown)
        else:
            self._tail.append(shown)
        if self._on_line:
            self._on_line(line)
