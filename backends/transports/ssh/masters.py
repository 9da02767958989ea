"""A master of ssh that runs for a host (ControlMaster, ControlPath): a session through it needs no login."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pstui.backends.transports.ssh.engine import program
from pstui.backends.transports.ssh.expansion import expanded
from pstui.backends.transports.ssh.resolved import Resolved

#: seconds that a master has to say that it is there
PATIENCE = 5.0


def running_master(told: Resolved) -> str:
    """Return the ControlPath of a master that runs for a host, as ``ssh -O check`` finds it; empty for none. Blocks."""
    value = told.values.get("controlpath", ("none",))[0]
    if value == "none" or not told.arguments:
        return ""
    path = expanded(value, told.tokens)
    try:
        if not Path(path).is_socket():
            return ""
        command = [program(), "-O", "check", *told.arguments]
        silent = subprocess.DEVNULL
        done = subprocess.run(command, stdin=silent, stdout=silent, stderr=silent, check=False, timeout=PATIENCE)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return path if done.returncode == 0 else ""
