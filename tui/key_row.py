"""The row of keys below a screen: what does not fit is left out whole, and the key that closes stays.

A click on a key presses it, so that whoever has a mouse alone is locked in nowhere.
"""

from __future__ import annotations

import re
from typing import Final

from pstui.tui.keys.keymap import key_name
from rich.cells import cell_len
from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

#: what stands between two keys with their words
_BETWEEN: Final = re.compile(" {2,}")
#: a key with its words
_HINT: Final = re.compile(r"\S+(?: \S+)*")
#: columns at the right of a box's lower edge: the corner, the line, and a blank before each
_EDGE: Final = 3


def fitting(text: str, width: int) -> str:
    """Return a row of keys in at most ``width`` cells: the last one stays, and of the others as many as fit."""
    if cell_len(text) <= width:
        return text
    gap = min(_BETWEEN.findall(text), key=len, default="")
    *first, last = _BETWEEN.split(text)
    while first and cell_len(gap.join([*first, last])) > width:
        first.pop()
    return gap.join([*first, last])


def key_at(text: str, x: int) -> str:
    """Return Textual's name of the key whose words stand in a column of a row; empty where there is no single key."""
    place = 0
    for hint in _HINT.finditer(text):
        place = cell_len(text[: hint.start()])
        if place <= x < place + cell_len(hint[0]):
            return key_name(hint[0].split(" ")[0].rstrip(",")) or ""
    return ""


class KeyPressed(Message):
    """A key was clicked, by Textual's name; it is to be pressed."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


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

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return what all of it takes."""
        return cell_len(self._text)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        x = event.x - self.styles.padding.left
        if key := key_at(fitting(self._text, self.size.width), x):
            event.stop()
            self.post_message(KeyPressed(key))


class KeyBox(Vertical):
    """A box whose lower edge tells keys: a click on one presses it."""

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        width, height = self.outer_size
        if event.widget is not self or event.y != height - 1 or not self.border_subtitle:
            return
        text = Content.from_markup(self.border_subtitle).plain
        if key := key_at(text, event.x - (width - _EDGE - cell_len(text))):
            event.stop()
            self.post_message(KeyPressed(key))
