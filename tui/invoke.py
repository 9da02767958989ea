"""``Invoke-Command`` without a screen: open, run, write what comes, close, and say in the exit code how it went."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import json
import math
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenCancelled, OpenError, PstuiError
from pstui.backends.records import ErrorInfo, PipelineState, Stream, Write
from pstui.tui import cli_stdin
from pstui.tui.cli_output import Output
from pstui.tui.terminal import Look, Sink, TerminalConsole

EXIT_OK, EXIT_FAILED, EXIT_CALL, EXIT_NO_SESSION = 0, 1, 2, 3
#: what shells report for a program ended by a signal: 128 and its number
EXIT_INTERRUPTED, EXIT_PIPE = 130, 141

#: characters that JSON allows bare and a terminal or a line reader does not
_ESCAPE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of Invoke-Command: where, what, with which arguments; ``json`` asks for objects instead of text."""

    info: ConnectionInfo
    script: str
    arguments: Sequence[object] = field(default_factory=tuple)
    json: bool = False


class Result(Protocol):
    """What the engine says about a pipeline that has ended."""

    @property
    def state(self) -> PipelineState: ...
    @property
    def error(self) -> ErrorInfo | None: ...


def run(invocation: Invocation, *, transcript: Sink | None = None, manager: Any = None) -> int:
    """Run one invocation to its end and return the exit code.

    ``manager`` makes the session: a SessionManager unless a test brings its own.
    """
    return asyncio.run(_Run(invocation, transcript, manager).main())


class _Run:
    def __init__(self, invocation: Invocation, transcript: Sink | None, manager: Any) -> None:
        self.invocation, self.transcript, self.manager = invocation, transcript, manager
        self.session: Any = None
        self.opening: asyncio.Task[None] | None = None
        self.running: asyncio.Task[Result] | None = None
        self.helpers: set[asyncio.Future[object]] = set()
        self.code: int | None = None  # set by a signal or a closed output: it outweighs the pipeline's own

    async def main(self) -> int:
        self.output = Output(on_closed=self._output_closed)
        self.console = TerminalConsole(self.output, Look.of_process(), transcript=self.transcript)
        try:
            with self._signals():
                code = await self._session()
        finally:
            self.console.finish()
            await self.output.close()
        if self.code is None and self.output.failure is not None:
            print(f"pstui: standard output cannot be written ({self.output.failure.strerror})", file=sys.stderr)
            return EXIT_FAILED
        return code if self.code is None else self.code

    async def _session(self) -> int:
        manager = self.manager
        if manager is None:
            from pstui.backends.session import SessionManager

            manager = SessionManager()
        try:
            self.session = manager.create(self.invocation.info, self.console)
            self.opening = asyncio.ensure_future(self.session.open())
            await self.opening
        except (OpenCancelled, asyncio.CancelledError):
            await self._close()
            return EXIT_INTERRUPTED
        except OpenError as error:
            self._say(error)
            await self._close()
            return EXIT_NO_SESSION
        try:
            return await self._script()
        finally:
            await self._close()

    async def _script(self) -> int:
        call = self.invocation
        self.running = asyncio.ensure_future(
            self.session.invoke_script(
                call.script,
                self.console,
                arguments=call.arguments,
                input=self._input(),
                out_default=not call.json,
                on_output=self._object if call.json else None,
            )
        )
        if self.code is not None:  # interrupted in the moment between opening and running
            self.running.cancel()
        try:
            result = await self.running
        except asyncio.CancelledError:
            return EXIT_INTERRUPTED
        except PstuiError as error:
            self._say(error)
            return EXIT_FAILED
        if result.state is PipelineState.COMPLETED:
            return EXIT_OK
        if result.error is not None and self.code is None:
            self.console.write(Write(f"Error: {result.error.message}", stream=Stream.ERROR))
        return EXIT_FAILED

    def _input(self) -> AsyncIterator[object] | None:
        if cli_stdin.is_redirected() and cli_stdin.may_take_input(self.invocation.script):
            return cli_stdin.lines()
        return None

    def _object(self, value: object) -> None:
        self.output.put("out", to_json(value) + "\n")

    def _say(self, error: PstuiError) -> None:
        for line in f"pstui: {error.text()}".split("\n"):
            self.console.write(Write(line, stream=Stream.ERROR))

    async def _close(self) -> None:
        if self.session is not None:
            await self.session.close()

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
        if self.running is not None:
            self._in_background(self.session.stop())
        elif self.opening is not None:
            self.opening.cancel()

    def _output_closed(self) -> None:
        if isinstance(self.output.failure, BrokenPipeError) and self.code is None:
            self._stop(EXIT_PIPE)
        elif self.code is None and self.running is not None:
            self._in_background(self.session.stop())

    def _in_background(self, awaitable: Awaitable[object] | Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(awaitable)
        self.helpers.add(task)
        task.add_done_callback(self._helper_done)

    def _helper_done(self, task: asyncio.Future[object]) -> None:
        self.helpers.discard(task)
        if not task.cancelled() and task.exception() is not None and self.running is not None:
            self.running.cancel()  # the stop itself failed: do not wait for its effect


def to_json(value: object) -> str:
    """Return one value as JSON on one line, free of what would act on a terminal or break the line."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain_value)
    except (TypeError, ValueError):  # NaN and infinity, or a key that is neither text nor number: JSON has none of them
        text = json.dumps(_speakable(value), ensure_ascii=False, default=_plain_value)
    return _ESCAPE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _speakable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _speakable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_speakable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _plain_value(value: object) -> object:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
