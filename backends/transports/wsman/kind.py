"""WinRM, as Enter-PSSession -ComputerName and -ConnectionUri use it: sessions over WS-Management (protocol-notes 6.7).

pypsrp writes the envelopes, proves who we are and seals the messages; the pool above and the connections beneath are
pstui's own. It works from every system; a Windows computer needs nothing but Enable-PSRemoting.
"""

from __future__ import annotations

import asyncio
import importlib

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, Transport, TransportKind


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Make the way to the service ready: rules, credential, name. Raises OpenError, OpenCancelled."""
    # The libraries take a third of a second to load; the screen goes on meanwhile.
    opening = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.wsman.opening")
    transport: Transport = await opening.Opening(info, context).transport()
    return transport


TRANSPORT = TransportKind(
    name="WSMan",
    parameter_sets=frozenset({ParameterSet.COMPUTER_NAME, ParameterSet.URI}),
    connect=connect,
)
