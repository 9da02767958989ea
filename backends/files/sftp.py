"""Files over SFTP, on the SSH connection that the sessions of the same host share.

How this works. asyncssh speaks the protocol; what is ours is the flow. A file is read and written by as many requests
at once as ``WINDOW`` bytes allow, and what comes back is put in order again. The server says how large a request may
be (limits@openssh.com); one that does not gets 32 KiB, which every server takes (draft-ietf-secsh-filexfer-02, 3).
A small file costs requests, not bytes: so many files travel at once, what needs no answer first is asked together, and
what is asked in one turn of the loop leaves as one packet.

A name may be any bytes but a slash and a NUL there: what is no UTF-8 travels as it is, in lone surrogates.
"""

from __future__ import annotations

import asyncio
import shlex
import stat as modes
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import asyncssh
from pstui.backends.connection import ConnectionInfo
from pstui.backends.files.base import (
    MAX_ENTRIES,
    PIECE,
    Entry,
    FileError,
    Kind,
    Pieces,
    Reason,
    Settled,
    Space,
    as_kept,
)
from pstui.backends.files.local import HINTS, kind_of, too_many
from pstui.backends.files.names import POSIX, WINDOWS_SFTP
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh.masters import giving_way
from pstui.backends.transports.ssh.shared import Lease, start

#: bytes of one file that are on their way at once
WINDOW = 8 * 1024 * 1024
#: files that travel side by side
LANES = 16
#: bytes of one request where the server does not say what it takes
SMALL = 32 * 1024
#: seconds in which a program that hashes a file must have ended for each GiB of it, and at least
HASH_TIME, HASH_LEAST = 60.0, 30.0
#: hashes its input: by the first that there is, and that works
_HASH = (
    "if openssl dgst -sha256 -r </dev/null >/dev/null 2>&1; then openssl dgst -sha256 -r; "
    "elif command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi"
)
#: seconds that closing a file, or all of them, waits at most for the server's word
FAREWELL = 2.0
#: the flag of a disk that is read-only (statvfs@openssh.com in the PROTOCOL file of OpenSSH)
_READ_ONLY = 1
T = TypeVar("T")

_CODES: tuple[tuple[type[Exception], Reason], ...] = (
    (asyncssh.SFTPNoSuchFile, Reason.MISSING),
    (asyncssh.SFTPNoSuchPath, Reason.MISSING),
    (asyncssh.SFTPNotADirectory, Reason.MISSING),
    (asyncssh.SFTPPermissionDenied, Reason.DENIED),
    (asyncssh.SFTPWriteProtect, Reason.DENIED),
    (asyncssh.SFTPFileAlreadyExists, Reason.EXISTS),
    (asyncssh.SFTPDirNotEmpty, Reason.EXISTS),
    (asyncssh.SFTPNoSpaceOnFilesystem, Reason.FULL),
    (asyncssh.SFTPQuotaExceeded, Reason.FULL),
    (asyncssh.SFTPInvalidFilename, Reason.NAME),
    (asyncssh.SFTPBadMessage, Reason.NAME),  # what OpenSSH says of a name that is too long
    (asyncssh.SFTPNoConnection, Reason.LOST),
    (asyncssh.SFTPConnectionLost, Reason.LOST),
)


class SFTPFiles:
    """The files of an SSH server. ``lease`` is given back when it is closed."""

    way = "SFTP on the session's connection"
    lanes = LANES
    #: a program has to be started for each sum; what is smaller comes in a few packets, which SSH authenticates
    digests_from = 1024 * 1024
    #: 32 bits without a sign (draft-ietf-secsh-filexfer-02, 5)
    times = (0.0, float(0xFFFFFFFF))

    def __init__(self, client: asyncssh.SFTPClient, lease: Lease, label: str, here: str) -> None:
        self._client, self._lease, self.label, self.here = client, lease, label, here
        self.names = WINDOWS_SFTP if here[2:3] == ":" else POSIX
        limits = client.limits
        self._read_size = min(limits.max_read_len or SMALL, PIECE)
        self._write_size = min(limits.max_write_len or SMALL, PIECE)
        self._hashes = not self.names.is_windows
        self._closing: set[asyncio.Task[Any]] = set()
        _join_requests(client)

    async def stat(self, path: str, *, follow: bool = True) -> Entry | None:
        call = self._client.stat if follow else self._client.lstat
        try:
            found = await self._do(call(self._place(path)), path, "cannot be looked at")
        except FileError as error:
            if error.reason is Reason.MISSING:
                return None
            raise
        return await self._entry(self.names.split(path)[1], found, path)

    async def entries(self, path: str) -> list[Entry]:
        listing = asyncio.create_task(self._listed(path))
        try:
            return await asyncio.shield(listing)
        except asyncio.CancelledError:
            # The library closes the folder then and waits for the server's word, which may never come.
            listing.cancel()
            self._closing.add(listing)
            listing.add_done_callback(self._left)
            raise

    def _left(self, task: asyncio.Task[Any]) -> None:
        self._closing.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more

    async def _listed(self, path: str) -> list[Entry]:
        found: list[Entry] = []
        with self._telling(path, "cannot be listed"):
            async for each in self._client.scandir(self._place(path)):
                name = each.filename if isinstance(each.filename, str) else each.filename.decode("utf-8", "replace")
                if name in (".", ".."):
                    continue
                if len(found) >= MAX_ENTRIES:
                    raise too_many(path)
                found.append(_plain_entry(name, each.attrs))
        for number, entry in enumerate(found):
            if entry.kind is Kind.LINK:
                found[number] = await self._with_target(entry, self.names.join(path, entry.name))
        return found

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        opening = self._client.open(self._place(path), asyncssh.FXF_READ, encoding=None, block_size=0)
        file = await self._do(opening, path, "cannot be opened")
        running: deque[asyncio.Task[bytes]] = deque()
        at, end, size = offset, offset + length, self._read_size
        most = max(1, WINDOW // size)
        refill = most - most // 4  # some are asked for together, as one packet: each wakes the far end
        try:
            while running or at < end:
                if len(running) <= refill:
                    while at < end and len(running) < most:
                        running.append(asyncio.ensure_future(self._piece(file, at, min(size, end - at), path)))
                        at += size
                data = await running.popleft()
                if not data:
                    return
                yield data
        finally:
            await _ended(running)
            self._close_later(file)

    async def _piece(self, file: asyncssh.SFTPClientFile, at: int, size: int, path: str) -> bytes:
        """Return ``size`` bytes, fewer only where the file ends: a server may answer with less than was asked for."""
        found = b""
        while len(found) < size:
            data: bytes = await self._do(file.read(size - len(found), at + len(found)), path, "cannot be read")
            found += data
            if not data:
                break
        if len(found) > size:
            raise FileError(f"{path} cannot be read", "The server sent more than it was asked for.", reason=Reason.LOST)
        return found

    def _close_later(self, file: asyncssh.SFTPClientFile) -> None:
        """Close a file that was read; nobody need wait for it, and how it goes says nothing."""

        async def close() -> None:
            with suppress(asyncssh.Error, OSError, ValueError):
                await file.close()

        task = asyncio.create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def write(
        self, path: str, offset: int, pieces: Pieces, *, mode: int | None = None, settled: Settled | None = None
    ) -> None:
        try:
            await self._write(path, offset, pieces, mode)
        except FileError as error:
            raise await self._explained(error, path) from error
        if settled is not None:
            await self.settle(path, settled)

    async def _explained(self, error: FileError, path: str) -> FileError:
        """Return an error with its reason where a server says only "Failure" and its disk tells more."""
        if not isinstance(error.__cause__, asyncssh.SFTPFailure):
            return error
        try:
            disk = await self._client.statvfs(self._place(self.names.split(path)[0] or "."))
        except (asyncssh.Error, OSError):
            return error
        if disk.flags & _READ_ONLY:
            return FileError(error.what, "The disk there is read-only.", reason=Reason.DENIED)
        if disk.bavail * (disk.frsize or disk.bsize) < self._write_size or (disk.files and not disk.favail):
            return FileError(error.what, "The disk there is full.", HINTS[Reason.FULL], reason=Reason.FULL)
        return error

    async def _write(self, path: str, offset: int, pieces: Pieces, mode: int | None) -> None:
        what = "cannot be written"
        file = await self._do(self._open_to_write(path, offset, mode), path, what)
        running: deque[asyncio.Task[int]] = deque()
        at, most = offset, max(1, WINDOW // self._write_size)
        try:
            if offset:
                await self._do(file.truncate(offset), path, what)
            async for piece in pieces:
                for start_ in range(0, len(piece), self._write_size):
                    if len(running) >= most:
                        await running.popleft()
                    data = piece[start_ : start_ + self._write_size]
                    running.append(asyncio.ensure_future(self._put(file, data, at, path)))
                    at += len(data)
            while running:
                await running.popleft()
        except BaseException:
            await _ended(running)
            self._close_later(file)
            raise
        await self._do(file.close(), path, what)

    async def _put(self, file: asyncssh.SFTPClientFile, data: bytes, at: int, path: str) -> int:
        """Write a piece; the call is made in here, for a task that ends before it began would leave it unawaited."""
        return await self._do(file.write(data, at), path, "cannot be written")

    async def _open_to_write(self, path: str, offset: int, mode: int | None) -> asyncssh.SFTPClientFile:
        """Open a regular file; mostly it is not there yet, and a link cannot be followed then."""
        place = self._place(path)
        attrs = asyncssh.SFTPAttrs() if mode is None else asyncssh.SFTPAttrs(permissions=mode & 0o777 | 0o600)
        flags = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT
        if not offset:
            try:
                return await self._client.open(place, flags | asyncssh.FXF_EXCL, attrs, encoding=None, block_size=0)
            except asyncssh.SFTPError as error:
                before = await self.stat(path, follow=False)
                if before is None:
                    raise error from None
            flags |= asyncssh.FXF_TRUNC
        else:
            before = await self.stat(path, follow=False)
        if before is not None and before.kind is not Kind.FILE:
            why = f"It is a {before.kind.value} there."
            raise FileError(f"{path} cannot be written", why, reason=Reason.REFUSED)
        return await self._client.open(place, flags, attrs, encoding=None, block_size=0)

    async def make_folder(self, path: str) -> None:
        await self._do(self._client.mkdir(self._place(path)), path, "cannot be made")

    async def make_link(self, path: str, target: str) -> None:
        await self._do(self._client.symlink(target, self._place(path)), path, "cannot be made")

    async def rename(self, path: str, to: str, *, replace: bool = False) -> None:
        old, new, what = self._place(path), self._place(to), "cannot be renamed"
        if not replace:
            if await self.stat(to, follow=False) is not None:
                raise FileError(f"{path} {what}", f"{to} is there already.", reason=Reason.EXISTS)
            await self._do(self._client.rename(old, new), path, what)
            return
        try:
            await self._do(self._client.posix_rename(old, new), path, what)
        except FileError as error:
            if not isinstance(error.__cause__, asyncssh.SFTPOpUnsupported):
                raise
            with suppress(FileError):  # this server renames over nothing
                await self.remove(to)
            await self._do(self._client.rename(old, new), path, what)

    async def remove(self, path: str, *, folder: bool = False) -> None:
        call = self._client.rmdir if folder else self._client.remove
        await self._do(call(self._place(path)), path, "cannot be removed")

    async def set_attributes(self, path: str, modified: float | None, mode: int | None) -> None:
        setting = self._client.setstat(self._place(path), _attributes(modified, mode))
        await self._do(setting, path, "does not take its time and permissions")

    async def settle(self, part: str, settled: Settled) -> None:
        # A server mostly takes requests in their order, so both may be on their way at once.
        to, kept = settled.to, (settled.modified, settled.mode)
        is_set, _ = await asyncio.gather(self._set(part, *kept), self.rename(part, to, replace=True))
        if not is_set:
            await self._set(to, *kept)

    async def _set(self, path: str, modified: float | None, mode: int | None) -> bool:
        """Set time and permission bits; return whether there was anything of that name."""
        if modified is not None or mode is not None:
            with suppress(asyncssh.Error, OSError):
                try:
                    await self._client.setstat(self._place(path), _attributes(modified, mode))
                except asyncssh.SFTPNoSuchFile:
                    return False
        return True

    async def digest(self, path: str, length: int) -> str | None:
        """Return what a program says there; None where there is none, or no shell. openssl is the fastest of them."""
        if not self._hashes or not path.isprintable():
            return None  # a name that is no text cannot be put into a command
        place = shlex.quote(self._place(path))
        command = f"head -c {length} < {place} | {{ {_HASH}; }}"
        try:
            async with timeout(HASH_LEAST + HASH_TIME * length / (1 << 30)):
                done = await self._lease.connection.run(f"exec /bin/sh -c {shlex.quote(command)}", encoding=None)
        except (asyncssh.Error, OSError, TimeoutError):
            self._hashes = False
            return None
        said = done.stdout if isinstance(done.stdout, bytes) else b""
        word = said[:64].decode("ascii", "replace").lower()
        if done.exit_status == 0 and len(word) == 64 and not word.strip("0123456789abcdef"):
            return word
        self._hashes = False
        return None

    async def space(self, path: str) -> Space | None:
        try:
            found = await self._do(self._client.statvfs(self._place(path)), path, "cannot be looked at")
        except FileError:
            return None
        unit = found.frsize or found.bsize
        return Space(found.bavail * unit, found.blocks * unit)

    async def close(self) -> None:
        if self._closing:
            await asyncio.wait(self._closing, timeout=2)
        self._client.exit()
        with suppress(Exception):
            async with timeout(FAREWELL):
                await self._client.wait_closed()
        await self._lease.release()

    def _place(self, path: str) -> str:
        if "\0" in path:  # OpenSSH's server ends over it
            raise FileError(f"{path!r} is not a path", "It has a NUL in it.", reason=Reason.NAME)
        return self.names.absolute(path.replace("\\", "/") if self.names.is_windows else path, self.here)

    async def _entry(self, name: str, attrs: asyncssh.SFTPAttrs, path: str) -> Entry:
        found = _plain_entry(name, attrs)
        return await self._with_target(found, path) if found.kind is Kind.LINK else found

    async def _with_target(self, entry: Entry, path: str) -> Entry:
        target = ""
        with suppress(FileError):
            read = await self._do(self._client.readlink(self._place(path)), path, "cannot be read")
            target = read if isinstance(read, str) else read.decode("utf-8", "replace")
        return Entry(entry.name, entry.kind, 0, entry.modified, entry.mode, target)

    async def _do(self, call: Awaitable[T], path: str, what: str) -> T:
        with self._telling(path, what):
            return await call

    def _telling(self, path: str, what: str) -> _Telling:
        return _Telling(self, path, what)

    def failure(self, path: str, what: str, error: Exception) -> FileError:
        """Return an error of the server or of the connection as ours."""
        reason = next((each for kind, each in _CODES if isinstance(error, kind)), Reason.OTHER)
        if self._lease.connection.is_closed() or not isinstance(error, asyncssh.SFTPError):
            reason = Reason.LOST
        if reason is Reason.LOST:
            hint = "Copy again: what is there already is not sent a second time."
            return FileError(f"{self.label}: the connection was lost", f"{path} {what}.", hint, reason=reason)
        said = str(error.reason if isinstance(error, asyncssh.SFTPError) else error).strip() or type(error).__name__
        return FileError(f"{self.label}:{path} {what}", f"The server says: {said}", reason=reason)


class _Telling:
    """Turns what asyncssh raises inside it into a FileError."""

    def __init__(self, files: SFTPFiles, path: str, what: str) -> None:
        self._files, self._path, self._what = files, path, what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, asyncssh.Error | OSError | ValueError | asyncio.IncompleteReadError):
            raise self._files.failure(self._path, self._what, error) from error


class _JoinedWriter:
    """Joins what is written in one turn of the loop: asyncssh makes two packets of each request."""

    def __init__(self, writer: asyncssh.SSHWriter[bytes]) -> None:
        self._writer, self.channel = writer, writer.channel
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Write at the end of this turn."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(data)

    def write_eof(self) -> None:
        """Write nothing more."""
        self._flush()
        self._writer.write_eof()

    def close(self) -> None:
        """Close it."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting and not self.channel.is_closing():
            self._writer.write(b"".join(self._waiting))
        self._waiting.clear()


def _join_requests(client: asyncssh.SFTPClient) -> None:
    """Have a client's requests joined, which asyncssh has no option for; without it they are only slower."""
    handler: Any = getattr(client, "_handler", None)
    if getattr(handler, "_writer", None) is not None:
        handler._writer = _JoinedWriter(handler._writer)


def _attributes(modified: float | None, mode: int | None) -> asyncssh.SFTPAttrs:
    attrs = asyncssh.SFTPAttrs()
    if modified is not None:
        attrs.atime = attrs.mtime = int(as_kept(modified, SFTPFiles.times))
    if mode is not None:
        attrs.permissions = mode & 0o777
    return attrs


def _plain_entry(name: str, attrs: asyncssh.SFTPAttrs) -> Entry:
    mode = attrs.permissions
    types = {asyncssh.FILEXFER_TYPE_DIRECTORY: Kind.FOLDER, asyncssh.FILEXFER_TYPE_SYMLINK: Kind.LINK}
    types[asyncssh.FILEXFER_TYPE_REGULAR] = Kind.FILE
    has_kind = mode is not None and modes.S_IFMT(mode)
    kind = kind_of(mode) if mode is not None and has_kind else types.get(attrs.type, Kind.OTHER)
    size = attrs.size or 0 if kind is Kind.FILE else 0
    return Entry(name, kind, size, attrs.mtime, None if mode is None else modes.S_IMODE(mode))


async def _ended(running: deque[asyncio.Task[T]]) -> None:
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
        for task in running:
            if not task.cancelled():
                task.exception()  # seen


async def open_sftp(info: ConnectionInfo, context: ConnectContext, *, gives_way: bool = False) -> SFTPFiles | None:
    """Return the files of an SSH host over SFTP; None where it serves no SFTP. Raises OpenError.

    With ``gives_way`` it raises UseProgram where a master of ssh runs for the host.
    """

    async def begin(lease: Lease) -> SFTPFiles | None:
        opening: Callable[..., Awaitable[asyncssh.SFTPClient]] = lease.connection.start_sftp_client
        try:
            client = await opening(path_encoding="utf-8", path_errors="surrogateescape")
            here = await client.realpath(".")
        except (asyncssh.SFTPError, asyncio.IncompleteReadError):
            await lease.release()
            return None
        except asyncssh.ChannelOpenError as error:
            if error.code != asyncssh.OPEN_REQUEST_SESSION_FAILED:
                raise
            await lease.release()
            return None
        place = here if isinstance(here, str) else here.decode("utf-8", "surrogateescape")
        return SFTPFiles(client, lease, info.label, place)

    return await start(info, context, begin, look=giving_way(info) if gives_way else None)
