"""A local process that speaks the protocol on its standard streams: ``pwsh -s``, or any argument list that does.

It is started without a shell, in a process group of its own, and ended with all its children.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from typing import cast

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.command import detached, kill_tree, not_found_hint
from pstui.backends.transports.pty_channel import open_terminal
from pstui.backends.transports.streams import LineTail, ReadBuffer, exit_text, printable

#: seconds a process has to end by itself once it was asked to, before it is killed
GRACE = 0.5
#: seconds after the end of the process in which what it wrote last may still arrive; a grandchild can hold the pipe
DRAIN = 0.5
#: seconds in which more lines of an error on stderr may follow the first
ERROR_GATHERING = 0.2


class ProcessChannel(asyncio.SubprocessProtocol):
    """The standard streams of a child process.

    A line on stderr is the process's report of an error (protocol-notes 6.2, error 2100): ``read`` then raises
    SessionBroken with that text, after everything that came before it on stdout was read.
    """

    def __init__(self) -> None:
        self._transport: asyncio.SubprocessTransport | None = None
        self._received = ReadBuffer(self._pause_reading, self._resume_reading)
        self._writable = asyncio.Event()
        self._writable.set()
        self._open = {1, 2}
        self._exited = asyncio.Event()
        self._stopped = False
        self._stderr = LineTail()
        self._error_due = False
        #: whether the end of its input tells it to end
        self._heeds_input = True

    @classmethod
    async def start(cls, argv: Sequence[str]) -> ProcessChannel:
        """Start ``argv`` and return its channel. Raises OSError when the system refuses."""
        _, channel = await asyncio.get_running_loop().subprocess_exec(cls, *argv, **detached())
        return channel

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._transport is not None
        return self._transport.get_pid()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self._received.put(data)
            return
        self._stderr.feed(data)
        if self._stderr and not self._error_due:
            self._error_due = True
            asyncio.get_running_loop().call_later(ERROR_GATHERING, self._finish)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if fd == 0:
            self._writable.set()
        if fd == 1:
            # Nothing more can come; the exit code is worth a moment of waiting, it says why.
            asyncio.get_running_loop().call_later(DRAIN, self._finish)
        if not self._open and self._exited.is_set():
            self._finish()

    def process_exited(self) -> None:
        self._exited.set()
        self._writable.set()
        if not self._open:
            self._finish()
        asyncio.get_running_loop().call_later(DRAIN, self._finish)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What a Channel offers.

    async def read(self) -> bytes:
        """Return the next bytes of stdout, ``b""`` at the end. Raises SessionBroken for an error on stderr."""
        data = await self._received.get()
        if not data and self._stderr and not self._stopped:
            raise SessionBroken("the process reported an error", self._stderr.text(), details=self._end_of_process())
        return data

    async def write(self, data: bytes) -> None:
        """Write all of ``data`` to stdin. Raises BrokenPipeError once the process is gone."""
        assert self._transport is not None
        pipe = cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(0))
        if pipe is None or pipe.is_closing() or self._exited.is_set() or self._stopped:
            raise BrokenPipeError(self.ending() or "the process takes no more input")
        pipe.write(data)
        await self._writable.wait()
        if self._exited.is_set() or self._stopped:
            raise BrokenPipeError(self.ending() or "the process ended before it took all its input")

    async def stop(self) -> None:
        """End the process and everything in its group, and reap it."""
        if self._transport is None or self._stopped:
            return
        self._stopped = True
        try:
            if not self._exited.is_set():
                await self._end_group()
        finally:
            self._transport.close()
            self._finish()

    def ending(self) -> str:
        """Return how the process ended and what it wrote to stderr."""
        return "\n".join(part for part in (self._end_of_process(), self._stderr.text()) if part)

    def _end_of_process(self) -> str:
        code = self._transport.get_returncode() if self._transport else None
        if code is None:
            return ""
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = str(-code)
            return f"The process was ended by the signal {name}."
        return f"The process ended with {exit_text(code)}."

    async def _end_group(self) -> None:
        # The end of its input is how a server learns that the session is over; it may have something to finish.
        if self._transport is not None and (stdin := self._transport.get_pipe_transport(0)) is not None:
            stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exited.wait(), GRACE if self._heeds_input else 0)
        # The second signal is also for members that ignored the first and outlived the leader: while they live, the
        # number of the group is theirs.
        for kill in (False, True):
            await self._signal_group(kill)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exited.wait(), GRACE)

    async def _signal_group(self, kill: bool) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                # Its children are found while it lives.
                await kill_tree(self.pid)
                if self._transport is not None:
                    self._transport.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL if kill else signal.SIGTERM)

    def _pause_reading(self) -> None:
        self._stdout("pause_reading")

    def _resume_reading(self) -> None:
        self._stdout("resume_reading")

    def _stdout(self, call: str) -> None:
        pipe = self._transport.get_pipe_transport(1) if self._transport else None
        if pipe is not None:
            with contextlib.suppress(RuntimeError):
                getattr(pipe, call)()

    def _finish(self) -> None:
        if not self._received.ended:
            self._stderr.end()
            self._received.end()


#: server mode on the standard streams (protocol-notes 6.2)
SERVER_ARGUMENTS = ("-s", "-NoLogo", "-NoProfile")


def default_command() -> tuple[str, ...]:
    """Return the argument list of this computer's PowerShell as a server, or ``()`` when there is none on the PATH."""
    names = ["pwsh"]
    if os.name == "nt":
        names += ["powershell.exe", "powershell"]
    for name in names:
        path = shutil.which(name)
        if path:
            return (path, *SERVER_ARGUMENTS)
    return ()


def command_of(info: ConnectionInfo) -> tuple[str, ...]:
    """Return the argument list to start for ``info``. Raises OpenError when there is nothing to start."""
    given = tuple(str(part) for part in info.values.get("Command") or ())
    if any("\0" in part for part in given):
        raise OpenError("the command of this process holds a null character", "No program can be started with it.")
    if given:
        return given
    found = default_command()
    if found:
        return found
    wanted = "Neither pwsh nor Windows PowerShell was" if os.name == "nt" else "No program named pwsh was"
    raise OpenError(
        "there is no PowerShell on this computer to enter",
        f"{wanted} found on the PATH.",
        "Install PowerShell, name another host with -HostName, or try the embedded endpoint: pstui demo",
        error_id="CommandNotFoundException",
    )


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Start the process and return its transport. Raises OpenError."""
    from pstui.backends.transports.outofproc import OutOfProcTransport

    argv = command_of(info)
    context.step("session", printable(argv[0]))
    try:
        channel = await ProcessChannel.start(argv)
    except (OSError, ValueError) as error:
        raise _not_started(argv[0], error) from error
    advice = f"Try by hand: {printable(shlex.join(argv))} – a server waits there in silence. PowerShell's is: pwsh -s"
    return OutOfProcTransport(channel, advice=advice)


def _not_started(program: str, error: OSError | ValueError) -> OpenError:
    reason = getattr(error, "strerror", None) or str(error)
    hint = "Check that the file may be executed by you."
    if isinstance(error, FileNotFoundError):
        hint = not_found_hint(program)
    elif sys.platform != "win32" and isinstance(error, OSError) and error.errno == 8:
        hint = "The file is not a program for this computer; a script needs its first line to name an interpreter."
    return OpenError(
        f"the process {printable(program)} could not be started",
        f"The system says: {printable(reason)}.",
        hint,
        error_id="CommandNotFoundException" if isinstance(error, FileNotFoundError) else "",
    )


TRANSPORT = TransportKind(
    name="Process",
    parameter_sets=frozenset({ParameterSet.PROCESS}),
    connect=connect,
    open_terminal=open_terminal,
)
