"""The recorded scenario ``sessions`` done by hand: the whole program at 80x24, over a real OpenSSH server."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.support.parts import requires
from tests.support.sshd import Sshd
from tests.support.tmux import Terminal, environment, terminal

ENTER = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"
PROMPT = "[127.0.0.1]: PS"


@dataclass(slots=True)
class Person:
    """Somebody who types cmdlets into the command bar and lines into the tab."""

    t: Terminal

    def call(self, line: str, *shown: str) -> None:
        """Type a call into the bar and wait for what it says, wherever the rows break it."""
        if not any("─ Go ─" in row for row in self.t.screen()):
            self.t.keys("M-x")
            self.t.wait("─ Go ─")
        self.t.text(line)
        self.t.wait(lambda rows: line.split()[-1][-20:] in joined(rows))
        self.t.keys("Enter")
        for text in shown:
            self.t.wait(partial(shows, text))

    def closes(self) -> None:
        """Close the bar."""
        self.t.keys("Escape")
        self.t.wait(lambda rows: not any("─ Go ─" in row for row in rows))

    def enters(self, line: str) -> None:
        """Type a call that leads into the session."""
        self.call(line)
        self.t.wait_still(lambda rows: ends(rows, "ready") and any(PROMPT in row for row in rows))

    def leaves(self, line: str) -> None:
        """Type a line that leads out of it again."""
        self.t.line(line)
        self.t.wait_still(lambda rows: ends(rows, "left"))


def joined(rows: list[str]) -> str:
    """Return the text of the bar without its frame and its breaks."""
    return " ".join(" ".join(rows).replace("│", " ").split())


def ends(rows: list[str], state: str) -> bool:
    """Whether the footer says a state."""
    return any(f" {state}" in row[-18:] for row in rows)


def shows(text: str, rows: list[str]) -> bool:
    """Whether a text stands on the screen; blanks do not count, because rows break anywhere."""
    return text.replace(" ", "") in joined(rows).replace(" ", "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    requires("sshd")
    one = Sshd(tmp_path / "sshd")
    (tmp_path / "sshd").mkdir()
    one.start()
    yield one
    one.stop()


def test_the_scenario_sessions(server: Sshd, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
    environ = environment(tmp_path) | {"USER": getpass.getuser(), "LOGNAME": getpass.getuser()}
    with terminal([sys.executable, "-m", "pstui.tui.cli.main"], environ, tmp_path) as t:
        person = Person(t)
        t.wait("F2")
        target = f"-HostName {server.user}@{server.host}:{server.port} -KeyFilePath {server.user_key}"
        person.call(f"$s = New-PSSession {target} -Name Web; Get-PSSession", "2 Web SSH 127.0.0.1")
        person.enters("Enter-PSSession -Session $s")
        t.line("$v = 42")
        person.leaves("exit")
        person.call("Get-PSSession", "2 Web SSH 127.0.0.1 Remot… Opened Defaul… Available")
        for line, leave in (
            ("Enter-PSSession -Name Web", "Exit-PSSession"),
            ("Enter-PSSession -Id $s.Id", "exit"),
            ("Enter-PSSession -InstanceId $s.InstanceId", "exit"),
        ):
            person.enters(line)
            t.line("Clear-Host; $v")
            t.wait(lambda rows: any(row.rstrip().endswith("42") for row in rows))
            person.leaves(leave)
        person.call("Enter-PSSession -Name nope", f"RemoteRunspaceNotAvailableForSpecifiedName{ENTER}")
        person.call("Enter-PSSession -Id 99", f"RemoteRunspaceNotAvailableForSpecifiedSessionId{ENTER}")
        assert any("Enter goes" in row for row in t.screen()), "the keys still stand below what was said"
        person.call(
            "Disconnect-PSSession $s",
            "PSSessionDisconnectFailed,Microsoft.PowerShell.Commands.DisconnectPSSessionCommand",
        )
        person.call("Remove-PSSession $s; Get-PSSession", "No session is kept open.")
        person.call("Enter-PSSession $s", f"PushedRunspaceMustBeOpen{ENTER}")
        person.closes()
        t.keys("F10")
        assert t.wait_end() == 0
