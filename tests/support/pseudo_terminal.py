"""A program on a pseudo terminal of its own: what it writes there, byte by byte, and the terminal's attributes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.paths import ROOT

#: seconds that anything may take
LIMIT = 20.0
#: makes the pseudo terminal the one that Ctrl+C is pressed on, then becomes the program
_ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execve(sys.argv[1], sys.argv[1:], os.environ)
"""


class PseudoTerminal:
    """Runs ``argv`` (its first word a path) until the end of the ``with``. ``written`` is all that was read of it."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.found = self.attributes()
        self.written = b""
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _ON_ITS_TERMINAL, *argv],
            env=dict(env),
            cwd=ROOT,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
        )

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def attributes(self) -> list[Any]:
        """Return what termios says of the terminal now."""
        return termios.tcgetattr(self.slave)

    def type(self, text: bytes) -> None:
        """Press keys."""
        os.write(self.master, text)

    def until(self, *wanted: bytes) -> float:
        """Read until one of the texts was written, now or before; return the seconds that took."""
        start = time.perf_counter()
        while not any(text in self.written for text in wanted):
            left = LIMIT - (time.perf_counter() - start)
            if left < 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"never came: {wanted}; last: {self.written[-2000:]!r}")
            self.written += os.read(self.master, 1 << 20)
        return time.perf_counter() - start

    def end(self) -> int:
        """Wait for the end of the program and return its exit code; the rest of what it wrote is read."""
        deadline = time.monotonic() + LIMIT
        while (ended := self.process.poll()) is None or select.select([self.master], [], [], 0)[0]:
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not end; last: {self.written[-2000:]!r}")
            if select.select([self.master], [], [], 0.02)[0]:
                self.written += os.read(self.master, 1 << 20)
        return ended
