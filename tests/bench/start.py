"""Starting: ``pstui --version`` against importing argparse, the first paint against mounting an empty Textual app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROUNDS = 9
_EMPTY = """
from textual.app import App
class Empty(App):
    def on_ready(self): self.exit()
Empty().run(headless=True)
"""
#: the whole way of a call that opens the screen, until it has been painted once
_OURS = """
from pstui.tui import cli, cli_screen
from pstui.tui.app import PstuiApp
def ready(self): self.exit()
PstuiApp.on_ready = ready
run = PstuiApp.run
PstuiApp.run = lambda self: run(self, headless=True)
cli_screen.need_terminal = lambda: None
cli.main(["--config", CONFIG])
"""


def _call(argv: list[str], environ: dict[str, str]) -> float:
    """Seconds of processor time of a process and its children."""
    before = os.times()
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=60)
    after = os.times()
    if done.returncode:
        raise AssertionError(f"{argv} ended with {done.returncode}: {done.stderr[-500:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def _compared(one: list[str], other: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Median seconds of both, called in turns."""
    taken = [(_call(one, environ), _call(other, environ)) for _ in range(ROUNDS)]
    return median(first for first, _ in taken), median(second for _, second in taken)


def run() -> list[str]:
    """Both ratios, by processor time."""
    import tempfile

    program = str(Path(sys.executable).with_name("pstui"))
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "profiles.toml"
        config.write_text("")
        environ = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        version, argparse = _compared([program, "--version"], [sys.executable, "-c", "import argparse"], environ)
        ours = _OURS.replace("CONFIG", repr(str(config)))
        first, empty = _compared([sys.executable, "-c", ours], [sys.executable, "-c", _EMPTY], environ)
    return [
        f"pstui --version: {version * 1000:.0f} ms, Python importing argparse {argparse * 1000:.0f} ms: "
        f"{version / argparse:.2f} times (bar: 1.5)",
        f"first paint: {first * 1000:.0f} ms, an empty Textual app {empty * 1000:.0f} ms: {first / empty:.2f} times "
        f"(bar: 1.3)",
    ]
