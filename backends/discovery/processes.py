"""The PowerShell processes of this machine that can be entered, by the pipes they wait on."""

from __future__ import annotations

import asyncio

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.transports.named_pipe import HostPipe, host_pipes

#: seconds between two looks
POLL = 3.0


class ProcessSource:
    """Local PowerShell processes, as Get-PSHostProcessInfo lists them."""

    name, kind = "processes", "process"

    async def look(self) -> Section | None:
        """Return the processes; None where there are none."""
        found = tuple(_found(pipe) for pipe in (await asyncio.to_thread(host_pipes))[:MAX_FOUND])
        return Section(self.name, self.kind, found) if found else None

    async def wait(self) -> None:
        await asyncio.sleep(POLL)

    async def close(self) -> None:
        return


def _found(pipe: HostPipe) -> Found:
    info = ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": pipe.process_id})
    name = f"{pipe.program} {pipe.process_id}"
    return Found("process", name, info, "running", pipe.program, id=str(pipe.process_id))
