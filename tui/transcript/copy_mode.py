"""Copy mode: what each key does while a cursor is in the text. The keys are declared in ``keymap_contexts``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pstui.tui.keys.keymap_contexts import COPY_KEYS, actions_of

if TYPE_CHECKING:
    from pstui.tui.transcript.transcript import Transcript

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
