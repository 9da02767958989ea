"""Files of a far end that has a PowerShell session and no SFTP: WinRM, containers, named pipes, virtual machines.

How this works. One pipeline runs for as long as the files are used; ``pipeline.ps1`` is its script. Requests go in as
the pipeline's input and are answered in order, so many can be on their way at once: ``_Waiting`` has what each waits
for. What a file holds travels as byte arrays in pieces that fill the transport's packets; the far end acknowledges each
MiB it has written, and no more than ``WINDOW`` bytes are on their way: it would keep what it cannot write in memory.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote

from pstui.backends.console import Console
from pstui.backends.errors import PstuiError, SessionBroken, SessionStateError
from pstui.backends.files.base import ALL_TIMES, MAX_ENTRIES, Entry, FileError, Kind, Pieces, Reason, Settled, Space
from pstui.backends.files.local import too_many
from pstui.backends.files.names import POSIX, WINDOWS
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.psrp.limits import WHOLE
from pstui.backends.psrp.pipeline import PipelineResult
from pstui.backends.records import PipelineState, SentObject
from pstui.backends.sessions.demo_endpoint import FILE_REQUESTS, is_demo
from pstui.backends.sessions.session import PSSession
from pstui.backends.timeouts import timeout

#: bytes that may be on their way to a file there without being acknowledged
WINDOW = 4 * 1024 * 1024
#: bytes asked for at once, and requests for a file's content at once
READ, READS = 1024 * 1024, 3
#: what stands around a byte array's base64 in one packet: fragment and message headers, the tags
_AROUND = 128
#: least bytes of one array: each costs the far end a turn of its pipeline (protocol-notes 3.15)
_LEAST_PIECE = 768 * 1024
#: 100 ns units in a second, as PowerShell counts time
_TICKS = 10_000_000
_TEXT = re.compile(rb"<S>([^<]*)</S>")
_BYTES = re.compile(rb"<BA>([^<]*)</BA>")
_KINDS = {"file": Kind.FILE, "folder": Kind.FOLDER, "link": Kind.LINK}
_MISSING = "The endpoint allows it in language mode {} only what needs no script; files need FullLanguage."


@lru_cache(maxsize=1)
def script() -> str:
    """Return the far end's part, without its comments."""
    text = Path(__file__).with_suffix(".ps1").read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in text.splitlines() if not line.lstrip().startswith("#"))


class _Waiting:
    """One request: the rows that came for it, and its end."""

    def __init__(self, most: int) -> None:
        self.rows: list[str] = []
        self.data = b""
        self.most = most
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class PipelineFiles:
    """The files that a session reaches. Made by ``open_pipeline``."""

    lanes = 1
    digests_from = 0
    times = ALL_TIMES

    def __init__(self, session: PSSession, on_close: Callable[[], Awaitable[None]] | None) -> None:
        self.label = session.info.label
        self.way = f"PowerShell over {session.transport}"
        self.names, self.here, self.version = POSIX, "/", ""
        self._session, self._on_close = session, on_close
        self._input: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._requests: deque[_Waiting] = deque()
        self._hello: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[PipelineResult] | None = None
        self._lost: FileError | None = None
        self._writing = asyncio.Lock()
        self._unacknowledged = 0
        self._acknowledged = asyncio.Event()
        self._write_failure: FileError | None = None
        packet = session.pool.transport.max_payload if session.pool is not None else 32768
        piece = (packet - _AROUND) * 3 // 4
        self._piece = piece * max(1, -(-_LEAST_PIECE // piece))

    async def begin(self) -> None:
        """Start the pipeline. Raises FileError where the far end does not allow it."""
        demo = is_demo(self._session.application_private_data)
        call = Call(FILE_REQUESTS) if demo else Call(script(), is_script=True, local_scope=True)
        invocation = Invocation(((call,),), no_input=False)
        running = self._session.run(invocation, on_object=self._take, source=self._source(), limits=WHOLE)
        self._task = asyncio.ensure_future(running)
        self._task.add_done_callback(self._ended)
        hello = await self._hello
        if len(hello) < 4:
            await self.close()
            raise self._restricted(hello[0] if hello else "")
        self.version, self.here, home = hello[2], unquote(hello[3]), unquote("".join(hello[4:5]))
        self.names = replace(WINDOWS if hello[1] == "1" else POSIX, home=home)

    # -- what a FileSystem does --------------------------------------------------------------------------------

    async def stat(self, path: str, *, follow: bool = True) -> Entry | None:
        try:
            rows = (await self._ask("cannot be looked at", "stat", path, "1" if follow else "0")).rows
        except FileError as error:
            if error.reason is Reason.MISSING:  # a link that leads nowhere
                return None
            raise
        return self._entry(rows[0]) if rows else None

    async def entries(self, path: str) -> list[Entry]:
        return list(map(self._entry, (await self._ask("cannot be listed", "list", path, most=MAX_ENTRIES)).rows))

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        what = "cannot be read"
        running: deque[asyncio.Task[_Waiting]] = deque()
        at, end = offset, offset + length
        try:
            while running or at < end:
                while at < end and len(running) < READS:
                    size = min(READ, end - at)
                    running.append(asyncio.ensure_future(self._ask(what, "read", path, str(at), str(size))))
                    at += size
                data = (await running.popleft()).data
                if not data:
                    return
                yield data
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)
            with suppress(FileError):
                await self._ask(what, "unread", path)

    async def write(
        self, path: str, offset: int, pieces: Pieces, *, mode: int | None = None, settled: Settled | None = None
    ) -> None:
        what = "cannot be written"
        async with self._writing:
            self._unacknowledged, self._write_failure = 0, None
            bits = "" if mode is None or offset else str(mode & 0o777 | 0o600)
            await self._ask(what, "write", path, str(offset), bits)
            try:
                async for piece in self._cut(pieces):
                    while self._unacknowledged > WINDOW and self._write_failure is None:
                        self._acknowledged.clear()
                        await self._acknowledged.wait()
                    if self._write_failure is not None:
                        raise self._of(self._write_failure, path, what)
                    self._unacknowledged += len(piece)
                    self._input.put_nowait(piece)
            except BaseException:
                with suppress(FileError):
                    await asyncio.shield(self._ask(what, "written", path))
                raise
            try:
                await self._ask(what, "written", path)
            except FileError:
                if self._write_failure is not None:
                    raise self._of(self._write_failure, path, what) from None
                raise
        if settled is not None:
            await self.settle(path, settled)

    async def make_folder(self, path: str) -> None:
        await self._ask("cannot be made", "folder", path)

    async def make_link(self, path: str, target: str) -> None:
        await self._ask("cannot be made", "link", path, _encoded(target))

    async def rename(self, path: str, to: str, *, replace: bool = False) -> None:
        target = _encoded(self.names.absolute(to, self.here))
        await self._ask("cannot be renamed", "rename", path, target, "1" if replace else "0")

    async def remove(self, path: str, *, folder: bool = False) -> None:
        await self._ask("cannot be removed", "remove", path, "1" if folder else "0")

    async def set_attributes(self, path: str, modified: float | None, mode: int | None) -> None:
        time = "" if modified is None else str(int(modified * _TICKS))
        bits = "" if mode is None else str(mode & 0o777)
        await self._ask("does not take its time and permissions", "attributes", path, time, bits)

    async def settle(self, part: str, settled: Settled) -> None:
        time = "" if settled.modified is None else str(int(settled.modified * _TICKS))
        bits = "" if settled.mode is None else str(settled.mode & 0o777)
        target = _encoded(self.names.absolute(settled.to, self.here))
        await self._ask("cannot be written", "settle", part, time, bits, target)

    async def digest(self, path: str, length: int) -> str | None:
        rows = (await self._ask("cannot be read", "digest", path, str(length))).rows
        return rows[0].partition("\t")[2] if rows else None

    async def space(self, path: str) -> Space | None:
        try:
            rows = (await self._ask("cannot be looked at", "space", path)).rows
            _, free, total = rows[0].split("\t")
            return Space(int(free), int(total))
        except (FileError, ValueError, IndexError):
            return None

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            self._lost = self._lost or FileError(f"{self.label}: the files were closed", reason=Reason.LOST)
            with suppress(Exception):
                async with timeout(5):
                    self._input.put_nowait(None)
                    await asyncio.shield(task)
            task.cancel()
            await asyncio.wait({task})
        if self._on_close is not None:
            await self._on_close()

    # -- the pipeline ------------------------------------------------------------------------------------------

    async def _source(self) -> AsyncIterator[str | bytes]:
        while (value := await self._input.get()) is not None:
            yield value

    async def _ask(self, what: str, word: str, path: str, *arguments: str, most: int = 1) -> _Waiting:
        place = self.names.absolute(path, self.here)
        request = "\t".join((word, _encoded(place), *arguments))
        waiting = _Waiting(most)
        if self._lost is not None:
            raise self._lost
        self._requests.append(waiting)
        self._input.put_nowait(request)
        try:
            await asyncio.shield(waiting.done)
        except FileError as error:
            raise self._of(error, path, what) from error
        return waiting

    def _of(self, error: FileError, path: str, what: str) -> FileError:
        if error.reason is Reason.LOST:
            return error
        hint = "Make room there, and copy again." if error.reason is Reason.FULL else ""
        why = f"The far end says: {error.what}"
        return FileError(f"{self.label}:{path} {what}", why, hint, reason=error.reason)

    def _take(self, sent: SentObject) -> None:
        """Take one object of the output."""
        body = sent.body
        if (found := _BYTES.fullmatch(body)) is not None and self._requests:
            with suppress(binascii.Error):
                self._requests[0].data = base64.b64decode(found.group(1))
            return
        if (found := _TEXT.fullmatch(body)) is None:
            return
        word, _, rest = found.group(1).decode("utf-8", "replace").replace("_x0009_", "\t").partition("\t")
        match word:
            case "hello" if not self._hello.done():
                self._hello.set_result(rest.split("\t"))
            case "a" if rest.isdigit():
                self._unacknowledged -= int(rest)
                self._acknowledged.set()
            case "x":
                self._write_failure = _refused(rest)
                self._acknowledged.set()
            case "ok" | "no" if self._requests:
                waiting = self._requests.popleft()
                if waiting.done.done():
                    return
                if word == "ok":
                    waiting.done.set_result(None)
                else:
                    waiting.done.set_exception(_refused(rest))
                    waiting.done.exception()  # seen: whoever asked may have gone
            case "e" | "s" | "d" if self._requests:
                waiting = self._requests[0]
                if len(waiting.rows) >= waiting.most and not waiting.done.done():
                    waiting.done.set_exception(too_many(self.label))
                    waiting.done.exception()  # seen
                elif not waiting.done.done():
                    waiting.rows.append(f"{word}\t{rest}" if word != "e" else rest)

    def _entry(self, row: str) -> Entry:
        try:
            kind, size, ticks, mode, hidden, target, name = row.split("\t")
            return Entry(
                unquote(name),
                _KINDS.get(kind, Kind.OTHER),
                int(size),
                int(ticks) / _TICKS,
                int(mode) if mode else None,
                unquote(target),
                hidden == "1",
            )
        except ValueError:
            raise FileError(f"{self.label}: the far end answered what was not asked", reason=Reason.LOST) from None

    def _ended(self, task: asyncio.Task[PipelineResult]) -> None:
        """Tell everybody who waits that the pipeline is over."""
        failure = FileError(f"{self.label}: the pipeline for files was stopped", reason=Reason.LOST)
        if not task.cancelled():
            error = task.exception()
            if isinstance(error, SessionStateError):
                failure = FileError(error.what, error.why, error.hint, reason=Reason.REFUSED)
            elif isinstance(error, PstuiError):
                hint = "Copy again: what is there already is not sent a second time."
                lost = f"{self.label}: the session was lost" if isinstance(error, SessionBroken) else error.what
                failure = FileError(lost, error.why, hint, reason=Reason.LOST)
            elif error is None and task.result().state is not PipelineState.COMPLETED:
                found = task.result().error
                failure = self._restricted("", found.message if found else "")
        self._lost = self._lost or failure
        if not self._hello.done():
            self._hello.set_exception(failure)
        self._write_failure = self._write_failure or failure
        self._acknowledged.set()
        while self._requests:
            waiting = self._requests.popleft()
            if not waiting.done.done():
                waiting.done.set_exception(self._lost)
                waiting.done.exception()  # seen
        while not self._input.empty():
            self._input.get_nowait()

    def _restricted(self, mode: str, said: str = "") -> FileError:
        why = _MISSING.format(mode) if mode else f"The far end says: {said}" if said else "It runs no script."
        hint = "Use an endpoint without restrictions, or SSH with SFTP."
        return FileError(f"{self.label}: files cannot be copied in this session", why, hint, reason=Reason.REFUSED)

    async def _cut(self, pieces: Pieces) -> AsyncIterator[bytes]:
        """Yield the content in pieces that fill the packets of the transport."""
        waiting = bytearray()
        async for piece in pieces:
            waiting += piece
            while len(waiting) >= self._piece:
                yield bytes(waiting[: self._piece])
                del waiting[: self._piece]
        if waiting:
            yield bytes(waiting)


def _encoded(text: str) -> str:
    """Return a name as it travels. Raises FileError for one of bytes that are no text: a .NET path is text."""
    try:
        return quote(text, safe="/:\\ ")
    except UnicodeEncodeError:
        what = f"{text!r} has no name there"
        raise FileError(what, "PowerShell takes only names that are UTF-8.", reason=Reason.NAME) from None


def _refused(text: str) -> FileError:
    code, _, message = text.partition("\t")
    known = {
        reason.value: reason for reason in (Reason.MISSING, Reason.DENIED, Reason.NAME, Reason.FULL, Reason.EXISTS)
    }
    return FileError(unquote(message)[:1000], reason=known.get(code, Reason.OTHER))


async def open_pipeline(
    session: PSSession, console: Console, *, on_close: Callable[[], Awaitable[None]] | None = None
) -> PipelineFiles:
    """Return the files that an open session reaches; it is busy with them until they are closed.

    Raises FileError where it does not allow scripts, or is busy.
    """
    session.attach(console)
    files = PipelineFiles(session, on_close)
    await files.begin()
    return files
