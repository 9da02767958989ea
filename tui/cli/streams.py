"""Standard output and standard error, written by one thread so that a slow reader of them holds nobody up.

Standard input as the input of a remote pipeline: one object a line.

``--transcript FILE``: what the pane shows, as plain text, on disk the moment it is shown.

Where the text of a pane may go beside the screen.

Values of a pipeline as JSON, one a line.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import json
import math
import os
import queue
import re
import select
import stat
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from io import RawIOBase
from pathlib import Path
from typing import Any, Literal, Protocol

from pstui.backends.console import BACKLOG_LIMIT
from pstui.backends.errors import CallError

Where = Literal["out", "err"]

#: as many pieces as are joined into one write at most: large enough for a flood, small enough to stop soon
_BATCH = 2_000


class Output:
    """Takes text on the event loop and writes it in order, standard output and error in one queue.

    ``on_closed`` is called once on the loop when nobody reads standard output any longer, or when it cannot be
    written; ``failure`` then holds the error, and the rest is dropped.
    """

    def __init__(self, out: Any = None, err: Any = None, on_closed: Callable[[], None] | None = None) -> None:
        self._streams = {"out": out if out is not None else _raw(sys.stdout), "err": err or _raw(sys.stderr)}
        self.failure: OSError | None = None
        self.on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[Where, str] | None] = queue.SimpleQueue()
        self._given = 0  # counted on the loop
        self._written = 0  # counted by the thread
        self._room = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="pstui-output", daemon=True)
        self._thread.start()

    def put(self, where: Where, text: str) -> None:
        """Queue text for one of the two; returns at once."""
        self._given += 1
        self._queue.put((where, text))

    @property
    def backlog(self) -> int:
        """How many pieces were taken and are not yet written."""
        return self._given - self._written

    async def drained(self, limit: int = BACKLOG_LIMIT // 2) -> None:
        """Return when at most ``limit`` pieces are waiting."""
        while self.backlog > limit and self._thread.is_alive():
            self._room.clear()
            if self.backlog <= limit:
                return
            await self._room.wait()

    async def close(self) -> None:
        """Write what is left and end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            where, text = first
            parts, taken = [text], 1
            last: tuple[Where, str] | None = first
            while taken < _BATCH and not self._queue.empty():
                last = self._queue.get()
                if last is None:
                    break
                taken += 1
                if last[0] != where:
                    self._write(where, "".join(parts))
                    where, parts = last[0], []
                parts.append(last[1])
            self._write(where, "".join(parts))
            self._written += taken
            self._tell(self._room.set)
            if last is None:
                return

    def _write(self, where: Where, text: str) -> None:
        stream = self._streams[where]
        if stream is None or (where == "out" and self.failure is not None):
            return
        view = memoryview(text.encode("utf-8", "replace"))
        try:
            while view:
                written = stream.write(view)
                if written is None:  # a terminal that somebody left non-blocking, and it is full
                    select.select([], [stream], [])
                    continue
                view = view[written:]
        except OSError as error:
            self._streams[where] = None
            if where == "out":
                self.failure = error
                if self.on_closed is not None:
                    self._tell(self.on_closed)

    def _tell(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended first: nobody waits any longer
            self._loop.call_soon_threadsafe(callback)


def _raw(stream: Any) -> RawIOBase | None:
    """Return the unbuffered stream beneath one of Python's, or None where the process has none."""
    buffer = getattr(stream, "buffer", None)
    return getattr(buffer, "raw", buffer)


#: lines read ahead of the far end
_AHEAD = 1_000
_CHUNK = 64 * 1024
#: a line without an end is cut here, in bytes
_LINE_LIMIT = 16 * 1024 * 1024

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


async def lines(fd: int = 0) -> AsyncIterator[object]:
    """Yield the lines of a descriptor as text without their ends, read no further ahead than the far end follows."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    room = threading.BoundedSemaphore(_AHEAD)

    def hand_over(line: str | None) -> None:
        room.acquire()
        loop.call_soon_threadsafe(queue.put_nowait, line)

    # A daemon thread on the bare descriptor: a pipe that never ends must not keep the process from ending, and
    # Python's own buffered stdin may not be read by a thread that dies with the process.
    threading.Thread(target=_read, args=(fd, hand_over), name="pstui-stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        room.release()
        yield line


def _read(fd: int, hand_over: object) -> None:
    assert callable(hand_over)
    rest = b""
    first = True
    try:
        while True:
            try:
                chunk = os.read(fd, _CHUNK)
            except OSError:
                chunk = b""
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE_LIMIT or (not chunk and rest):
                whole, rest = [*whole, rest], b""
            for line in whole:
                hand_over(line.removesuffix(b"\r").decode("utf-8-sig" if first else "utf-8", "replace"))
                first = False
            if not chunk:
                hand_over(None)
                return
    except RuntimeError:
        return  # the loop ended: nobody takes input any longer


class TranscriptFile:
    """A sink of finished lines: UTF-8, one write a line, no buffer between a line and the disk.

    The file is made readable by its owner only. One that exists is appended to: emptying it would lose the work of
    another day. What cannot be opened is refused with CallError, before any session is opened; what fails later
    (a full disk) is told once through ``on_problem`` and kept in ``problem``, and the session goes on without.
    """

    def __init__(self, path: str | os.PathLike[str], on_problem: Callable[[str], None] | None = None) -> None:
        self.path = Path(path).expanduser()
        self.problem = ""
        self.on_problem = on_problem
        self._fd = self._open()
        self._end_last_line()

    def line(self, text: str) -> None:
        """Write one line. ``text`` is plain: whoever shows it has cleaned it; it holds no line end."""
        self._write(_encode(text) + b"\n")

    def close(self) -> None:
        """Close the file; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError as error:
                self._fail(error)

    def _open(self) -> int:
        # O_NONBLOCK: opening a pipe that nobody reads must fail, not wait.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            fd = os.open(self.path, flags, 0o600)
        except FileNotFoundError as error:
            raise CallError(
                f"--transcript: the folder {self.path.parent} does not exist", hint="Make it, or name another file."
            ) from error
        except OSError as error:
            raise CallError(
                f"--transcript: {self.path} cannot be written", f"{error.strerror}.", "Name another file."
            ) from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise CallError(
                f"--transcript: {self.path} is not an ordinary file",
                "A device or a pipe could hold the screen up.",
                "Name another file.",
            )
        return fd

    def _end_last_line(self) -> None:
        try:
            if self.path.stat().st_size == 0:
                return
            with self.path.open("rb") as existing:
                existing.seek(-1, os.SEEK_END)
                ended = existing.read(1) == b"\n"
        except OSError:  # not readable to us: appending is still possible
            return
        if not ended:
            self._write(b"\n")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._fd >= 0:
            try:
                view = view[os.write(self._fd, view) :]
            except OSError as error:
                self._fail(error)
                return

    def _fail(self, error: OSError) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):  # the first error says it already
                os.close(fd)
        if not self.problem:
            self.problem = f"The transcript {self.path} ends here: {error.strerror}. The session goes on without it."
            if self.on_problem is not None:
                self.on_problem(self.problem)


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs: join them where they fit, mark them where they do not
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


class TranscriptSink(Protocol):
    """Where the first session's text goes beside the screen."""

    def line(self, text: str) -> None:
        """Take one finished line, without its line end."""

    def close(self) -> None:
        """No more lines will come."""


#: characters that JSON allows bare and a terminal or a line reader does not
_ESCAPE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def named(value: object, computer: str) -> object:
    """Return a value with the PSComputerName it came from, as Invoke-Command notes it on each object.

    What has properties gets one more; everything else becomes the ``value`` of an object, as ConvertTo-Json writes it.
    """
    properties = dict(value) if isinstance(value, Mapping) else {"value": value}
    return {**properties, "PSComputerName": computer}


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
