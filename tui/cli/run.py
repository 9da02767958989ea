"""A run of Invoke-Command: its targets side by side, what they share, and the ways to end it from outside.

How this works. ``run`` makes a ``_Run`` of an ``Invocation``. It has what the targets share (the output, the console,
the input, the passwords asked once) and runs as many at once as the throttle allows, each a ``Target`` with a session
of its own. A signal, the time limit, or an output that nobody reads any longer, stops all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pstui.backends.connection import LISTED_AS, ConnectionInfo
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.records import Stream, Write
from pstui.tui.cli.blocks import Blocks
from pstui.tui.cli.console import Look, Sink, TerminalConsole, with_passwords
from pstui.tui.cli.exit_codes import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NO_SESSION,
    EXIT_OK,
    EXIT_PIPE,
    EXIT_TIMEOUT,
    outcome,
)
from pstui.tui.cli.input import InputForm, SharedInput, is_redirected, may_take_input, read_input
from pstui.tui.cli.interrupts import signals_taken
from pstui.tui.cli.streams import Output
from pstui.tui.cli.target import Script, Target
from pstui.tui.output.writer import DEPTH, ObjectWriter, object_writer

if TYPE_CHECKING:
    from pstui.tui.output.records import RecordWriter

#: how the output is written: as text, or its objects in one of these
Form = Literal["text", "json", "csv", "clixml", "json-streams"]
#: targets at once, as PowerShell has it
THROTTLE_LIMIT = 32


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of Invoke-Command: where, what, and how many at once.

    ``input`` is the pipeline's input; None takes it from standard input, as ``input_form`` says. ``ready`` fetches
    passwords with a source. ``heads`` puts the name of a target before what it formats, where there are several.
    ``timeout`` is in seconds. ``gather`` keeps the text until the end: that of several targets once (``group``), or
    what differs (``diff``). ``prepare`` returns the script once what it lacks was asked for.
    """

    infos: Sequence[ConnectionInfo]
    script: Script
    input: Sequence[object] | None = None
    throttle: int = THROTTLE_LIMIT
    ready: Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]] | None = None
    form: Form = "text"
    depth: int = DEPTH
    input_form: InputForm | None = None
    heads: bool = True
    timeout: float | None = None
    gather: Literal["", "group", "diff"] = ""
    prepare: Callable[[Console], Awaitable[Script]] | None = None


def run(invocation: Invocation, *, transcript: Sink | None = None, manager: Any = None) -> int:
    """Run one invocation to its end and return the exit code.

    ``manager`` makes the sessions: a SessionManager unless a test brings its own.
    """
    return asyncio.run(running(invocation, transcript=transcript, manager=manager))


async def running(invocation: Invocation, *, transcript: Sink | None = None, manager: Any = None) -> int:
    """Do what ``run`` does, in the loop that runs already."""
    return await _Run(invocation, transcript, manager).main()


_Input = AsyncIterator[object] | None


class _Run:
    def __init__(self, invocation: Invocation, transcript: Sink | None, manager: Any) -> None:
        self.invocation, self.transcript, self.manager = invocation, transcript, manager
        self.several = len(invocation.infos) > 1
        self.names = Counter(info.computer_name for info in invocation.infos)
        self.targets: list[Target] = []
        self.asking: asyncio.Task[list[ConnectionInfo]] | None = None
        self.helpers: set[asyncio.Task[None]] = set()
        self.writer: ObjectWriter | None = None
        self.records: RecordWriter | None = None
        self.code: int | None = None  # set by a signal or a closed output: it outweighs the pipelines' own

    async def main(self) -> int:
        self.output = Output(on_closed=self._output_closed)
        form = self.invocation.form
        if form != "text" and form != "json-streams":
            self.writer = object_writer(form, self.output.put, self.invocation.depth)
        self.console = TerminalConsole(self.output, Look.of_process(), transcript=self.transcript)
        self.blocks = self._blocks()
        try:
            with signals_taken(self._stop), self._time_limit():
                code = await self._all()
        finally:
            self.console.finish()
            for writer in (self.writer, self.records):
                if writer is not None:
                    writer.close()
            await self.output.close()
        return self._final(code)

    def _final(self, code: int) -> int:
        if self.code is not None:
            return self.code
        if self.output.failure is not None:
            print(f"pstui: standard output cannot be written ({self.output.failure.strerror})", file=sys.stderr)
            return EXIT_FAILED
        lost = any(writer is not None and writer.lost for writer in (self.writer, self.records))
        return EXIT_FAILED if lost and code == EXIT_OK else code

    async def _all(self) -> int:
        manager = self.manager
        if manager is None:
            from pstui.backends.sessions.manager import SessionManager

            manager = self.manager = SessionManager()
        if self.invocation.form == "json-streams":
            from pstui.backends.transports import registry

            records = await registry.loaded("pstui.tui.output.records")
            self.records = records.RecordWriter(self.output.put, self.invocation.depth)
        self.asking = asyncio.ensure_future(self._with_passwords())
        try:
            infos = await self.asking
        except (OpenCancelled, QuestionCancelled, asyncio.CancelledError):
            return EXIT_INTERRUPTED
        gate = asyncio.Semaphore(self.invocation.throttle)
        source = self._source()
        codes = [*await asyncio.gather(*(self._one(manager, info, gate, source) for info in infos))]
        without_password = len(self.invocation.infos) - len(infos)
        codes += [EXIT_NO_SESSION] * without_password
        if self.invocation.gather:
            self.blocks.finish()
        if (self.several or self.invocation.gather) and self.code is None:
            self._tell_failures(codes, without_password + sum(target.refused for target in self.targets))
        return outcome(codes)

    def _blocks(self) -> Blocks:
        if not self.invocation.gather:
            return Blocks(self.console, heads=self.invocation.heads)
        from pstui.tui.cli.gathered import Gathering

        return Gathering(self.console, diff=self.invocation.gather == "diff")

    def _tell_failures(self, codes: Sequence[int], closed: int) -> None:
        if failed := sum(code != EXIT_OK for code in codes):
            text = f"pstui: {failed} of {len(codes)} targets failed"
            text += f", {closed} without a session" if closed else ""
            self.console.write(Write(text, stream=Stream.ERROR))

    async def _with_passwords(self) -> list[ConnectionInfo]:
        """Return the targets with the passwords that have a source; one whose source fails is told and left out."""
        infos, ready = list(self.invocation.infos), self.invocation.ready
        if self.invocation.prepare is not None:
            self.invocation = replace(self.invocation, script=await self.invocation.prepare(self.console))
        if ready is not None:
            wanted, infos = infos, []
            for info in wanted:
                try:
                    infos.append(await ready(info, self.console))
                except OpenCancelled:
                    raise
                except OpenError as error:
                    self.console.write(Write(f"pstui: {error.text()}", stream=Stream.ERROR))
        check = getattr(self.manager, "check", None)
        return await with_passwords(infos, self.console, check) if self.several else infos

    async def _one(
        self, manager: Any, info: ConnectionInfo, gate: asyncio.Semaphore, source: Callable[[], _Input]
    ) -> int:
        async with gate:
            if self.code is not None:
                return EXIT_INTERRUPTED
            own = info.profile or str(info.settings.get(LISTED_AS, ""))
            name = own or (info.label if self.names[info.computer_name] > 1 else info.computer_name)
            console = self.blocks.of(name) if self.several or self.invocation.gather else None
            session = manager.create(info, console or self.console)
            stream = None if self.records is None else self.records.of(info.computer_name)
            target = Target(
                session,
                info,
                self.invocation.script,
                console or self.console,
                self.writer or stream,
                name=name if self.several else "",
                sink=stream,
            )
            self.targets.append(target)
            try:
                return await target.run(source())
            finally:
                if console is not None:
                    console.finish()

    def _source(self) -> Callable[[], _Input]:
        """Return what gives each target the input, from its beginning."""
        given = self.invocation.input
        if given is not None:
            return lambda: _values(given)
        form = self.invocation.input_form
        if not is_redirected() or (form is None and not may_take_input(self.invocation.script.text)):
            return lambda: None
        if not self.several:
            return lambda: read_input(form or "lines")
        return SharedInput(form or "lines").items

    # -- ends from outside -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _time_limit(self) -> Iterator[None]:
        limit = self.invocation.timeout
        timer = None if limit is None else asyncio.get_running_loop().call_later(limit, self._time_is_up, limit)
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()

    def _time_is_up(self, limit: float) -> None:
        if self.code is None:
            self.console.write(Write(f"pstui: the time limit of {limit:g} s has passed", stream=Stream.ERROR))
            self._stop(EXIT_TIMEOUT)

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


async def _values(given: Sequence[object]) -> AsyncIterator[object]:
    for value in given:
        yield value
