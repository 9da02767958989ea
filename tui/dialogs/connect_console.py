"""The console of a session that has no pane: the connection test, New-PSSession. It asks where it is told to."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from pstui.backends.console import ConsoleSize, KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write
from pstui.tui.pane.asking import Asking
from pstui.tui.pane.question import QuestionBox
from textual.containers import Vertical
from textual.widget import Widget

#: lines kept of what a session without a pane says
MAX_LINES = 200


class AskingFace(Protocol):
    """Where questions appear."""

    def present(self, asking: Asking) -> None:
        """Show a question."""

    def withdraw(self, asking: Asking) -> None:
        """Take it away again."""


class BareConsole:
    """Implements ``pstui.backends.console.Console``. ``face`` may be None: then nothing is asked."""

    def __init__(self, face: AskingFace | None) -> None:
        self.face = face
        self.size = ConsoleSize()
        #: what was said last, newest last
        self.said: deque[str] = deque(maxlen=MAX_LINES)
        self._asking = asyncio.Lock()

    @property
    def backlog(self) -> int:
        """Nothing ever waits."""
        return 0

    async def drained(self) -> None:
        """Return at once."""

    def write(self, record: Write) -> None:
        """Keep the text."""
        self.said.append(record.text)

    def progress(self, record: ProgressRecord) -> None:
        """Progress has no place here."""

    def clear(self) -> None:
        """Forget what was said."""
        self.said.clear()

    def set_title(self, title: str) -> None:
        """A title has no place here."""

    def column(self) -> int:
        """Every text begins a line of its own."""
        return 0

    async def ask(self, question: Question) -> Secret:
        """Ask in the face. Raises QuestionCancelled."""
        if self.face is None:
            raise QuestionCancelled("nobody is there to answer", nobody=True)
        async with self._asking:
            asking = Asking(question)
            self.face.present(asking)
            try:
                return Secret(await asking.reply)
            finally:
                self.face.withdraw(asking)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """No key is read outside a pane."""
        raise QuestionCancelled("a key can be pressed only in a tab", nobody=True)


class AskingArea(Vertical):
    """A place in a dialog where a question can be asked; empty, it takes no row."""

    def __init__(self) -> None:
        super().__init__()
        self._box: QuestionBox | None = None
        self._before: Widget | None = None

    @property
    def asking(self) -> bool:
        """Whether a question stands here."""
        return self._box is not None

    def present(self, asking: Asking) -> None:
        """Show a question and give it the keys."""
        self._before = self.screen.focused
        self._box = QuestionBox(asking, _drop)
        self.mount(self._box)
        self.screen.add_class("-asking")
        self.call_after_refresh(self._box.take_focus)

    def withdraw(self, asking: Asking) -> None:
        """Take the question away; the keys go back to where they were."""
        box, self._box = self._box, None
        if box is not None and self.is_attached:
            box.remove()
            self.screen.remove_class("-asking")
            if self._before is not None and self._before.is_attached:
                self.screen.set_focus(self._before)

    def refuse(self) -> None:
        """Answer nothing."""
        if self._box is not None:
            self._box.asking.refuse()


async def _drop(key: str, character: str | None) -> object:
    """A key typed behind the end of a question has nowhere to go in a dialog."""
    return None
