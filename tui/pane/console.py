"""The Console of one pane: text is queued and shown in portions, so that a flood never holds up a key.

How this works: what the far end says is put into one queue, in the order it came. The pane takes a few lines at once,
and more than that once a frame, as much as fits into BUDGET; while a key is on its way a flood waits (``Pace``). The
reader of the transport looks at ``backlog`` and waits in ``drained`` once too much has been taken and not shown: too
many records, or more than are shown SHOWN_WITHIN a moment. So a flood ends up waiting at the far end, and the loop is
free for keys all the time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pstui.backends.console import BACKLOG_LIMIT, ConsoleSize, KeyInfo, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import Secret
from pstui.backends.errors import PstuiError
from pstui.backends.pace import Pace
from pstui.backends.records import ErrorInfo, ProgressRecord, Stream, Write
from pstui.backends.sessions.prompt import CONTINUATION
from pstui.tui.pane.progress import ProgressArea
from pstui.tui.pane.question import Asking, AskingKey, QuestionArea
from pstui.tui.pane.state import Blocks
from pstui.tui.pane.texts import error_records
from pstui.tui.plain import plain, plain_lines, typed_text
from pstui.tui.transcript.render.buffer import pieces
from pstui.tui.transcript.render.sgr import settled, with_sgr
from pstui.tui.transcript.transcript import Transcript
from rich.cells import cell_len
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from pstui.tui.log.session_log import SessionLog

#: seconds between two portions, one frame
FRAME = 1 / 60
#: seconds a portion may take
BUDGET = 0.004
_CHUNK = 64
#: seconds in which all that waits should be shown, whatever its lines cost: the prompt after Ctrl+C comes behind it
SHOWN_WITHIN = 0.25
#: characters that count for the backlog as much as one record
_RECORD = 1024
#: characters of a title that are kept
TITLE_LIMIT = 200
#: seconds until a title is shown: of a flood of them only some are
TITLE_TIME = 0.1


class PaneConsole:
    """Implements ``pstui.backends.console.Console`` with the parts of a pane.

    Records are shown in the order they came, a portion a frame. ``size`` is the pane's size in cells, kept while
    the pane is hidden. ``title`` is what the far end last called its window, cleaned and bounded. ``pane`` has the
    frames and gets the messages.
    """

    class Shown(Message):
        """Text has come: so many line ends, and whether an error was among it."""

        def __init__(self, lines: int, errors: bool) -> None:
            super().__init__()
            self.lines, self.errors = lines, errors

    class Cleared(Message):
        """An empty screen has begun."""

    class Titled(Message):
        """The far end gave its window a new name."""

    def __init__(
        self, pane: Widget, transcript: Transcript, progress: ProgressArea, questions: QuestionArea, pace: Pace
    ) -> None:
        self._pane, self._pace = pane, pace
        self._transcript, self._progress, self._questions = transcript, progress, questions
        self._queue: deque[Write | None] = deque()  # None clears the screen
        self._waiting = 0
        self._scheduled = False
        #: the end of the frame that has begun, and the records that were shown in it
        self._frame_end, self._in_frame = 0.0, 0
        #: for how many records one counts that waits, as slow as showing them is; when the last portion was begun that
        #: left some behind, and the records in it
        self._slowness, self._portion = 1.0, (0.0, 0)
        self._room = asyncio.Event()
        self._empty = asyncio.Event()
        self._room.set()
        self._empty.set()
        self._asking = asyncio.Lock()
        #: commands with their output
        self.blocks = Blocks(transcript.buffer)
        #: what keeps a log of this pane, None where none is kept
        self.log: SessionLog | None = None
        self.size = ConsoleSize(80, 24)
        self.title = ""
        self._titled = False

    @property
    def backlog(self) -> int:
        """Records taken but not yet shown; a long one counts for several, and so do those that are shown slowly."""
        return int(self._waiting * self._slowness)

    @property
    def rest(self) -> float:
        """For how many seconds the reader of a flood must rest, because a key is on its way."""
        return self._pace.rest

    async def drained(self) -> None:
        """Return when the backlog has fallen to half of the limit."""
        await self._room.wait()

    async def shown(self) -> None:
        """Return when everything written so far is in the text."""
        await self._empty.wait()

    def write(self, record: Write) -> None:
        """Queue text; one huge text in pieces, so that none takes more than its turn."""
        if self.log is not None:
            self.log.wrote(record)
        self.blocks.wrote(record)
        self._write(record)

    def _write(self, record: Write) -> None:
        for piece in pieces(record):
            self._put(piece)

    def resized(self, columns: int, rows: int) -> None:
        """Take another size."""
        self.size.width, self.size.height = columns, rows
        if self.log is not None:
            self.log.resized(columns, rows)

    def clear(self) -> None:
        """Queue a clearing of the screen."""
        if self.log is not None:
            self.log.cleared()
        if not self._queue or self._queue[-1] is not None:  # an empty screen is emptied no further
            self._put(None)

    def progress(self, record: ProgressRecord) -> None:
        """Show progress; it has a place of its own and need not wait for text."""
        self._progress.take(record)

    def forget_progress(self) -> None:
        """Forget all progress, as a console does at the next prompt."""
        if self._progress.model.records:
            self._progress.clear()

    def set_title(self, title: str) -> None:
        """Keep the title inside pstui: the real terminal's is never touched."""
        self.title = plain(title, limit=TITLE_LIMIT).strip()
        if not self._titled:
            self._titled = True
            self._pane.set_timer(TITLE_TIME, self._tell_title)

    def _tell_title(self) -> None:
        self._titled = False
        self._pane.post_message(self.Titled())

    def lay_out(self, prompt: str) -> str:
        """Put a prompt after what stands in its row and return its last row, which the editor shows; in SGR sequences.

        The rows above it stay in the text, as many as the prompt's own line ends and the width make.
        """
        if self.log is not None:
            self.log.prompted(prompt)
        text, runs = (prompt, ()) if prompt.isascii() and prompt.isprintable() else settled(prompt)
        # Most prompts are alone in one row, and nothing has to be painted for them.
        if "\n" in text or "\t" in text or self.column() or cell_len(text) > self._transcript.columns:
            self._show([Write(prompt, newline=False)])
            return self._transcript.take_row()
        return with_sgr(text, runs)

    def echo(self, prompt: str, line: str, *, runs: bool = True) -> None:
        """Leave prompt and line in the text as one, further lines after the continuation prompt; whether it runs.

        At once, and not by way of the queue: the line has just gone from the editor.
        """
        if self.log is not None:
            self.log.began(line, runs=runs)
        self.blocks.began(line, runs=runs, continues=prompt == CONTINUATION)
        self._show([Write(prompt + line.replace("\n", "\n>> "))])
        self._transcript.buffer.mark_output()

    def ended(self, outcome: str, exit_code: int | None, errors: Callable[[], Sequence[ErrorInfo]]) -> None:
        """A line has run; ``errors`` returns all of its session's."""
        if self.log is not None:
            self.log.ended(outcome, exit_code)
        if outcome != "incomplete":
            self.blocks.ended(outcome, errors)
            if self._transcript.commands.shows_times:
                self._transcript.refresh()

    def show_error(self, error: PstuiError) -> None:
        """Queue what failed, why, and what helps, from a row of its own on."""
        if self.column():
            self.write(Write(""))
        for record in error_records(error, self._transcript.columns):
            self.write(record)

    def column(self) -> int:
        """Return the column after the last character taken, shown or not."""
        width = 0
        for record in reversed(self._queue):
            if record is None or record.newline:
                return width
            text = plain_lines(record.text, limit=1_000_000)
            _, line_end, rest = text.rpartition("\n")
            width += cell_len(rest)
            if line_end:
                return width
        return width + self._transcript.buffer.column()

    def row(self) -> int:
        """Return the row of the screen after the last text shown, from the last clearing on."""
        return min(self._transcript.row_count - (self._transcript.buffer.column() > 0), self.size.height - 1)

    async def ask(self, question: Question) -> Secret:
        """Ask in the pane, then leave the console's shape of question and answer in the text."""
        async with self._asking:
            asking = Asking(question)
            await self.shown()
            self._questions.present(asking)
            try:
                text = await asking.reply
            except BaseException as end:
                # What was typed stays in its row, open, as the console leaves it. A question of our own that has lost
                # its cause goes without a trace: the next prompt may be there already.
                if question.remote or isinstance(end, QuestionCancelled):
                    self._leave_behind(question, self._questions.typed(asking), newline=not question.remote)
                raise
            finally:
                self._questions.withdraw(asking)
            self._leave_behind(question, text)
            return question.answered(text)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """Wait for one key press in the pane; ``echo`` writes its character."""
        async with self._asking:
            await self.shown()
            asking = AskingKey(source, in_text=self.column() > 0)
            self._questions.present(asking)
            try:
                key = await asking.reply
            finally:
                self._questions.withdraw(asking)
            if echo and typed_text(key.character):
                self.write(Write(key.character, newline=False))
            return key

    def _leave_behind(self, question: Question, typed: str, *, newline: bool = True) -> None:
        for record in question.preamble:
            self.write(record)
        secret = question.kind is QuestionKind.SECRET
        self.write(Write(question.label, newline=False))
        self._write(Write("*" * len(typed) if secret else typed, newline=newline))
        if self.log is not None:
            self.log.answered(question.label, None if secret else typed, newline=newline)

    def _put(self, record: Write | None) -> None:
        self._queue.append(record)
        self._waiting += _weight(record)
        self._empty.clear()
        if self.backlog > BACKLOG_LIMIT:
            self._room.clear()
        if not self._scheduled:
            self._scheduled = True
            self._schedule(0.0 if self._in_frame < _CHUNK else self._frame_end - time.perf_counter())

    def _schedule(self, seconds: float) -> None:
        if seconds <= 0:
            self._pane.call_next(self._show_portion)
        else:
            self._pane.set_timer(seconds, self._show_portion)

    def _show(self, records: list[Write]) -> None:
        self._transcript.extend(records)
        lines = sum(record.text.count("\n") + record.newline for record in records)
        self._pane.post_message(self.Shown(lines, any(record.stream is Stream.ERROR for record in records)))

    def _show_portion(self) -> None:
        if (seconds := self._pace.rest) > 0 and _CHUNK < self._waiting <= BACKLOG_LIMIT:
            self._schedule(seconds)
            return
        self._scheduled = False
        self._pace.answered()
        now = time.perf_counter()
        if now >= self._frame_end:
            self._frame_end, self._in_frame = now + FRAME, 0
        self._measure(now)
        deadline = now + BUDGET
        queue, waiting = self._queue, self._waiting
        while queue:
            if queue[0] is None:
                queue.popleft()
                self._waiting -= 1
                self._transcript.clear_screen()
                self._pane.post_message(self.Cleared())
                self._in_frame += _CHUNK // 4  # each is laid out anew
                if time.perf_counter() > deadline:
                    break
                continue
            portion: list[Write] = []
            while queue and len(portion) < _CHUNK and (record := queue[0]) is not None:
                portion.append(record)
                queue.popleft()
                self._waiting -= _weight(record)
                if self._waiting and len(record.text) > _RECORD:
                    break
            self._show(portion)
            self._in_frame += len(portion)
            if time.perf_counter() > deadline:
                break
        if self.backlog <= BACKLOG_LIMIT // 2:
            self._room.set()
        if queue:
            self._portion = now, waiting - self._waiting
            self._scheduled = True
            self._schedule(FRAME)
        else:
            self._empty.set()

    def _measure(self, now: float) -> None:
        """Take in how long the last portion and its painting took."""
        begun, shown = self._portion
        if shown:
            slowness = BACKLOG_LIMIT * (now - begun) / shown / SHOWN_WITHIN
            self._slowness = max(1.0, (self._slowness + slowness) / 2)
        self._portion = 0.0, 0


def _weight(record: Write | None) -> int:
    return 1 if record is None else 1 + len(record.text) // _RECORD
