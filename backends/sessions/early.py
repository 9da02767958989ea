"""A session that opens before there is a screen to show it on: it connects while that is made.

How this works: it is given an ``EarlyConsole``, which keeps what is written and lets questions wait. Whoever shows the
session takes it with the console that it is shown on, and from then on everything goes there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write

if TYPE_CHECKING:
    from pstui.backends.sessions.session import PSSession

#: makes a connection ready, with passwords that have a source; may ask on the console. Raises OpenError, OpenCancelled
Prepare = Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]]


class MakesSessions(Protocol):
    """As much of a session manager as is needed here."""

    def create(self, info: ConnectionInfo, console: Console) -> PSSession: ...
    async def remove(self, session: PSSession) -> None: ...


class EarlyConsole:
    """Keeps what is written until it leads to another console; a question waits for that. ``size`` is foreseen."""

    def __init__(self, size: ConsoleSize) -> None:
        self._size = size
        self._console: Console | None = None
        self._kept: list[Callable[[Console], None]] = []
        self._leads = asyncio.Event()

    def lead_to(self, console: Console) -> None:
        """Do on another console what was kept, and everything from now on."""
        self._console = console
        kept, self._kept = self._kept, []
        for call in kept:
            call(console)
        self._leads.set()

    def _do(self, call: Callable[[Console], None]) -> None:
        if self._console is None:
            self._kept.append(call)
        else:
            call(self._console)

    @property
    def size(self) -> ConsoleSize:
        return self._size if self._console is None else self._console.size

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
        return await (await self._shown_on()).ask(question)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        return await (await self._shown_on()).read_key(echo=echo, source=source)

    async def _shown_on(self) -> Console:
        await self._leads.wait()
        assert self._console is not None
        return self._console


class EarlySession:
    """One that opens from now on. ``begun`` is set when it waits for something that takes no time of this process."""

    def __init__(self, sessions: MakesSessions, info: ConnectionInfo, size: ConsoleSize, prepare: Prepare) -> None:
        self.info = info
        self.begun = asyncio.Event()
        self._sessions = sessions
        self._console = EarlyConsole(size)
        self._session: PSSession | None = None
        self._steps: list[tuple[str, str]] = []
        self._on_step: Callable[[str, str], None] = lambda name, detail: None
        self._opening = asyncio.create_task(self._open(prepare), name="early opening")
        self._opening.add_done_callback(self._over)

    async def take(self, console: Console, on_step: Callable[[str, str], None]) -> PSSession:
        """Return it when it is open, shown on ``console`` from now on. ``on_step`` is told what it did already, too.

        Raises what opening it raises. Who is cancelled here gives the opening up.
        """
        for step in self._steps:
            on_step(*step)
        self._on_step = on_step
        self._console.lead_to(console)
        if self._session is not None:
            self._session.attach(console)
        return await self._opening

    async def _open(self, prepare: Prepare) -> PSSession:
        session = self._session = self._sessions.create(await prepare(self.info, self._console), self._console)
        session.on_step = self._step
        try:
            await session.open()
        except BaseException:
            await self._sessions.remove(session)
            raise
        return session

    def _step(self, name: str, detail: str) -> None:
        self._steps.append((name, detail))
        self._on_step(name, detail)
        self.begun.set()

    def _over(self, opening: asyncio.Task[PSSession]) -> None:
        self.begun.set()
        if not opening.cancelled():
            opening.exception()  # seen: it is told when it is taken
