"""From a virtual machine of libvirt to a session in its guest: an address, SSH or WinRM there, the credential."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, Question, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalChannel, TerminalWish, Transport
from pstui.backends.transports.vm.libvirt import Hypervisor
from pstui.backends.transports.vm.machine import Machine, choose

#: seconds for a port of the guest to accept
CONNECT_TIMEOUT = 4.0
#: usual ports; plain WinRM last, because it proves nothing of the guest
SSH, WINRM_TLS, WINRM = 22, 5986, 5985

_FAILED = "CreateRemoteRunspaceForVMFailed"
_PASSWORD = re.compile(r"(\S+'s password|\(\S+\) password) ?:? *", re.IGNORECASE)


async def enter_guest(hypervisors: Sequence[Hypervisor], info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine at the first hypervisors that answer and enter its guest. Raises OpenError."""
    return await registry.connect(*await _way_in(hypervisors, info, context))


async def terminal_in_guest(
    hypervisors: Sequence[Hypervisor], info: ConnectionInfo, context: ConnectContext, wish: TerminalWish
) -> TerminalChannel:
    """Open a terminal in the guest of a machine, by the way that sessions take. Raises OpenError."""
    return await registry.open_terminal(*await _way_in(hypervisors, info, context), wish)


async def _way_in(
    hypervisors: Sequence[Hypervisor], info: ConnectionInfo, context: ConnectContext
) -> tuple[ConnectionInfo, ConnectContext]:
    """Return the connection into the guest, and what to open it with. Raises OpenError."""
    machine = await find(hypervisors, info)
    context.named(machine.name)
    context.step("name", f"{machine.name}, {machine.state} ({machine.where})")
    if not machine.addresses:
        raise OpenError(
            f"the virtual machine {machine.name} has no address that is known here",
            "Neither a lease nor the guest's agent nor ARP shows one.",
            "Install qemu-guest-agent in the guest, or enter it by its address with -HostName or -ComputerName.",
            error_id=_FAILED,
        )
    address, port, transport = await reach(machine, info.text("GuestTransport"), info.number("GuestPort"))
    context.step("port", f"{address} port {port} ({transport})")
    guest = guest_connection(info, machine, address, port, transport)
    console: Console = context.console
    if transport == "SSH":
        console = CredentialConsole(context.console, info.values["Credential"])
    return guest, replace(context, console=console, named=lambda name: None)


async def find(hypervisors: Sequence[Hypervisor], info: ConnectionInfo) -> Machine:
    """Return the machine that ``info`` names among those of all hypervisors. Raises OpenError."""
    wanted = str(info.values.get("VMId") or info.text("VMName"))
    try:
        asked = (one.machines(with_addresses=wanted) for one in hypervisors)
        answers = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        await asyncio.gather(*(one.close() for one in hypervisors))
    machines: list[Machine] = []
    failures: list[OpenError] = []
    for answer in answers:
        if isinstance(answer, OpenError):
            failures.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            machines += answer
    if failures and not machines:
        raise failures[0]
    return choose(machines, info)


async def reach(machine: Machine, transport: str, port: int) -> tuple[str, int, str]:
    """Return (address, port, ``SSH`` or ``WSMan``) of the first way into the guest that accepts. Raises OpenError."""
    transport = {"ssh": "SSH", "wsman": "WSMan"}.get(transport.casefold(), "")
    if transport == "SSH":
        ways = [(port or SSH, "SSH")]
    elif transport == "WSMan":
        ways = [(port, "WSMan")] if port else [(WINRM_TLS, "WSMan"), (WINRM, "WSMan")]
    elif port:
        ways = [(port, "")]
    else:
        ways = [(SSH, "SSH"), (WINRM_TLS, "WSMan"), (WINRM, "WSMan")]
    tried = [(address, number, kind) for number, kind in ways for address in machine.addresses]
    answers = await asyncio.gather(*(_speaks(address, number, kind) for address, number, kind in tried))
    for (address, number, _), speaks in zip(tried, answers, strict=True):
        if speaks:
            return address, number, speaks
    ports = ", ".join(str(number) for number, _ in ways)
    raise OpenError(
        f"the guest of {machine.name} accepts no connection",
        f"Tried {', '.join(machine.addresses)}, port {ports}.",
        "Let it run an SSH server with the PowerShell subsystem, or WinRM, and open its port in the guest's firewall.",
        error_id=_FAILED,
    )


async def _speaks(address: str, port: int, kind: str) -> str:
    """Return what a port speaks: ``kind``, or by its greeting where that is empty; ``""`` if nobody accepts."""
    try:
        async with timeout(CONNECT_TIMEOUT):
            reader, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return ""
    try:
        if kind:
            return kind
        greeting = b""
        with contextlib.suppress(OSError, TimeoutError):
            # An SSH server speaks first, a web server never does.
            async with timeout(1.0):
                greeting = await reader.read(4)
        return "SSH" if greeting == b"SSH-" else "WSMan"
    finally:
        writer.close()


def guest_connection(info: ConnectionInfo, machine: Machine, address: str, port: int, transport: str) -> ConnectionInfo:
    """Return the connection into the guest; ConfigurationName is its SSH subsystem or its WinRM configuration.

    Whoever chose WSMan for the machine trusts the hypervisor's word for its address; otherwise WinRM asks for more.
    """
    credential: PSCredential = info.values["Credential"]
    configuration = info.text("ConfigurationName")
    host = f"[{address}]" if ":" in address else address
    if transport == "SSH":
        # Leases move from guest to guest, so the host key is kept under the machine's id, not under an address.
        options = {
            "HostKeyAlias": str(machine.id),
            "PreferredAuthentications": "password,keyboard-interactive,publickey",
        }
        values: dict[str, Any] = {
            "HostName": host,
            "UserName": credential.user_name,
            "Port": port,
            "Options": options,
        }
        if configuration:
            values["Subsystem"] = configuration
        return ConnectionInfo(ParameterSet.SSH_HOST, values, info.profile, info.settings)
    values = {"ComputerName": host, "Credential": credential, "Port": port}
    if port == WINRM_TLS:
        values["UseSSL"] = True
    if configuration:
        values["ConfigurationName"] = configuration
    settings = dict(info.settings)
    if info.text("GuestTransport"):
        settings["trusted_hosts"] = [address, host]
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, values, info.profile, settings)


class CredentialConsole:
    """A console that answers the guest's first question for the password itself; a person has the rest.

    Only the first: a password that was refused is not sent a second time, accounts are locked over that.
    """

    def __init__(self, console: Console, credential: PSCredential) -> None:
        self._console, self._credential = console, credential
        self._answered = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._console, name)

    async def ask(self, question: Question) -> Secret:
        """Answer the first question for the password with the credential's; put every other to the person."""
        password = self._credential.password
        is_mine = question.kind is QuestionKind.SECRET and not question.remote and _PASSWORD.fullmatch(question.label)
        if password is not None and is_mine and not self._answered:
            self._answered = True
            return password
        return await self._console.ask(question)
