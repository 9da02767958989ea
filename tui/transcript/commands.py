"""What the transcript can do with whole commands: go from prompt to prompt, fold their output and hand it out."""

from __future__ import annotations

import time

from pstui.tui.transcript.layers import Layer, Overlay, Tail
from pstui.tui.transcript.render.ran import Ran
from pstui.tui.transcript.view import View
from rich.cells import cell_len


class Commands(Layer):
    """The mark on one command's prompt, and what is said of folds.

    Commands are counted as in ``buffer.prompts()``: 0 is the oldest one kept. ``at`` is the number of the line the
    user is at; None means what the view shows.
    """

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._folds = view.rows.folds
        #: Whether the margin says when each command ran.
        self.shows_times = False
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

    def go_to(self, number: int) -> bool:
        """Mark the command that begins at a line and show it. Return whether it is kept still."""
        if not self.buffer.holds(number) or number - self.buffer.dropped not in self.buffer.prompts():
            return False
        self._mark(number)
        return True

    def _mark(self, number: int) -> None:
        self.view.show((number, 0), at_top=True)
        self._marked = number
        self.active = True
        self.tell()

    def unmark(self) -> None:
        """Mark no command any longer."""
        if self._marked is not None:
            self._marked = None
            self._look()
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
        self._look()
        self.view.refold()

    def _look(self) -> None:
        self.active = self._marked is not None or self.any_folded or self.shows_times

    # -- times -------------------------------------------------------------------------------------------------------

    def toggle_times(self) -> bool:
        """Show in the margin when each command ran and for how long, or no longer. Return which."""
        self.shows_times = not self.shows_times
        self._look()
        self.view.widget.refresh()
        return self.shows_times

    def _time(self, number: int) -> str:
        found = self.buffer.prompt_before(number) if self.shows_times else None
        if found is None or self._line_of(found) != number or (ran := self.buffer.ran(found)) is None:
            return ""
        return time_text(ran)

    def block_text(self, prompt: int) -> str:
        """Return a command and its output as plain text."""
        _, last = self.buffer.output_range(prompt)
        return "\n".join(self.buffer.text(index).rstrip() for index in range(self.buffer.prompts()[prompt], last))

    # -- painting ----------------------------------------------------------------------------------------------------

    def covers(self, number: int) -> bool:
        """Return whether a line is marked, or something is folded at it."""
        return number == self._marked or number in self._folds or bool(self._time(number))

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return the mark."""
        return [(0, len(text), "transcript--marked")] if number == self._marked else []

    def tails(self, number: int, text: str) -> list[Tail]:
        """Say how many lines are folded."""
        hidden = self._folds.hidden_lines(number) if number in self._folds else 0
        fold = f"  ▸ {hidden:,} line{'s' if hidden != 1 else ''} folded" if hidden else ""
        when = self._time(number)
        if when and self.view.rows.wrap:
            # It stands at the right; where there is too little room the line is worth more than the time of day.
            start = self.view.rows.breaks(number, text)[-1]
            room = (self.view.columns() or 0) - cell_len(text[start:]) - cell_len(fold)
            if room < cell_len(when) + 2:
                when = when.partition(" ")[2].strip()
            when = " " * max(room - cell_len(when), 2) + when
        return [(said, name) for said, name in ((fold, "transcript--fold"), (when, "transcript--time")) if said]

    def line_in_hand(self) -> int | None:
        """Return the line of the marked prompt."""
        return None if self.marked is None else self._marked


#: how a command ended, as a sign
_SIGNS = {"completed": "✓", "running": "…", "stopped": "■"}


def time_text(ran: Ran) -> str:
    """Return when a command ran, for how long, and how it ended."""
    sign = "✗" if ran.failed and ran.outcome == "completed" else _SIGNS.get(ran.outcome, "✗")
    took = "" if ran.seconds is None else f"{duration(ran.seconds):>8} "
    return f"{time.strftime('%H:%M:%S', time.localtime(ran.start))} {took}{sign}"


def duration(seconds: float) -> str:
    """Return a duration as people read it: 40 ms, 1.2 s, 3:07, 1:02:09."""
    if seconds < 0.995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
