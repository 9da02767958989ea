"""Virtual machines, as Enter-PSSession -VMName and -VMId name them: ``connect.py`` does the work.

It is loaded when a machine is entered.
"""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.registry import loaded


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the machine and enter its guest. Raises OpenError with PowerShell's ids."""
    found = await loaded("pstui.backends.transports.vm.connect")
    transport: Transport = await found.connect(info, context)
    return transport


TRANSPORT = TransportKind(
    name="VMBus", parameter_sets=frozenset({ParameterSet.VM_ID, ParameterSet.VM_NAME}), connect=connect
)
