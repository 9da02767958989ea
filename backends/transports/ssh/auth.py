"""Logging in at one SSH server: its host key judged, keys offered, passwords and its own questions put to a person.

Each method is tried once: what the server refused is given up, and no password is sent a second time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncssh
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.records import Stream, Write
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.host_key import HostKeyCheck
from pstui.backends.transports.ssh.keys import KeyRing
from pstui.backends.transports.ssh.known_hosts import fingerprint, key_name
from pstui.backends.transports.ssh.patience import Patience
from pstui.backends.transports.texts import printable

#: bounds of what a server may ask before it knows us: rounds, questions in one, characters of one text
MAX_ROUNDS, MAX_PROMPTS, MAX_TEXT = 10, 20, 1000
#: lines of a banner that are shown
MAX_BANNER = 100
_NEXT_METHOD = "The server did not accept the answer. It takes a password in another way, too."


class Login(asyncssh.SSHClient):
    """The callbacks of one connection, and afterwards the account of what was tried.

    ``cancelled`` is set when a person refused to answer: from then on every method is given up. ``answered`` tells
    whether a password or an answer was given to the server. ``offered_key`` is the host key that was not trusted.
    """

    def __init__(
        self, user: str, host_keys: HostKeyCheck, ring: KeyRing, context: ConnectContext, patience: Patience
    ) -> None:
        self._host = printable(host_keys.host)
        self._host_keys, self._ring = host_keys, ring
        self._context, self._patience = context, patience
        self._pairs: AsyncIterator[asyncssh.SSHKeyPair] | None = None
        self._connection: asyncssh.SSHClientConnection | None = None
        self._seen: set[tuple[str, ...]] = set()
        self._rounds = 0
        self.user = user
        #: called when the host key was accepted and the login begins
        self.on_begin: Callable[[], None] = lambda: None
        self.offered_key: asyncssh.SSHKey | None = None
        self.began = False
        self.completed = False
        self.answered = False
        self.cancelled: QuestionCancelled | None = None
        self.tried: list[str] = []
        self.accepted_methods: list[str] = []
        self.problems: list[str] = []

    @property
    def reached(self) -> bool:
        """Whether the connection came to be, so that its socket is in the library's hands."""
        return self._connection is not None

    # The connection and its host key.

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_key = key
        self._context.step("host key", f"{key_name(key.get_algorithm())} {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted(key.public_data)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.offered_key = key
        self._context.step("host key", f"certificate of {fingerprint(key.public_data)}")
        return self._host_keys.is_trusted_authority(key.public_data)

    def auth_banner_received(self, msg: str, lang: str) -> None:
        lines = msg.replace("\r", "").strip("\n").split("\n")[:MAX_BANNER]
        for line in lines:
            self._context.console.write(Write(f"{self._host}: {line[:MAX_TEXT]}", stream=Stream.NOTICE))

    # Authentication.

    def begin_auth(self, username: str) -> None:
        self.began = True
        self.on_begin()
        self._context.step("authentication", printable(username))

    def auth_completed(self) -> None:
        self.completed = True

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        self._note("publickey")
        if self._pairs is None:
            self._pairs = self._ring.pairs(self._ask)
        return None if self.cancelled else await anext(self._pairs, None)

    async def password_auth_requested(self) -> str | None:
        if not self._first("password"):
            return None
        label = f"{printable(self.user)}@{self._host}'s password: "
        # The same words a second time: without a reason the person would take the question for a fault.
        said = (Write(_NEXT_METHOD, stream=Stream.NOTICE),) if self.answered else ()
        return await self._answer(Question(QuestionKind.SECRET, label, said, remote=False, source=self._host))

    def kbdint_auth_requested(self) -> str | None:
        return "" if self._first("keyboard-interactive") else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        self._rounds += 1
        texts = tuple(prompt[:MAX_TEXT] for prompt, _ in prompts)
        if self.cancelled or self._rounds > MAX_ROUNDS or len(prompts) > MAX_PROMPTS or (texts and texts in self._seen):
            return None
        self._seen.add(texts)
        head = [text[:MAX_TEXT] for text in (name, instructions) if text.strip()]
        preamble = tuple(Write(printable(line), stream=Stream.NOTICE) for text in head for line in text.splitlines())
        answers: list[str] = []
        for text, (_, echo) in zip(texts, prompts, strict=True):
            kind = QuestionKind.LINE if echo else QuestionKind.SECRET
            label = f"({printable(self.user)}@{self._host}) {printable(text.strip())} "
            answer = await self._answer(Question(kind, label, preamble, remote=False, source=self._host))
            if answer is None:
                return None
            answers.append(answer)
            preamble = ()
        for line in preamble:
            self._context.console.write(line)
        return answers

    async def password_change_requested(self, prompt: str, lang: str) -> Any:
        self.problems.append("The password has expired; it has to be changed before another login.")
        # asyncssh takes this value for "cannot": the method is then given up.
        return NotImplemented

    def _first(self, method: str) -> bool:
        """Note a method; return whether it may be tried: once, and not after a person refused to answer."""
        again = method in self.tried
        self._note(method)
        return not again and self.cancelled is None

    def _note(self, method: str) -> None:
        if method not in self.tried:
            self.tried.append(method)
        if self._connection is not None:
            with suppress(AttributeError):
                self.accepted_methods += [
                    one for one in self._connection.get_server_auth_methods() if one not in self.accepted_methods
                ]

    async def _answer(self, question: Question) -> str | None:
        try:
            answer = await self._ask(question)
            self.answered = True
            return answer
        except QuestionCancelled as cancelled:
            if cancelled.nobody:
                self.problems.append(f"Nobody is there to be asked: {question.label.strip()}")
            return None

    async def _ask(self, question: Question) -> str:
        try:
            return (await self._patience.ask(self._context.console, question)).reveal()
        except QuestionCancelled as cancelled:
            if not cancelled.nobody:
                self.cancelled = cancelled
            raise
