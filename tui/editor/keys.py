"""PSReadLine's keys: which key has which function, in its Emacs mode and where its Windows mode differs.

How this works: a key function is a plain function that gets an ``Editing``: the text with its cursor, the prediction
after it, the steps in the history, and what the previous function has left. The functions are in ``movement.py`` and
``killing.py``; another one is one more function and one more row here. A key that only one of PSReadLine's modes knows
does the same in both.

Some functions depend on the previous one: kills without another key between them are one text, Alt+Y replaces a yank
by the kill before it, Alt+. takes the last argument of an older and older line, Up goes on from a line just recalled.
``Editing.did`` is the name of the function or action of the previous key; the editor sets it after each key, and
empties it for a character.

What Textual's text area does well enough (Shift+Up, Delete) is left to it. What concerns more than the text (Enter,
Tab, Ctrl+C) are actions of the editor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pstui.tui.editor import killing, movement
from pstui.tui.editor.editing import KeyFunction
from pstui.tui.editor.mode import EditMode

#: Textual's names of keys, and what they do
KEYS: Final[Mapping[str, KeyFunction]] = {
    "left": movement.left,
    "ctrl+b": movement.left,
    "right": movement.right,
    "home": movement.line_start,
    "ctrl+a": movement.line_start,
    "end": movement.line_end,
    "ctrl+e": movement.line_end,
    "up": movement.row_up,
    "ctrl+p": movement.row_up,
    "down": movement.row_down,
    "ctrl+n": movement.row_down,
    "shift+left": movement.select_left,
    "shift+right": movement.select_right,
    "shift+home": movement.select_line_start,
    "shift+end": movement.select_line_end,
    "ctrl+shift+left": movement.select_word_left,
    "ctrl+shift+right": movement.select_word_right,
    "alt+b": movement.word_left,
    "ctrl+left": movement.word_left,
    "alt+f": movement.word_end,
    "ctrl+right": movement.word_right,
    "f8": movement.older,
    "shift+f8": movement.newer,
    "alt+less_than_sign": movement.oldest,
    "alt+greater_than_sign": movement.newest,
    "alt+r": movement.revert,
    "ctrl+w": killing.kill_blank_left,
    "alt+backspace": killing.kill_word_left,
    "ctrl+backspace": killing.kill_word_left,
    "alt+d": killing.kill_word_right,
    "alt+delete": killing.kill_word_right,
    "ctrl+delete": killing.kill_word_right,
    "ctrl+u": killing.kill_to_start,
    "ctrl+home": killing.kill_to_start,
    "ctrl+k": killing.kill_to_end,
    "ctrl+y": killing.yank,
    "alt+y": killing.yank_older,
    "alt+full_stop": killing.yank_last_argument,
    "alt+underscore": killing.yank_last_argument,
    "alt+ctrl+y": killing.yank_first_argument,
    "alt+u": killing.upcase_word,
    "alt+l": killing.downcase_word,
    "alt+c": killing.capitalize_word,
    "ctrl+t": killing.swap_characters,
    "alt+t": killing.swap_words,
}

#: the functions and actions of keys that another mode means otherwise
OF_MODE: Final[Mapping[EditMode, Mapping[str, str]]] = {
    EditMode.EMACS: {},
    EditMode.WINDOWS: {
        "ctrl+a": "select_all",
        "ctrl+w": killing.kill_word_left.__name__,
        "ctrl+y": "redo",
        "escape": movement.revert.__name__,
    },
}

#: the same functions by their own names
FUNCTIONS: Final[Mapping[str, KeyFunction]] = {function.__name__: function for function in KEYS.values()}

#: the functions that take a line typed before
RECALLING: Final = frozenset(["row_up", "row_down", "older", "newer", "oldest", "newest"])
