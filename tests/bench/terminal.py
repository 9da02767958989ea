"""A flood in a terminal tab: keys of pstui meanwhile, and Ctrl+C; and how fast each emulator is."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from pstui.tui.terminal.emulator import make_emulator, names

from tests.bench.keys import LETTERS, Screen, worst_of_twenty
from tests.support.pseudo_terminal import PseudoTerminal

#: seconds that the flood lasts, half of them in front and half behind
SECONDS = float(os.environ.get("PSTUI_FLOOD", "30"))
SIZE = (100, 30)
PREFIX = "\x1d"


@contextmanager
def screen(emulator: str) -> Iterator[Screen]:
    """Run pstui on the demo endpoint with one emulator."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "TERM": "xterm-256color", "HOME": home, "SHELL": shutil.which("sh") or "/bin/sh"}
        env |= {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        Path(home, ".profile").write_text("PS1='shell> '\n")
        if emulator == "bittty":
            Path(home, "pyghostty.py").write_text("raise ImportError")
            env["PYTHONPATH"] = home
        for left_out in ("NO_COLOR", "ENV"):
            env.pop(left_out, None)
        columns, rows = SIZE
        code = "import sys; sys.argv = ['pstui', 'demo']; from pstui.tui.cli.main import main; sys.exit(main())"
        argv = [sys.executable, "-c", code]
        with PseudoTerminal(argv, env, columns=columns, rows=rows) as there:
            yield Screen(there.master)


def prefixes(there: Screen, seconds: float) -> list[float]:
    """Seconds from Ctrl+] to the list of keys, while the terminal in front is flooded."""
    times: list[float] = []
    chance, end = random.Random(1), time.monotonic() + seconds
    while time.monotonic() < end:
        there.rest(0.2 + chance.random() / 30)
        there.send(PREFIX)
        times.append(there.until("and then"))
        there.rest(0.1)
        there.send("\x1b")
    return times


def letters(there: Screen, seconds: float) -> list[float]:
    """Seconds from a key to its letter in the session's editor, while the terminal behind is flooded."""
    times: list[float] = []
    chance, end = random.Random(1), time.monotonic() + seconds
    while time.monotonic() < end:
        there.rest(0.1 + chance.random() / 30)
        letter = LETTERS[len(times) % len(LETTERS)]
        there.send(letter)
        times.append(there.until(letter))
        there.rest(0.02)
        there.send("\x7f")
    return times


def flooded(emulator: str) -> str:
    """Measure one emulator."""
    with screen(emulator) as there:
        there.until("PS")
        there.rest(1.5)
        there.send(f"{PREFIX}x")
        there.until("shell>")
        there.rest(0.5)
        idle = prefixes(there, SECONDS / 4)
        there.send("yes\r")
        there.rest(1.0)
        front = prefixes(there, SECONDS / 2)
        there.send(f"{PREFIX}x")
        there.rest(1.0)
        behind = letters(there, SECONDS / 2)
        there.send(f"{PREFIX}x")
        there.rest(1.0)
        there.send("\x03")
        stopped = there.until("shell>")
    return (
        f"{emulator}, `yes` for {SECONDS:g} s: a key of pstui before {median(idle) * 1000:.0f} ms, 95th percentile "
        f"{worst_of_twenty(idle) * 1000:.0f} ms, meanwhile {median(front) * 1000:.0f} ms, 95th percentile "
        f"{worst_of_twenty(front) * 1000:.0f} ms (bar: 33); a letter in the session beside it "
        f"{median(behind) * 1000:.0f} ms, {worst_of_twenty(behind) * 1000:.0f} ms (bar: 33); Ctrl+C to the prompt "
        f"{stopped * 1000:.0f} ms"
    )


def speed(emulator: str) -> str:
    """Return how fast an emulator is by itself, in processor time."""
    made = make_emulator(*SIZE, emulator)
    data = b"y\r\n" * 30_000
    began = time.process_time()
    for start in range(0, len(data), made.slice):
        made.feed(data[start : start + made.slice])
    return f"{emulator} alone: {len(data) / (time.process_time() - began) / 1e6:.2f} MB of `yes` a second"


def run() -> list[str]:
    """A flood with each emulator there is here."""
    return [line for name in names() for line in (speed(name), flooded(name))]


if __name__ == "__main__":
    print(*run(), sep="\n")
