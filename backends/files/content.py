"""The whole content of one file at a far end, read and replaced: what editing it here needs."""

from __future__ import annotations

import hashlib
from contextlib import aclosing, suppress

from pstui.backends.files.base import FileError, FileSystem, Kind, Pieces, Reason, Settled
from pstui.backends.files.names import part_name

#: most bytes of a file that is edited here
MAX_EDITED = 16 * 1024 * 1024
#: links that may lead to one another, as Linux has it
MAX_LINKS = 40
#: the permission bits that let anybody write
_WRITABLE = 0o222


def sum_of(content: bytes) -> str:
    """Return the SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


async def read_content(files: FileSystem, path: str) -> bytes | None:
    """Return what a file holds, None where there is none. Raises FileError, also for one that is too large."""
    entry = await files.stat(path)
    if entry is None:
        return None
    if entry.kind is not Kind.FILE:
        raise FileError(f"{path} is a {entry.kind.value}", reason=Reason.REFUSED)
    if entry.size > MAX_EDITED:
        raise too_large(path)
    parts: list[bytes] = []
    reading = files.read(path, 0, MAX_EDITED + 1)
    async with aclosing(reading):
        async for piece in reading:
            parts.append(piece)
    content = b"".join(parts)
    if len(content) > MAX_EDITED:
        raise too_large(path)
    return content


async def is_read_only(files: FileSystem, path: str) -> bool:
    """Whether nobody may write a file, as its permission bits have it. Raises FileError.

    A save would put another file in its place, which the folder's rights alone decide. Windows refuses that by itself.
    """
    entry = await files.stat(path)
    return entry is not None and entry.mode is not None and not entry.mode & _WRITABLE


async def replace_content(files: FileSystem, path: str, content: bytes) -> None:
    """Write what a file is to hold: beside it first, then under its name, with the permission bits it had.

    Raises FileError; the file is as it was then.
    """
    entry = await files.stat(path)
    for _ in range(MAX_LINKS):  # a link stays: what it leads to is written
        link = await files.stat(path, follow=False)
        if link is None or link.kind is not Kind.LINK:
            break
        path = files.names.absolute(link.target, files.names.above(path))
    else:
        raise FileError(f"{path} cannot be written", "Links lead to it in a circle.", reason=Reason.REFUSED)
    folder, name = files.names.split(path)
    part = files.names.join(folder, part_name(name))
    mode = None if entry is None else entry.mode

    async def pieces() -> Pieces:
        yield content

    try:
        await files.write(part, 0, pieces(), mode=mode, settled=Settled(path, mode=mode))
    except FileError as error:
        if error.reason is not Reason.LOST:
            with suppress(FileError):
                await files.remove(part)
        raise


def too_large(path: str) -> FileError:
    """Return the error for a file that is not edited here."""
    why = f"It has more than {MAX_EDITED >> 20} MiB."
    return FileError(
        f"{path} is too large to be edited here", why, "Copy it: pstui cp HOST:PATH .", reason=Reason.REFUSED
    )
