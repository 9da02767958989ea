"""The row of keys below a screen: what does not fit is left out whole, and the key that closes stays.

A click on a key presses it, so that whoever has a mouse alone is locked in nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pstui.tui.keys.actions import PREFIX_KEY
from pstui.tui.keys.keymap import key_name
from rich.cells import cell_len
from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
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


def _keys_of(hint: str) -> Iterator[tuple[int, str]]:
    """Yield the keys that a hint begins with, each by Textual's name, and the place where it ends.

    The prefix key and what follows it are one.
    """
    before = ""
    for part in re.finditer(r"\S+", hint):
        # a word that is also the name of a key, as in "F8 delete", is no key: keys are not written like words
        word = part[0].rstrip(",")
        name = None if len(word) > 1 and word.isalpha() and word.islower() else key_name(word)
        if name is None:
            break
        if name != PREFIX_KEY:
            yield part.end(), before + name
        before, end = (f"{name} ", part.end()) if name == PREFIX_KEY else ("", 0)
    if before:
        yield end, before.strip()


def key_at(text: str, x: int) -> str:
    """Return Textual's name of the key that is told in a column of a row; empty where none is.

    Of the keys of a hint, as in "p x r queue", it is the one in that column, and the first one where its words are.
    Two that are pressed after each other, as the prefix key and another, have a blank between them.
    """
    for hint in _HINT.finditer(text):
        place = cell_len(text[: hint.start()])
        if place <= x < place + cell_len(hint[0]):
            keys = list(_keys_of(hint[0]))
            return next((key for end, key in keys if x - place < cell_len(hint[0][:end])), keys[0][1] if keys else "")
    return ""


def pressable(text: str, style: str = "$calm", action: str = "app.press") -> Content:
    """Return keys with their words, two or more blanks between them: a click on one does ``action`` with it."""
    row = Content.styled(text, style)
    for hint in _HINT.finditer(text):
        keys = list(_keys_of(hint[0]))
        start = hint.start()
        for end, key in [*keys, *((len(hint[0]), key) for _, key in keys[:1])]:
            click = Style.from_meta({"@click": f"{action}({key!r})"})
            row = row.stylize(click, start, hint.start() + end)
            start = hint.start() + end
    return row


class KeyPressed(Message):
    """A key was clicked, by Textual's name; it is to be pressed. It may be two keys, with a blank between them."""

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
