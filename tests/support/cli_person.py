"""A person at a real (pseudo) terminal: sees, types, waits for the end."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

from tests.support.paths import ROOT


class Person:
    """Somebody at a terminal of ``size`` rows and columns in which Python runs with ``arguments``.

    ``seen`` is everything the terminal has been sent.
    """

    def __init__(self, *arguments: str, size: tuple[int, int] = (24, 80)) -> None:
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def sees(self, text: str) -> None:
        deadline = time.monotonic() + 30
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come; seen: {self.seen!r}"
            try:
                data = os.read(self.fd, 4096)
            except OSError:  # Linux: the other side is closed
                data = b""
            assert data, f"it ended without {text!r}; seen: {self.seen!r}"
            self.seen += data.decode()

    def types(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def waits_until_keys_are_taken(self) -> None:
        deadline = time.monotonic() + 30
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < deadline
            os.sched_yield()

    def waits_for_the_end(self) -> int:
        while True:
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
