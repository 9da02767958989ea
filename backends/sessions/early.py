"""A session that connects before there is a screen to show it on, while that is made.

How this works: it connects with an ``EarlyConsole``, which keeps what is written and lets questions wait. Whoever is to
show the session takes it with the console that it is shown on, and opens it. The connection goes on using the first
console, which then leads to the other one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write
from pstui.backends.transports import registry

if TYPE_CHECKING:
    from pstui.backends.sessions.session import PSSession

#: makes a connection ready, with passwords that have a source; may ask on the console. Raises OpenError, OpenCancelled
Prepare = Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]]


class MakesSessions(Protocol):
    """As much of a session manager as is needed here."""

    def create(self, info: ConnectionInfo, console: Console) -> PSSession: ...


class EarlyConsole:
    """Keeps what is written until it leads to another console; a question waits for that."""

    def __init__(self) -> None:
        self.size = ConsoleSize()
        self._console: Console | None = None
        #: that of whoever has the other console: a screen finds itself by it
        self._context = Context()
        self._kept: list[Callable[[Console], None]] = []
        self._leads = asyncio.Event()

    def lead_to(self, console: Console) -> None:
        """Do on another console what was kept, and everything from now on, in the context of the caller."""
        self._console, self._context, self.size = console, copy_context(), console.size
        kept, self._kept = self._kept, []
        for call in kept:
            call(console)
        self._leads.set()

    def _do(self, call: Callable[[Console], None]) -> None:
        if self._console is None:
            self._kept.append(call)
        else:
            self._context.copy().run(call, self._console)

    @property
    def backlog(self) -> int:
        return len(self._kept) if self._console is None else self._console.backlog

    @property
    def rest(self) -> float:
        return 0.0 if self._console is None else self._console.rest

    async def drained(self) -> None:
        await (await self._shown_on()).drained()

    def write(self, record: Write) -> None:
        self._do(lambda console: console.write(record))

    def progress(self, record: ProgressRecord) -> None:
        self._do(lambda console: console.progress(record))

    def clear(self) -> None:
        self._do(lambda console: console.clear())

    def set_title(self, title: str) -> None:
        self._do(lambda console: console.set_title(title))

    def column(self) -> int:
        return 0 if self._console is None else self._console.column()

    def row(self) -> int:
        return 0 if self._console is None else self._console.row()

    async def ask(self, question: Question) -> Secret:
        console = await self._shown_on()
        return await asyncio.create_task(console.ask(question), context=self._context.copy())

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        console = await self._shown_on()
        reading = console.read_key(echo=echo, source=source)
        return await asyncio.create_task(reading, context=self._context.copy())

    async def _shown_on(self) -> Console:
        await self._leads.wait()
        assert self._console is not None
        return self._console


class EarlySession:
    """One that connects from now on. ``begun`` is set as soon as it waits for others than this process."""

    def __init__(self, sessions: MakesSessions, info: ConnectionInfo, prepare: Prepare) -> None:
        self.info = info
        self.begun = asyncio.Event()
        self._console = EarlyConsole()
        self._steps: list[tuple[str, str]] = []
        self._on_step: Callable[[str, str], None] = lambda name, detail: None
        self._making = asyncio.create_task(self._make(sessions, prepare), name="early session")
        self._making.add_done_callback(self._made)

    async def take(self, console: Console, on_step: Callable[[str, str], None]) -> PSSession:
        """Return it, shown on ``console`` from now on, to be opened. ``on_step`` is told what it did already, too.

        Raises what ``prepare`` raises.
        """
        for step in self._steps:
            on_step(*step)
        self._on_step = on_step
        self._console.lead_to(console)
        session = await self._making
        session.attach(console)
        return session

    async def _make(self, sessions: MakesSessions, prepare: Prepare) -> PSSession:
        session = sessions.create(await prepare(self.info, self._console), self._console)
        session.on_step = self._step
        connecting = session.ahead.begin(registry.connect(session.info, session.context()))
        connecting.add_done_callback(lambda done: self.begun.set())
        return session

    def _step(self, name: str, detail: str) -> None:
        self._steps.append((name, detail))
        self._on_step(name, detail)
        self.begun.set()

    def _made(self, making: asyncio.Task[PSSession]) -> None:
        if making.cancelled() or making.exception() is not None:  # it is told when the session is taken
            self.begun.set()
