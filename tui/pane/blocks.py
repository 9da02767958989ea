"""The blocks of a pane: each command with its output, as the transcript has them, and which errors are of which."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from pstui.backends.records import ErrorInfo, Stream, Write
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.ran import Ran

#: errors whose command is remembered
MOST_ERRORS: Final = 1_000


class Blocks:
    """Marks the blocks of ``buffer`` as they begin and end."""

    def __init__(self, buffer: TextBuffer) -> None:
        self._buffer = buffer
        self._began = 0.0
        self._errors: deque[tuple[ErrorInfo, int]] = deque(maxlen=MOST_ERRORS)

    def began(self, line: str, *, runs: bool, continues: bool) -> None:
        """A line was typed; one that ``continues`` the text above it belongs to its block."""
        self._began = time.monotonic()
        ran = self._buffer.last_ran
        if continues and ran is not None:
            ran.line += f"\n{line}"
            ran.start, ran.seconds = time.time(), None
            self._buffer.continue_prompt()
        else:
            self._buffer.mark_prompt(Ran(line, time.time()) if runs and line.strip() else None)

    def wrote(self, record: Write) -> None:
        """Text came."""
        if record.stream is Stream.ERROR and (ran := self._buffer.last_ran) is not None and ran.seconds is None:
            ran.failed = True

    def ended(self, outcome: str, errors: Sequence[ErrorInfo]) -> None:
        """The line has run; ``errors`` are those of the session, newest last."""
        ran = self._buffer.last_ran
        if ran is not None and ran.seconds is None:
            ran.seconds, ran.outcome = time.monotonic() - self._began, outcome
        known, place = self._errors[-1][0] if self._errors else None, self._buffer.last_prompt
        new: list[ErrorInfo] = []
        for error in reversed(errors):
            if error is known:
                break
            new.append(error)
        self._errors.extend((error, place) for error in reversed(new))

    def line_of(self, error: ErrorInfo) -> int:
        """Return the number of the line at which the command of an error begins; that which runs where none is known.

        Lines are numbered as in ``TextBuffer``; one that is not kept any longer is below its ``dropped``.
        """
        found = (place for known, place in reversed(self._errors) if known is error)
        return next(found, self._buffer.last_prompt)
