"""What the transcript can do with whole commands: go from prompt to prompt, fold their output and hand it out."""

from __future__ import annotations

from pstui.tui.transcript.layers import Layer, Overlay, Tail
from pstui.tui.transcript.view import View


class Commands(Layer):
    """The mark on one command's prompt, and what is said of folds.

    Commands are counted as in ``buffer.prompts()``: 0 is the oldest one kept. ``at`` is the number of the line the
    user is at; None means what the view shows.
    """

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._folds = view.rows.folds
        #: The line number of the marked prompt.
        self._marked: int | None = None

    # -- the mark ----------------------------------------------------------------------------------------------------

    @property
    def marked(self) -> int | None:
        """The command gone to last, until the end of the text is gone to."""
        if self._marked is None or self._marked < self.buffer.dropped:
            return None
        return self.buffer.prompt_before(self._marked)

    def previous(self, at: int | None) -> bool:
        """Mark the command before a line, by default the last one, and show its prompt. Return whether there is one."""
        if at is None:
            number, index = self.view.first_seen
            at = self.buffer.end + 1 if self.view.following else number + (1 if index else 0)
        found = self.buffer.prompt_before(at - 1)
        if found is None:
            return False
        self._mark(self._line_of(found))
        return True

    def next(self, at: int | None) -> bool:
        """Mark the command after a line and show its prompt, or go to the end. Return whether there was one."""
        if at is None:
            at = self.view.first_seen[0]
        for index in self.buffer.prompts():
            if index + self.buffer.dropped > at:
                self._mark(index + self.buffer.dropped)
                return True
        self.unmark()
        self.view.scroll_to_end()
        return False

    def _mark(self, number: int) -> None:
        self.view.show((number, 0), at_top=True)
        self._marked = number
        self.active = True
        self.tell()

    def unmark(self) -> None:
        """Mark no command any longer."""
        if self._marked is not None:
            self._marked = None
            self.active = self.any_folded
            self.tell()

    def _line_of(self, prompt: int) -> int:
        return self.buffer.prompts()[prompt] + self.buffer.dropped

    # -- output ------------------------------------------------------------------------------------------------------

    def current(self, at: int | None) -> int | None:
        """Return the command of a line, by default of the lowest one in the view."""
        return self.buffer.prompt_before(self.view.last_seen if at is None else at)

    def output_text(self, prompt: int | None) -> str:
        """Return the output of one command as plain text; "" without any. For None see ``output_lines``."""
        first, last = self.output_lines(prompt)
        return "\n".join(self.buffer.text(index).rstrip() for index in range(first, last))

    def output_lines(self, prompt: int | None) -> tuple[int, int]:
        """Return the indices (first, one after the last) of the lines that a command wrote.

        None is the command whose prompt the ring has dropped: what is kept of its output; nothing if there is none.
        """
        if prompt is not None:
            return self.buffer.output_range(prompt)
        prompts = self.buffer.prompts()
        if self.buffer.prompt_count == len(prompts):
            return 0, 0
        return 0, prompts[0] if prompts else self.buffer.line_count

    # -- folds -------------------------------------------------------------------------------------------------------

    @property
    def any_folded(self) -> bool:
        """Whether the output of a command is folded."""
        return bool(self._folds)

    def toggle_fold(self, prompt: int | None) -> bool:
        """Fold or unfold the output of one command. Return whether there is a command."""
        if prompt is None:
            return False
        number = self._line_of(prompt)
        self._folds.set(number, number not in self._folds)
        self._refold()
        return True

    def fold_all(self, folded: bool) -> None:
        """Fold or unfold the output of every command."""
        for index in self.buffer.prompts():
            self._folds.set(index + self.buffer.dropped, folded)
        self._refold()

    def unfold_at(self, number: int, index: int) -> None:
        """Unfold what is folded at a line, if ``index`` is after the line's text, where this is said."""
        if number in self._folds and index >= len(self.buffer.text_at(number)):
            self._folds.set(number, False)
            self._refold()

    def _refold(self) -> None:
        self.active = self._marked is not None or self.any_folded
        self.view.refold()

    # -- painting ----------------------------------------------------------------------------------------------------

    def covers(self, number: int) -> bool:
        """Return whether a line is marked, or something is folded at it."""
        return number == self._marked or number in self._folds

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return the mark."""
        return [(0, len(text), "transcript--marked")] if number == self._marked else []

    def tails(self, number: int, text: str) -> list[Tail]:
        """Say how many lines are folded."""
        hidden = self._folds.hidden_lines(number) if number in self._folds else 0
        return [(f"  ▸ {hidden:,} line{'s' if hidden != 1 else ''} folded", "transcript--fold")] if hidden else []

    def line_in_hand(self) -> int | None:
        """Return the line of the marked prompt."""
        return None if self.marked is None else self._marked
