"""Files as pstui copies them: the requests of ``backends/files/pipeline.py``, answered on this computer's disk.

A PowerShell runs ``pipeline.ps1`` for that, which takes more of the language than this endpoint has. So the client
calls a command here that takes the same requests and gives the same answers. ``psedit`` asks the client for an editor,
by the event that a PowerShell sends.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pstui.backends.demo.commands.files import PATHS, expanded
from pstui.backends.demo.commands.registry import Call, command
from pstui.backends.demo.language.values import to_text
from pstui.backends.version import VERSION

#: bytes that are written before the client is told so, as pipeline.ps1 does
ACKNOWLEDGE = 1024 * 1024
#: most bytes of one answer, entries of one folder, and bytes read at once for a sum
MAX_READ, MAX_ENTRIES, BLOCK = 4 * 1024 * 1024, 200_000, 1024 * 1024
_EXISTS = (errno.EEXIST, errno.ENOTEMPTY)
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)

Output = AsyncGenerator[Any, None]


def _coded(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _row(path: Path, found: os.stat_result, name: str) -> str:
    mode = found.st_mode
    kind = "folder" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "file"
    kind = kind if kind != "file" or stat.S_ISREG(mode) else "other"
    size = found.st_size if kind == "file" else 0
    bits = stat.S_IMODE(mode) if os.name != "nt" else ""
    target = ""
    if kind == "link":
        with suppress(OSError):
            target = os.readlink(path)  # noqa: PTH115 - a Path would change it
    return f"e\t{kind}\t{size}\t{found.st_mtime_ns // 100}\t{bits}\t0\t{_coded(target)}\t{_coded(name)}"


def _failure(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    code = "other"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        code = "missing"
    elif isinstance(error, PermissionError):
        code = "denied"
    elif number in _EXISTS:
        code = "exists"
    elif number in _FULL:
        code = "full"
    elif number == errno.ENAMETOOLONG or isinstance(error, ValueError):
        code = "name"
    return f"{code}\t{_coded(getattr(error, 'strerror', None) or str(error))}"


class FileRequests:
    """The requests of one client, one after the other. What it does blocks: it is called in a thread."""

    def __init__(self) -> None:
        self._writing, self._unacknowledged = -1, 0

    def take(self, value: Any) -> list[str | bytes]:
        """Do one request, or write a part of the file that is being written; return the rows that answer it."""
        if isinstance(value, bytes):
            return self._write(value)
        words = to_text(value).split("\t")
        try:
            return [*self._answer(words[0], Path(unquote(words[1])) if words[1:] else Path(), words[2:]), "ok"]
        except (OSError, ValueError, IndexError) as error:
            return [f"no\t{_failure(error)}"]

    def close(self) -> None:
        """Close what is open."""
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1

    def _write(self, data: bytes) -> list[str | bytes]:
        if self._writing < 0:
            return []
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._writing, view) :]
        except OSError as error:
            self.close()
            return [f"x\t{_failure(error)}"]
        self._unacknowledged += len(data)
        if self._unacknowledged < ACKNOWLEDGE:
            return []
        done, self._unacknowledged = self._unacknowledged, 0
        return [f"a\t{done}"]

    def _answer(self, word: str, path: Path, rest: list[str]) -> Iterator[str | bytes]:
        match word:
            case "stat":
                with suppress(FileNotFoundError, NotADirectoryError):
                    yield _row(path, path.stat() if rest[0] == "1" else path.lstat(), path.name)
            case "list":
                yield from _listed(path)
            case "read":
                yield _read(path, int(rest[0]), min(int(rest[1]), MAX_READ))
            case "digest":
                yield f"s\t{_digest(path, int(rest[0]))}"
            case "space":
                found = shutil.disk_usage(path)
                yield f"d\t{found.free}\t{found.total}"
            case "write":
                self.close()
                self._writing, self._unacknowledged = _open(path, int(rest[0]), rest[1:]), 0
            case "written":
                if self._writing < 0:
                    raise OSError(0, "It is not being written.")
                self.close()
            case _:
                _change(word, path, rest)


def _listed(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_ENTRIES:
                raise OSError(0, "It has too many entries.")
            with suppress(FileNotFoundError):
                yield _row(Path(entry.path), entry.stat(follow_symlinks=False), entry.name)


def _change(word: str, path: Path, rest: list[str]) -> None:
    """Do a request that is answered by its end alone. Raises OSError."""
    match word:
        case "unread":
            pass  # nothing is kept open
        case "folder":
            path.mkdir(exist_ok=True)
        case "link":
            path.symlink_to(unquote(rest[0]))
        case "rename":
            if rest[1] != "1" and os.path.lexists(unquote(rest[0])):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            path.replace(unquote(rest[0]))
        case "remove":
            path.rmdir() if rest[0] == "1" else path.unlink()
        case "attributes":
            _set(path, rest[0], rest[1])
        case "settle":
            with suppress(OSError):
                _set(path, rest[0], rest[1])
            path.replace(unquote(rest[2]))
        case _:
            raise OSError(0, "It is no request.")


def _set(path: Path, ticks: str, bits: str) -> None:
    if bits and os.name != "nt":
        path.chmod(int(bits) & 0o777)
    if ticks:
        os.utime(path, ns=(int(ticks) * 100, int(ticks) * 100))


def _open(path: Path, offset: int, bits: list[str]) -> int:
    """Open a regular file to write from an offset on, with nothing behind it. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    made = int(bits[0]) & 0o777 | 0o600 if bits and bits[0] else 0o666
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), made)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file there.")
        os.ftruncate(file, offset)
        os.lseek(file, offset, os.SEEK_SET)
    except OSError:
        os.close(file)
        raise
    return file


def _regular(path: Path) -> int:
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "It is not a regular file.")


def _read(path: Path, offset: int, length: int) -> bytes:
    with os.fdopen(_regular(path), "rb") as stream:
        stream.seek(offset)
        return stream.read(length)


def _digest(path: Path, length: int) -> str:
    sums, left = hashlib.sha256(), length
    with os.fdopen(_regular(path), "rb") as stream:
        while left > 0 and (data := stream.read(min(BLOCK, left))):
            sums.update(data)
            left -= len(data)
    return sums.hexdigest()


@command("Invoke-FileRequest", "Do what pstui's file screen, cp and psedit ask for; not to be typed.")
async def invoke_file_request(call: Call) -> Output:
    """Answer the requests of the input, in order."""
    yield "\t".join(("hello", "FullLanguage", str(int(os.name == "nt")), VERSION, _coded(str(call.session.location))))
    requests = FileRequests()
    try:
        async for value in call.input:
            for row in await asyncio.to_thread(requests.take, value):
                yield row
    finally:
        requests.close()


@command("psedit", "Open a file in your own editor; each save comes back.", PATHS, kind="Function")
async def psedit(call: Call) -> None:
    """Ask the client for an editor, a file after the other; one that does not exist is a new one."""
    for typed in call.get("Path", []):
        text = to_text(typed)
        place = call.session.resolve(text)
        for path in expanded(place, text) or [place]:
            if path.is_dir():
                await call.error(f"{path} is a folder.", "PathIsFolder", "InvalidArgument", "ArgumentException", text)
            else:
                await call.streams.link.event("PSISERemoteSessionOpenFile", [str(path), b""])
