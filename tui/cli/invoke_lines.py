"""What several targets of one Invoke-Command share: whole lines on one output, the input, a password asked once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.records import ProgressRecord, Write
from pstui.tui.transcript.render.sgr import plain

#: a far end that never ends its line is written in pieces all the same (characters)
_LINE_LIMIT = 1_000_000


class LineConsole:
    """One target's way to a console that others write to as well: it hands over whole lines only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._waiting: list[Write] = []
        self._column = 0

    @property
    def size(self) -> ConsoleSize:
        return self._console.size

    @property
    def backlog(self) -> int:
        return self._console.backlog

    async def drained(self) -> None:
        await self._console.drained()

    def write(self, record: Write) -> None:
        self._waiting.append(record)
        self._column = 0 if record.newline else self._column + len(record.text)
        if record.newline or self._column > _LINE_LIMIT:
            self._hand_over()

    def _hand_over(self) -> None:
        for record in self._waiting:
            self._console.write(record)
        self._waiting.clear()

    def finish(self) -> None:
        """End a line that the far end left open."""
        if self._waiting:
            self._waiting[-1] = replace(self._waiting[-1], newline=True)
            self._column = 0
            self._hand_over()

    def progress(self, record: ProgressRecord) -> None:
        self._console.progress(record)

    def clear(self) -> None:
        self._console.clear()

    def set_title(self, title: str) -> None:
        self._console.set_title(title)

    def column(self) -> int:
        return self._column

    async def ask(self, question: Question) -> Secret:
        self._hand_over()
        return await self._console.ask(question)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        self._hand_over()
        return await self._console.read_key(echo=echo, source=source)


class SharedInput:
    """One input that each of several pipelines reads from its beginning, at its own pace. It is kept meanwhile."""

    def __init__(self, source: AsyncIterator[object]) -> None:
        self._source = source
        self._read: list[object] = []
        self._ended = False
        self._turn = asyncio.Lock()

    async def items(self) -> AsyncIterator[object]:
        """Yield every object of the input."""
        place = 0
        while True:
            while place < len(self._read):
                yield self._read[place]
                place += 1
            async with self._turn:
                if place == len(self._read) and not self._ended:
                    await self._fetch()
            if place == len(self._read) and self._ended:
                return

    async def _fetch(self) -> None:
        try:
            self._read.append(await anext(self._source))
        except StopAsyncIteration:
            self._ended = True


async def with_passwords(infos: Sequence[ConnectionInfo], console: Console) -> list[ConnectionInfo]:
    """Return connections whose credentials have their passwords, each asked for once, as PowerShell does beforehand.

    Raises QuestionCancelled.
    """
    known: dict[str, Secret] = {}
    found = []
    for info in infos:
        credential = info.values.get("Credential")
        if not isinstance(credential, PSCredential) or credential.password is not None or not credential.user_name:
            found.append(info)
            continue
        user = credential.user_name
        if user not in known:
            label = f"Password for {plain(user)[:200]}: "
            known[user] = await console.ask(Question(QuestionKind.SECRET, label, remote=False))
        filled = replace(credential, password=known[user])
        found.append(replace(info, values=MappingProxyType({**info.values, "Credential": filled})))
    return found
