"""One target of Invoke-Command: open, run, close; how it went is an exit code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.errors import OpenCancelled, OpenError, PstuiError
from pstui.backends.records import ErrorInfo, PipelineState, Stream, Write
from pstui.tui.cli.invoke_json import named, to_json
from pstui.tui.cli.output import Output

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
        self, session: Any, info: ConnectionInfo, script: Script, console: Console, output: Output, *, several: bool
    ) -> None:
        self._session, self._info, self._script = session, info, script
        self._console, self._output, self._several = console, output, several
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
                out_default=not script.json,
                on_output=self._object if script.json else None,
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

    def _object(self, value: object) -> None:
        if self._script.named:
            value = named(value, self._info.computer_name)
        self._output.put("out", to_json(value) + "\n")

    def _say(self, error: PstuiError) -> None:
        for line in f"pstui: {error.text()}".split("\n"):
            self._console.write(Write(line, stream=Stream.ERROR))

    def _step(self, name: str, detail: str) -> None:
        text = f"VERBOSE: {self._info.label}: {name} {detail}".rstrip()
        self._console.write(Write(text, stream=Stream.VERBOSE))
