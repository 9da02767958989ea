"""The connections to a Hyper-V guest: Windows' own sockets to it, and the two talks that end in a channel."""

from __future__ import annotations

import asyncio
import socket
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from pstui.backends.errors import OpenError
from pstui.backends.transports.stream_channel import StreamChannel
from pstui.backends.transports.vm.handshake import GuestLogon, Handshake, LogonRefused

#: the services of a guest (semantics 6.6): the broker that checks a logon, and PowerShell
BROKER = uuid.UUID("999e53d4-3d5c-4c3e-8779-bed06ec056e1")
POWERSHELL = uuid.UUID("a5201c21-2770-4c11-a68e-f182edb29220")
#: seconds for a connection, and for a whole talk, in which the guest may load a profile
CONNECT, LOGON = 20.0, 60.0
#: bytes read at once; no answer is longer
PIECE = 1024

_ENDED = "The virtual machine closed the connection (HyperVSocketTransportProcessEnded)."

#: opens a connected stream socket to one service of the guest; raises OSError
Dial = Callable[[uuid.UUID], Awaitable[socket.socket]]


async def open_channel(logon: GuestLogon, dial: Dial, *, name: str, must_prove: bool) -> StreamChannel:
    """Log on at the broker, then open the way to PowerShell. Raises OpenError.

    ``must_prove`` refuses guests that do not bind the second connection to the logon of the first: Windows'
    setting RequirePsDirectAuthentication.
    """
    talk = Handshake.broker(logon)
    await _finish(talk, dial, BROKER, name)
    if talk.is_legacy:
        if must_prove:
            raise OpenError(
                f"the virtual machine {name} speaks only the old logon of PowerShell Direct",
                "This computer demands the new one (RequirePsDirectAuthentication).",
                "Update Windows in the virtual machine.",
                error_id="HyperVNegotiationFailed",
            )
        await _finish(Handshake.legacy_broker(logon), dial, BROKER, name)
    reader, writer = await _dialled(dial, POWERSHELL, name)
    channel = StreamChannel(reader, writer, _ENDED)
    if not talk.is_legacy:
        try:
            await _hold(Handshake.powershell(talk.token), reader, writer, name)
        except BaseException:
            await channel.stop()
            raise
    return channel


async def _finish(talk: Handshake, dial: Dial, service: uuid.UUID, name: str) -> None:
    """Hold one talk on a connection of its own."""
    reader, writer = await _dialled(dial, service, name)
    try:
        await _hold(talk, reader, writer, name)
    finally:
        await StreamChannel(reader, writer, "").stop()


async def _hold(talk: Handshake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    try:
        async with asyncio.timeout(LOGON):
            writer.write(talk.start())
            await writer.drain()
            while not talk.done:
                try:
                    sending = talk.receive(await reader.read(PIECE))
                except LogonRefused as refused:
                    writer.write(refused.farewell)
                    await writer.drain()
                    raise
                writer.write(sending)
                await writer.drain()
    except TimeoutError:
        raise _not_connected(name, "It did not answer in time.") from None
    except OSError as error:
        raise _not_connected(name, f"The system says: {error.strerror or error}.") from error


async def _dialled(dial: Dial, service: uuid.UUID, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT):
            made = await dial(service)
        made.setblocking(False)
        return await asyncio.open_connection(sock=made)
    except TimeoutError:
        raise _not_connected(name, f"It did not accept a connection within {CONNECT:g} s.") from None
    except OSError as error:
        raise _not_connected(name, f"The system says: {error.strerror or error}.") from error


def _not_connected(name: str, why: str) -> OpenError:
    return OpenError(
        f"the virtual machine {name} cannot be reached through PowerShell Direct",
        why,
        "It must run on this computer with Windows 10, Windows Server 2016 or later as its guest.",
        error_id="VMSessionConnectFailed",
    )


def unavailable() -> str:
    """Return why there are no such sockets here, or ``""``."""
    if sys.platform != "win32":
        return "PowerShell Direct reaches the virtual machines of a Windows computer with Hyper-V, from that computer."
    if not hasattr(socket, "AF_HYPERV"):
        return "Python has sockets to Hyper-V's virtual machines since version 3.12."
    return ""


def dial_guest(machine: uuid.UUID) -> Dial:
    """Return what opens Windows' sockets to a guest."""

    async def dial(service: uuid.UUID) -> socket.socket:
        return await asyncio.to_thread(_connected, machine, service)

    return dial


def _connected(machine: uuid.UUID, service: uuid.UUID) -> socket.socket:
    system: Any = socket
    made = socket.socket(system.AF_HYPERV, socket.SOCK_STREAM, system.HV_PROTOCOL_RAW)
    try:
        made.settimeout(CONNECT)
        made.connect((str(machine), str(service)))
    except BaseException:
        made.close()
        raise
    return made


def must_prove() -> bool:
    """Whether this computer refuses guests with the old logon; also where its setting cannot be read."""
    if sys.platform != "win32":
        return False
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\PowerShell") as key:
            value, _ = winreg.QueryValueEx(key, "RequirePsDirectAuthentication")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return value != 0
