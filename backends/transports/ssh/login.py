"""Logging in at one SSH server: its host key judged, keys offered, passwords and its own questions put to a person.

How this works. asyncssh drives the login and calls back; ``Login`` is that set of callbacks for one connection, and
afterwards the account of what was tried, from which the error is written. A callback can wait for a person, except the
two about the host key: they must answer at once. So an unknown key is refused, the person is asked outside, and the
connection is made a second time, trusting exactly the key that was agreed to.

A password and the server's own questions are tried as often as ssh does (NumberOfPasswordPrompts). Once a person
refuses to answer, every other method is given up as well. While a person is asked, the step's time limit stands still.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncssh
from pstui.backends.addresses import shown_user
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import LoginPassword, Secret
from pstui.backends.errors import PstuiError
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.host_keys import HostKeyCheck, fingerprint, key_name
from pstui.backends.transports.ssh.keys import KeyRing
from pstui.backends.transports.ssh.receive_window import (
    count_received,
    cut_without_copies,
    send_nothing_empty,
    stop_at_the_end,
)
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable

#: bounds of what a server may ask before it knows us: rounds, questions in one, characters of one text
MAX_ROUNDS, MAX_PROMPTS, MAX_TEXT = 20, 20, 1000
#: tries of one method where the configuration says nothing (ssh_config(5), NumberOfPasswordPrompts)
PROMPTS = 3
#: lines that are shown of what a server says before the login, in however many banners
MAX_BANNER = 100
_AGAIN = "The server did not accept the answer. Try again."
_NEXT_METHOD = "The server did not accept the answer. It also takes a password in another way."


class Login(asyncssh.SSHClient):
    """The callbacks of one connection, and afterwards the account of what was tried.

    ``cancelled`` is set when a person refused to answer: from then on every method is given up. ``answered`` tells
    whether a password or an answer was given to the server. ``offered_key`` is the host key that was not trusted.
    """

    def __init__(
        self, user: str, host_keys: HostKeyCheck, ring: KeyRing, context: ConnectContext, limit: StepTimeout
    ) -> None:
        self._host = printable(host_keys.host)
        self._host_keys, self._ring = host_keys, ring
        self._context, self._limit = context, limit
        self._pairs: AsyncIterator[asyncssh.SSHKeyPair] | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._tries: dict[str, int] = {}
        self._is_again = False
        self._rounds = self._changes = 0
        self._banner_left = MAX_BANNER
        #: how often a password or an answer may be tried (NumberOfPasswordPrompts)
        self.prompts = PROMPTS
        self.user = user
        #: where the password comes from, before anybody is asked for it
        self.password: LoginPassword | None = None
        self._fetched = False
        #: called when the host key was accepted and the login begins
        self.on_begin: Callable[[], None] = lambda: None
        self.offered_key: asyncssh.SSHKey | None = None
        #: who signed the certificate that the server showed
        self.offered_authority: asyncssh.SSHKey | None = None
        self.began = False
        self.completed = False
        self.answered = False
        self.cancelled: QuestionCancelled | None = None
        self.tried: list[str] = []
        self.accepted_methods: list[str] = []
        self.problems: list[str] = []

    @property
    def connection(self) -> asyncssh.SSHClientConnection | None:
        """The connection, once there is one."""
        return self._connection

    @property
    def reached(self) -> bool:
        """Whether the connection came to be, so that its socket is in the library's hands."""
        return self._connection is not None

    # The connection and its host key.

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn
        count_received(conn)
        cut_without_copies(conn)
        send_nothing_empty(conn)
        stop_at_the_end(conn)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_key = key
        self._context.step("host key", f"{key_name(key.get_algorithm())} {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted(key.public_data)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_authority = key
        self._context.step("host key", f"certificate of {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted_authority(key.public_data)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        if self._banner_left <= 0:
            return  # a server may send them without end
        lines = msg.replace("\r", "").strip("\n").split("\n")[: self._banner_left]
        self._banner_left -= len(lines)
        for line in lines:
            self._context.console.write(self._said(line[:MAX_TEXT]))

    def _said(self, line: str) -> Write:
        """Return a line of the server's as such: it must not be taken for ours."""
        return Write(f"{self._host}: {printable(line)}", stream=Stream.NOTICE)

    # Authentication.

    def begin_auth(self, username: str) -> None:
        key = self._connection.get_server_host_key() if self._connection else None
        if key is not None and not self._host_keys.is_fit(key.public_data):
            # The key behind a certificate is seen here for the first time; nothing secret was sent yet.
            self.offered_key, self.offered_authority = key, None
            raise asyncssh.HostKeyNotVerifiable("The key behind the certificate is not fit")
        self.began = True
        self.on_begin()
        self._context.step("authentication", printable(shown_user(username)))

    def auth_completed(self) -> None:
        self.completed = True

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        self._note("publickey")
        if self._pairs is None:
            self._pairs = self._ring.pairs(self._ask)
        return None if self.cancelled else await anext(self._pairs, None)

    async def password_auth_requested(self) -> str | None:
        tries = self._tries.get("password", 0)
        if not self._may_try("password"):
            return None
        if (known := await self._known()) is not None:
            return known
        label = f"{printable(shown_user(self.user))}@{self._host}'s password: "
        # The same words a second time: without a reason the person would take the question for a fault.
        told = _AGAIN if tries else _NEXT_METHOD if self.answered else ""
        said = (Write(told, stream=Stream.NOTICE),) if told else ()
        answer = await self._answer(Question(QuestionKind.SECRET, label, said, remote=False, source=self._host))
        return self._typed(answer)

    def kbdint_auth_requested(self) -> str | None:
        self._is_again = self._tries.get("keyboard-interactive", 0) > 0
        return "" if self._may_try("keyboard-interactive") else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        self._rounds += 1
        texts = tuple(prompt[:MAX_TEXT] for prompt, _ in prompts)
        if self.cancelled or self._rounds > MAX_ROUNDS or len(prompts) > MAX_PROMPTS:
            return None
        head = [text[:MAX_TEXT] for text in (name, instructions) if text.strip()]
        preamble: tuple[Write, ...] = ()
        if self._is_again and prompts:
            preamble = (Write(_AGAIN, stream=Stream.NOTICE),)
        preamble += tuple(self._said(line) for text in head for line in text.splitlines())
        self._is_again = self._is_again and not prompts
        voice = f"from the server {self._host}"
        answers: list[str] = []
        for text, (_, echo) in zip(texts, prompts, strict=True):
            kind = QuestionKind.LINE if echo else QuestionKind.SECRET
            *above, last = text.strip().splitlines() or [""]
            preamble += tuple(self._said(line) for line in above)
            label = f"({printable(shown_user(self.user))}@{self._host}) {printable(last.strip())} "
            is_password = kind is QuestionKind.SECRET and len(prompts) == 1 and "password" in last.casefold()
            answer = await self._known() if is_password else None
            if answer is None:
                question = Question(kind, label, preamble, remote=False, source=self._host, voice=voice)
                answer = await self._answer(question)
                answer = self._typed(answer) if is_password else answer
            if answer is None:
                return None
            answers.append(answer)
            preamble = ()
        for line in preamble:
            self._context.console.write(line)
        return answers

    async def password_change_requested(self, prompt: str, lang: str) -> Any:
        """Ask for a new password where the server wants one (RFC 4252, 8)."""
        lines = prompt[:MAX_TEXT].splitlines() or ["The password has expired; it has to be changed."]
        preamble = tuple(Write(printable(line), stream=Stream.NOTICE) for line in lines)
        person = f"{printable(shown_user(self.user))}@{self._host}"
        self._changes += 1
        while self._changes <= self.prompts:
            answers: list[str] = []
            for label in (f"{person}'s old password: ", f"{person}'s new password: ", "The new password again: "):
                question = Question(QuestionKind.SECRET, label, preamble, remote=False, source=self._host)
                answer = await self._answer(question)
                if answer is None:
                    self.problems.append("The password has expired; it has to be changed before another login.")
                    # asyncssh takes this value for "cannot": the method is then given up.
                    return NotImplemented
                answers.append(answer)
                preamble = ()
            if answers[1] == answers[2]:
                return answers[0], answers[1]
            self._changes += 1
            preamble = (Write("The two new passwords are not the same.", stream=Stream.NOTICE),)
        self.problems.append("The password was not changed.")
        return NotImplemented

    def password_changed(self) -> None:
        self._context.console.write(Write(f"{self._host}: the password was changed.", stream=Stream.NOTICE))

    def password_change_failed(self) -> None:
        self.problems.append("The server did not take the new password.")

    def _may_try(self, method: str) -> bool:
        """Note a method; return whether it may be tried: a few times, and not after a person refused to answer."""
        self._note(method)
        self._tries[method] = self._tries.get(method, 0) + 1
        return self._tries[method] <= self.prompts and self.cancelled is None

    def _note(self, method: str) -> None:
        if method not in self.tried:
            self.tried.append(method)
        if self._connection is not None:
            with suppress(AttributeError):
                self.accepted_methods += [
                    one for one in self._connection.get_server_auth_methods() if one not in self.accepted_methods
                ]

    async def _known(self) -> str | None:
        """Return the password that is known or has a source, once: one that was refused is not sent again."""
        if self.password is None or self._fetched:
            return None
        self._fetched = True
        try:
            found = await self._limit.unhurried(self.password.fetch())
        except PstuiError as error:
            self._context.console.write(Write(printable(error.text()), stream=Stream.WARNING))
            return None
        self.answered = self.answered or found is not None
        return None if found is None else found.reveal()

    def _typed(self, answer: str | None) -> str | None:
        if answer is not None and self.password is not None:
            self.password.typed(self.user, Secret(answer))
        return answer

    async def _answer(self, question: Question) -> str | None:
        try:
            answer = await self._ask(question)
            self.answered = True
            return answer
        except QuestionCancelled as cancelled:
            if cancelled.nobody:
                self.problems.append(f"There is nobody to ask for: {question.label.strip()}")
            return None

    async def _ask(self, question: Question) -> str:
        try:
            return (await self._limit.ask(self._context.console, question)).reveal()
        except QuestionCancelled as cancelled:
            if not cancelled.nobody:
                self.cancelled = cancelled
            raise
