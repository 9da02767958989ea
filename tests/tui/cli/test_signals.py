"""The program is told to end (kill, a window closed): the far ends are let go of, and the terminal given back."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.support.tmux import Terminal, environment, terminal
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, WinRMOptions, winrm_endpoint

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions()
PROFILES = """\
[credentials.me]
user_name = "{user}"
password = {{ prompt = true }}

[hosts.far]
computer_name = "localhost"
port = {port}
credential = "me"
trusted_hosts = ["localhost"]
"""


def started(folder: Path, *arguments: str) -> list[str]:
    """Return a shell that runs pstui, tells its number, and how it ended."""
    call = shlex.join([sys.executable, "-m", "pstui.tui.cli.main", *arguments])
    # `exec` in the inner shell makes the number that of pstui.
    return ["sh", "-c", f"sh -c 'echo $$ > number; exec \"$@\"' sh {call}; echo ended $?; cat"]


def far(folder: Path, endpoint: WinRMEndpoint) -> list[str]:
    """Return the shell with pstui in a session of the endpoint."""
    file = folder / "profiles.toml"
    file.write_text(PROFILES.format(user=USER, port=endpoint.port))
    return started(folder, "--config", str(file), "far")


def busy(t: Terminal, endpoint: WinRMEndpoint) -> None:
    t.wait("Password for")
    t.line(PASSWORD)
    t.wait("PS(demo)")
    t.line("Start-Sleep 60")
    t.wait("Ctrl+C stops")
    assert len(endpoint.shells()) == 1


@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("HUP", 129)])
def test_a_signal_closes_the_sessions_and_gives_the_terminal_back(
    winrm_endpoint: WinRMEndpoint, tmp_path: Path, name: str, code: int
) -> None:
    with terminal(far(tmp_path, winrm_endpoint), environment(tmp_path), tmp_path) as t:
        busy(t, winrm_endpoint)
        t.run("run-shell", f"kill -{name} {(tmp_path / 'number').read_text()}")
        t.wait(f"ended {code}")
        assert not any("Start-Sleep" in row for row in t.screen()), "the shell's own screen is back"
        assert t.run("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").split() == ["0", "0"]
    assert winrm_endpoint.shells() == {}


def test_a_closed_window_closes_the_sessions(winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    with terminal(far(tmp_path, winrm_endpoint), environment(tmp_path), tmp_path) as t:
        busy(t, winrm_endpoint)
        pid = int((tmp_path / "number").read_text())
        t.run("set-option", "-g", "remain-on-exit", "off")
        t.run("new-session", "-d", "cat")
        t.run("kill-pane", "-t", "0:0.0")
        t.wait_for(lambda: winrm_endpoint.shells() == {}, "the shell over there gone")
        t.wait_for(lambda: not Path(f"/proc/{pid}/cmdline").exists(), "the program gone")


def test_what_was_suspended_is_painted_again(tmp_path: Path) -> None:
    with terminal(started(tmp_path, "demo"), environment(tmp_path), tmp_path) as t:
        t.wait("PS(demo)")
        t.line("1..3")
        before = t.wait_still("ready ")
        number = (tmp_path / "number").read_text()
        t.run("run-shell", f"kill -TSTP {number}")
        t.wait_for(lambda: t.run("display-message", "-p", "#{alternate_on}").strip() == "0", "the terminal given back")
        t.run("run-shell", f"kill -CONT {number}")
        t.wait(lambda rows: rows == before)
        t.line("'still ' + 'here'")
        t.wait("still here")
