"""PSReadLine's key functions, emacs and Windows keys alike: words, kills and yanks, case, swaps, steps in the history.

How this works: a key function is a plain function that gets an ``Editing``: the text with its cursor, the prediction
after it, the steps in the history, and what the previous function has left. ``KEYS`` says which key has which function.
Another key function is one more function and one more row in that table.

Some functions depend on the previous one: kills without another key between them are one text, Alt+Y replaces a yank
by the kill before it, Alt+. takes the last argument of an older and older line. ``Editing.did`` is the name of the
function or action of the previous key; the editor sets it after each key, and empties it for a character.

What Textual's text area does well enough (Home, Shift+Left, Ctrl+Z) is left to it. What concerns more than the text
(Enter, Tab, Ctrl+C) are actions of the editor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pstui.tui.editor.history import HistorySteps
from pstui.tui.editor.paint import Prediction
from pstui.tui.editor.surface import (
    EditingSurface,
    blank_start_before,
    capitalized,
    last_argument,
    next_word_start,
    word_end_after,
    word_start_before,
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


@dataclass
class Editing:
    """What a key function works on, and what one leaves for the next."""

    surface: EditingSurface
    prediction: Prediction
    steps: HistorySteps
    #: the name of the function or action of the previous key, empty after a character
    did: str = ""
    #: the offsets of the text that was yanked last, or of the last argument
    inserted: tuple[int, int] = (0, 0)
    #: from how many lines back the last argument was taken
    argument: int = 0


# -- moving -----------------------------------------------------------------------------------------------------------


def word_left(on: Editing) -> None:
    """Move to the start of the word before the cursor."""
    on.surface.go(word_start_before(on.surface.text, on.surface.cursor))


def word_right(on: Editing) -> None:
    """Move to the start of the next word; at the end of the text accept a word of the prediction."""
    _forward(on, next_word_start)


def word_end(on: Editing) -> None:
    """Move to the end of the word; at the end of the text accept a word of the prediction."""
    _forward(on, word_end_after)


def _forward(on: Editing, target: Callable[[str, int], int]) -> None:
    text, cursor = on.surface.text, on.surface.cursor
    place = target(text + on.prediction.text, cursor)
    if not on.prediction.accept(max(place - cursor, 1)):
        on.surface.go(place)


# -- killing and yanking ----------------------------------------------------------------------------------------------


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
    """Kill to the start of the row; at its start, the line feed before it."""
    text, cursor = on.surface.text, on.surface.cursor
    start = text.rfind("\n", 0, cursor) + 1
    kill(on, start if start < cursor else max(start - 1, 0))


def kill_to_end(on: Editing) -> None:
    """Kill to the end of the row; at its end, the line feed after it."""
    text, cursor = on.surface.text, on.surface.cursor
    end = text.find("\n", cursor)
    end = len(text) if end < 0 else end
    kill(on, end if end > cursor else min(end + 1, len(text)))


def kill(on: Editing, place: int) -> None:
    """Delete the selection, or else what is between the cursor and ``place``; it can be yanked."""
    cursor = on.surface.cursor
    start, end = on.surface.selected
    if start == end:
        start, end = sorted((cursor, place))
    if start < end:
        _KILLED.add(on.surface.text[start:end], joins=on.did.startswith("kill_"), before=place < cursor)
        on.surface.change(start, end, "")


def yank(on: Editing) -> None:
    """Insert what was killed last."""
    _insert(on, _KILLED.newest)


def yank_older(on: Editing) -> None:
    """Right after a yank: take the kill before it instead."""
    if on.did in ("yank", "yank_older"):
        _insert(on, _KILLED.turn(), again=True)


def yank_last_argument(on: Editing) -> None:
    """Insert the last argument of the line typed before; pressed again, that of the line before that."""
    again = on.did == "yank_last_argument"
    on.argument = on.argument + 1 if again else 1
    lines = on.steps.lines
    while on.argument <= len(lines):
        if word := last_argument(lines[-on.argument]):
            _insert(on, word, again=again)
            return
        on.argument += 1


def _insert(on: Editing, text: str, *, again: bool = False) -> None:
    """Insert a text; ``again`` in place of the one that was inserted so before."""
    if text:
        start, end = on.inserted if again else on.surface.selected
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
    if place == len(text) or text[place] == "\n":
        place -= 1
    if place >= 1 and "\n" not in text[place - 1 : place + 1]:
        on.surface.change(place - 1, place + 1, text[place] + text[place - 1])


def swap_words(on: Editing) -> None:
    """Swap the word at the cursor, at the end the last one, with the word before it; what is between them stays."""
    text = on.surface.text
    second = word_start_before(text, word_end_after(text, on.surface.cursor))
    first = word_start_before(text, second)
    end, first_end = word_end_after(text, second), word_end_after(text, first)
    if first_end <= second < end:
        on.surface.change(first, end, text[second:end] + text[first_end:second] + text[first:first_end])


# -- lines typed before -----------------------------------------------------------------------------------------------


def older(on: Editing) -> None:
    """Take the line typed before; of those that begin like what was typed, if there are any."""
    on.steps.older()


def newer(on: Editing) -> None:
    """Take the line typed after, at the end what was being typed."""
    on.steps.newer()


def oldest(on: Editing) -> None:
    """Take the first line known."""
    on.steps.oldest()


def newest(on: Editing) -> None:
    """Go back to what was being typed."""
    on.steps.newest()


def revert(on: Editing) -> None:
    """Take back all that was typed: to the line recalled, or to an empty one."""
    on.steps.revert()


KeyFunction = Callable[[Editing], None]

#: Textual's names of keys, and what they do
KEYS: Final[Mapping[str, KeyFunction]] = {
    "alt+b": word_left,
    "ctrl+left": word_left,
    "alt+f": word_end,
    "ctrl+right": word_right,
    "ctrl+w": kill_blank_left,
    "alt+backspace": kill_word_left,
    "ctrl+backspace": kill_word_left,
    "alt+d": kill_word_right,
    "alt+delete": kill_word_right,
    "ctrl+delete": kill_word_right,
    "ctrl+u": kill_to_start,
    "ctrl+k": kill_to_end,
    "ctrl+y": yank,
    "alt+y": yank_older,
    "alt+full_stop": yank_last_argument,
    "alt+u": upcase_word,
    "alt+l": downcase_word,
    "alt+c": capitalize_word,
    "ctrl+t": swap_characters,
    "alt+t": swap_words,
    "f8": older,
    "shift+f8": newer,
    "alt+less_than_sign": oldest,
    "alt+greater_than_sign": newest,
    "alt+r": revert,
}

#: the same functions by their own names
FUNCTIONS: Final[Mapping[str, KeyFunction]] = {function.__name__: function for function in KEYS.values()}
