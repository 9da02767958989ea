"""pstui and the real client on pseudo terminals, in a session on the same server: both typed into and timed alike.

The prompt there counts its prompts, ``P100> ``, so that each is known when its bytes arrive, and the screen must show
another one each time.
"""

from __future__ import annotations

import getpass
import os
import re
import select
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.powershell import QUIET, enter_call, pwsh
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.sshd import Sshd

#: seconds that anything may take
LIMIT = 180.0
COLUMNS, ROWS = 120, 35
#: what a terminal is asked for where its cursor is, and what this one answers
_WHERE, _HERE = b"\x1b[6n", b"\x1b[1;1R"
#: bytes of what was read that may hold the beginning of what is waited for
_KEPT = 1_000
_PROMPT = re.compile(rb"P(\d+)> ")
_COUNTING = '$global:n = 99; function prompt { "P$((++$global:n))> " }\r'


class Beside:
    """A client in a terminal. ``rss`` is the memory of its processes in MiB, those of an ssh program among them."""

    def __init__(self, terminal: PseudoTerminal) -> None:
        self._terminal = terminal
        self._seen = b""
        self._prompts = 99
        self.arrived = 0

    def send(self, text: str) -> None:
        """Press keys."""
        data = text.encode()
        while data:
            self._read(0.0)
            ready = select.select([], [self._terminal.master], [], 1.0)[1]
            data = data[os.write(self._terminal.master, data[:512]) :] if ready else data

    def until(self, wanted: str, limit: float = LIMIT) -> float:
        """Read until a text has come since the last call; return the seconds."""
        return self._until(re.compile(re.escape(wanted.encode())), limit)[0]

    def rest(self, seconds: float) -> None:
        """Read whatever comes for a while and forget it."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
            self._seen = self._seen[-_KEPT:]

    def prompt(self, limit: float = LIMIT) -> float:
        """Read until the next prompt; return the seconds.

        It may be a later one: of a long line typed at once PSReadLine at times runs what it predicted, then the rest.
        """
        due, seconds = self._prompts + 1, 0.0
        while self._prompts < due:
            more, found = self._until(_PROMPT, limit)
            self._prompts, seconds = max(int(found[1]), self._prompts), seconds + more
        return seconds

    def count_prompts(self) -> None:
        """Let the prompt count from here."""
        self.send(_COUNTING)
        self.prompt()
        self.rest(0.3)

    def line(self, text: str) -> None:
        """Type a line without Enter and let it be painted."""
        self.send(text)
        self.rest(0.25)

    @property
    def rss(self) -> float:
        """MiB of memory now."""
        pids = [self._terminal.process.pid]
        total = 0.0
        for pid in pids:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
                pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            except OSError:
                continue
            total += sum(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS"))
        return total / 1024

    def _until(self, wanted: re.Pattern[bytes], limit: float) -> tuple[float, re.Match[bytes]]:
        start = time.perf_counter()
        while (found := wanted.search(self._seen)) is None:
            self._seen = self._seen[-_KEPT:]
            left = limit - (time.perf_counter() - start)
            if left < 0:
                raise TimeoutError(f"never came: {wanted.pattern!r}; last: {self._seen!r}")
            self._read(left)
        self._seen = self._seen[found.end() :]
        return time.perf_counter() - start, found

    def _read(self, seconds: float) -> None:
        master = self._terminal.master
        if select.select([master], [], [], max(seconds, 0.0))[0]:
            data = os.read(master, 1 << 20)
            self.arrived += len(data)
            if _WHERE in data:
                os.write(master, _HERE * data.count(_WHERE))
            self._seen += data


@contextmanager
def _terminal(argv: Sequence[str], environ: Mapping[str, str]) -> Iterator[Beside]:
    with PseudoTerminal(argv, environ, columns=COLUMNS, rows=ROWS) as terminal:
        yield Beside(terminal)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of both: ``home`` holds what they read and write."""
    names = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    environ = {**os.environ, **names, **QUIET, "HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    for name in ("NO_COLOR", "SSH_AUTH_SOCK", "PYTHONDONTWRITEBYTECODE"):
        environ.pop(name, None)
    return environ


def our_call(server: Sshd) -> list[str]:
    """Return the parameters that lead to the server."""
    who = ["-HostName", server.host, "-UserName", getpass.getuser(), "-Port", str(server.port)]
    return [*who, "-KeyFilePath", str(server.user_key)]


@contextmanager
def ours(server: Sshd, home: Path, *, entered: bool = True) -> Iterator[Beside]:
    """Run pstui; it has entered a session there."""
    argv = [sys.executable, "-m", "pstui.tui.cli.main", *our_call(server)]
    with _terminal(argv, environment(home)) as there:
        if entered:
            there.until("PS /")
            there.rest(1.0)
            there.count_prompts()
        yield there


@contextmanager
def real(server: Sshd, home: Path, *, entered: bool = True) -> Iterator[Beside]:
    """Run PowerShell's own console; it has entered a session there."""
    with _terminal([pwsh(), "-NoLogo", "-NoProfile"], environment(home)) as there:
        there.until("PS /")
        there.rest(0.5)
        if entered:
            there.send(enter_call(server) + "\r")
            there.until(f"[{server.host}]: ")
            there.rest(1.0)
            there.count_prompts()
        yield there
