"""The transport to the embedded endpoint: an in-memory pair of byte streams, the far end served in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.places import expanded, is_folder
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind
from pstui.backends.transports.pty_channel import open_terminal
from pstui.backends.transports.streams import printable


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Start an endpoint of its own for this session and return the way to it."""
    from pstui.backends.demo.server.memory import MemoryChannel
    from pstui.backends.transports.outofproc import OutOfProcTransport

    context.step("session", "the demo endpoint inside pstui")
    named = str(info.settings.get("demo_home", ""))
    home = await asyncio.to_thread(_folder, named) if named else None
    return OutOfProcTransport(MemoryChannel(home), is_private=True)


def _folder(named: str) -> Path:
    folder = expanded(named).absolute()
    if not is_folder(folder):
        raise OpenError(
            "the demo endpoint has no home", f"{printable(named)} is not a folder.", "Name another with demo_home."
        )
    return folder


TRANSPORT = TransportKind(
    name="Process", parameter_sets=frozenset({ParameterSet.DEMO}), connect=connect, open_terminal=open_terminal
)
