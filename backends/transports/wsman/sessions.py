"""The sessions that a computer keeps: what Get-PSSession -ComputerName lists, and how one of them is taken up (5.4).

To take one up: ``connect`` of the transport's file gives a transport, a ``RunspacePool`` is made on it, and
``psrp.disconnection.connect`` connects it to the session's id; ``psrp.disconnection.receive`` then follows one of the
session's ``commands``.
"""

from __future__ import annotations

import asyncio
import importlib
import uuid
from dataclasses import dataclass

from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.wsman.target import configuration_of, is_shell_uri


@dataclass(frozen=True, slots=True)
class RemoteSession:
    """A session as the computer that keeps it describes it. Times are in seconds; 0 is unknown.

    ``availability`` is Busy while a client holds it, None when it can be connected to. ``commands`` are the ids of
    what runs in it or has output that nobody took.
    """

    instance_id: uuid.UUID
    name: str
    computer_name: str
    configuration_name: str
    state: RunspaceState
    availability: RunspaceAvailability
    owner: str = ""
    idle_timeout: float = 0.0
    max_idle_timeout: float = 0.0
    output_buffering_mode: str = ""
    inactive: float = 0.0
    commands: tuple[uuid.UUID, ...] = ()


async def list_sessions(info: ConnectionInfo, context: ConnectContext) -> list[RemoteSession]:
    """Return the PowerShell sessions of this user on the computer that ``info`` names. Raises OpenError.

    ``ConfigurationName`` in ``info`` narrows the list to that configuration.
    """
    opening = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.wsman.opening")
    listing = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.wsman.list")
    errors = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.wsman.errors")
    faults = await asyncio.to_thread(importlib.import_module, "pstui.backends.transports.wsman.faults")
    wanted = info.text("ConfigurationName")
    client = await opening.Opening(info, context).client()
    try:
        found: list[RemoteSession] = []
        for shell in await listing.list_shells(client):
            configuration = configuration_of(shell.resource_uri)
            if not is_shell_uri(shell.resource_uri):
                continue
            if wanted and configuration_of(wanted).casefold() != configuration.casefold():
                continue
            held = shell.state != "Disconnected"
            found.append(
                RemoteSession(
                    shell.shell_id,
                    shell.name,
                    info.computer_name,
                    configuration,
                    # Another client's session is Disconnected to us, whoever holds it (semantics 5.3).
                    RunspaceState.DISCONNECTED,
                    RunspaceAvailability.BUSY if held else RunspaceAvailability.NONE,
                    shell.owner,
                    shell.idle_timeout,
                    shell.max_idle_timeout,
                    shell.buffer_mode,
                    shell.inactivity,
                    tuple(await listing.list_commands(client, shell.shell_id)),
                )
            )
        return found
    except faults.WSManFailure as failure:
        raise errors.open_error(failure, client.way.facts) from failure
    finally:
        client.lines.close()
