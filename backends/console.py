"""The two ports of a session to a person: ``Console`` (where text goes and questions are asked) and its ``Question``.

``psrp/host.py`` implements PowerShell's host methods (protocol-notes 4.3) on top of a Console the way the console host
does, so that a pane, a plain terminal and a transcript all show the same text in the same order.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write


class QuestionKind(enum.Enum):
    """How a question is answered."""

    LINE = "line"
    SECRET = "secret"  # noqa: S105  a kind of question, no secret
    CHOICE = "choice"
    #: several of ``choices``, asked one at a time until an empty answer
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: ``label`` without the ampersand, ``hotkey`` upper-case or empty, ``help`` as sent."""

    label: str
    hotkey: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be typed, from the far end (``remote``) or from pstui itself (a password, a host key).

    ``preamble`` holds the lines that the console writes before it (blank line, caption, message, a warning); they
    are *not* yet shown: a console shows them inside its question and leaves them in the text once answered.
    ``label`` is what is shown before the answer on the last line, e.g. ``Name: `` or the whole choice line. A console
    asks, and when answered writes ``label`` and the answer (secrets as ``*``) as one line. When cancelled it writes
    the preamble and ``label`` without ending the line, as the real console does, and raises QuestionCancelled.

    The answer is raw text, not yet checked: a wrong one is asked again by a new Question whose preamble says why.
    ``choices`` and ``defaults`` (indexes) are for drawing buttons and help; the text typed is still what is returned.
    """

    kind: QuestionKind
    label: str
    preamble: tuple[Write, ...] = ()
    choices: tuple[Choice, ...] = ()
    defaults: tuple[int, ...] = ()
    help: str = ""
    remote: bool = True
    #: who asks, for the head of the question: a session's display name
    source: str = ""
    #: whose words they are where that is neither a script nor pstui: a server that does not know the person yet
    voice: str = ""
    #: whether another question follows the answer at once, as a password follows a user name
    followed: bool = False
    #: whether it is about one machine, so that its answer means nothing to another: whether a host key is right
    single: bool = False

    def answered(self, text: str) -> Secret:
        """Return an answer as ``Console.ask`` gives it: a hidden one where the question was masked."""
        return Secret(text, hidden=self.kind is QuestionKind.SECRET)


class QuestionCancelled(Exception):
    """The user refused to answer (Esc, Ctrl+C), the session closed, or there is nobody to ask.

    ``nobody`` is True when there is no terminal or screen to ask on.
    """

    def __init__(self, text: str = "", *, nobody: bool = False) -> None:
        super().__init__(text)
        self.nobody = nobody


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key press as ``$Host.UI.RawUI.ReadKey`` returns it (protocol-notes 4.2)."""

    virtual_key_code: int
    character: str
    control_key_state: int = 0
    key_down: bool = True


@dataclass(slots=True)
class ConsoleSize:
    """Size of the console in character cells."""

    width: int = 120
    height: int = 50


class Console(Protocol):
    """Where one session's text goes and its questions are asked. Called on the event loop only.

    ``write``, ``progress``, ``clear`` and ``set_title`` return at once and keep their order. ``backlog`` counts the
    records taken but not yet shown; a reader that finds it above ``BACKLOG_LIMIT`` awaits ``drained``. ``rest`` is
    for how many seconds work that fills the loop must rest now, because a person's key is on its way.
    """

    @property
    def size(self) -> ConsoleSize: ...
    @property
    def backlog(self) -> int: ...
    @property
    def rest(self) -> float: ...
    async def drained(self) -> None:
        """Return when the backlog has fallen enough for more."""

    def write(self, record: Write) -> None: ...
    def progress(self, record: ProgressRecord) -> None: ...
    def clear(self) -> None:
        """Clear what is shown, as Clear-Host does; the scrollback stays."""

    def set_title(self, title: str) -> None: ...
    def column(self) -> int:
        """Return the column the next character would be written to, from 0; 0 means at the start of a line."""

    def row(self) -> int:
        """Return the row of the screen the next character would be written to, from 0; 0 where there is no screen."""

    async def ask(self, question: Question) -> Secret:
        """Return the text typed. Raises QuestionCancelled."""

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """Return the next key pressed. Raises QuestionCancelled."""


BACKLOG_LIMIT = 20_000
