"""SIGCONT without SIGTSTP: the terminal is taken once, and given back at the end."""

from __future__ import annotations

from pathlib import Path

from tests.support.tmux import environment, terminal
from tests.tui.cli.test_signals import started


def test_going_on_without_having_been_suspended(tmp_path: Path) -> None:
    with terminal(started(tmp_path, "demo"), environment(tmp_path), tmp_path) as t:
        t.wait("PS(demo)")
        number = (tmp_path / "number").read_text().strip()
        for signals in ("-CONT", "-STOP", "-CONT", "-CONT"):
            t.run("run-shell", f"kill {signals} {number}")
        t.line("'still ' + 'here'")
        t.wait("still here")
        t.line("exit")
        t.wait("ended 0")
        assert t.run("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").split() == ["0", "0"]


def test_an_interruption_from_outside_is_an_interruption(tmp_path: Path) -> None:
    with terminal(started(tmp_path, "demo"), environment(tmp_path), tmp_path) as t:
        t.wait("PS(demo)")
        t.run("run-shell", f"kill -INT {(tmp_path / 'number').read_text()}")
        t.wait("ended 130")
        assert t.run("display-message", "-p", "#{alternate_on}").strip() == "0"
