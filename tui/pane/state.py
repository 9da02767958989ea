"""What a pane knows of itself: where its session is, the lines that wait, what nobody has looked at, which
command each error is of."""

from __future__ import annotations

import enum
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from pstui.backends.records import ErrorInfo, Stream, Write
from pstui.tui.transcript.render.ran import Ran

if TYPE_CHECKING:
    from pstui.tui.editor.editor import LineEditor
    from pstui.tui.editor.history import LineHistory
    from pstui.tui.transcript.render.buffer import TextBuffer


class PaneState(enum.Enum):
    """Where a pane is in the life of its session; the value is the word that the status bar shows."""

    OPENING = "connecting"
    PROMPT = "ready"
    BUSY = "running"
    LEFT = "left"
    CANCELLED = "not connected"
    FAILED = "failed"
    BROKEN = "broken"

    @property
    def live(self) -> bool:
        """True while lines can go to a session, now or soon."""
        return self in (PaneState.OPENING, PaneState.PROMPT, PaneState.BUSY)


class WaitingLines:
    """The lines of a pane that wait for their turn: pasted ones first, then the one that was typed meanwhile."""

    def __init__(self) -> None:
        #: pasted lines that run one after the other
        self.pasted: list[str] = []
        #: the line that was typed while another ran; a second one is not taken
        self.typed: str | None = None
        #: how often Enter alone was pressed meanwhile; each makes one more prompt
        self.blank = 0

    def __bool__(self) -> bool:
        return bool(self.pasted) or self.typed is not None

    def next(self) -> str | None:
        """Take the line that runs next, None without one."""
        if self.pasted:
            return self.pasted.pop(0)
        if self.blank:
            self.blank -= 1
            return ""
        line, self.typed = self.typed, None
        return line

    def drop(self) -> None:
        """Forget all but the line that was typed."""
        self.pasted.clear()
        self.blank = 0

    def put_back(self, line: str) -> None:
        """Let a line that was taken, but not run, be the next one again."""
        self.pasted.insert(0, line)

    def take_all(self) -> str:
        """Take every line, as one text."""
        left = self.pasted if self.typed is None else [*self.pasted, self.typed]
        self.pasted, self.typed = [], None
        return "\n".join(left)

    @property
    def shown(self) -> str | None:
        """What is told of them: the one that waits, or the next of pasted ones and their number."""
        if not self.pasted:
            return self.typed
        return self.pasted[0] if len(self.pasted) == 1 else f"{len(self.pasted)} lines, next: {self.pasted[0]}"


def give_back(lines: WaitingLines, editor: LineEditor) -> None:
    """Put the lines that wait for their turn into the editor, above what is being typed there."""
    if left := lines.take_all():
        editor.put(f"{left}\n{editor.text}" if editor.text else left)


class Unseen:
    """What happened in a pane since somebody looked at it."""

    def __init__(self) -> None:
        #: lines that came, and whether an error was among them
        self.lines, self.errors = 0, False
        #: whether a command has ended
        self.ended = False
        self._ran = 0

    def came(self, lines: int, *, errors: bool) -> None:
        """Text came while nobody looked."""
        self.lines += lines
        self.errors = self.errors or errors

    def look(self, ran: int, *, seen: bool) -> bool:
        """Tell whether another line has ended, of which there were ``ran`` by now; ``seen`` if somebody looks."""
        news, self._ran = ran > self._ran, ran
        self.ended = not seen and (self.ended or news)
        return news

    def forget(self) -> None:
        """Somebody looks."""
        self.lines, self.errors, self.ended = 0, False, False


class TypedLines:
    """Keeps each line once, as soon as it is certain to run; never what was typed while a secret was asked for."""

    def __init__(self, history: LineHistory) -> None:
        self._history = history
        self._settled: str | None = None
        #: what was in the editor while a secret was asked for: it is shown nowhere else and kept nowhere
        self.private = ""

    def submitted(self, line: str, *, runs: bool) -> None:
        """A line was taken: it is kept at once if it ``runs``, for Up may follow Enter; else when it does."""
        if self.leaves(line):
            self._settled = line
        elif runs:
            self._history.add(line)
            self._settled = line

    def unkept(self, line: str) -> None:
        """A line runs that nobody has typed."""
        self._settled = line

    def ran(self, line: str) -> None:
        """A line begins to run."""
        settled, self._settled = self._settled, None
        line = line.rstrip("\n")
        if line != settled:
            self._history.add(line)

    def question_came(self, lines: WaitingLines, editor: LineEditor, *, secret: bool) -> None:
        """A question comes: the line that waits was typed before it could be seen, and goes back to the editor."""
        if lines.typed is not None and not lines.pasted:
            give_back(lines, editor)
        if secret:
            self.private = editor.text

    def leaves(self, text: str) -> bool:
        """Whether a text that leaves the editor holds what is private; what comes after it is not."""
        private, self.private = self.private.strip(), ""
        return bool(private) and private in text


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

    def ended(self, outcome: str, errors: Callable[[], Sequence[ErrorInfo]]) -> None:
        """The line has run; ``errors`` returns those of the session, newest last."""
        ran = self._buffer.last_ran
        if ran is None or ran.seconds is not None:
            return
        ran.seconds, ran.outcome = time.monotonic() - self._began, outcome
        if ran.failed:
            self._take(errors())

    def _take(self, errors: Sequence[ErrorInfo]) -> None:
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
