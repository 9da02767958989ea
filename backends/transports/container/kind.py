"""Containers, as Enter-PSSession -ContainerId names them: ``connect.py`` does the work.

It is loaded when a container is entered.
"""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.registry import loaded


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Find the container and start a PowerShell in it. Raises OpenError."""
    found = await loaded("pstui.backends.transports.container.connect")
    transport: Transport = await found.connect(info, context)
    return transport


TRANSPORT = TransportKind(name="Container", parameter_sets=frozenset({ParameterSet.CONTAINER_ID}), connect=connect)
