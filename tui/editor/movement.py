"""Key functions that move the cursor, and those that walk through the lines typed before.

A row ends where the text has a line feed, however many rows of the screen it takes: Home is its start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from pstui.tui.editor.editing import Editing, KeyFunction
from pstui.tui.editor.surface import next_word_start, word_end_after, word_start_before

_ROWS: Final = ("row_up", "row_down", "older", "newer")
_SEARCHES: Final = ("older", "newer")
#: the column of one who stands at the end of a row: Up and Down go to ends of rows
_END: Final = sys.maxsize


def left(on: Editing) -> None:
    """Move one to the left of the cursor; what was selected no longer is."""
    on.surface.go(on.surface.place_left())


def right(on: Editing) -> None:
    """Move one to the right; at the end accept the prediction."""
    if not on.prediction.accept():
        on.surface.go(on.surface.place_right())


def line_start(on: Editing) -> None:
    """Move to the start of the row; from there to the start of the text."""
    start = on.surface.row_at(on.surface.cursor)[0]
    on.surface.go(start if start < on.surface.cursor else 0)


def line_end(on: Editing) -> None:
    """Move to the end of the row; from there to the end of the text."""
    end = on.surface.row_at(on.surface.cursor)[1]
    on.surface.go(end if end > on.surface.cursor else len(on.surface.text))


def word_left(on: Editing) -> None:
    """Move to the start of the word before the cursor."""
    on.surface.go(word_start_before(on.surface.text, on.surface.cursor))


def word_right(on: Editing) -> None:
    """Move to the start of the next word."""
    on.surface.go(next_word_start(on.surface.text, on.surface.cursor))


def word_end(on: Editing) -> None:
    """Move to the end of the word; at the end of the text accept a word of the prediction and the blanks after it."""
    text, cursor = on.surface.text, on.surface.cursor
    following = next_word_start(text + on.prediction.text, cursor)
    if not on.prediction.accept(max(following - cursor, 1)):
        on.surface.go(word_end_after(text, cursor))


def _select(on: Editing, go: KeyFunction) -> None:
    anchor = on.surface.anchor
    go(on)
    on.surface.select(anchor, on.surface.cursor)


def select_left(on: Editing) -> None:
    """Select one more to the left."""
    _select(on, left)


def select_right(on: Editing) -> None:
    """Select one more to the right."""
    on.surface.select(on.surface.anchor, on.surface.place_right())


def select_line_start(on: Editing) -> None:
    """Select to where Home goes."""
    _select(on, line_start)


def select_line_end(on: Editing) -> None:
    """Select to where End goes."""
    _select(on, line_end)


def select_word_left(on: Editing) -> None:
    """Select to the start of the word before the cursor."""
    _select(on, word_left)


def select_word_right(on: Editing) -> None:
    """Select to the start of the next word."""
    _select(on, word_right)


def row_up(on: Editing) -> None:
    """Move to the row above; from the first row, or from a line just recalled, to the line typed before it."""
    start = on.surface.row_at(on.surface.cursor)[0]
    if on.recalling or start == 0:
        _recall(on, on.steps.older)
    else:
        _to_row(on, start - 1)


def row_down(on: Editing) -> None:
    """Move to the row below; from the last row, or from a line just recalled, to the line typed after it."""
    end = on.surface.row_at(on.surface.cursor)[1]
    if on.recalling or end == len(on.surface.text):
        _recall(on, on.steps.newer)
    else:
        _to_row(on, end + 1)


def _recall(on: Editing, step: Callable[[], bool]) -> None:
    """Take a line typed before. After any other key the walk begins at the newest line again."""
    if not on.recalling:
        on.steps.settle()
    on.recalling = step() or on.recalling  # at its end the walk stays where it is


def _to_row(on: Editing, place: int) -> None:
    if on.did not in _ROWS:
        row = on.surface.row_at(on.surface.cursor)
        on.column = on.surface.cursor - row[0] if on.surface.cursor < row[1] else _END
    start, end = on.surface.row_at(place)
    on.surface.go(min(start + on.column, end))


# -- lines typed before -----------------------------------------------------------------------------------------------


def older(on: Editing) -> None:
    """Take the line before that begins like the text up to the cursor, which stays there; in several rows, go up."""
    _search(on, on.steps.older, up=True)


def newer(on: Editing) -> None:
    """Take the line after that begins so; at the end what was being typed. In several rows, go down."""
    _search(on, on.steps.newer, up=False)


def _search(on: Editing, step: Callable[[str], bool], *, up: bool) -> None:
    if not on.recalling or on.did not in _SEARCHES:
        if "\n" in on.surface.text:
            row = on.surface.row_at(on.surface.cursor)
            place = row[0] - 1 if up else row[1] + 1
            if 0 <= place <= len(on.surface.text):
                _to_row(on, place)
            return
        if not on.recalling:
            on.steps.settle()
        on.beginning = on.surface.text[: on.surface.cursor]
    on.recalling = step(on.beginning) or (on.recalling and on.did in _SEARCHES)
    if on.recalling:
        on.surface.go(len(on.beginning))


def oldest(on: Editing) -> None:
    """Take the first line known."""
    on.recalling = on.steps.oldest()


def newest(on: Editing) -> None:
    """Go back to what was being typed."""
    on.recalling = on.steps.newest()


def revert(on: Editing) -> None:
    """Take back all that was typed: to the line recalled, or to an empty one."""
    on.steps.revert()
