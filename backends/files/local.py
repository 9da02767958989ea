"""The files of this computer. What blocks runs in threads of its own, never in the loop."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import stat as modes
import sys
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pstui.backends.files.base import (
    ALL_TIMES,
    MAX_ENTRIES,
    PIECE,
    Entry,
    FileError,
    Kind,
    Pieces,
    Reason,
    Settled,
    Space,
)
from pstui.backends.files.names import POSIX, WINDOWS
from pstui.backends.places import expanded

#: bytes read from a disk at once
BLOCK = 4 * PIECE
#: macOS (sys/unistd.h, _PC_CASE_SENSITIVE): what a disk is asked; Windows has nothing to ask with
_CASE_SENSITIVE = 11
_PATHCONF: Callable[[str, int], int] = getattr(os, "pathconf", lambda folder, name: 1)
#: threads that wait for disks
_THREADS = 4
T = TypeVar("T")
_REASONS = {
    errno.ENOENT: Reason.MISSING,
    errno.ENOTDIR: Reason.MISSING,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EROFS: Reason.DENIED,
    errno.EEXIST: Reason.EXISTS,
    errno.ENOTEMPTY: Reason.EXISTS,
    errno.ENOSPC: Reason.FULL,
    errno.EDQUOT: Reason.FULL,
    errno.EFBIG: Reason.FULL,
    errno.ENAMETOOLONG: Reason.NAME,
    errno.EINVAL: Reason.NAME,
    errno.EWOULDBLOCK: Reason.BUSY,
}
#: what helps, by the reason
HINTS = {
    Reason.FULL: "Make room there, and copy again.",
    Reason.DENIED: "Look at the permissions of the folder and of the file.",
    Reason.BUSY: "Copy again when that has ended.",
}


def folds_names(folder: str, platform: str = sys.platform, pathconf: Callable[[str, int], int] = _PATHCONF) -> bool:
    """Whether macOS takes two names in a folder that differ in case for one; a disk may be made otherwise."""
    if platform != "darwin":
        return False
    try:
        return pathconf(folder, _CASE_SENSITIVE) == 0
    except OSError:
        return True


class LocalFiles:
    """The file system of this computer."""

    label = ""
    way = "this computer"
    lanes = 16
    digests_from = 0
    times = ALL_TIMES

    def __init__(self, here: str = "") -> None:
        self.here = here or str(Path.cwd())
        kind = WINDOWS if os.name == "nt" else POSIX
        self.names = replace(kind, home=str(expanded("~")), folds=folds_names(self.here))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="files")

    async def stat(self, path: str, *, follow: bool = True) -> Entry | None:
        def look() -> Entry | None:
            place = self._place(path)
            try:
                found = place.stat() if follow else place.lstat()
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):  # the last: links in a circle
                    return None
                raise
            return _entry(place.name, found, str(place))

        return await self._do(look, path, "cannot be looked at")

    async def entries(self, path: str) -> list[Entry]:
        def listed() -> list[Entry]:
            found: list[Entry] = []
            with os.scandir(self._place(path)) as each:
                for one in each:
                    if len(found) >= MAX_ENTRIES:
                        raise too_many(path)
                    with suppress(FileNotFoundError):
                        found.append(_entry(one.name, one.stat(follow_symlinks=False), one.path))
            return found

        return await self._do(listed, path, "cannot be listed")

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        def begin() -> tuple[int, bytes]:
            """Open it and read its first block: all of a small file, in one turn of a thread."""
            opened = _open_to_read(self._place(path))
            try:
                if offset:
                    os.lseek(opened, offset, os.SEEK_SET)
                data = os.read(opened, min(BLOCK, length))
            except BaseException:
                os.close(opened)
                raise
            if len(data) < length:
                return opened, data
            os.close(opened)
            return -1, data

        starting = self._start(begin)
        try:
            file, data = await self._wait(starting, path, "cannot be read")
        except asyncio.CancelledError:
            starting.add_done_callback(_close_late)
            raise
        ahead: asyncio.Future[bytes] | None = None
        left = length
        try:
            while data:
                left -= len(data)
                if left > 0:
                    ahead = self._start(os.read, file, min(BLOCK, left))
                for at in range(0, len(data), PIECE):
                    yield data[at : at + PIECE]
                data = await self._wait(ahead, path, "cannot be read") if left > 0 and ahead is not None else b""
        finally:
            if ahead is not None:
                await _after(ahead, lambda _: os.close(file))
            elif file >= 0:
                os.close(file)

    async def write(
        self, path: str, offset: int, pieces: Pieces, *, mode: int | None = None, settled: Settled | None = None
    ) -> None:
        what = "cannot be written"
        file, is_closed = -1, False
        running: asyncio.Future[int] | None = None

        def write(block: list[bytes], is_last: bool) -> int:
            nonlocal is_closed
            opened = _open_to_write(self._place(path), offset, mode) if file < 0 else file
            try:
                _write_all(opened, block)
            except BaseException:
                if file < 0:
                    os.close(opened)  # nobody else knows it
                raise
            if is_last:
                is_closed = True  # whatever close says: it is gone then
                os.close(opened)
                if settled is not None:
                    self._settle(path, settled)
            return opened

        def close(done: asyncio.Future[int]) -> None:
            opened = file if done.cancelled() or done.exception() else done.result()
            if opened >= 0 and not is_closed:
                os.close(opened)

        try:
            async with aclosing(_blocks(pieces)) as blocks:
                async for block, is_last in blocks:  # a small file is one block, and one turn of a thread
                    if running is not None:
                        file = await self._wait(running, path, what)
                    running = self._start(write, block, is_last)
            if running is not None:
                file = await self._wait(running, path, what)
        finally:
            if running is not None:
                await _after(running, close)

    async def make_folder(self, path: str) -> None:
        await self._do(lambda: self._place(path).mkdir(), path, "cannot be made")

    async def make_link(self, path: str, target: str) -> None:
        await self._do(lambda: self._place(path).symlink_to(target), path, "cannot be made")

    async def rename(self, path: str, to: str, *, replace: bool = False) -> None:
        def rename() -> None:
            if not replace and os.path.lexists(self._place(to)):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            self._place(path).replace(self._place(to))

        await self._do(rename, path, "cannot be renamed")

    async def remove(self, path: str, *, folder: bool = False) -> None:
        def remove() -> None:
            self._place(path).rmdir() if folder else self._place(path).unlink()

        await self._do(remove, path, "cannot be removed")

    async def set_attributes(self, path: str, modified: float | None, mode: int | None) -> None:
        await self._do(lambda: self._change(path, modified, mode), path, "does not take its time and permissions")

    async def settle(self, part: str, settled: Settled) -> None:
        await self._do(lambda: self._settle(part, settled), settled.to, "cannot be written")

    async def digest(self, path: str, length: int) -> str | None:
        def hashed() -> str:
            left, sum_ = length, hashlib.sha256()
            with open(_open_to_read(self._place(path)), "rb", buffering=0) as stream:
                while left > 0 and (data := stream.read(min(BLOCK, left))):
                    sum_.update(data)
                    left -= len(data)
            return sum_.hexdigest()

        return await self._do(hashed, path, "cannot be read")

    async def space(self, path: str) -> Space | None:
        try:
            found = await self._do(lambda: shutil.disk_usage(self._place(path)), path, "cannot be looked at")
        except FileError:
            return None
        return Space(found.free, found.total)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _settle(self, part: str, settled: Settled) -> None:
        with suppress(OSError):
            self._change(part, settled.modified, settled.mode)
        try:
            self._place(part).replace(self._place(settled.to))
        except OSError as error:
            raise failure(settled.to, "cannot be written", error) from error

    def _change(self, path: str, modified: float | None, mode: int | None) -> None:
        place = self._place(path)
        if mode is not None and not self.names.is_windows:
            place.chmod(mode & 0o777)
        if modified is not None:
            os.utime(place, (modified, modified))

    def _place(self, path: str) -> Path:
        return Path(self.here, expanded(path) if path.startswith("~") else path)

    def _start(self, call: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    async def _do(self, call: Callable[[], T], path: str, what: str) -> T:
        return await self._wait(self._start(call), path, what)

    async def _wait(self, started: asyncio.Future[T], path: str, what: str) -> T:
        try:
            return await asyncio.shield(started)
        except OSError as error:
            raise failure(path, what, error) from error
        except ValueError as error:  # a name with a NUL
            raise FileError(f"{path!r} {what}", str(error), reason=Reason.NAME) from error


async def _after(running: asyncio.Future[T], then: Callable[[asyncio.Future[T]], None]) -> None:
    """Wait for a thread's work and call ``then``, which is called too when whoever waits here is cancelled."""
    try:
        await asyncio.wait({running})
    finally:
        then(running) if running.done() else running.add_done_callback(then)


def failure(path: str, what: str, error: OSError) -> FileError:
    """Return an error of this computer as ours."""
    reason = _REASONS.get(error.errno or 0, Reason.OTHER)
    why = f"{error.strerror or type(error).__name__}."
    return FileError(f"{path} {what}", why, HINTS.get(reason, ""), reason=reason)


def too_many(path: str) -> FileError:
    """Return the error for a folder that is too large, or without end."""
    why = f"It has more than {MAX_ENTRIES:,} entries."
    return FileError(f"{path} cannot be listed", why, "Name a part of it, such as a*.", reason=Reason.REFUSED)


def kind_of(mode: int) -> Kind:
    """Return what the bits of a mode say that a file is."""
    if modes.S_ISLNK(mode):
        return Kind.LINK
    if modes.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.FILE if modes.S_ISREG(mode) else Kind.OTHER


def _entry(name: str, found: os.stat_result, path: str) -> Entry:
    kind = kind_of(found.st_mode)
    target = ""
    if kind is Kind.LINK:
        with suppress(OSError):
            target = os.readlink(path)  # noqa: PTH115 - a Path would change it
    mode = modes.S_IMODE(found.st_mode) if os.name != "nt" else None
    hidden = bool(getattr(found, "st_file_attributes", 0) & modes.FILE_ATTRIBUTE_HIDDEN)
    return Entry(name, kind, found.st_size if kind is Kind.FILE else 0, found.st_mtime, mode, target, hidden)


def _open_to_read(place: Path) -> int:
    """Open a regular file; whatever else it has become meanwhile must not be waited for."""
    file = os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        _size(file)
    except OSError:
        os.close(file)
        raise
    return file


def _open_to_write(place: Path, offset: int, mode: int | None) -> int:
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(place, flags | getattr(os, "O_NONBLOCK", 0), 0o666 if mode is None else mode & 0o777 | 0o600)
    try:
        size = _size(file)
        _lock(file)
        if size != offset:
            os.truncate(file, offset)
        if offset:
            os.lseek(file, offset, os.SEEK_SET)
    except OSError:
        os.close(file)
        raise
    return file


def _lock(file: int) -> None:
    """Keep other copies from writing an open file, until it is closed. Raises OSError where one writes it now."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(errno.EWOULDBLOCK, "Another copy writes it now") from None
    except OSError:
        pass  # a disk without locks


def _size(file: int) -> int:
    """Return the size of an open file. Raises OSError where it is no regular one."""
    found = os.fstat(file)
    if not modes.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file")
    return found.st_size


def _write_all(file: int, pieces: list[bytes]) -> None:
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[os.write(file, view) :]


async def _blocks(pieces: Pieces) -> AsyncGenerator[tuple[list[bytes], bool]]:
    """Yield pieces in blocks, so that a thread is asked less often, and which is the last; at least that one."""
    waiting: list[bytes] = []
    size = 0
    async for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield waiting, False
            waiting, size = [], 0
    yield waiting, True


def _close_late(opening: asyncio.Future[tuple[int, bytes]]) -> None:
    """Close a file that was opened when nobody waited any more."""
    if not opening.cancelled() and not opening.exception() and opening.result()[0] >= 0:
        os.close(opening.result()[0])
