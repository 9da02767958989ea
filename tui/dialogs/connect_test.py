"""A connection tried out step by step and closed again, and the console of such a session, which has no pane.

New-PSSession also uses that console; it asks its questions where it is told to.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import ConsoleSize, KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.doctor.checks import Check, Sign
from pstui.backends.doctor.examination import Examination, Prepare, examine
from pstui.backends.errors import OpenCancelled
from pstui.backends.records import ProgressRecord, Write
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.cut import cut
from pstui.tui.pane.question import Asking, QuestionBox
from pstui.tui.plain import plain, plain_lines
from pstui.tui.typeahead import release_keys
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
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

    @property
    def rest(self) -> float:
        """Nothing is typed while it speaks."""
        return 0.0

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

    def row(self) -> int:
        """There is no screen."""
        return 0

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
                return question.answered(await asking.reply)
            finally:
                self.face.withdraw(asking)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """No key is read outside a pane."""
        raise QuestionCancelled("a key can be pressed only in a tab", nobody=True)


class AskingArea(Vertical):
    """A place in a dialog where a question can be asked; empty, it takes no row."""

    class Changed(Message):
        """A question has come or gone."""

    def __init__(self) -> None:
        super().__init__()
        self._box: QuestionBox | None = None
        self._before: Widget | None = None

    @property
    def asking(self) -> bool:
        """Whether a question is shown here."""
        return self._box is not None

    def present(self, asking: Asking) -> None:
        """Show a question and give it the keys."""
        self._before = self.screen.focused
        self._box = QuestionBox(asking, _drop)
        self.mount(self._box)
        self.screen.add_class("-asking")
        self.call_after_refresh(self._take, self._box)
        self.post_message(self.Changed())

    def _take(self, box: QuestionBox) -> None:
        """Give the keys to a question that is still asked, those too that were typed since the answer before it."""
        if box is self._box:
            box.take_focus()
            release_keys(self)

    def withdraw(self, asking: Asking) -> None:
        """Take the question away; the keys go back to where they were."""
        box, self._box = self._box, None
        if box is not None and self.is_attached:
            box.remove()
            self.screen.remove_class("-asking")
            self.post_message(self.Changed())
            if self._before is not None and self._before.is_attached:
                self.screen.set_focus(self._before)

    def refuse(self) -> None:
        """Answer nothing."""
        if self._box is not None:
            self._box.asking.refuse()


async def _drop(key: str, character: str | None) -> object:
    """A key typed after the end of a question has nowhere to go in a dialog."""
    return None


#: the colours of the signs
_STYLES = {Sign.GOOD: "$success", Sign.BAD: "$error", Sign.RUNNING: "$calm", Sign.ABSENT: "$calm"}
#: most cells of one check: the others stand in the same rows
_LONGEST = 60


class ConnectTest:
    """One test, as ``pstui doctor`` makes it. ``show`` is called with what is to be shown whenever that changes."""

    def __init__(
        self,
        sessions: SessionManager,
        info: ConnectionInfo,
        face: AskingFace,
        show: Callable[[Content], None],
        prepared: Prepare,
    ) -> None:
        self._sessions, self._info, self._show, self._prepared = sessions, info, show, prepared
        self._console = BareConsole(face)
        self._checks: Sequence[Check] = ()
        self._found: Examination | None = None

    async def run(self) -> None:
        """Open, then close again. Raises nothing but CancelledError."""
        self._changed(())
        self._found = await examine(self._sessions, self._info, self._console, self._changed, prepare=self._prepared)
        self._changed(self._found.checks)

    def _changed(self, checks: Sequence[Check]) -> None:
        self._checks = checks
        self._show(self.content())

    def content(self) -> Content:
        """Return the checks in one row and, below, how it ended."""
        row = Content("  ").join(
            Content.assemble((f"{check.sign} ", _STYLES[check.sign]), cut(plain(_said(check)), _LONGEST))
            for check in self._checks
        )
        found = self._found
        if found is None:
            return row if self._checks else Content.styled("… connecting", "$calm")
        if found.error is None:
            return Content("\n").join([row, Content.styled("✓ The connection works; it was closed again.", "$success")])
        if isinstance(found.error, OpenCancelled):
            return Content("\n").join([row, Content("The test was cancelled.")])
        error, step = found.error, "" if found.failed is None else found.failed.next
        parts = (error.why, error.hint, "" if step in error.hint else step)
        said = [Content(plain_lines(part)) for part in parts if part]
        return Content("\n").join([row, Content.styled(f"✗ {plain_lines(found.error.what)}", "$error"), *said])


def _said(check: Check) -> str:
    """Return a check with what it is about; of one that is good only as much as names it, of one that is bad its name.

    What is wrong stands below.
    """
    if check.sign is Sign.BAD:
        return check.name
    detail = check.detail.split(" ", 1)[0].rstrip(",:") if check.sign is Sign.GOOD else check.detail
    return detail if detail.startswith(f"{check.name} ") else f"{check.name} {detail}".strip()
