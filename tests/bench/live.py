"""Beside the real client, on the same real server over SSH: raw bytes of two pseudo terminals, in turns, in one run.

``PSTUI_FULL_TIMES=1`` adds Ctrl+C after two minutes of a flood, and more rounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench._beside import LIMIT, Beside, environment, our_call, ours, real
from tests.bench._raw import lines_alone
from tests.support.parts import program
from tests.support.powershell import enter_call, powershell_sshd
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.sshd import Sshd

FULL = bool(os.environ.get("PSTUI_FULL_TIMES"))
LINES, KEYS, FLOODS, STOPS, STARTS = (60, 8, 5, 6, 5) if FULL else (30, 4, 3, 3, 3)
#: rounds that only warm up
WARM = 10
COUNT = 30_000
CHARACTERS = 1_989
#: one frame, in ms
FRAME = 16
_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self): yield Static("painted")
Empty().run()
"""
_SSH = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")

Pair = tuple[Beside, Beside]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _beside(mine: float, theirs: float, more: float) -> str:
    """Two times, how many times the other's ours is, and what it may be: so many seconds more."""
    return f"{_ms(mine)}, real {_ms(theirs)}: {mine / theirs:.2f} times (bar: {_ms(theirs + more)})"


def _enter(there: Beside, number: int) -> tuple[float, float]:
    """Seconds from Enter to the first byte of the output, and to the next prompt."""
    there.line(f"'MA'+'RK{number}'")
    start = time.perf_counter()
    there.send("\r")
    there.until(f"MARK{number}")
    first = time.perf_counter() - start
    there.prompt()
    return first, time.perf_counter() - start


def lines(pair: Pair) -> Iterator[str]:
    """A short line, typed and entered."""
    taken = [[_enter(there, number) for there in pair] for number in range(WARM + LINES)][WARM:]
    for place, what in enumerate(("to the first byte of its output", "to the next prompt")):
        mine, theirs = (median(row[side][place] for row in taken) for side in (0, 1))
        yield f"Enter {what}: {_beside(mine, theirs, FRAME / 1000)}"


def _typed(there: Beside, number: int) -> float:
    there.rest(0.3)
    start = time.perf_counter()
    there.send("'" + "x" * CHARACTERS + f"'.Length + 1000000 * {number + 1}\r")
    there.until(str(CHARACTERS + 1_000_000 * (number + 1)))
    taken = time.perf_counter() - start
    there.prompt()
    return taken


def keys(pair: Pair) -> Iterator[str]:
    """Characters without bracketed paste, to the answer."""
    taken = [[_typed(there, number) for there in pair] for number in range(KEYS)]
    mine, theirs = (median(row[side] for row in taken) for side in (0, 1))
    yield f"{CHARACTERS:,} characters without bracketed paste, to the answer: {_ms(mine)}, real {_ms(theirs)}: " + (
        f"{mine / theirs:.2f} times (bar: 2)"
    )


def _flood(there: Beside, count: int = COUNT) -> float:
    there.line(f"1..{count}")
    start = time.perf_counter()
    there.send("\r")
    there.prompt()
    return time.perf_counter() - start


def floods(pair: Pair, server: Sshd) -> Iterator[str]:
    """Many lines of output."""
    for there in pair:
        _flood(there)
    taken = [[_flood(there) for there in pair] for _ in range(FLOODS)]
    options = [word for option in _SSH for word in ("-o", option)]
    place = ["-p", str(server.port), "-i", str(server.user_key), "-l", getpass.getuser()]
    command = ["ssh", *options, *place, "-s", server.host, "powershell"]
    alone = min(asyncio.run(lines_alone(command, f"1..{COUNT}", FLOODS + 1))[1:])
    mine, theirs = (min(row[side] for row in taken) for side in (0, 1))
    yield (
        f"1..{COUNT}: {COUNT / mine:,.0f} lines/s, real {COUNT / theirs:,.0f}, the server alone {COUNT / alone:,.0f}: "
        f"{theirs / mine:.2f} of the real client (bar: 1), {alone / mine:.2f} of the server alone (bar: 0.95)"
    )


def _stopped(there: Beside, seconds: float) -> float:
    there.line("while(1){1}")
    there.send("\r")
    there.rest(seconds)
    start = time.perf_counter()
    there.send("\x03")
    there.prompt()
    return time.perf_counter() - start


def stops(pair: Pair) -> Iterator[str]:
    """Ctrl+C in a flood, and the memory that the flood takes."""
    before = pair[0].rss
    most = before
    for seconds, rounds in ((2, STOPS), (20, 1), *(((120, 1),) if FULL else ())):
        taken = []
        for _ in range(rounds):
            taken.append([_stopped(there, seconds) for there in pair])
            most = max(most, pair[0].rss)
        mine, theirs = (max(row[side] for row in taken) for side in (0, 1))
        yield f"Ctrl+C after {seconds} s of while(1){{1}}: at most {_beside(mine, theirs, 0.1)}"
    yield f"memory: {before:.0f} MiB before these floods, at most {most:.0f} MiB after one (bar: + 32 MiB)"


def _until(argv: list[str], environ: dict[str, str], text: bytes) -> float:
    """Seconds from the start of a program to a text of it."""
    start = time.perf_counter()
    with PseudoTerminal(argv, environ, columns=120, rows=35) as there:
        there.until(text)
        return time.perf_counter() - start


def _called(argv: list[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(argv, env=environ, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=LIMIT)
    if b"answer" not in done.stdout:
        raise AssertionError(f"{argv}: {done.stdout[-300:]!r} {done.stderr[-500:]!r}")
    return time.perf_counter() - start


def starts(server: Sshd, home: Path) -> Iterator[str]:
    """From the shell to the first prompt, and to the answer of a one-shot call."""
    environ = environment(home)
    python, line = sys.executable, "'ans' + 'wer'"
    raw = [python, "-m", "tests.bench._raw", server.host, str(server.port), getpass.getuser(), str(server.user_key)]
    entry = [python, "-m", "pstui.tui.cli.main"]
    theirs = f"{enter_call(server).replace('Enter-PSSession', 'Invoke-Command')} -ScriptBlock {{ {line} }}"
    measured: dict[str, Callable[[], float]] = {
        "raw": lambda: _called([*raw, line], environ),
        "empty": lambda: _until([python, "-c", _EMPTY], environ, b"painted"),
        "screen": lambda: _until([*entry, *our_call(server)], environ, b"PS /"),
        "icm": lambda: _called([*entry, "icm", *our_call(server), "-ScriptBlock", line], environ),
        "real": lambda: _called([program("pwsh"), "-NoLogo", "-NoProfile", "-Command", theirs], environ),
    }
    rounds = [{name: call() for name, call in measured.items()} for _ in range(STARTS + 1)][1:]
    took = {name: median(each[name] for each in rounds) for name in measured}
    least = took["raw"] + took["empty"]
    yield (
        f"start to the first prompt: {took['screen']:.2f} s; asyncssh and psrpcore alone {took['raw']:.2f} s and an "
        f"empty Textual app {took['empty']:.2f} s: {took['screen'] / least:.2f} times both (bar: 1)"
    )
    yield f"one-shot icm: {_beside(took['icm'], took['real'], took['raw'] + 0.1 - took['real'])}"


def run() -> Iterator[str]:
    """All figures; one row that says so where a part is missing."""
    missing = [name for name in ("pwsh", "sshd", "ssh", "ssh-keygen") if not program(name)]
    if missing:
        yield f"not measured: it needs a real PowerShell and an SSH server, and {', '.join(missing)} is not here"
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(powershell_sshd(Path(folder) / "sshd"))
        home = Path(folder) / "home"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
        yield from starts(server, home)
        pair = stack.enter_context(ours(server, home)), stack.enter_context(real(server, home))
        for there in pair:
            _flood(there, 2_000)
        yield from lines(pair)
        yield from keys(pair)
        yield from floods(pair, server)
        yield from stops(pair)
        yield f"the machine had {os.getloadavg()[0]:.1f} programs to run on {os.cpu_count()} processors"
