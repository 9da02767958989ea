"""The pipes on which PowerShell processes of this machine wait for Enter-PSHostProcess (semantics 6.4).

On Unix each is a socket ``CoreFxPipe_PSHost.<start time>.<process id>.<domain>.<program>`` in the temporary folder.
Anybody may put a file of such a name there, so a socket counts only if it belongs to the process it names.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pstui.backends.transports.texts import printable

#: most pipes taken from one folder
MAX_PIPES = 2000
#: where Windows keeps its pipes
WINDOWS_PIPES = "\\\\.\\pipe\\"

_NAME = re.compile(r"PSHost\.([0-9A-Fa-f]{1,32})\.([0-9]{1,10})\.([^.\s]{1,64})\.([^\s/\\]{1,100})")
_UNIX = "CoreFxPipe_"


@dataclass(frozen=True, slots=True)
class HostPipe:
    """One pipe: its path, the process that serves it and that process's program."""

    path: str
    process_id: int
    program: str
    #: the user that the process runs as, -1 where that is not known
    owner: int = -1


def folders() -> list[Path]:
    """Return the temporary folders in which .NET makes its sockets: the user's own, and the system's."""
    named = [Path(os.environ["TMPDIR"])] if os.environ.get("TMPDIR") else []
    return list(dict.fromkeys([*named, Path(tempfile.gettempdir()), Path("/tmp")]))  # noqa: S108  where they are


def host_pipes(where: Iterable[Path] | None = None) -> list[HostPipe]:
    """Return the pipes of PowerShell processes that are alive and may be entered, by process id."""
    found: dict[int, HostPipe] = {}
    if sys.platform == "win32":
        for name in _names(Path(WINDOWS_PIPES)):
            if pipe := _pipe(name, WINDOWS_PIPES + name):
                found.setdefault(pipe.process_id, pipe)
    else:
        for folder in folders() if where is None else where:
            for name in _names(folder):
                if not name.startswith(_UNIX):
                    continue
                pipe = _pipe(name.removeprefix(_UNIX), str(folder / name))
                if pipe is not None and (owner := _owner(pipe)) is not None:
                    found.setdefault(pipe.process_id, HostPipe(pipe.path, pipe.process_id, pipe.program, owner))
    return sorted(found.values(), key=lambda pipe: pipe.process_id)


def _names(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208  the folder of Windows' pipes is none to pathlib
    except OSError:
        return []
    return [name for name in names if "PSHost." in name][:MAX_PIPES]


def _pipe(name: str, path: str) -> HostPipe | None:
    match = _NAME.fullmatch(name)
    return HostPipe(path, int(match[2]), printable(match[4])) if match else None


def _owner(pipe: HostPipe) -> int | None:
    """Return whose process serves the socket, None if it is no socket, not ours to enter, or its process is gone.

    The socket must belong to the user whose process it names: another's file of that name is a trap.
    """
    try:
        file = Path(pipe.path).lstat()
        owner = process_owner(pipe.process_id)
    except OSError:
        return None
    if not stat.S_ISSOCK(file.st_mode) or owner is None:
        return None
    mine = os.geteuid() if hasattr(os, "geteuid") else -1
    if owner == -1:
        owner = file.st_uid
    return owner if file.st_uid == owner and mine in (0, owner) else None


def process_owner(process_id: int) -> int | None:
    """Return the user that a process runs as, -1 where the system does not tell, None if there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{process_id}").stat().st_uid
        except OSError:
            return None
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return -1
    return -1
