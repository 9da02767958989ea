"""Runs a server between an sshd and a file: every line of either direction is passed on and noted, with its time.

``python record_tee.py FOLDER PROGRAM ARGUMENT…``: each run notes into a file of its own, ``FOLDER/PID``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO


def main(folder: str, *command: str) -> int:
    """Run the server until it ends; return its exit code."""
    began, lock = time.monotonic(), threading.Lock()
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None and server.stdout is not None
    with (Path(folder) / str(os.getpid())).open("wb") as notes:

        def passed_on(source: IO[bytes], target: IO[bytes], who: bytes) -> None:
            for line in source:
                with lock:
                    notes.write(b"%.4f %b %b" % (time.monotonic() - began, who, line))
                    notes.flush()
                target.write(line)
                target.flush()
            target.close()

        typed = threading.Thread(target=passed_on, args=(sys.stdin.buffer, server.stdin, b"client"), daemon=True)
        typed.start()
        passed_on(server.stdout, sys.stdout.buffer, b"server")
        return server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
