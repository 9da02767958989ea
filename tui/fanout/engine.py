"""One line on many hosts: opened and run side by side, as many at once as the throttle allows.

How this works. ``FanOut`` has a ``Host`` for each target. ``run`` gives each a task that waits for its turn, opens a
session where the host has none, runs the line and keeps what it wrote. A session stays open for the next line, and can
be taken over by a tab. Whatever happens to a host ends in its state and its ``problem``: none is lost, and none holds
the others up. It knows no screen: ``on_change`` is told that there is something new to show.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.errors import OpenCancelled, OpenError, PstuiError
from pstui.backends.psrp.invocation import Script
from pstui.backends.records import ErrorInfo, PipelineState, ProgressRecord, RunspaceState, Stream, Write
from pstui.tui.cli.error_text import error_text
from pstui.tui.fanout.board import Board
from pstui.tui.fanout.groups import by_answer, without_names
from pstui.tui.plain import plain_lines

#: hosts at once, as PowerShell has it
THROTTLE_LIMIT = 32
#: lines and characters that are kept of what a host writes; characters of its errors
MAX_LINES, MAX_TEXT, MAX_ERRORS = 5_000, 1 << 18, 1 << 16


class State(enum.Enum):
    """Where a host is; the value is the word that is shown."""

    WAITING = "waiting"
    OPENING = "connecting"
    RUNNING = "running"
    ASKING = "asking"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self in (State.DONE, State.FAILED, State.STOPPED)


@dataclass(eq=False, slots=True)
class Host:
    """One target: what it wrote last, and how it went. ``problem`` says in a row why it failed, empty otherwise."""

    name: str
    info: ConnectionInfo
    state: State = State.WAITING
    session: Any = None
    problem: str = ""
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left_out: int = 0
    #: whether a tab has its session now
    taken: bool = False
    task: asyncio.Task[None] | None = None
    size: int = 0
    #: ``output`` of one that is over: a thousand answers are too long to be joined each time the list is drawn
    _output: str | None = None

    @property
    def output(self) -> str:
        """What it wrote, without its errors."""
        if self._output is not None:
            return self._output
        more = [f"… {self.left_out} more lines"] if self.left_out else []
        text = "\n".join([*self.lines, *more]).strip("\n")
        if self.state.over:
            self._output = text
        return text

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line for line in reversed(self.lines[-50:]) if line.strip()), "")

    def begin(self) -> None:
        """Forget what was before."""
        self.state, self.problem, self.seconds, self.left_out, self.size = State.WAITING, "", 0.0, 0, 0
        self.lines, self.errors, self._output = [], [], None


class _HostConsole:
    """The console of one host: it keeps text within bounds, and takes questions to the board."""

    def __init__(self, host: Host, board: Board, width: int, changed: Callable[[], None]) -> None:
        self._host, self._board, self._changed = host, board, changed
        self.size = ConsoleSize(width, 50)
        self.backlog, self.rest = 0, 0.0
        self._pieces: list[str] = []
        self._column, self._errors = 0, MAX_ERRORS

    async def drained(self) -> None:
        """Nothing waits here."""

    def write(self, record: Write) -> None:
        """Keep a piece of text."""
        room = max(MAX_TEXT - self._host.size, 0)
        if record.text and room:
            self._pieces.append(record.text[:room])
            self._host.size += min(len(record.text), room)
        self._column += len(record.text)
        if not record.newline:
            return
        line, self._pieces, self._column = plain_lines("".join(self._pieces)), [], 0
        if record.stream is Stream.ERROR:
            self.error(line)
        elif len(self._host.lines) < MAX_LINES and room:
            self._host.lines.append(line)
        else:
            self._host.left_out += 1
        self._changed()

    def error(self, text: str) -> None:
        """Keep an error."""
        if self._errors > 0:
            self._host.errors.append(plain_lines(text, limit=MAX_ERRORS))
            self._errors -= len(text) + 1

    def finish(self) -> None:
        """End a line that was left open."""
        if self._pieces:
            self.write(Write(""))

    def progress(self, record: ProgressRecord) -> None:
        """Nothing: the state is shown."""

    def clear(self) -> None:
        """Nothing: what was written stays."""

    def set_title(self, title: str) -> None:
        """Nothing: there is no title."""

    def row(self) -> int:
        """There is no screen."""
        return 0

    def column(self) -> int:
        """Return the column of the line that is being written."""
        return self._column

    async def ask(self, question: Question) -> Secret:
        """Ask on the board. Raises QuestionCancelled."""
        host, before = self._host, self._host.state
        host.state = State.ASKING
        self._changed()
        try:
            return await self._board.ask(host.name, (host.name, host.info.computer_name, host.info.label), question)
        finally:
            if host.state is State.ASKING:
                host.state = before
            self._changed()

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """There are no single keys here."""
        raise QuestionCancelled("a key can be pressed only in a tab", nobody=True)


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that are told of together. ``is_most`` marks the answer that most of them gave."""

    state: State
    hosts: Sequence[Host]
    is_most: bool = False


class FanOut:
    """Hosts and their sessions. ``sessions`` makes these, ``prepared`` fetches passwords that have a source."""

    def __init__(
        self,
        targets: Sequence[tuple[str, ConnectionInfo]],
        sessions: Any,
        prepared: Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]],
        *,
        board: Callable[[Callable[[], int]], Board],
        on_change: Callable[[], None] = lambda: None,
        throttle: int = THROTTLE_LIMIT,
        width: int = 100,
    ) -> None:
        self.hosts = [Host(name, info) for name, info in targets]
        self._sessions, self._prepared, self._changed = sessions, prepared, on_change
        self.board = board(lambda: sum(not host.state.over for host in self.hosts))
        self._throttle, self._width = throttle, width
        self.line = ""
        self._script: Script | None = None
        #: when the line began, and when the last host was over; 0 before that
        self._began = self._ended = 0.0

    @property
    def seconds(self) -> float:
        """How long the last line has run, or has run so far."""
        return (self._ended or time.monotonic()) - self._began if self._began else 0.0

    @property
    def running(self) -> bool:
        """Whether a host is not over yet."""
        return any(host.task is not None and not host.task.done() for host in self.hosts)

    @property
    def failed(self) -> list[Host]:
        """The hosts that failed or were stopped."""
        return [host for host in self.hosts if host.state in (State.FAILED, State.STOPPED)]

    async def run(self, line: str, hosts: Sequence[Host] | None = None, script: Script | None = None) -> None:
        """Run a line, or a script in its place, on hosts, on all of them by default; returns when each is over.

        Raises CancelledError only.
        """
        wanted = [host for host in (self.hosts if hosts is None else hosts) if not host.taken]
        self.line, self._script = line, script
        gate = asyncio.Semaphore(self._throttle)
        self._began, self._ended = time.monotonic(), 0.0
        for host in wanted:
            host.begin()
            host.task = asyncio.create_task(self._one(host, line, gate))
        self._changed()
        try:
            await asyncio.gather(*(host.task for host in wanted if host.task is not None), return_exceptions=True)
        finally:
            self._ended = time.monotonic()
            self.board.forget()
            self._changed()

    async def _one(self, host: Host, line: str, gate: asyncio.Semaphore) -> None:
        console = _HostConsole(host, self.board, self._width, self._changed)
        began = 0.0
        try:
            async with gate:
                began = time.monotonic()
                await self._open(host, console)
                host.state = State.RUNNING
                self._changed()
                await self._invoke(host, line, console)
        except (OpenCancelled, asyncio.CancelledError):
            host.state, host.problem = State.STOPPED, "it was stopped"
        except PstuiError as error:
            _fail(host, _reason(host, error), error.text())
        except Exception as error:  # a fault of ours with one host must not take the others with it
            _fail(host, f"a fault of pstui: {type(error).__name__}", "")
        finally:
            console.finish()
            host.seconds = time.monotonic() - began if began else 0.0
            if host.state is not State.DONE and not _is_open(host):
                await asyncio.shield(self._let_go(host))
            self._changed()

    async def _open(self, host: Host, console: _HostConsole) -> None:
        if host.session is not None and _is_open(host):
            host.session.attach(console)
            return
        await self._let_go(host)
        host.state = State.OPENING
        self._changed()
        info = await self._prepared(host.info, console)
        host.session = self._sessions.create(info, console)
        await host.session.open()

    async def _invoke(self, host: Host, line: str, console: _HostConsole) -> None:
        session = host.session
        before = session.on_error

        def on_error(error: ErrorInfo) -> None:
            console.error(error_text(error))

        session.on_error = on_error
        try:
            if (script := self._script) is None:
                result = await session.invoke_script(line, console)
            else:
                result = await session.invoke_script(script.text, console, arguments=script.parameters)
        finally:
            session.on_error = before
            console.finish()
        if result.error is not None:
            console.error(error_text(result.error))
        if result.state is PipelineState.STOPPED:
            host.state, host.problem = State.STOPPED, "it was stopped"
        elif host.errors or result.state is not PipelineState.COMPLETED:
            _fail(host, (host.errors or ["it did not end well"])[0].strip().split("\n")[0], "")
        else:
            host.state = State.DONE

    async def _let_go(self, host: Host) -> None:
        session, host.session = host.session, None
        if session is not None:
            with contextlib.suppress(PstuiError):
                await self._sessions.remove(session)

    async def stop(self, host: Host) -> None:
        """Stop what runs on a host, or its opening; one that waits does not begin."""
        task = host.task
        if task is None or task.done():
            return
        if host.state is State.RUNNING:
            with contextlib.suppress(PstuiError):
                await host.session.stop()
                return
        task.cancel()

    async def stop_all(self) -> None:
        """Stop every host; what waits for its turn first, so that it does not begin."""
        for host in self.hosts:
            if host.state is State.WAITING:
                await self.stop(host)
        await asyncio.gather(*(self.stop(host) for host in self.hosts))

    async def close(self) -> None:
        """Stop everything, and close every session that no tab has taken."""
        for host in self.hosts:
            if host.task is not None:
                host.task.cancel()
        await asyncio.gather(*(host.task for host in self.hosts if host.task is not None), return_exceptions=True)
        await asyncio.gather(*(self._let_go(host) for host in self.hosts if not host.taken))

    def groups(self) -> list[Group]:
        """Return the hosts that are over: by their answers, the failures by their reasons, those that were stopped."""
        done = by_answer((host, host.output) for host in self.hosts if host.state is State.DONE)
        found = [Group(State.DONE, hosts, is_most=not number) for number, (hosts, _) in enumerate(done)]
        failed = by_answer((host, _common(host)) for host in self.hosts if host.state is State.FAILED)
        found += [Group(State.FAILED, hosts) for hosts, _ in failed]
        stopped = [host for host in self.hosts if host.state is State.STOPPED]
        return [*found, Group(State.STOPPED, stopped)] if stopped else found


def _is_open(host: Host) -> bool:
    return host.session is not None and host.session.state is RunspaceState.OPENED


def _fail(host: Host, problem: str, text: str) -> None:
    host.state, host.problem = State.FAILED, problem
    if text:
        host.errors.append(plain_lines(text, limit=MAX_ERRORS))


def _reason(host: Host, error: PstuiError) -> str:
    """Return in one row why a host failed: without its name, which stands beside it."""
    what = error.what.removeprefix(f"{host.info.label}: ").removeprefix(f"{host.info.computer_name}: ")
    is_vague = isinstance(error, OpenError) and error.why and "could not" in what
    return plain_lines(error.why if is_vague else what, limit=300).split("\n")[0]


def _common(host: Host) -> str:
    """Return the reason of a failure as other hosts may have it: without the host's own name."""
    return without_names(host.problem, (host.name, host.info.computer_name, host.info.label))
