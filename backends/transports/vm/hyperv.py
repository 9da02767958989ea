"""Virtual machines of Hyper-V, entered as PowerShell Direct does: look-up, logon, channel (protocol-notes 6.6).

The connection is one of Windows' own sockets into the guest. Two talks are held over it, one with the broker and one
with the PowerShell it starts; the second ends in the channel.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import ConnectContext, Transport
from pstui.backends.transports.command import ToolError, run_tool
from pstui.backends.transports.streams import StreamChannel, printable
from pstui.backends.transports.vm.handshake import GuestLogon, Handshake, LogonRefused
from pstui.backends.transports.vm.machine import Machine, choose

#: the services of a guest (protocol-notes 6.6): the broker that checks a logon, and PowerShell
BROKER = uuid.UUID("999e53d4-3d5c-4c3e-8779-bed06ec056e1")
POWERSHELL_SERVICE = uuid.UUID("a5201c21-2770-4c11-a68e-f182edb29220")
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
    reader, writer = await _dialled(dial, POWERSHELL_SERVICE, name)
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
        async with timeout(LOGON):
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
        async with timeout(CONNECT):
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
    return bool(value != 0)


#: exit code of the look-up where the Hyper-V module is missing
NO_MODULE = 77
#: lists the machines and changes nothing; no name is put into it, the one wanted is found in the answer
_LIST = (
    "$ErrorActionPreference = 'Stop'; $ProgressPreference = 'SilentlyContinue'; "
    "[Console]::OutputEncoding = [Text.Encoding]::UTF8; "
    f"try {{ Import-Module Hyper-V }} catch {{ [Console]::Error.WriteLine($_); exit {NO_MODULE} }}; "
    "foreach ($vm in Get-VM) { ConvertTo-Json -Compress "
    "@{ Id = [string]$vm.Id; Name = [string]$vm.Name; State = [int]$vm.State } }"
)
#: the command that asks Windows; Windows PowerShell is always there and has the module where Hyper-V is
POWERSHELL = ("powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _LIST)

#: words for Hyper-V's states, and the one in which a machine can be entered (protocol-notes 1.10)
RUNNING = 2
_STATES = {RUNNING: "running", 3: "off", 4: "stopping", 6: "saved", 9: "paused", 10: "starting"}


async def machines(command: Sequence[str] = POWERSHELL) -> list[Machine]:
    """Return this computer's virtual machines. Raises OpenError HyperVModuleNotAvailable and others."""
    try:
        answer = await run_tool(command, seconds=60.0)
    except ToolError as error:
        raise _no_module(error.text()) from error
    if answer.code == NO_MODULE:
        raise _no_module(answer.reason)
    if answer.code != 0:
        raise OpenError(
            "the virtual machines of this computer cannot be listed",
            answer.reason,
            "Hyper-V lists them to administrators and to members of the group Hyper-V Administrators.",
            error_id="CreateRemoteRunspaceForVMFailed",
        )
    return [machine for line in answer.output.splitlines() if (machine := _machine(line))]


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine, log on to its guest and open the way to its PowerShell. Raises OpenError."""
    from pstui.backends.transports.outofproc import OutOfProcTransport

    credential = info.values["Credential"]
    GuestLogon.of(credential.user_name, Secret(""))
    machine = choose(await machines(), info)
    context.named(machine.name)
    context.step("name", f"{machine.name}, {machine.state}")
    password = await _password(credential, context, machine.name)
    context.step("authentication", printable(credential.user_name))
    logon = GuestLogon.of(credential.user_name, password, info.text("ConfigurationName"))
    dial = dial_guest(machine.id)
    return OutOfProcTransport(await open_channel(logon, dial, name=machine.name, must_prove=must_prove()))


async def _password(credential: PSCredential, context: ConnectContext, name: str) -> Secret:
    if credential.password is not None:
        return credential.password
    label = f"Password of {printable(credential.user_name)} in the virtual machine {name}: "
    try:
        return await context.console.ask(Question(QuestionKind.SECRET, label, remote=False, source=name))
    except QuestionCancelled as cancelled:
        kind = OpenError if cancelled.nobody else OpenCancelled
        raise kind(f"{name}: not connected, no password was given", error_id="InvalidCredential") from cancelled


def _machine(line: str) -> Machine | None:
    try:
        value: Any = json.loads(line)
        state = int(value["State"])
        name = printable(str(value["Name"]))[:300]
        return Machine(uuid.UUID(value["Id"]), name, _STATES.get(state, f"state {state}"), state == RUNNING)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _no_module(why: str) -> OpenError:
    return OpenError(
        "the Hyper-V module is not available on this computer",
        why,
        "Turn on the Windows feature Hyper-V with its PowerShell module, or name a libvirt connection: -LibvirtUri",
        error_id="HyperVModuleNotAvailable",
    )
