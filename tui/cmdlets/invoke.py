"""Invoke-Command typed in pstui: on sessions that are open, or on ones that are opened for it and closed again.

What it writes is collected for each session and shown together, with the session's name where there are several.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from pstui.backends.binding.context import BoundCall
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, ConsoleSize, KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.records import Bounded, ProgressRecord, Record, SentObject, Stream, Write
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.error_text import error_text
from pstui.tui.cli.invoke import check
from pstui.tui.cmdlets.common_parameters import CmdletOutput
from pstui.tui.guard.asking import may_run
from pstui.tui.guard.guards import Guard, strictest
from pstui.tui.output.json_values import JsonFormat

#: most lines that are kept of what one session writes; the first ones
MAX_LINES = 1000
#: most characters of a line
_MAX_LINE = 1 << 14
#: most objects that are kept of what one session gives, and how deep each is looked into
MAX_OBJECTS, MAX_DEPTH = 1000, 8
#: most characters of a script's file
_MAX_SCRIPT = 4 << 20


class Collected:
    """A console that keeps the lines for one session; its questions are asked on another console."""

    def __init__(self, console: Console, width: int) -> None:
        self._console = console
        self.size = ConsoleSize(width, 50)
        self.backlog, self.rest = 0, 0.0
        self.said: list[tuple[bool, str]] = []
        self._pieces: list[str] = []
        self._column = self._left_out = 0

    async def drained(self) -> None:
        """Nothing waits here."""

    def write(self, record: Write) -> None:
        """Keep a piece of text."""
        if self._column < _MAX_LINE:
            self._pieces.append(record.text[:_MAX_LINE])
            self._column += len(record.text)
        if not record.newline:
            return
        if len(self.said) < MAX_LINES:
            self.said.append((record.stream is Stream.ERROR, "".join(self._pieces)[:_MAX_LINE]))
        else:
            self._left_out += 1
        self._pieces, self._column = [], 0

    def progress(self, record: ProgressRecord) -> None:
        """Nothing: the answer comes at once."""

    def clear(self) -> None:
        """Nothing: what a command has written stays."""

    def set_title(self, title: str) -> None:
        """Nothing: the far end does not name the window."""

    def row(self) -> int:
        """There is no screen."""
        return 0

    def column(self) -> int:
        """Return the column of the line that is being written."""
        return self._column

    async def ask(self, question: Question) -> Secret:
        """Ask on the other console."""
        return await self._console.ask(question)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        """There are no single keys here."""
        raise QuestionCancelled("a key cannot be read here", nobody=True)

    def outputs(self, heading: str) -> list[CmdletOutput]:
        """Return what was written: errors, and the text between them."""
        if self._pieces:
            self.write(Write(""))
        if self._left_out:
            self.said.append((False, f"… {self._left_out} more lines"))
        found = [CmdletOutput(heading)] if heading and self.said else []
        text: list[str] = []
        for is_error, line in [*self.said, (True, "")]:
            if not is_error:
                text.append(line)
                continue
            if text:
                found.append(CmdletOutput("\n".join(text).strip("\n")))
                text = []
            if line:
                found.append(CmdletOutput(line, "", True))
        return [each for each in found if each.text]


async def invoke(
    call: BoundCall, sessions: Sequence[PSSession], console: Console, width: int, *, as_objects: bool
) -> list[Any]:
    """Run the script of a call in sessions side by side; return what is said and, ``as_objects``, what it gave.

    Raises CallError for what cannot be done here. Cancelled, it stops the script everywhere.
    """
    check(call)
    if call.piped and call.values.get("InputObject") == ():
        return []  # no object comes through the pipe, so nothing runs
    script = await _script(call)

    async def one(session: PSSession) -> list[Any]:
        collected = Collected(console, width)
        objects = Bounded(MAX_OBJECTS)
        said: list[Any] = []
        before = session.on_error
        session.on_error = lambda error: collected.write(Write(error_text(error), stream=Stream.ERROR))
        try:
            result = await session.invoke_script(
                script,
                collected,
                arguments=tuple(call.values.get("ArgumentList") or ()),
                input=_input(call),
                out_default=not as_objects,
                on_object=objects.take if as_objects else None,
            )
        except PstuiError as error:
            said = [CmdletOutput(f"{session.name}: {error.text()}", error.error_id, True)]
        else:
            if result.error is not None:
                error_id = result.error.fully_qualified_error_id
                said = [CmdletOutput(result.error.message, error_id, True)]
        finally:
            session.on_error = before
        heading = f"{session.name} ({session.info.computer_name}):" if len(sessions) > 1 else ""
        found = [*collected.outputs(heading), *said]
        return [*found, *(_value(each, session.info.computer_name) for each in objects)]

    try:
        results = await asyncio.gather(*map(one, sessions))
    except asyncio.CancelledError:
        for session in sessions:
            with contextlib.suppress(PstuiError):
                await session.stop()
        raise
    return [each for found in results for each in found]


async def let_through(
    call: BoundCall,
    sessions: Sequence[PSSession],
    console: Console,
    guard_of: Callable[[ConnectionInfo], Guard | None],
) -> bool:
    """Return whether the guards of the sessions let a call run, asking where one holds it. Raises CallError."""
    guard = strictest(guard_of(session.info) for session in sessions)
    if guard is None:
        return True
    return await may_run(console, guard, await _script(call), "Invoke-Command", hosts=len(sessions))


async def _script(call: BoundCall) -> str:
    path = call.values.get("FilePath")
    if path is None:
        return str(call.values["ScriptBlock"])
    try:
        return (await asyncio.to_thread(Path(str(path)).read_bytes))[:_MAX_SCRIPT].decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "It is not UTF-8."
        raise CallError(f"-FilePath: {path} cannot be read", str(why)) from error


def _input(call: BoundCall) -> AsyncIterator[object] | None:
    given = call.values.get("InputObject")
    if given is None:
        return None

    async def each() -> AsyncIterator[object]:
        for value in given if call.piped and isinstance(given, list | tuple) else [given]:
            yield value

    return each()


def _value(value: SentObject, computer: str) -> Any:
    """Return an object of the far end as a value of a typed line."""
    pieces: list[str] = []
    try:
        JsonFormat(MAX_DEPTH).write(value, {}, pieces.append)
        plain = _bounded(json.loads("".join(pieces)), MAX_DEPTH)
    except (ValueError, RecursionError):
        return type(value).__name__
    return Record({**plain, "PSComputerName": computer}) if isinstance(plain, dict) else plain


def _bounded(value: Any, depth: int) -> Any:
    """Return a value without what lies too deep in it to be shown."""
    if isinstance(value, dict):
        return {key: _bounded(inner, depth - 1) for key, inner in value.items()} if depth else "…"
    if isinstance(value, list):
        return [_bounded(inner, depth - 1) for inner in value] if depth else "…"
    return value
