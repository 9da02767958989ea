"""A PowerShell process that runs on this machine, entered as Enter-PSHostProcess does (semantics 6.4)."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports.base import Channel, ConnectContext, Transport, TransportKind
from pstui.backends.transports.named_pipe_sockets import HostPipe, host_pipes, process_owner
from pstui.backends.transports.stream_channel import StreamChannel

#: seconds a pipe may take to accept, and the time between two tries (semantics 6.4)
TIMEOUT, POLL = 60.0, 0.1

_ENDED = "The process has ended or has closed its pipe (NamedPipeTransportProcessEnded)."


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
        async with asyncio.timeout(TIMEOUT):
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
        return StreamChannel(reader, asyncio.StreamWriter(transport, protocol, reader, loop), _ENDED)
    reader, writer = await asyncio.open_unix_connection(pipe.path)
    channel = StreamChannel(reader, writer, _ENDED)
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
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return None
    process_id: int = struct.unpack("3i", raw)[0]
    # A process outside this one's namespace has no number here.
    return process_id or None


def _no_pipe(process_id: int) -> OpenError:
    if process_owner(process_id) is None:
        return OpenError(f"there is no process {process_id}", hint="The sidebar lists the processes to enter.")
    return OpenError(
        f"the process {process_id} has no pipe to enter it by",
        "It is no PowerShell, belongs to another user, or was started with POWERSHELL_DIAGNOSTICS_OPTOUT.",
        "Enter a PowerShell of your own, version 6 or later.",
    )


TRANSPORT = TransportKind(name="NamedPipe", parameter_sets=frozenset({ParameterSet.HOST_PROCESS}), connect=connect)
