"""A PowerShell process that runs on this computer, entered as Enter-PSHostProcess does (protocol-notes 6.4).

Each such process waits on a pipe. On Unix that is a socket ``CoreFxPipe_PSHost.<start time>.<process
id>.<domain>.<program>`` in the temporary folder. Anybody may put a file of such a name there, so a socket counts only
if it belongs to the process it names.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import Channel, ConnectContext, Transport, TransportKind
from pstui.backends.transports.pty_channel import open_terminal
from pstui.backends.transports.streams import StreamChannel, printable

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
    if sys.platform == "win32":
        return -1 if _runs_on_windows(process_id) else None
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


def _runs_on_windows(process_id: int) -> bool:
    """Whether a process runs. os.kill with 0 asks that elsewhere; there it would send the process Ctrl+C."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]  # Windows' own
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(_SYNCHRONIZE, False, process_id)
    if not handle:
        denied: bool = ctypes.get_last_error() == _ACCESS_DENIED  # type: ignore[attr-defined,unused-ignore]  # as above
        return denied
    try:
        waits: bool = kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == _WAIT_TIMEOUT
        return waits
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


#: constants of Windows (winnt.h, winerror.h, winbase.h): a right to wait, and two answers
_SYNCHRONIZE, _ACCESS_DENIED, _WAIT_TIMEOUT = 0x100000, 5, 0x102
#: macOS (sys/un.h): the option of a local socket that names the process at its other end
_SOL_LOCAL, _LOCAL_PEERPID = 0, 2

#: seconds a pipe may take to accept, and the time between two tries (protocol-notes 6.4)
TIMEOUT, POLL = 60.0, 0.1

_ENDED = "The process has ended or has closed its pipe (NamedPipeTransportProcessEnded)."
#: seconds until a process that accepted must have answered; one that is entered already accepts and keeps silent
FIRST_ANSWER = 15.0
#: looks, POLL apart, at a process whose pipe has been closed
ENDING_LOOKS = 5


class PipeChannel(StreamChannel):
    """The pipe of a process, which serves one session at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, process_id: int) -> None:
        super().__init__(reader, writer, _ENDED)
        self._process_id, self._answered = process_id, False
        self._runs_on = False

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end. Raises SessionBroken when the first do not come."""
        try:
            async with timeout(None if self._answered else FIRST_ANSWER):
                data = await super().read()
        except TimeoutError:
            raise SessionBroken(
                f"the process {self._process_id} accepts the connection and does not answer",
                "Another session is entered in it, it seems; it serves one at a time.",
                "Leave the other session first.",
            ) from None
        self._answered = self._answered or bool(data)
        if not data:
            # A process that is ending closes its files first.
            for _ in range(ENDING_LOOKS):
                self._runs_on = await asyncio.to_thread(_is_alive, self._process_id)
                if not self._runs_on:
                    break
                await asyncio.sleep(POLL)
        return data

    def ending(self) -> str:
        """Return what became of the process."""
        return f"The process {self._process_id} has closed its pipe; it runs on." if self._runs_on else super().ending()


def _is_alive(process_id: int) -> bool:
    """Whether a process runs; one that has ended and was not asked for its exit code yet does not."""
    if not Path("/proc/self").exists():
        return process_owner(process_id) is not None
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Connect to the process's pipe. Raises OpenError: no such process, no pipe, not its own pipe, no answer."""
    from pstui.backends.transports.outofproc import OutOfProcTransport

    process_id = info.number("ProcessId")
    context.step("name", f"process {process_id}")
    pipe = next((one for one in await asyncio.to_thread(host_pipes) if one.process_id == process_id), None)
    if pipe is None:
        raise _no_pipe(process_id)
    context.step("session", f"{pipe.program}, process {process_id}")
    return OutOfProcTransport(await _open(pipe))


async def _open(pipe: HostPipe) -> Channel:
    """Return a channel to the pipe, waiting while it is busy. Raises OpenError."""
    try:
        async with timeout(TIMEOUT):
            while True:
                try:
                    return await _connected(pipe)
                except (ConnectionRefusedError, BlockingIOError) as error:
                    if await asyncio.to_thread(process_owner, pipe.process_id) is None:
                        raise _no_pipe(pipe.process_id) from error
                    await asyncio.sleep(POLL)
    except TimeoutError:
        raise OpenError(
            f"the process {pipe.process_id} did not accept a connection within {TIMEOUT:g} s",
            "It serves one session at a time; another may be open.",
            "Leave the other session first.",
        ) from None
    except OSError as error:
        raise OpenError(
            f"the process {pipe.process_id} cannot be entered",
            f"The system says: {error.strerror or error}.",
            "Only processes of the same user can be entered, or all of them as root.",
        ) from error


async def _connected(pipe: HostPipe) -> Channel:
    if sys.platform == "win32":
        loop: Any = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.create_pipe_connection(lambda: protocol, pipe.path)
        return PipeChannel(reader, asyncio.StreamWriter(transport, protocol, reader, loop), pipe.process_id)
    reader, writer = await asyncio.open_unix_connection(pipe.path)
    channel = PipeChannel(reader, writer, pipe.process_id)
    served_by = _peer(writer.get_extra_info("socket"))
    if served_by is not None and served_by != pipe.process_id:
        await channel.stop()
        raise OpenError(
            f"the pipe of process {pipe.process_id} is served by another process ({served_by})",
            "Somebody has put a pipe of that name into the temporary folder.",
            "Do not enter it; look at who owns that process.",
        )
    return channel


def _peer(connection: Any) -> int | None:
    """Return the process that listens at the other end of a socket, None where the system does not tell."""
    try:
        if sys.platform == "darwin":
            raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID, struct.calcsize("i"))
        elif hasattr(socket, "SO_PEERCRED"):
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        else:
            return None
    except OSError:
        return None
    process_id: int = struct.unpack_from("i", raw)[0]
    # A process outside this one's namespace has no number here.
    return process_id or None


def _no_pipe(process_id: int) -> OpenError:
    if process_owner(process_id) is None:
        return OpenError(f"there is no process {process_id}", hint="The sidebar lists the processes to enter.")
    return OpenError(
        f"the process {process_id} has no pipe to enter it by",
        "It is not a PowerShell, belongs to another user, or was started with POWERSHELL_DIAGNOSTICS_OPTOUT.",
        "Enter a PowerShell of your own, version 6 or later.",
    )


TRANSPORT = TransportKind(
    name="NamedPipe",
    parameter_sets=frozenset({ParameterSet.HOST_PROCESS}),
    connect=connect,
    open_terminal=open_terminal,
)
