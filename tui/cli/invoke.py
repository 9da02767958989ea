"""Invoke-Command without a screen: open, run, write what comes, close, and say in the exit code how it went.

How this works: ``invoke`` makes an ``Invocation`` of the bound call. ``_Run`` has what its targets share (the output,
the console, the input, the passwords asked once) and runs as many at once as the throttle limit allows, each a
``Target`` with a session of its own. A signal, or an output that nobody reads any longer, stops all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pstui.backends.binding.context import BoundCall
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import CallError, OpenCancelled, OpenError, PstuiError
from pstui.backends.records import ErrorInfo, PipelineState, SentObject, Stream, Write
from pstui.tui.cli.console import LineConsole, Look, Sink, TerminalConsole, with_passwords
from pstui.tui.cli.streams import Output, SharedInput, is_redirected, lines, may_take_input
from pstui.tui.output.writer import ObjectWriter, object_writer
from pstui.tui.profiles.reading import Profiles

_ID = "System.InvalidOperationException,Microsoft.PowerShell.Commands.InvokeCommandCommand"
#: parameters that need what a call without a screen does not have: why, and what to do
_NOT_HERE = {
    "AsJob": ("A call from a shell has no jobs.", "Leave it out, and let the shell run pstui in the background: … &"),
    "JobName": ("A call from a shell has no jobs.", "Leave it out, and let the shell run pstui in the background: … &"),
    "InDisconnectedSession": (
        "A call from a shell waits for its script.",
        "Open the session in the screen, start the script there and disconnect: pstui -ComputerName NAME",
    ),
    "RemoteDebug": (
        "A call from a shell has no debugger.",
        "Set the breakpoint in a session of the screen: pstui Enter-PSSession …",
    ),
}


def invoke(
    infos: Sequence[ConnectionInfo], call: BoundCall, as_json: bool, transcript: str | None, profiles: Profiles
) -> int:
    """Run Invoke-Command, which ``check`` has let pass, on its targets; return the exit code. Raises CallError."""
    from pstui.tui.cli.transcript_file import TranscriptFile
    from pstui.tui.profiles.vault import Vault

    values = call.values
    script = Script(
        _text(call),
        tuple(values.get("ArgumentList") or ()),
        as_json,
        named=len(infos) > 1 and not values.get("HideComputerName"),
        verbose=call.verbose,
    )
    limit = int(values.get("ThrottleLimit") or 0)
    limit = limit if limit > 0 else THROTTLE_LIMIT
    vault = Vault(lambda: profiles.configuration.credentials)
    invocation = Invocation(infos, script, _input(values), limit, vault.ready)
    if transcript is None:
        return run(invocation)
    sink = TranscriptFile(transcript)
    try:
        return run(invocation, transcript=sink)
    finally:
        sink.close()
        if sink.problem:
            print(f"pstui: {sink.problem}", file=sys.stderr)


def check(call: BoundCall) -> None:
    """Refuse what cannot be done without a screen, and what Invoke-Command refuses itself. Raises CallError."""
    values = call.values
    if "SessionName" in values and not values.get("InDisconnectedSession"):
        what = "Invoke-Command: -SessionName goes with -InDisconnectedSession only"
        raise CallError(what, "", "Leave it out.", error_id=_ID)
    for name, (why, hint) in _NOT_HERE.items():
        if values.get(name):
            raise CallError(f"Invoke-Command: -{name} cannot be used here", why, hint)


def _input(values: Any) -> Sequence[object] | None:
    given = values.get("InputObject")
    if given is None:
        return None
    return list(given) if isinstance(given, list | tuple) else [given]


def _text(call: BoundCall) -> str:
    path = call.values.get("FilePath")
    if path is None:
        return str(call.values["ScriptBlock"])
    try:
        return Path(str(path)).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not UTF-8."
        raise CallError(f"-FilePath: {path} cannot be read", str(why)) from error


EXIT_OK, EXIT_FAILED, EXIT_NO_SESSION = 0, 1, 3
#: what shells report for a program ended by a signal: 128 and its number
EXIT_INTERRUPTED = 130


class Result(Protocol):
    """What the engine says about a pipeline that has ended."""

    @property
    def state(self) -> PipelineState: ...
    @property
    def error(self) -> ErrorInfo | None: ...


@dataclass(frozen=True, slots=True)
class Script:
    """What runs on a target. ``json`` asks for objects instead of text; ``named`` puts PSComputerName on each."""

    text: str
    arguments: tuple[object, ...] = ()
    json: bool = False
    named: bool = False
    verbose: bool = False


class Target:
    """A session that is opened for one script. ``several`` says that errors must name the target."""

    def __init__(
        self,
        session: Any,
        info: ConnectionInfo,
        script: Script,
        console: Console,
        writer: ObjectWriter | None,
        *,
        several: bool,
    ) -> None:
        self._session, self._info, self._script = session, info, script
        self._console, self._writer, self._several = console, writer, several
        self._opening: asyncio.Task[None] | None = None
        self._running: asyncio.Task[Result] | None = None
        self._unwanted = False
        if script.verbose:
            session.on_step = self._step

    async def run(self, source: AsyncIterator[object] | None) -> int:
        """Open the session, run the script, close the session; return the exit code."""
        try:
            if self._unwanted:
                return EXIT_INTERRUPTED
            self._opening = asyncio.ensure_future(self._session.open())
            await self._opening
        except (OpenCancelled, asyncio.CancelledError):
            await self._session.close()
            return EXIT_INTERRUPTED
        except OpenError as error:
            self._say(error)
            await self._session.close()
            return EXIT_NO_SESSION
        try:
            return await self._run(source)
        finally:
            await self._session.close()

    async def _run(self, source: AsyncIterator[object] | None) -> int:
        script = self._script
        self._running = asyncio.ensure_future(
            self._session.invoke_script(
                script.text,
                self._console,
                arguments=script.arguments,
                input=source,
                out_default=self._writer is None,
                on_object=self._object if self._writer is not None else None,
            )
        )
        if self._unwanted:  # interrupted in the moment between opening and running
            self._running.cancel()
        try:
            result = await self._running
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
        except PstuiError as error:
            self._say(error)
            return EXIT_FAILED
        if result.state is PipelineState.COMPLETED:
            return EXIT_OK
        if result.error is not None and not self._unwanted:
            label = f"[{self._info.label}] " if self._several else ""
            self._console.write(Write(f"{label}Error: {result.error.message}", stream=Stream.ERROR))
        return EXIT_FAILED

    async def stop(self, *, give_up: bool) -> None:
        """Stop the script; ``give_up`` also ends an opening, and what has not begun does not begin."""
        self._unwanted = self._unwanted or give_up
        if self._running is not None:
            try:
                await self._session.stop()
            except Exception:  # the stop itself failed: do not wait for its effect
                self._running.cancel()
        elif give_up and self._opening is not None:
            self._opening.cancel()

    def _object(self, sent: SentObject) -> None:
        assert self._writer is not None
        self._writer.write(sent, {"PSComputerName": self._info.computer_name} if self._script.named else None)

    def _say(self, error: PstuiError) -> None:
        for line in f"pstui: {error.text()}".split("\n"):
            self._console.write(Write(line, stream=Stream.ERROR))

    def _step(self, name: str, detail: str) -> None:
        text = f"VERBOSE: {self._info.label}: {name} {detail}".rstrip()
        self._console.write(Write(text, stream=Stream.VERBOSE))


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
        self.writer: ObjectWriter | None = None
        self.code: int | None = None  # set by a signal or a closed output: it outweighs the pipelines' own

    async def main(self) -> int:
        self.output = Output(on_closed=self._output_closed)
        if self.invocation.script.json:
            self.writer = object_writer("json", self.output.put)
        self.console = TerminalConsole(self.output, Look.of_process(), transcript=self.transcript)
        try:
            with self._signals():
                code = await self._all()
        finally:
            self.console.finish()
            if self.writer is not None:
                self.writer.close()
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
            target = Target(session, info, self.invocation.script, console, self.writer, several=self.several)
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
        if not (is_redirected() and may_take_input(self.invocation.script.text)):
            return lambda: None
        return SharedInput(lines()).items if self.several else lines

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
