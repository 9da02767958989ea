"""Key functions that kill, yank, and change what is at the cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from pstui.backends.language.scanner import tokenize
from pstui.tui.editor.editing import Editing
from pstui.tui.editor.surface import (
    blank_start_before,
    capitalized,
    word_end_after,
    word_start_before,
    words_of,
)

#: texts that can be yanked
KILLS: Final = 20


class KillRing:
    """What was deleted by the kill keys; kills without another key between them are one text."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque(maxlen=KILLS)

    @property
    def newest(self) -> str:
        """The text killed last, or turned to."""
        return self._texts[-1] if self._texts else ""

    def add(self, text: str, *, joins: bool, before: bool) -> None:
        """Keep a text; if it ``joins`` the last one it is put ``before`` or after it."""
        if joins and self._texts:
            last = self._texts.pop()
            text = text + last if before else last + text
        self._texts.append(text)

    def turn(self) -> str:
        """Turn to the text killed before it, the oldest followed by the newest, and return it."""
        self._texts.rotate(1)
        return self.newest


#: one for all editors: what is killed in one tab can be yanked in another
_KILLED: Final = KillRing()


def kill_blank_left(on: Editing) -> None:
    """Kill back to the last blank."""
    kill(on, blank_start_before(on.surface.text, on.surface.cursor))


def kill_word_left(on: Editing) -> None:
    """Kill to the start of the word."""
    kill(on, word_start_before(on.surface.text, on.surface.cursor))


def kill_word_right(on: Editing) -> None:
    """Kill to the end of the word."""
    kill(on, word_end_after(on.surface.text, on.surface.cursor))


def kill_to_start(on: Editing) -> None:
    """Kill to the start of the text."""
    kill(on, 0)


def kill_to_end(on: Editing) -> None:
    """Kill to the end of the text."""
    kill(on, len(on.surface.text))


def kill(on: Editing, place: int) -> None:
    """Delete what is between the cursor and ``place``; it can be yanked."""
    cursor = on.surface.cursor
    start, end = sorted((cursor, place))
    if start < end:
        _KILLED.add(on.surface.text[start:end], joins=on.did.startswith("kill_"), before=place < cursor)
        on.surface.change(start, end, "")


def kill_selected(on: Editing) -> None:
    """Delete the selection; it can be yanked."""
    start, end = on.surface.selected
    on.surface.go(end)
    kill(on, start)


def yank(on: Editing) -> None:
    """Insert what was killed last."""
    _insert(on, _KILLED.newest)


def yank_older(on: Editing) -> None:
    """Right after a yank: take the kill before it instead."""
    if on.did in ("yank", "yank_older"):
        _insert(on, _KILLED.turn(), again=True)


def yank_last_argument(on: Editing) -> None:
    """Insert the last argument of the line typed before; pressed again, that of the line before that.

    A count chooses another token, the command's name being 0, and one below zero counts from the end. Pressed again
    with a count below zero, it goes the other way."""
    again = on.did == "yank_last_argument"
    if not again:
        on.argument, on.word, on.direction = on.steps.place, on.count, -1
    elif on.count is not None and on.count < 0:
        on.direction = -on.direction
    lines = on.steps.lines
    at = on.argument + on.direction
    while 0 <= at < len(lines):
        if word := _word(lines[at], on.word, otherwise=-1):
            _insert(on, word, again=again)
            on.argument = at
            return
        at += on.direction


def yank_first_argument(on: Editing) -> None:
    """Insert the first argument of the line typed before; with a count that word, as ``yank_last_argument`` counts."""
    if on.steps.place > 0:
        _insert(on, _word(on.steps.lines[on.steps.place - 1], on.count, otherwise=1))


def _word(line: str, count: int | None, *, otherwise: int) -> str:
    """Return a word of a line by the number typed, which counts tokens as PSReadLine does; empty for none."""
    words = words_of(line) if count is None else [token.text for token in tokenize(line)]
    wanted = otherwise if count is None else count
    return words[wanted] if -len(words) <= wanted < len(words) else ""


def _insert(on: Editing, text: str, *, again: bool = False) -> None:
    """Insert a text; ``again`` in place of the one that was inserted so before."""
    if text:
        start, end = on.inserted if again else (on.surface.cursor, on.surface.cursor)
        on.surface.change(start, end, text)
        on.inserted = start, start + len(text)


# -- changing what is at the cursor ----------------------------------------------------------------------------------


def upcase_word(on: Editing) -> None:
    """Turn the word from the cursor on into capitals, and go to its end."""
    _recase(on, str.upper)


def downcase_word(on: Editing) -> None:
    """Turn the word from the cursor on into small letters, and go to its end."""
    _recase(on, str.lower)


def capitalize_word(on: Editing) -> None:
    """Give the word from the cursor on one capital at its start, and go to its end."""
    _recase(on, capitalized)


def _recase(on: Editing, change: Callable[[str], str]) -> None:
    text, start = on.surface.text, on.surface.cursor
    end = word_end_after(text, start)
    on.surface.change(start, end, change(text[start:end]))


def swap_characters(on: Editing) -> None:
    """Swap the two characters around the cursor, at the end the last two."""
    text, place = on.surface.text, on.surface.cursor
    if place == len(text):
        place -= 1
    if place >= 1:
        on.surface.change(place - 1, place + 1, text[place] + text[place - 1])


def swap_words(on: Editing) -> None:
    """Swap the word at the cursor, at the end the last one, with the word before it; what is between them stays."""
    text = on.surface.text
    second = word_start_before(text, word_end_after(text, on.surface.cursor))
    first = word_start_before(text, second)
    end, first_end = word_end_after(text, second), word_end_after(text, first)
    if first_end <= second < end:
        on.surface.change(first, end, text[second:end] + text[first_end:second] + text[first:first_end])
