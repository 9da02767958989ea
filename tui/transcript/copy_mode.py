"""Selecting and copying: what is selected by the mouse or by keys, and the cursor of copy mode with its keys.

The first part is about places alone: the text between two, the word around one, and where a movement leads.

The keys are declared in ``keys/contexts.py``. They run while the key is handled, not by Textual's bindings: in a burst
they must not be overtaken by a key typed after them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from pstui.tui.keys.contexts import COPY_KEYS, actions_of
from pstui.tui.transcript.commands import Commands
from pstui.tui.transcript.layers import Layer, Overlay, Tail
from pstui.tui.transcript.messages import Copied, Wanted
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import cluster_end, cluster_start, index_at_column, width
from pstui.tui.transcript.rows import Place
from pstui.tui.transcript.search import Finding
from pstui.tui.transcript.view import View
from textual.geometry import Offset
from textual.selection import Selection

_WORD = re.compile(r"\w+|[^\w\s]+")
_START_OF_WORD: Final = re.compile(r"\b\w|(?<=\s)[^\w\s]|^\S")


def bounds(buffer: TextBuffer, selection: Selection) -> tuple[Place, Place]:
    """Return the first and the last place of a selection, as far as its lines are still kept."""
    last_line = buffer.dropped + max(buffer.line_count - 1, 0)
    start = (buffer.dropped, 0) if selection.start is None else (selection.start.y, selection.start.x)
    end = (last_line + 1, 0) if selection.end is None else (selection.end.y, selection.end.x)
    return max(start, (buffer.dropped, 0)), min(end, (last_line + 1, 0))


def extract(buffer: TextBuffer, selection: Selection) -> str:
    """Return the text of a selection, without the blanks that only fill lines."""
    (first, start), (last, end) = bounds(buffer, selection)
    known = buffer.dropped + buffer.line_count
    lines = []
    for number in range(first, min(last + 1, known)):
        text = buffer.text_at(number)
        stop = end if number == last else len(text)
        part = text[start if number == first else 0 : stop]
        # Blanks that a selection ends in were meant.
        lines.append(part if stop < len(text) else part.rstrip())
    return "\n".join(lines)


def span(selection: Selection | None, number: int) -> tuple[int, int] | None:
    """Return the part of one line that is selected, None for nothing; its end may be far beyond the text."""
    found = None if selection is None else selection.get_span(number)
    if found is None:
        return None
    start, end = found
    return start, (1 << 30) if end == -1 else end


def selection_of(buffer: TextBuffer, anchor: Place, cursor: Place) -> Selection:
    """Return the selection between two places, with the whole cluster at the later one."""
    low, high = sorted((anchor, cursor))
    end = cluster_end(buffer.text_at(high[0]), high[1]) if buffer.holds(high[0]) else 0
    return Selection(Offset(low[1], low[0]), Offset(max(end, high[1] + 1), high[0]))


def word_at(text: str, index: int) -> tuple[int, int]:
    """Return first and end of the word, or the group of punctuation, around an index."""
    for match in _WORD.finditer(text):
        if match.start() <= index < match.end():
            return match.span()
    return index, min(index + 1, len(text))


def moved(buffer: TextBuffer, place: Place, where: str, page: int) -> Place:
    """Return the place after a movement.

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


class CopyMode(Layer):
    """The selection, and while copy mode is on a cursor in the text.

    Attributes:
        cursor: Where the cursor is; None outside copy mode.
    """

    def __init__(self, view: View, commands: Commands, finding: Finding) -> None:
        """``commands`` and ``finding`` are for the keys that select an output and go to matches."""
        super().__init__(view)
        self.cursor: Place | None = None
        self._commands = commands
        self._finding = finding
        #: The other end of what is selected by keys.
        self._anchor: Place = (0, 0)
        #: Whether moving selects.
        self._selecting = False
        #: The line that a selection of whole lines began with; None while single characters are selected.
        self._first_line: int | None = None
        self._steps: Final[dict[str, Callable[..., None]]] = {
            "go": self._go,
            "extend": self._extend,
            "mark": self._mark,
            "lines": self._lines,
            "output": self._output,
            "prompt": self._prompt,
            "copy": self._copy,
            "drop": self._drop,
            "leave": self._leave,
            "older": lambda: self._to_match(self._finding.previous()),
            "newer": lambda: self._to_match(self._finding.next()),
            "interrupt": lambda: self._want("interrupt"),
        }

    # -- selection ---------------------------------------------------------------------------------------------------

    def select(self, selection: Selection | None) -> None:
        """Select a part of the text, or nothing; what is selected in other widgets stays so."""
        screen, widget = self.view.widget.screen, self.view.widget
        others = {other: selected for other, selected in screen.selections.items() if other is not widget}
        screen.selections = others if selection is None else {**others, widget: selection}
        self.active = selection is not None or self.cursor is not None

    def select_between(self, anchor: Place, cursor: Place) -> None:
        """Select from one place to another, both included."""
        self.select(selection_of(self.buffer, anchor, cursor))

    def select_around(self, place: Place, *, line: bool) -> None:
        """Select the word around a place, or its whole line."""
        number, index = place
        text = self.buffer.text_at(number)
        first, last = (0, len(text)) if line else word_at(text, index)
        if first < last:
            self.select_between((number, first), (number, last - 1))

    def selected(self) -> None:
        """Take in that something else is selected, by mouse or keys."""
        self.active = self.cursor is not None or self.view.widget.text_selection is not None
        self.tell()

    def selected_text(self) -> str:
        """Return what is selected, by mouse or keys; "" for nothing."""
        selection = self.view.widget.text_selection
        return "" if selection is None else extract(self.buffer, selection)

    # -- copy mode ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Enter copy mode: the cursor in the lowest line that is seen, or on the match that is shown."""
        match = self._finding.match
        self.cursor = self._anchor = (self.view.last_seen, 0) if match is None else (match.number, match.start)
        self._selecting, self._first_line = False, None
        self.active = True
        self.view.hold()
        self.tell()

    def end(self) -> None:
        """Leave copy mode and select nothing."""
        self.cursor = None
        self.select(None)
        self.view.release()
        self.tell()

    def copy_text(self) -> str:
        """Return the selected text, or else the cursor's line, and leave copy mode."""
        text = self.selected_text()
        if not text and self.cursor is not None and self.buffer.holds(self.cursor[0]):
            text = self.buffer.text_at(self.cursor[0]).rstrip()
        self.end()
        return text

    def move(self, where: str, *, extend: bool = True) -> None:
        """Move the cursor (entering copy mode first), with the selection or without.

        Args:
            where: left, right, up, down, home, end, page_up, page_down, half_up, half_down, top, bottom, word_left or
                word_right.
            extend: Whether to select what is moved over.

        Raises:
            ValueError: ``where`` is none of these.
        """
        if self.cursor is None:
            self.start()
        assert self.cursor is not None
        height = self.view.height
        page = max(height // 2 if where.startswith("half") else height - 1, 1)
        cursor = moved(self.buffer, self.cursor, where.replace("half", "page"), page)
        if extend:
            self.cursor = cursor
            if self._first_line is not None:
                self._select_whole(self._first_line, cursor[0])
            else:
                self.select_between(self._anchor, cursor)
            self.view.reveal(cursor[0])
            self.view.show(cursor)
        else:
            self.go_to(cursor)

    def go_to(self, place: Place) -> None:
        """Put the cursor to a place and select nothing."""
        self.cursor, self._anchor, self._first_line = place, place, None
        self.select(None)
        self.view.reveal(place[0])
        self.view.show(place)

    def select_from(self, place: Place) -> None:
        """Begin a selection with the character at a place."""
        self.cursor, self._anchor, self._first_line = place, place, None
        self.select_between(place, place)

    def select_lines(self, first: int, last: int) -> None:
        """Select whole lines, by number, and put the cursor into the last one; moving selects whole lines, too."""
        self._selecting, self._first_line = True, first
        self.cursor = (last, max(len(self.buffer.text_at(last)) - 1, 0))
        self._select_whole(first, last)
        self.view.show(self.cursor)

    def _select_whole(self, one: int, other: int) -> None:
        """Select the lines from one to another, in whatever order they stand."""
        first, last = sorted((max(one, self.buffer.dropped), other))
        self.select(Selection(Offset(0, first), Offset(len(self.buffer.text_at(last)), last)))

    # -- keys --------------------------------------------------------------------------------------------------------

    async def take_key(self, key: str) -> None:
        """Do what a key means in copy mode; a key without a meaning rings the bell."""
        action = actions_of(COPY_KEYS).get(key)
        if action is None:
            self.view.widget.app.bell()
            return
        name, _, argument = action.rstrip(")").partition("(")
        arguments: list[Any] = []
        if argument:
            arguments.append(argument.strip("'") if argument.startswith("'") else int(argument))
        if name == "find":
            await self.view.widget.run_action("screen.find")  # at once: what is to be found is typed right after it
        else:
            self._steps[name](*arguments)

    def _go(self, where: str) -> None:
        self.move(where, extend=self._selecting)

    def _extend(self, where: str) -> None:
        self._selecting = True
        self.move(where)

    def _mark(self) -> None:
        self._selecting = not self._selecting
        if self.cursor is not None:
            (self.select_from if self._selecting else self.go_to)(self.cursor)

    def _lines(self) -> None:
        if self.cursor is not None:
            self.select_lines(self.cursor[0], self.cursor[0])

    def _output(self) -> None:
        at = None if self.cursor is None else self.cursor[0]
        first, last = self._commands.output_lines(self._commands.current(at))
        if first == last:
            self.view.widget.app.bell()
        else:
            self.select_lines(first + self.buffer.dropped, last - 1 + self.buffer.dropped)

    def _prompt(self, step: int) -> None:
        if self.cursor is None:
            return
        line = self.cursor[0]
        numbers = [index + self.buffer.dropped for index in self.buffer.prompts()]
        there = [number for number in numbers if (number < line if step < 0 else number > line)]
        if there:
            self._selecting = False
            self.go_to((there[-1] if step < 0 else there[0], 0))
        else:
            self.view.widget.app.bell()

    def _copy(self) -> None:
        self.view.widget.post_message(Copied(self.copy_text()))
        self._want("left")

    def _drop(self) -> None:
        if self.cursor is not None and (self._selecting or self.selected_text()):
            self._selecting = False
            self.go_to(self.cursor)
        else:
            self._leave()

    def _leave(self) -> None:
        self.end()
        self._want("left")

    def _to_match(self, found: bool) -> None:
        match = self._finding.match
        if found and match is not None:
            self._selecting = False
            self.go_to((match.number, match.start))
        else:
            self.view.widget.app.bell()

    def _want(self, what: str) -> None:
        self.view.widget.post_message(Wanted(what))

    # -- painting ----------------------------------------------------------------------------------------------------

    def covers(self, number: int) -> bool:
        """Return whether a line is selected, or holds the cursor."""
        if self.cursor is not None and self.cursor[0] == number:
            return True
        return span(self.view.widget.text_selection, number) is not None

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return what is selected of a line, and the cursor."""
        laid: list[Overlay] = []
        selected = span(self.view.widget.text_selection, number)
        if selected is not None:
            laid.append((*selected, "transcript--selection"))
        if self.cursor is not None and self.cursor[0] == number:
            laid.append((self.cursor[1], self.cursor[1] + 1, "transcript--cursor"))
        return laid

    def tails(self, number: int, text: str) -> list[Tail]:
        """Return the cursor where it is after the text."""
        cursor = self.cursor
        behind = cursor is not None and cursor[0] == number and cursor[1] >= len(text)
        return [(" ", "transcript--cursor")] if behind else []

    def line_in_hand(self) -> int | None:
        """Return the line of the cursor."""
        return None if self.cursor is None else self.cursor[0]
