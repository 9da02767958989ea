"""Whether a process of this computer still runs, and waiting for its end."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for yet does not. It may end while one looks."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text() if Path("/proc/self").exists() else ""
    except (ProcessLookupError, FileNotFoundError):
        return False
    return "Z" not in state.rpartition(")")[2]


async def until_gone(pid: int) -> None:
    """Return when a process has ended; raises ``TimeoutError`` after ten seconds."""
    async with asyncio.timeout(10):
        while is_alive(pid):
            await asyncio.sleep(0)
