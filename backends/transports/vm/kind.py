"""Virtual machines, as Enter-PSSession -VMName and -VMId name them: ``connect.py`` does the work.

It is loaded when a machine is entered.
"""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, TerminalChannel, TerminalWish, Transport, TransportKind
from pstui.backends.transports.registry import loaded


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine and enter its guest. Raises OpenError with PowerShell's ids."""
    found = await loaded("pstui.backends.transports.vm.connect")
    transport: Transport = await found.connect(info, context)
    return transport


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> TerminalChannel:
    """Open a terminal in the guest, by the SSH server that its sessions use. Raises OpenError."""
    found = await loaded("pstui.backends.transports.vm.connect")
    channel: TerminalChannel = await found.open_terminal(info, context, wish)
    return channel


async def check(info: ConnectionInfo, context: ConnectContext) -> None:
    """Raise OpenError for what keeps a guest from being entered whatever the password is."""
    await (await loaded("pstui.backends.transports.vm.connect")).check(info, context)


TRANSPORT = TransportKind(
    name="VMBus",
    parameter_sets=frozenset({ParameterSet.VM_ID, ParameterSet.VM_NAME}),
    connect=connect,
    open_terminal=open_terminal,
    check=check,
)
