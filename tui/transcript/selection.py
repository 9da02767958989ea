"""Places and ranges in the transcript: the text between two places, and a cursor moved by keys.

Copy mode: what each key does while a cursor is in the text. The keys are declared in ``keymap_contexts``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pstui.tui.keys.contexts import COPY_KEYS, actions_of
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import cluster_end, cluster_start, index_at_column, width
from textual.geometry import Offset
from textual.selection import Selection

if TYPE_CHECKING:
    from pstui.tui.transcript.transcript import Transcript

#: A place: line number (see ``TextBuffer``) and index in its text.
Place = tuple[int, int]

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


_Step = Callable[..., None]


class CopyKeys:
    """The keys of one transcript's copy mode. ``selecting`` is whether moving selects."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self.selecting = False
        self._steps: Final[dict[str, _Step]] = {
            "go": self._go,
            "extend": self._extend,
            "mark": self._mark,
            "lines": self._lines,
            "output": self._output,
            "prompt": self._prompt,
            "copy": self._copy,
            "drop": self._drop,
            "leave": self._leave,
            "older": self._older,
            "newer": self._newer,
            "interrupt": lambda: self._want("interrupt"),
        }

    async def take_key(self, key: str) -> bool:
        """Do what a key means; False when it means nothing here."""
        action = actions_of(COPY_KEYS).get(key)
        if action is None:
            return False
        name, _, argument = action.rstrip(")").partition("(")
        arguments: list[Any] = []
        if argument:
            arguments.append(argument.strip("'") if argument.startswith("'") else int(argument))
        if name == "find":
            await self._transcript.run_action("screen.find")  # at once: the text to be found is typed right behind it
        else:
            self._steps[name](*arguments)
        return True

    def begin(self) -> None:
        """Copy mode begins: nothing is selected."""
        self.selecting = False

    def _go(self, where: str) -> None:
        self._transcript.move(where, extend=self.selecting)

    def _extend(self, where: str) -> None:
        self.selecting = True
        self._transcript.move(where)

    def _mark(self) -> None:
        self.selecting = not self.selecting
        cursor = self._transcript.cursor
        if cursor is not None:
            if self.selecting:
                self._transcript.select_from(cursor)
            else:
                self._transcript.go_to(cursor)

    def _lines(self) -> None:
        cursor = self._transcript.cursor
        if cursor is not None:
            self.selecting = True
            self._transcript.select_lines(cursor[0], cursor[0])

    def _output(self) -> None:
        transcript = self._transcript
        first, last = transcript.output_lines(transcript.current_prompt())
        if first == last:
            transcript.app.bell()
            return
        self.selecting = True
        dropped = transcript.buffer.dropped
        transcript.select_lines(first + dropped, last - 1 + dropped)

    def _prompt(self, step: int) -> None:
        transcript = self._transcript
        cursor = transcript.cursor
        numbers = [index + transcript.buffer.dropped for index in transcript.buffer.prompts()]
        if cursor is None:
            return
        line = cursor[0]
        there = [number for number in numbers if (number < line if step < 0 else number > line)]
        if not there:
            transcript.app.bell()
            return
        self.selecting = False
        transcript.go_to((there[-1] if step < 0 else there[0], 0))

    def _copy(self) -> None:
        transcript = self._transcript
        transcript.post_message(transcript.Copied(transcript.copy_text()))
        self._want("left")

    def _drop(self) -> None:
        cursor = self._transcript.cursor
        if cursor is not None and (self.selecting or self._transcript.selected_text()):
            self.selecting = False
            self._transcript.go_to(cursor)
        else:
            self._leave()

    def _leave(self) -> None:
        self._transcript.end_selection()
        self._want("left")

    def _older(self) -> None:
        self._to_match(self._transcript.search_previous())

    def _newer(self) -> None:
        self._to_match(self._transcript.search_next())

    def _to_match(self, found: bool) -> None:
        match = self._transcript.search_match
        if found and match is not None:
            self.selecting = False
            self._transcript.go_to((match.number, match.start))
        else:
            self._transcript.app.bell()

    def _want(self, what: str) -> None:
        self._transcript.post_message(self._transcript.Wanted(what))
