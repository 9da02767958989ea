"""A master of ssh that runs for a host (ControlMaster, ControlPath): what goes through it needs no login."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.transports.ssh.engine import SSH, Engine, UseProgram, named, program
from pstui.backends.transports.ssh.resolved import Resolved
from pstui.backends.transports.ssh.target import Hop
from pstui.backends.transports.streams import printable

#: seconds that a master has to say that it is there
PATIENCE = 5.0


def engine_by_master(info: ConnectionInfo, told: Resolved | None) -> Engine | None:
    """Return ssh as the engine where a master runs for the host and no engine is named. Blocks."""
    path = "" if told is None or named(info) else running_master(told)
    return Engine(SSH, f"a master of ssh runs for this host ({printable(path)})") if path else None


def giving_way(info: ConnectionInfo) -> Callable[[Hop], Awaitable[None]]:
    """Return what raises UseProgram for the host of a connection where a master of ssh runs for it."""

    async def look(hop: Hop) -> None:
        if (engine := await asyncio.to_thread(engine_by_master, info, hop.told)) is not None:
            raise UseProgram(engine)

    return look


def running_master(told: Resolved) -> str:
    """Return the ControlPath of a master that runs for a host, as ``ssh -O check`` finds it; empty for none. Blocks."""
    path = told.text("controlpath")
    if not path or not told.arguments:
        return ""
    try:
        if not Path(path).is_socket():
            return ""
        command = [program(), "-O", "check", *told.arguments]
        silent = subprocess.DEVNULL
        done = subprocess.run(command, stdin=silent, stdout=silent, stderr=silent, check=False, timeout=PATIENCE)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return path if done.returncode == 0 else ""
