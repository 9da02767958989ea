"""Places and selections: the text between two places, the word around one, and where a movement leads."""

from __future__ import annotations

import re
from typing import Final

from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import cluster_end, cluster_start, index_at_column, width
from pstui.tui.transcript.rows import Place
from textual.geometry import Offset
from textual.selection import Selection

_WORD = re.compile(r"\w+|[^\w\s]+")
_START_OF_WORD: Final = re.compile(r"\b\w|(?<=\s)[^\w\s]|^\S")


def bounds(buffer: TextBuffer, selection: Selection) -> tuple[Place, Place]:
    """First and last place of a selection, cut to the lines kept; lines are numbers, so the ring moves nothing."""
    last_line = buffer.dropped + max(buffer.line_count - 1, 0)
    start = (buffer.dropped, 0) if selection.start is None else (selection.start.y, selection.start.x)
    end = (last_line + 1, 0) if selection.end is None else (selection.end.y, selection.end.x)
    return max(start, (buffer.dropped, 0)), min(end, (last_line + 1, 0))


def extract(buffer: TextBuffer, selection: Selection) -> str:
    """The text of a selection, one line a line, without blanks at line ends."""
    (first, start), (last, end) = bounds(buffer, selection)
    known = buffer.dropped + buffer.line_count
    lines = []
    for number in range(first, min(last + 1, known)):
        text = buffer.text_at(number)
        stop = end if number == last else len(text)
        part = text[start if number == first else 0 : stop]
        # Blanks at the end of a line only fill it; those a selection ends in were meant.
        lines.append(part if stop < len(text) else part.rstrip())
    return "\n".join(lines)


def span(selection: Selection | None, number: int) -> tuple[int, int] | None:
    """The part of one line that is selected; the end may lie far beyond the text."""
    found = None if selection is None else selection.get_span(number)
    if found is None:
        return None
    start, end = found
    return start, (1 << 30) if end == -1 else end


def selection_of(buffer: TextBuffer, anchor: Place, cursor: Place) -> Selection:
    """The selection between two places, what is seen under the later one included, be it one character or several."""
    low, high = sorted((anchor, cursor))
    kept = buffer.dropped <= high[0] < buffer.dropped + buffer.line_count
    end = cluster_end(buffer.text_at(high[0]), high[1]) if kept else 0
    return Selection(Offset(low[1], low[0]), Offset(max(end, high[1] + 1), high[0]))


def word_at(text: str, index: int) -> tuple[int, int]:
    """The word, or group of signs, around an index."""
    for match in _WORD.finditer(text):
        if match.start() <= index < match.end():
            return match.span()
    return index, min(index + 1, len(text))


def moved(buffer: TextBuffer, place: Place, where: str, page: int) -> Place:
    """The place after a movement.

    Args:
        buffer: The text.
        place: Where the cursor is.
        where: left, right, up, down, home, end, page_up, page_down, top, bottom, word_left or word_right.
        page: Lines a page movement goes.

    Raises:
        ValueError: ``where`` is none of these.
    """
    first, last = buffer.dropped, buffer.dropped + max(buffer.line_count - 1, 0)
    number = min(max(place[0], first), last)
    text = buffer.text_at(number)
    index = min(place[1], len(text))
    lines = {"up": -1, "down": 1, "page_up": -page, "page_down": page}.get(where)
    if lines is not None:
        target = min(max(number + lines, first), last)
        return target, index_at_column(buffer.text_at(target), width(text[:index]))
    match where:
        case "home":
            return number, 0
        case "end":
            return number, cluster_start(text, max(len(text) - 1, 0))
        case "top":
            return first, 0
        case "bottom":
            return last, 0
        case "left" | "word_left":
            starts = [match.start() for match in _START_OF_WORD.finditer(text) if match.start() < index]
            step = (starts[-1] if starts else 0) if where == "word_left" else cluster_start(text, index - 1)
            return (number, step) if index else (max(number - 1, first), len(buffer.text_at(max(number - 1, first))))
        case "right" | "word_right":
            starts = [match.start() for match in _START_OF_WORD.finditer(text) if match.start() > index]
            step = (starts[0] if starts else len(text)) if where == "word_right" else cluster_end(text, index)
            return (number, step) if index < len(text) else (min(number + 1, last), 0 if number < last else index)
    raise ValueError(f"no such movement: {where}")
