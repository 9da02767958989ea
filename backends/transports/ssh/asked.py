"""What ssh asks, put to a person: passwords, passphrases, PINs, codes, host keys, and whether a key may be used.

ssh hands over a text and little else. What begins with ``(user@host)`` are words of the server that the login is for;
everything else is ssh's own. A question that comes again as it was means that the answer was not taken.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pstui.backends.addresses import shown_user
from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import LoginPassword, Secret
from pstui.backends.errors import PstuiError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.askpass import CONFIRM, NOTICE, Request
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable

_T = TypeVar("_T")

#: characters of a question and lines of it that are shown; ssh itself passes on a few kilobytes
MAX_TEXT, MAX_LINES = 4000, 30
AGAIN = "The answer was not accepted. Try again."
_YES_NO = (Choice("yes", "Y"), Choice("no", "N"))
_KEY_CHOICES = (Choice("yes", "Y", "Connect, and keep the key in known_hosts."), Choice("no", "N", "Do not connect."))
#: how ssh asks for a word (sshconnect.c, clientloop.c)
_WANTS_WORD = re.compile(r"\s*\(yes/no[^)]*\)|(?<=Please type 'yes', 'no' or the fingerprint): *\Z")
_SERVERS = re.compile(r"\([^()\s]+@[^()\s]+\) ")


@dataclass(eq=False)
class Asked:
    """The questions of one login by ssh. ``user`` and ``host`` are the target's, ``main`` the process of its ssh.

    ``on_cancel`` is called when a person refuses to answer: nothing more is asked then.
    """

    host: str
    user: str
    context: ConnectContext
    #: stands still while a person is asked; None once the session has begun
    limit: StepTimeout | None
    password: LoginPassword | None = None
    #: the process whose questions are about the target; those of others are about hosts on the way
    main: int = 0
    #: whether a person refused to answer
    is_cancelled: bool = False
    #: whether a person said no to a host key
    refused_key: bool = False
    #: whether a password or the like was given
    answered: bool = False
    problems: list[str] = field(default_factory=list)
    on_cancel: Callable[[], None] = lambda: None
    #: what was answered, for the same program to be run again; and what an earlier run of it was answered
    given: dict[str, Secret] = field(default_factory=dict)
    earlier: dict[str, Secret] = field(default_factory=dict)
    _seen: set[tuple[int, str]] = field(default_factory=set)
    _fetched: bool = False

    async def answer(self, request: Request) -> str | None:
        """Return the answer to a question, None where there is none."""
        text = request.question[:MAX_TEXT].replace("\r", "")
        *above, last = [line for line in text.split("\n") if line.strip()] or [""]
        is_servers = _SERVERS.match(text) is not None
        if request.kind == NOTICE:
            self.context.console.write(Write(f"{printable(self.host)}: {printable(text)}", stream=Stream.NOTICE))
            return None
        if self.is_cancelled:
            return None
        again = (request.asker, text) in self._seen
        self._seen.add((request.asker, text))
        if (before := self.earlier.pop(text, None)) is not None:
            self.given[text] = before
            return before.reveal()
        is_password = request.asker == self.main and "password" in last.casefold() and not request.kind
        if is_password and (known := await self._known()) is not None:
            return known
        preamble = [Write(AGAIN, stream=Stream.NOTICE)] if again else []
        preamble += [Write(self._said(line, is_servers), stream=Stream.NOTICE) for line in above[:MAX_LINES]]
        question = self._question(request.kind, last, tuple(preamble), is_servers)
        try:
            answer = (await self._unhurried(self.context.console.ask(question))).reveal()
        except QuestionCancelled as cancelled:
            if cancelled.nobody:
                self.problems.append(f"There is nobody to ask for: {printable(self.without_login(last).strip())}")
            else:
                self.is_cancelled = True
                self.on_cancel()
            return None
        if question.kind is QuestionKind.CHOICE:
            word = self._word(answer, request.kind)
            self.refused_key = word == "no" and question.choices is _KEY_CHOICES
            return word
        self.given[text] = Secret(answer)
        self.answered = True
        if is_password and self.password is not None:
            self.password.typed(self.user, Secret(answer))
        return answer

    async def _unhurried(self, waiting: Awaitable[_T]) -> _T:
        return await (waiting if self.limit is None else self.limit.unhurried(waiting))

    def _question(self, kind: str, last: str, preamble: tuple[Write, ...], is_servers: bool) -> Question:
        source = printable(self.host)
        if kind == CONFIRM or (not is_servers and _WANTS_WORD.search(last)):
            told = (*preamble, Write(printable(_WANTS_WORD.sub("", last).strip()), stream=Stream.NOTICE))
            is_key = "fingerprint" in last and kind != CONFIRM
            choices = _KEY_CHOICES if is_key else _YES_NO
            label = '[Y] yes  [N] no  (default is "N"): '
            return Question(QuestionKind.CHOICE, label, told, choices, (1,), remote=False, source=source, single=is_key)
        voice = f"from the server {source}" if is_servers else ""
        label = f"{printable(self.without_login(last).rstrip())} "
        return Question(QuestionKind.SECRET, label, preamble, remote=False, source=source, voice=voice)

    def without_login(self, text: str) -> str:
        """Return what ssh says without what may be a password in the name of the user."""
        return text.replace(self.user, shown_user(self.user)) if ":" in self.user else text

    def _said(self, line: str, is_servers: bool) -> str:
        shown = printable(self.without_login(line))
        return f"{printable(self.host)}: {shown}" if is_servers else shown

    def _word(self, answer: str, kind: str) -> str | None:
        """Return the answer to a yes or no as ssh wants it; a fingerprint stays as it is."""
        text = answer.strip()
        if text.casefold() in ("y", "yes"):
            return "yes"
        if text.casefold() in ("", "n", "no"):
            return None if kind == CONFIRM else "no"
        return text

    async def _known(self) -> str | None:
        """Return the password that has a source, once: one that was refused is not sent again."""
        if self.password is None or self._fetched:
            return None
        self._fetched = True
        try:
            found = await self._unhurried(self.password.fetch())
        except PstuiError as error:
            self.context.console.write(Write(printable(error.text()), stream=Stream.WARNING))
            return None
        self.answered = self.answered or found is not None
        return None if found is None else found.reveal()
