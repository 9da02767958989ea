"""Starting: ``pstui --version`` against importing argparse, the first paint against that of an empty Textual app.

Both paint on a pseudo terminal. Processor time is that of the process when the bytes arrive; code is compiled
beforehand for all of them, as an installed program's is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.support.pseudo_terminal import PseudoTerminal

ROUNDS = 9
#: profiles of a large file
MANY = (2_000, 10_000)
LIMIT = 60.0
#: the least that Textual can paint
_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self): yield Static("painted")
Empty().run()
"""


def profiles(count: int) -> str:
    """A profile file as a large site has it: groups of two steps, tags."""
    return "".join(
        f'[hosts.web{number}]\ncomputer_name = "web{number}.contoso.com"\n'
        f'group = "Site{number % 20}/Rack{number % 7}"\n'
        f'tags = ["t{number % 3}"]\n\n'
        for number in range(count)
    )


def _call(argv: list[str], environ: dict[str, str]) -> float:
    """Seconds of processor time of a process and its children."""
    before = os.times()
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=LIMIT)
    after = os.times()
    if done.returncode:
        raise AssertionError(f"{argv} ended with {done.returncode}: {done.stderr[-500:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def _compared(one: list[str], other: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Median seconds of both, called in turns."""
    taken = [(_call(one, environ), _call(other, environ)) for _ in range(ROUNDS + 1)][1:]
    return median(first for first, _ in taken), median(second for _, second in taken)


def _painted(argv: list[str], environ: dict[str, str], *wanted: bytes) -> list[float]:
    """Seconds of processor time until each of the texts is on the screen."""
    times = []
    with PseudoTerminal(argv, environ) as there:
        for text in wanted:
            there.until(text)
            times.append(time.clock_gettime(_clock_of(there.process.pid)))
    return times


def _clock_of(pid: int) -> int:
    """The clock of a process's processor time, as clock_getcpuclockid(3) of Linux and glibc makes its number."""
    return (~pid << 3) | 2


def run() -> list[str]:
    """All ratios, by processor time."""
    program = str(Path(sys.executable).with_name("pstui"))
    with tempfile.TemporaryDirectory() as home:
        environ = {
            **os.environ,
            "HOME": home,
            "XDG_STATE_HOME": home,
            "XDG_CONFIG_HOME": home,
            "TERM": "xterm-256color",
        }
        environ["PYTHONPYCACHEPREFIX"] = f"{home}/compiled"
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        version, argparse = _compared([program, "--version"], [sys.executable, "-c", "import argparse"], environ)
        files = [Path(home) / f"{count}.toml" for count in MANY]
        for file, count in zip(files, MANY, strict=True):
            file.write_text(profiles(count))
        taken = []
        for _ in range(ROUNDS + 1):
            ours = _painted([program], environ, b" pstui", b"No session is open")
            for file in files:
                ours += _painted([program, "--config", str(file)], environ, b"No session is open")
            taken.append((*ours, *_painted([sys.executable, "-c", _EMPTY], environ, b"painted")))
    frame, workspace, *large, empty = (median(column) for column in zip(*taken[1:], strict=True))
    return [
        f"pstui --version: {version * 1000:.0f} ms, Python importing argparse {argparse * 1000:.0f} ms: "
        f"{version / argparse:.2f} times (bar: 1.5)",
        f"first paint, the frame: {frame * 1000:.0f} ms, an empty Textual app {empty * 1000:.0f} ms: "
        f"{frame / empty:.2f} times (bar: 1.3)",
        f"the workspace in it, with keys: {workspace * 1000:.0f} ms, {workspace / empty:.2f} times (bar: 1.5)",
        *(
            f"the same with a file of {count} profiles: {one * 1000:.0f} ms, {one / empty:.2f} times (bar: 1.5)"
            for count, one in zip(MANY, large, strict=True)
        ),
    ]
