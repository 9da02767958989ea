"""Virtual machines of Hyper-V, entered as PowerShell Direct does: look-up, logon, channel (semantics 6.6)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.transports.base import ConnectContext, Transport
from pstui.backends.transports.command import ToolError, run_tool
from pstui.backends.transports.texts import printable
from pstui.backends.transports.vm.handshake import GuestLogon
from pstui.backends.transports.vm.hyperv_socket import dial_guest, must_prove, open_channel
from pstui.backends.transports.vm.machine import Machine, choose

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

#: words for Hyper-V's states, and the one in which a machine can be entered (semantics 1.10)
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
