"""What a file system is: entries, errors, and the calls that the local disk, SFTP and a PowerShell pipeline answer.

Contents travel as streams in order: ``read`` yields pieces from an offset, ``write`` takes pieces to an offset. How
many requests are on their way at once is each file system's own business.
"""

from __future__ import annotations

import enum
import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from pstui.backends.errors import PstuiError
from pstui.backends.files.names import Names

#: a file's content on its way, in order
Pieces = AsyncGenerator[bytes, None]
#: most bytes of one piece of a file's content: what OpenSSH's server takes in one request (sftp-server.c, limits)
PIECE = 255 * 1024
#: most entries of one folder; a far end may list without end
MAX_ENTRIES = 100_000
#: the times of a file system that keeps what it is given
ALL_TIMES = (-math.inf, math.inf)


def as_kept(modified: float, times: tuple[float, float]) -> float:
    """Return what a file system makes of a time, in seconds since 1970: the first or the last that it can keep."""
    first, last = times
    return min(max(modified, first), last)


class Kind(enum.Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    #: a device, a pipe, a socket
    OTHER = "special file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder, or what stands at a path. ``name`` is as its file system told it, unchecked.

    ``size`` is in bytes, ``modified`` in seconds since 1970, ``mode`` the permission bits; None is unknown.
    ``target`` is what a link holds, where that was asked for.
    """

    name: str
    kind: Kind
    size: int = 0
    modified: float | None = None
    mode: int | None = None
    target: str = ""
    #: whether Windows hides it; elsewhere a name with a dot before it is hidden
    hidden: bool = False

    @property
    def is_hidden(self) -> bool:
        """Whether a list leaves it out unless asked."""
        return self.hidden or self.name.startswith(".")


@dataclass(frozen=True, slots=True)
class Settled:
    """What a part becomes once it is whole: its name, its time and its permission bits; None leaves one as it is."""

    to: str
    modified: float | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """How much a disk holds, in bytes."""

    free: int
    total: int


class Reason(enum.Enum):
    """Why something failed, as far as what follows depends on it."""

    MISSING = "missing"
    DENIED = "denied"
    EXISTS = "exists"
    FULL = "full"
    NAME = "name"
    CHANGED = "changed"
    #: somebody else writes it now
    BUSY = "busy"
    REFUSED = "refused"
    #: the far end is gone: nothing more can be done there
    LOST = "lost"
    OTHER = "other"


class FileError(PstuiError):
    """A file could not be read, written or changed. ``reason`` is the kind of it."""

    def __init__(self, what: str, why: str = "", hint: str = "", *, reason: Reason = Reason.OTHER) -> None:
        super().__init__(what, why, hint)
        self.reason = reason


class FileSystem(Protocol):
    """Files of one computer. Paths are absolute or relative to ``here``, written as that computer writes them.

    Every call raises FileError; one that is lost raises it with Reason.LOST.
    """

    #: what it is called in messages: a host's name, empty for this computer
    label: str
    #: by which way: for the screen
    way: str
    names: Names
    #: the folder that relative paths are counted from
    here: str
    #: how many files may be copied side by side
    lanes: int
    #: bytes from which on a file is worth asking for its sum
    digests_from: int
    #: the first and the last time that it can keep, in seconds since 1970
    times: tuple[float, float]

    async def stat(self, path: str, *, follow: bool = True) -> Entry | None:
        """Return what stands at a path, None where there is nothing."""

    async def entries(self, path: str) -> list[Entry]:
        """Return the entries of a folder, links as links, without ``.`` and ``..``; at most MAX_ENTRIES."""

    def read(self, path: str, offset: int, length: int) -> Pieces:
        """Yield at most ``length`` bytes from ``offset`` on, in order, fewer where the file ends."""

    async def write(
        self, path: str, offset: int, pieces: Pieces, *, mode: int | None = None, settled: Settled | None = None
    ) -> None:
        """Write a regular file from ``offset`` on and nothing behind that; one that is not there is made.

        ``mode`` is what a new one gets at once, where there are modes. A link at the path is not followed. With
        ``settled`` it is settled as soon as all of it is there.
        """

    async def make_folder(self, path: str) -> None:
        """Make a folder in one that there is."""

    async def make_link(self, path: str, target: str) -> None:
        """Make a symbolic link."""

    async def rename(self, path: str, to: str, *, replace: bool = False) -> None:
        """Give a new name; ``replace`` allows a file to be there, which is replaced in one step where possible."""

    async def remove(self, path: str, *, folder: bool = False) -> None:
        """Remove a file or a link, or an empty folder."""

    async def set_attributes(self, path: str, modified: float | None, mode: int | None) -> None:
        """Set time and permission bits as far as there are such; None leaves one as it is."""

    async def settle(self, part: str, settled: Settled) -> None:
        """Give a file that is whole its time, its permission bits and its name, in place of what has that.

        Time and bits that its disk does not have are passed over.
        """

    async def digest(self, path: str, length: int) -> str | None:
        """Return the SHA-256 of the first ``length`` bytes as hex, None where that cannot be had there."""

    async def space(self, path: str) -> Space | None:
        """Return the room on a folder's disk, None where it is unknown."""

    async def close(self) -> None:
        """Give back what it holds. Never raises."""
