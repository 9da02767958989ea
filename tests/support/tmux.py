"""A real terminal for tests: one tmux server of its own for each, of a fixed size, keys in and text out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.parts import requires

#: Seconds a screen may take to show what is waited for.
DEADLINE = 20.0
_POLL = 0.03


class ScreenTimeout(AssertionError):
    """What was waited for did not come; the text ends with the screen as it is."""


@dataclass(slots=True)
class Terminal:
    """One running terminal program. Use ``terminal()`` to get one."""

    tmux: str
    socket: str

    def run(self, *arguments: str) -> str:
        """Call tmux and return what it prints."""
        command = [self.tmux, "-L", self.socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: ``Enter``, ``C-c``, ``M-1``."""
        self.run("send-keys", *names)

    def text(self, text: str) -> None:
        """Type text as it is."""
        if text:
            self.run("send-keys", "-l", "--", text)

    def bytes(self, data: bytes) -> None:
        """Send bytes as they are, in one write."""
        self.run("send-keys", "-H", *(f"{byte:02x}" for byte in data))

    def line(self, text: str) -> None:
        """Type a line and Enter."""
        self.text(text)
        self.keys("Enter")

    def screen(self) -> list[str]:
        """Return the rows now on the screen, blanks at their ends removed."""
        return [row.rstrip() for row in self.run("capture-pane", "-p").split("\n")]

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.run("list-panes", "-F", "#{pane_dead}").strip() == "0"

    def exit_code(self) -> int:
        """Return the exit code of a program that has ended."""
        return int(self.run("list-panes", "-F", "#{pane_dead_status}").strip() or 0)

    def wait(self, what: str | Callable[[list[str]], bool], seconds: float = DEADLINE) -> list[str]:
        """Wait until a text stands on the screen, or a predicate of its rows holds; return the rows."""
        holds = (lambda rows: any(what in row for row in rows)) if isinstance(what, str) else what
        return self._until(lambda: holds(self.screen()), what, seconds)

    def wait_still(self, what: str | Callable[[list[str]], bool], quiet: float = 0.25) -> list[str]:
        """Wait until what is waited for stands on a screen that has not changed for ``quiet`` seconds."""
        holds = (lambda rows: any(what in row for row in rows)) if isinstance(what, str) else what
        last: list[str] = []
        since = time.monotonic()

        def still() -> bool:
            nonlocal last, since
            rows = self.screen()
            if rows != last:
                last, since = rows, time.monotonic()
            return holds(rows) and time.monotonic() - since >= quiet

        return self._until(still, what, DEADLINE)

    def wait_end(self, seconds: float = DEADLINE) -> int:
        """Wait until the program ends and return its exit code."""
        self._until(lambda: not self.alive(), "the end of the program", seconds)
        return self.exit_code()

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
        """Wait until ``condition`` holds, whatever it looks at; ``what`` names it in a failure."""
        self._until(condition, what, seconds)

    def _until(self, condition: Callable[[], bool], what: object, seconds: float) -> list[str]:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                screen = "\n".join(self.screen())
                raise ScreenTimeout(f"not within {seconds:g} s: {what}\n--- the screen ---\n{screen}")
            time.sleep(_POLL)
        return self.screen()


def environment(home: Path, *folders: Path) -> dict[str, str]:
    """Return an environment of its own for a program: an empty home, ``folders`` first on PATH."""
    path = [*map(str, folders), str(Path(sys.executable).parent), "/usr/bin", "/bin"]
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PATH": os.pathsep.join(path),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": "",
    }


@contextmanager
def terminal(
    argv: Sequence[str], env: dict[str, str], cwd: Path, columns: int = 80, rows: int = 24
) -> Iterator[Terminal]:
    """Run a program in a new terminal and end it afterwards. Skips (or fails) where tmux is missing."""
    tmux = requires("tmux")
    program = Terminal(tmux, f"pstui-test-{uuid.uuid4().hex[:12]}")
    assignments = [f"{name}={value}" for name, value in env.items()]
    command = shlex.join(["env", "-i", "TERM=tmux-256color", *assignments, *argv])
    outer = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": env["HOME"], "TERM": "xterm-256color"}
    size = ["-x", str(columns), "-y", str(rows)]
    # The program replaces the waiting cat once tmux is told to keep what has ended on the screen.
    start = [tmux, "-L", program.socket, "-f", "/dev/null", "new-session", "-d", *size, "cat"]
    subprocess.run(start, check=True, env=outer, cwd=cwd, timeout=10)
    try:
        program.run("set-option", "-g", "remain-on-exit", "on")
        program.run("set-option", "-g", "status", "off")
        program.run("set-option", "-g", "default-terminal", "tmux-256color")
        program.run("set-option", "-s", "escape-time", "0")
        program.run("respawn-pane", "-k", "-c", str(cwd), command)
        yield program
    finally:
        subprocess.run([tmux, "-L", program.socket, "kill-server"], capture_output=True, timeout=10, check=False)
