"""The transport to the embedded endpoint: an in-memory pair of byte streams, the far end served in this process."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.pty_channel import open_terminal


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Start an endpoint of its own for this session and return the way to it."""
    from pstui.backends.demo.server.memory import MemoryChannel
    from pstui.backends.transports.outofproc import OutOfProcTransport

    context.step("session", "the demo endpoint inside pstui")
    return OutOfProcTransport(MemoryChannel(), is_private=True)


TRANSPORT = TransportKind(
    name="Process", parameter_sets=frozenset({ParameterSet.DEMO}), connect=connect, open_terminal=open_terminal
)
