"""WinRM, as Enter-PSSession -ComputerName and -ConnectionUri use it: sessions over WS-Management (protocol-notes 6.7).

pypsrp writes the envelopes, proves who we are and seals the messages; the pool above and the connections beneath are
pstui's own. It works from every system; a Windows computer needs nothing but Enable-PSRemoting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports.base import ConnectContext, RemoteSession, Transport, TransportKind
from pstui.backends.transports.registry import loaded


async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
    """Make the way to the service ready: rules, credential, name. Raises OpenError, OpenCancelled."""
    transport: Transport = await (await _loaded()).Connector(info, context).transport()
    return transport


async def list_sessions(info: ConnectionInfo, context: ConnectContext) -> Sequence[RemoteSession]:
    """Return the PowerShell sessions of this user that the computer keeps. Raises OpenError, OpenCancelled."""
    found: Sequence[RemoteSession] = await (await _loaded()).list_sessions(info, context)
    return found


async def check(info: ConnectionInfo, context: ConnectContext) -> None:
    """Raise OpenError for what keeps a session from being opened whatever the password is."""
    await (await _loaded()).check(info, context)


async def _loaded() -> Any:
    """Load the module that does the work: its libraries take a third of a second; the screen works meanwhile."""
    return await loaded("pstui.backends.transports.wsman.connect")


TRANSPORT = TransportKind(
    name="WSMan",
    parameter_sets=frozenset({ParameterSet.COMPUTER_NAME, ParameterSet.URI}),
    connect=connect,
    list_sessions=list_sessions,
    check=check,
    # [MS-WSMV] has a shell of cmd.exe, too, but its streams are pipes.
    no_terminal="WinRM carries commands and their output: its protocol has no terminal.",
)
