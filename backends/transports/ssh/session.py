"""A PowerShell session of an SSH host: a subsystem on a connection that others may use as well."""

from __future__ import annotations

import asyncssh
from pstui.backends.connection import ConnectionInfo
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import shared
from pstui.backends.transports.ssh.channel import SSHChannel, open_subsystem
from pstui.backends.transports.ssh.failures import of_subsystem, too_slow
from pstui.backends.transports.ssh.masters import giving_way
from pstui.backends.transports.ssh.shared import Lease
from pstui.backends.transports.ssh.step_timeout import StepTimeout
from pstui.backends.transports.streams import printable

#: seconds for the start of the subsystem
SESSION_TIMEOUT = 30.0
#: seconds for it on a connection that was there already, and may be dead
REUSE_TIMEOUT = 10.0


async def connect(info: ConnectionInfo, context: ConnectContext) -> SSHChannel:
    """Return the channel to the subsystem. Raises OpenError; on any error everything is dropped.

    Raises UseProgram where a master of ssh runs for the host.
    """
    subsystem = info.text("Subsystem", "powershell") or "powershell"
    # Which one it was when the server refused: the error names it.
    last: list[Lease] = []

    async def opening(lease: Lease) -> SSHChannel:
        last[:] = [lease]
        name = lease.hop.name
        seconds = REUSE_TIMEOUT if lease.is_reused else SESSION_TIMEOUT
        context.step("session", f"subsystem {printable(subsystem)}")
        async with StepTimeout() as limit:
            limit.step(seconds, lambda: too_slow(lease.hop, "start of the subsystem", seconds))
            channel = await open_subsystem(lease.connection, name, subsystem, context.console, lease.release)
        channel.forwards = lease.link.forwards.shown()
        return channel

    try:
        return await shared.start(info, context, opening, look=giving_way(info), forwards=True)
    except (asyncssh.Error, OSError) as error:
        raise of_subsystem(error, last[0].hop, subsystem) from error
