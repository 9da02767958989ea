"""The Console of one pane: text is queued and shown in portions, so that a flood never holds up a key."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from pstui.backends.console import BACKLOG_LIMIT, ConsoleSize, KeyInfo, Question, QuestionKind
from pstui.backends.credentials import Secret
from pstui.backends.pace import standing_back
from pstui.backends.records import ProgressRecord, Write
from pstui.tui.pane.question import AnyAsking, Asking, AskingKey
from pstui.tui.plain import plain, plain_lines
from pstui.tui.transcript.render.buffer import pieces
from rich.cells import cell_len

#: seconds between two portions, one frame
FRAME = 1 / 60
#: seconds a portion may take
BUDGET = 0.004
_CHUNK = 64
#: characters that count for the backlog as much as one record
_RECORD = 1024
#: characters of a title that are kept
TITLE_LIMIT = 200


class ConsoleFace(Protocol):
    """What the console needs of its pane."""

    def append(self, records: Sequence[Write]) -> None:
        """Add records to the text."""

    def text_column(self) -> int:
        """Return the column after the last character of the text."""

    def clear_screen(self) -> None:
        """Begin an empty screen; the scrollback stays."""

    def show_progress(self, record: ProgressRecord) -> None:
        """Note a progress record."""

    def title_changed(self) -> None:
        """The far end named its window anew."""

    def present(self, asking: AnyAsking) -> None:
        """Show a question; ``asking`` gets its end."""

    def withdraw(self, asking: AnyAsking) -> None:
        """Take a question off the screen."""

    def schedule(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after ``seconds``; 0 means with the next turn of the loop."""


class PaneConsole:
    """Implements ``pstui.backends.console.Console`` over a pane.

    Records are shown in the order they came, a portion a frame. ``size`` is the pane's size in cells, kept while
    the pane is hidden. ``title`` is what the far end last called its window, cleaned and bounded.
    """

    def __init__(self, face: ConsoleFace) -> None:
        self._face = face
        self._queue: deque[Write | None] = deque()  # None clears the screen
        self._waiting = 0
        self._scheduled = False
        self._last_portion = 0.0
        self._room = asyncio.Event()
        self._empty = asyncio.Event()
        self._room.set()
        self._empty.set()
        self._asking = asyncio.Lock()
        self.size = ConsoleSize(80, 24)
        self.title = ""

    @property
    def backlog(self) -> int:
        """Records taken but not yet shown; a long one counts for several."""
        return self._waiting

    async def drained(self) -> None:
        """Return when the backlog has fallen to half of the limit."""
        await self._room.wait()

    async def shown(self) -> None:
        """Return when everything written so far is in the text."""
        await self._empty.wait()

    def write(self, record: Write) -> None:
        """Queue text; one huge text in pieces, so that none takes more than its turn."""
        for piece in pieces(record):
            self._put(piece)

    def clear(self) -> None:
        """Queue a clearing of the screen."""
        self._put(None)

    def progress(self, record: ProgressRecord) -> None:
        """Show progress; it has a place of its own and need not wait for text."""
        self._face.show_progress(record)

    def set_title(self, title: str) -> None:
        """Keep the title inside pstui: the real terminal's is never touched."""
        self.title = plain(title, limit=TITLE_LIMIT).strip()
        self._face.title_changed()

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
        return width + self._face.text_column()

    async def ask(self, question: Question) -> Secret:
        """Ask in the pane, then leave the console's shape of question and answer in the text."""
        async with self._asking:
            asking = Asking(question)
            await self.shown()
            self._face.present(asking)
            text: str | None = None
            try:
                text = await asking.reply
            finally:
                self._face.withdraw(asking)
                self._leave_behind(question, text)
            return Secret(text)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """Wait for one key press in the pane; ``echo`` writes its character."""
        async with self._asking:
            asking = AskingKey(source)
            await self.shown()
            self._face.present(asking)
            try:
                key = await asking.reply
            finally:
                self._face.withdraw(asking)
            if echo and key.character.isprintable():
                self.write(Write(key.character, newline=False))
            return key

    def _leave_behind(self, question: Question, answer: str | None) -> None:
        for record in question.preamble:
            self.write(record)
        self.write(Write(question.label, newline=False))
        if answer is not None:
            secret = question.kind is QuestionKind.SECRET
            self.write(Write("*" * len(answer) if secret else answer))

    def _put(self, record: Write | None) -> None:
        self._queue.append(record)
        self._waiting += _weight(record)
        self._empty.clear()
        if self._waiting > BACKLOG_LIMIT:
            self._room.clear()
        if not self._scheduled:
            self._scheduled = True
            since = time.perf_counter() - self._last_portion
            self._face.schedule(max(0.0, FRAME - since), self._show_portion)

    def _show_portion(self) -> None:
        if (seconds := standing_back()) > 0 and self._waiting <= BACKLOG_LIMIT:
            self._face.schedule(seconds, self._show_portion)
            return
        self._scheduled = False
        self._last_portion = time.perf_counter()
        deadline = self._last_portion + BUDGET
        queue = self._queue
        while queue:
            if queue[0] is None:
                queue.popleft()
                self._waiting -= 1
                self._face.clear_screen()
                continue
            portion: list[Write] = []
            while queue and len(portion) < _CHUNK and (record := queue[0]) is not None:
                portion.append(record)
                queue.popleft()
                self._waiting -= _weight(record)
                if self._waiting and len(record.text) > _RECORD:
                    break
            self._face.append(portion)
            if time.perf_counter() > deadline:
                break
        if self._waiting <= BACKLOG_LIMIT // 2:
            self._room.set()
        if queue:
            self._scheduled = True
            self._face.schedule(FRAME, self._show_portion)
        else:
            self._empty.set()


def _weight(record: Write | None) -> int:
    return 1 if record is None else 1 + len(record.text) // _RECORD
