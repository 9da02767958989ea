"""``Invoke-Command`` without a screen: open, run, write what comes, close, and say in the exit code how it went."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.tui.cli import stdin as cli_stdin
from pstui.tui.cli.invoke_lines import LineConsole, SharedInput, with_passwords
from pstui.tui.cli.invoke_target import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_NO_SESSION, EXIT_OK, Script, Target
from pstui.tui.cli.output import Output
from pstui.tui.cli.terminal import Look, Sink, TerminalConsole

#: what shells report for a program whose output nobody reads any longer: 128 and the signal's number
EXIT_PIPE = 141
#: targets at once, as PowerShell has it
THROTTLE_LIMIT = 32


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of Invoke-Command: where, what, and how many at once.

    ``input`` is the pipeline's input; None takes it from standard input. ``ready`` fetches passwords with a source.
    """

    infos: Sequence[ConnectionInfo]
    script: Script
    input: Sequence[object] | None = None
    throttle: int = THROTTLE_LIMIT
    ready: Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]] | None = None


def run(invocation: Invocation, *, transcript: Sink | None = None, manager: Any = None) -> int:
    """Run one invocation to its end and return the exit code.

    With several targets it is 0 if all went well, 3 if no session could be opened, 1 if anything else failed.
    ``manager`` makes the sessions: a SessionManager unless a test brings its own.
    """
    return asyncio.run(_Run(invocation, transcript, manager).main())


_Input = AsyncIterator[object] | None


class _Run:
    def __init__(self, invocation: Invocation, transcript: Sink | None, manager: Any) -> None:
        self.invocation, self.transcript, self.manager = invocation, transcript, manager
        self.several = len(invocation.infos) > 1
        self.targets: list[Target] = []
        self.asking: asyncio.Task[list[ConnectionInfo]] | None = None
        self.helpers: set[asyncio.Task[None]] = set()
        self.code: int | None = None  # set by a signal or a closed output: it outweighs the pipelines' own

    async def main(self) -> int:
        self.output = Output(on_closed=self._output_closed)
        self.console = TerminalConsole(self.output, Look.of_process(), transcript=self.transcript)
        try:
            with self._signals():
                code = await self._all()
        finally:
            self.console.finish()
            await self.output.close()
        if self.code is None and self.output.failure is not None:
            print(f"pstui: standard output cannot be written ({self.output.failure.strerror})", file=sys.stderr)
            return EXIT_FAILED
        return code if self.code is None else self.code

    async def _all(self) -> int:
        manager = self.manager
        if manager is None:
            from pstui.backends.sessions.manager import SessionManager

            manager = SessionManager()
        self.asking = asyncio.ensure_future(self._with_passwords())
        try:
            infos = await self.asking
        except (OpenCancelled, QuestionCancelled, asyncio.CancelledError):
            return EXIT_INTERRUPTED
        gate = asyncio.Semaphore(self.invocation.throttle)
        source = self._source()
        codes = await asyncio.gather(*(self._one(manager, info, gate, source) for info in infos))
        without_password = len(self.invocation.infos) - len(infos)
        return outcome([*codes, *[EXIT_NO_SESSION] * without_password])

    async def _with_passwords(self) -> list[ConnectionInfo]:
        """Return the targets with the passwords that have a source; one whose source fails is told and left out."""
        infos, ready = list(self.invocation.infos), self.invocation.ready
        if ready is not None:
            wanted, infos = infos, []
            for info in wanted:
                try:
                    infos.append(await ready(info, self.console))
                except OpenCancelled:
                    raise
                except OpenError as error:
                    self.console.write(Write(f"pstui: {error.text()}", stream=Stream.ERROR))
        return await with_passwords(infos, self.console) if self.several else infos

    async def _one(
        self, manager: Any, info: ConnectionInfo, gate: asyncio.Semaphore, source: Callable[[], _Input]
    ) -> int:
        async with gate:
            if self.code is not None:
                return EXIT_INTERRUPTED
            console = LineConsole(self.console) if self.several else self.console
            session = manager.create(info, console)
            target = Target(session, info, self.invocation.script, console, self.output, several=self.several)
            self.targets.append(target)
            try:
                return await target.run(source())
            finally:
                if isinstance(console, LineConsole):
                    console.finish()

    def _source(self) -> Callable[[], _Input]:
        """Return what gives each target the input, from its beginning."""
        given = self.invocation.input
        if given is not None:
            return lambda: _values(given)
        if not (cli_stdin.is_redirected() and cli_stdin.may_take_input(self.invocation.script.text)):
            return lambda: None
        return SharedInput(cli_stdin.lines()).items if self.several else cli_stdin.lines

    # -- ends from outside -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        taken = []
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is None:
                continue
            try:
                loop.add_signal_handler(number, self._stop, 128 + number)
            except (NotImplementedError, RuntimeError, ValueError):
                continue  # Windows: asyncio turns Ctrl+C into the cancellation of main()
            taken.append(number)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

    def _stop(self, code: int) -> None:
        """End what runs, in the orderly way; the second time at once."""
        if self.code is not None:
            os._exit(code)
        self.code = code
        if self.asking is not None:
            self.asking.cancel()
        self._stop_targets(give_up=True)

    def _output_closed(self) -> None:
        if isinstance(self.output.failure, BrokenPipeError) and self.code is None:
            self._stop(EXIT_PIPE)
        elif self.code is None:
            self._stop_targets(give_up=False)

    def _stop_targets(self, *, give_up: bool) -> None:
        for target in self.targets:
            task = asyncio.ensure_future(target.stop(give_up=give_up))
            self.helpers.add(task)
            task.add_done_callback(self.helpers.discard)


def outcome(codes: Sequence[int]) -> int:
    """Return the exit code of several targets from theirs."""
    if len(set(codes)) == 1:
        return codes[0]
    return EXIT_FAILED if any(codes) else EXIT_OK


async def _values(given: Sequence[object]) -> AsyncIterator[object]:
    for value in given:
        yield value
