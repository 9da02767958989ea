"""The row of keys below a screen: what does not fit is left out whole, and the key that closes stays."""

from __future__ import annotations

import re
from typing import Final

from textual.content import Content
from textual.widget import Widget

#: what stands between two keys with their words
_BETWEEN: Final = re.compile(" {2,}")


def fitting(text: str, width: int) -> str:
    """Return a row of keys in at most ``width`` cells: the last one stays, and of the others as many as fit."""
    gap = min(_BETWEEN.findall(text), key=len, default="")
    *first, last = _BETWEEN.split(text)
    while first and Content(gap.join([*first, last])).cell_length > width:
        first.pop()
    return gap.join([*first, last])


def wrapped(hints: list[Content], width: int, gap: str = "   ") -> Content:
    """Return keys with their words in as many rows as they need; none is broken at its blank."""
    rows: list[list[Content]] = [[]]
    room = width
    for hint in hints:
        needed = hint.cell_length + (len(gap) if rows[-1] else 0)
        if rows[-1] and needed > room:
            rows.append([])
            needed, room = hint.cell_length, width
        rows[-1].append(hint)
        room -= needed
    return Content("\n").join(Content(gap).join(row) for row in rows)


class KeyRow(Widget):
    """Shows keys with their words, two or more blanks between them; the last one is the one that closes."""

    DEFAULT_CSS = """
    KeyRow {
        height: 1;
        color: $calm;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = text

    def say(self, text: str) -> None:
        """Show other keys."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """Return what fits."""
        return Content(fitting(self._text, self.size.width))
