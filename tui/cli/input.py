"""Standard input as the input of a remote pipeline: lines, JSON values or bytes, in batches.

How this works. A thread reads the bare descriptor and is never more than a few chunks ahead of the far end. Each chunk
becomes one ``Batch`` of values, which is sent together: so a hundred thousand lines cost a few hundred steps, and a
line that comes alone goes out alone. Where several targets read the same input, its bytes are kept in a temporary file
and each target reads them at its own pace.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Literal, Protocol

from pstui.backends.errors import PstuiError
from pstui.backends.records import Batch

#: what one value of the input is: a line of text, a JSON value, or a chunk of bytes
InputForm = Literal["lines", "json", "raw"]

_CHUNK = 64 * 1024
#: chunks read ahead of the far end
_AHEAD = 4
#: the longest line or JSON value, in bytes: what PowerShell takes as one object by default
MAX_VALUE = 200 * 1024 * 1024
#: so much of an input that several targets read is kept in memory, in bytes
_SPOOL = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
#: what may stand between JSON values, and what reads one
_BLANKS, _DECODER = re.compile(r"[ \t\r\n]*"), json.JSONDecoder()

_TAKES_INPUT = re.compile(r"\$(?:\{?(?:input|_|psitem)\b)|\bprocess\b|\bfilter\b|ValueFromPipeline", re.IGNORECASE)
_COMMAND_FIRST = re.compile(r"\s*[&.]?\s*([A-Za-z][\w.\\/:-]*)(?![\w(])")
_KEYWORDS = frozenset(
    (
        *("begin", "break", "class", "continue", "data", "do", "dynamicparam", "end", "enum", "exit", "for", "foreach"),
        *("function", "if", "param", "return", "switch", "throw", "trap", "try", "until", "using", "while"),
    )
)


def is_redirected() -> bool:
    """Tell whether standard input is something else than a terminal."""
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def may_take_input(script: str) -> bool:
    """Tell whether a script could use pipeline input at all.

    A script that cannot must not swallow the standard input of the shell loop it runs in, nor wait for its end: it
    names neither ``$input`` nor ``$_``, has no ``process`` block, and does not begin with a command.
    """
    if _TAKES_INPUT.search(script):
        return True
    first = _COMMAND_FIRST.match(script)
    return first is not None and first.group(1).lower() not in _KEYWORDS


async def read_input(form: InputForm, fd: int = 0) -> AsyncIterator[Batch]:
    """Yield the values of a descriptor in batches, read no further ahead than the far end follows."""
    async for batch in _batches(form, _chunks(fd)):
        yield batch


async def _batches(form: InputForm, chunks: AsyncGenerator[bytes]) -> AsyncIterator[Batch]:
    splitter = _SPLITTERS[form]()
    async with aclosing(chunks):
        async for chunk in chunks:
            if batch := splitter.feed(chunk):
                yield batch
    if batch := splitter.end():
        yield batch


async def _chunks(fd: int) -> AsyncGenerator[bytes]:
    """Yield what a descriptor holds, piece by piece, until its end; closed earlier, no more of it is read."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_AHEAD)
    closed = False

    def hand_over(chunk: bytes) -> bool:
        loop.call_soon_threadsafe(queue.put_nowait, chunk)
        room.acquire()
        return not closed

    # A daemon thread on the bare descriptor: a pipe that never ends must not keep the process from ending, and
    # Python's own buffered stdin may not be read by a thread that dies with the process.
    threading.Thread(target=_read, args=(fd, hand_over), name="pstui-stdin", daemon=True).start()
    try:
        while chunk := await queue.get():
            room.release()
            yield chunk
    finally:
        closed = True
        room.release()


def _read(fd: int, hand_over: Callable[[bytes], bool]) -> None:
    try:
        while True:
            try:
                chunk = os.read(fd, _CHUNK)
            except OSError:
                chunk = b""
            if not hand_over(chunk) or not chunk:
                return
    except RuntimeError:
        return  # the loop ended: nobody takes input any longer


class InputError(PstuiError):
    """The input cannot be sent as it was asked to be."""


class _Splitter(Protocol):
    """Makes values of chunks."""

    def feed(self, chunk: bytes) -> Batch: ...
    def end(self) -> Batch: ...


class _Lines:
    """One text a line, without its end; UTF-8, with or without a byte order mark."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._first = True

    def feed(self, chunk: bytes) -> Batch:
        head, newline, rest = chunk.partition(b"\n")
        if not newline:
            self._keep(chunk)
            return Batch()
        self._keep(head)
        *whole, last = rest.split(b"\n")
        lines = [b"".join(self._parts), *whole]
        self._parts, self._size = [], 0
        self._keep(last)
        return Batch(self._text(line) for line in lines)

    def end(self) -> Batch:
        rest, self._parts = b"".join(self._parts), []
        return Batch([self._text(rest)] if rest else ())

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MAX_VALUE:
            raise InputError(
                f"standard input has a line of more than {MAX_VALUE // 2**20} MiB",
                "Each line is sent as one object.",
                "Send bytes as they are with --input raw.",
            )
        if part:
            self._parts.append(part)

    def _text(self, line: bytes) -> str:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        return line.removesuffix(b"\r").decode("utf-8", "replace")


class _Json:
    """JSON values one after the other, with or without line ends between; the values of a list are sent one by one."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._open: list[str] = []
        self._size = self._tried = 0
        self._number = 0

    def feed(self, chunk: bytes) -> Batch:
        return Batch(value for line in self._lines.feed(chunk) for value in self._line(line))

    def end(self) -> Batch:
        values = [value for line in self._lines.end() for value in self._line(line)]
        if self._open:
            values += self._values("\n".join(self._open), last=True)
        return Batch(values)

    def _line(self, line: str) -> list[Any]:
        self._number += 1
        if not self._open and not line.strip():
            return []
        self._open.append(line)
        self._size += len(line)
        if self._size > MAX_VALUE:
            raise InputError(f"standard input has a JSON value of more than {MAX_VALUE // 2**20} MiB")
        # A value over many lines is read when it may have ended, not at each of its lines.
        closes = line.startswith(("}", "]"))
        if len(self._open) > 1 and not closes and self._size < 2 * self._tried:
            return []
        return self._values("\n".join(self._open), last=False)

    def _values(self, text: str, *, last: bool) -> list[Any]:
        """Read the values that a text holds; what only lacks its end is kept for the lines to come."""
        found: list[Any] = []
        place = _BLANKS.match(text, 0).end()  # type: ignore[union-attr]  # it matches anywhere
        self._open, self._size, self._tried = [], 0, 0
        while place < len(text):
            try:
                value, place = _DECODER.raw_decode(text, place)
            except json.JSONDecodeError as error:
                # What only lacks its end fails at the end of the text.
                if not last and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")):
                    self._open, self._size, self._tried = [text[place:]], len(text) - place, len(text) - place
                    break
                line = self._number - text.count("\n") + error.lineno - 1
                raise InputError(
                    "standard input is not JSON",
                    f"Line {line}: {error.msg}.",
                    "--input json takes one value after the other.",
                ) from None
            except RecursionError:
                raise InputError("standard input has a JSON value that is nested too deeply") from None
            found += [_object(item) for item in (value if isinstance(value, list) else [value])]
            place = _BLANKS.match(text, place).end()  # type: ignore[union-attr]  # it matches anywhere
        return found


def _object(value: Any) -> Any:
    """Return a JSON value as it is sent: its objects as PSCustomObjects, as ConvertFrom-Json makes them."""
    from pstui.backends.psrp.clixml import custom_object, outgoing  # loaded by now, with the session

    if isinstance(value, dict):
        return custom_object({key: _object(item) for key, item in value.items()})
    if isinstance(value, list):
        return [_object(item) for item in value]
    return outgoing(value)


class _Raw:
    """The bytes as they come, in chunks."""

    def feed(self, chunk: bytes) -> Batch:
        return Batch([chunk])

    def end(self) -> Batch:
        return Batch()


_SPLITTERS: dict[InputForm, type[_Lines | _Json | _Raw]] = {"lines": _Lines, "json": _Json, "raw": _Raw}


class SharedInput:
    """One input that each of several pipelines reads from its beginning, at its own pace."""

    def __init__(self, form: InputForm, fd: int = 0) -> None:
        import tempfile  # costs more than the rest of this module

        self._form = form
        self._source = _chunks(fd)
        self._kept = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115  it lives as long as the run
        self._size = 0
        self._ended = False
        self._turn = asyncio.Lock()

    async def items(self) -> AsyncIterator[Batch]:
        """Yield every value of the input, in batches."""
        async for batch in _batches(self._form, self._chunks()):
            yield batch

    async def _chunks(self) -> AsyncGenerator[bytes]:
        place = 0
        while True:
            async with self._turn:
                if place == self._size and not self._ended:
                    await self._fetch()
            if place == self._size and self._ended:
                return
            self._kept.seek(place)
            chunk = self._kept.read(_CHUNK)
            place += len(chunk)
            yield chunk

    async def _fetch(self) -> None:
        try:
            chunk = await anext(self._source)
        except StopAsyncIteration:
            self._ended = True
            return
        self._kept.seek(self._size)
        self._kept.write(chunk)
        self._size += len(chunk)
