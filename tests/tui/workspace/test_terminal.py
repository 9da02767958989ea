"""The keys as an ordinary terminal sends them: Textual's own test driver does not see how it misreads some."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.parts import requires
from tests.support.paths import ROOT


class Terminal:
    """A program in a tmux pane of its own server."""

    def __init__(self, tmux: str, socket: str, size: tuple[int, int]) -> None:
        self._tmux = [tmux, "-f", os.devnull, "-S", socket]
        self._size = size

    def start(self, *args: str, **environ: str) -> None:
        width, height = self._size
        env = {"TERM": "xterm-256color", **environ}
        # The size is the pane's, whatever the caller's terminal has.
        command = [
            "env",
            "-u",
            "COLUMNS",
            "-u",
            "LINES",
            "-u",
            "NO_COLOR",
            *(f"{key}={value}" for key, value in env.items()),
            *args,
        ]
        self._run("new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(ROOT), *command)
        self._run("set-option", "-g", "remain-on-exit", "on")

    def keys(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def shown(self, *options: str) -> str:
        return self._run("capture-pane", "-p", *options)

    def until(self, seen: Callable[[str], object]) -> str:
        """Wait until what is shown satisfies ``seen``; tmux has no event for that, so look often, up to a deadline."""
        deadline = time.monotonic() + 20
        while not seen(shown := self.shown()):
            assert time.monotonic() < deadline, f"never came; the screen:\n{shown}"
            time.sleep(0.02)
        return shown

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *args: str) -> str:
        return subprocess.run([*self._tmux, *args], capture_output=True, text=True, check=True, timeout=20).stdout


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    tmux = requires("tmux")
    with tempfile.TemporaryDirectory(prefix="pstui") as folder:
        terminal = Terminal(tmux, f"{folder}/tmux", (100, 26))
        try:
            yield terminal
        finally:
            terminal.close()


def start(terminal: Terminal, **environ: str) -> None:
    terminal.start(sys.executable, "-m", "tests.support.stand_in_app", "web1", "db", **environ)
    terminal.until(lambda seen: "[web1]: PS />" in seen)


def test_every_default_key_arrives_from_an_ordinary_terminal(terminal: Terminal) -> None:
    start(terminal)
    for key, there in (("M-2", "[db]"), ("M-1", "[web1]"), ("M-Right", "[db]"), ("M-Left", "[web1]")):
        terminal.keys(key)
        terminal.until(lambda seen, there=there: there in seen)
    terminal.keys("C-]")
    terminal.until(lambda seen: "w close tab" in seen)
    terminal.keys("2")
    terminal.until(lambda seen: "[db]" in seen and "w close tab" not in seen)
    terminal.keys("C-PageUp")
    terminal.until(lambda seen: "[web1]" in seen)

    terminal.keys("say one", "M-Enter", "two", "C-j", "three")
    terminal.until(lambda seen: "\n" in seen and "two" in seen and "three" in seen and "say onetwo" not in seen)
    terminal.keys("Enter")
    terminal.until(lambda seen: ">> three" in seen)
    terminal.keys("ask", "Enter")
    terminal.until(lambda seen: "Enter answers" in seen)
    terminal.keys("F4")
    terminal.until(lambda seen: "F4 answers the question" in seen)
    terminal.keys("Tab", "C-c")
    terminal.until(lambda seen: "Name: cancelled" in seen)
    terminal.keys("F6", "F6")
    terminal.until(lambda seen: "▾ Hosts" not in seen)

    terminal.keys("die", "Enter")
    terminal.until(lambda seen: "F5 tries again" in seen)
    terminal.keys("F5")
    terminal.until(lambda seen: "F5 tries again" not in seen and "ready" in seen)
    terminal.keys("F1")
    terminal.until(lambda seen: "after Ctrl+]" in seen)
    terminal.keys("F1")
    terminal.until(lambda seen: "after Ctrl+]" not in seen)
    terminal.keys("F2")
    terminal.until(lambda seen: "Enter goes" in seen)
    terminal.keys("C-c", "F10")
    terminal.until(lambda seen: "2 sessions are still open" in seen)


def test_without_colours_no_colour_code_is_sent_and_the_cursor_is_seen(terminal: Terminal) -> None:
    start(terminal, NO_COLOR="1")
    terminal.keys("choice", "Enter")
    terminal.until(lambda seen: "[Y] Yes" in seen and "Enter answers" in seen)
    coloured = terminal.shown("-e")
    codes = {code for part in coloured.split("\x1b[")[1:] for code in part.partition("m")[0].split(";")}
    # 0 off, 1 bold, 2 dim, 3 italic, 4 underline, 7 reverse; 39 and 49 are the terminal's own colours
    assert codes <= {"", "0", "1", "2", "3", "4", "7", "22", "24", "27", "39", "49"}
    assert "7" in codes, "the cursor"


def test_what_the_far_end_says_never_reaches_the_terminal_as_a_command(terminal: Terminal) -> None:
    start(terminal)
    terminal.keys("-l", "say \\e]0;evil\\a\\e[2J\\e[Hafter")
    terminal.keys("Enter")
    shown = terminal.until(lambda seen: "after" in seen.split("say", 1)[-1].partition("\n")[2])
    assert "[web1]: PS /> say" in shown
    assert "evil" not in terminal._run("display-message", "-p", "#{pane_title}")
