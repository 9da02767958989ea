"""The engine ssh by hand: from a profile to the prompt in a real terminal, over a real OpenSSH server."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.parts import requires
from tests.support.sshd import Sshd, can_have_passwords, make_key
from tests.support.tmux import Terminal, environment, terminal

PASSWORD = "correct horse"  # nobody's
PROMPT = "[127.0.0.1]: PS"
PROGRAM = [sys.executable, "-m", "pstui.tui.cli.main"]


def start(folder: Path, password: str = "") -> Sshd:
    requires("sshd", ("sshd", "ssh", "ssh-keygen"))
    server = Sshd(folder / "sshd", password=password)
    server.start()
    return server


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Sshd]:
    """A server for a key that has a passphrase."""
    server = start(tmp_path)
    server.allow(make_key(tmp_path / "locked", "sesame"))
    yield server
    server.stop()


def home(folder: Path, server: Sshd, profile: str) -> dict[str, str]:
    """Make a home with a profile ``db`` and a known server; return the environment."""
    (folder / ".ssh").mkdir(mode=0o700)
    (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
    (folder / "config" / "pstui").mkdir(parents=True)
    (folder / "config" / "pstui" / "profiles.toml").write_text(
        f'[hosts.db]\nhost_name = "{server.host}"\nport = {server.port}\nuser_name = "{server.user}"\n{profile}\n'
    )
    (folder / "tmp").mkdir()
    user = getpass.getuser()
    return environment(folder) | {"USER": user, "LOGNAME": user, "TMPDIR": str(folder / "tmp")}


def answers(t: Terminal, question: str, *texts: str) -> None:
    """Wait for a question and answer it, again for each further text."""
    for count, text in enumerate(texts):
        t.wait_still(lambda rows, again=count > 0: _asks(rows, question, again))
        t.line(text)


def _asks(rows: list[str], question: str, again: bool) -> bool:
    shown = "".join(row.replace(" ", "").strip("│") for row in rows)
    return question.replace(" ", "") in shown and ("wasnotaccepted" in shown) is again


def leaves(t: Terminal) -> None:
    """Close the session and the program."""
    t.keys("F10")
    t.wait("Enter closes and quits")
    t.keys("Enter")
    assert t.wait_end() == 0


def is_ready(rows: list[str]) -> bool:
    return any(PROMPT in row for row in rows) and any(" ready" in row[-18:] for row in rows)


def test_a_password_leads_from_a_profile_to_the_prompt(tmp_path: Path) -> None:
    can_have_passwords()
    server = start(tmp_path, PASSWORD)
    try:
        environ = home(tmp_path, server, 'engine = "ssh"')
        with terminal([*PROGRAM, "db"], environ, tmp_path) as t:
            answers(t, f"{server.user}@{server.host}'s password:", "wrong", PASSWORD)
            t.wait_still(is_ready)
            t.line("'a' + 'b'")
            t.wait(lambda rows: " ab" in rows)
            assert PASSWORD not in "\n".join(t.screen())
            # The connection dies and is made again in place.
            server.kill_connections()
            t.wait("F5 tries again")
            t.keys("F5")
            t.wait("Enter answers")
            t.line(PASSWORD)
            t.wait_still(is_ready)
            t.line("'c' + 'd'")
            t.wait(lambda rows: " cd" in rows and " ab" in rows)
            leaves(t)
        assert not list((tmp_path / "tmp").iterdir())
        assert server.log.count("Accepted password") == 2
    finally:
        server.stop()


def test_the_offer_of_ssh_is_taken_and_asks_its_question(tmp_path: Path) -> None:
    requires("sshd", ("sshd", "ssh", "ssh-keygen"))
    server = Sshd(tmp_path / "sshd", more_config="KexAlgorithms sntrup761x25519-sha512@openssh.com\n")
    server.start()
    try:
        server.allow(make_key(tmp_path / "locked", "sesame"))
        with terminal([*PROGRAM, "db"], home(tmp_path, server, f'key_file_path = "{tmp_path}/locked"'), tmp_path) as t:
            t.wait("[1] open with ssh")
            t.line("1")
            answers(t, "Enter passphrase for key", "sesame")
            t.wait_still(is_ready)
            leaves(t)
    finally:
        server.stop()


def test_the_command_line_asks_says_which_engine_and_examines_it(locked: Sshd, tmp_path: Path) -> None:
    environ = home(tmp_path, locked, f'key_file_path = "{tmp_path}/locked"\nengine = "ssh"')
    with terminal([*PROGRAM, "icm", "-ComputerName", "db", "-ScriptBlock", "'o' + 'k'"], environ, tmp_path) as t:
        t.wait("Enter passphrase for key")
        t.line("sesame")
        assert t.wait_end() == 0
        assert "ok" in t.screen()
    command = [*PROGRAM, "db", "-WhatIf"]
    told = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path)
    (found,) = json.loads(told.stdout)["Hosts"]
    assert found["Engine"] == {"Value": "ssh", "From": "-Engine, the profile or its defaults name it"}
    (tmp_path / "config" / "pstui" / "profiles.toml").write_text(
        f'[hosts.db]\nhost_name = "{locked.host}"\nport = {locked.port}\nuser_name = "{locked.user}"\n'
        f'key_file_path = "{locked.user_key}"\n[defaults]\nengine = "ssh"\n'
    )
    command = [*PROGRAM, "doctor", "db"]
    told = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert "✓ engine: ssh: -Engine, the profile or its defaults name it" in told.stdout
    assert "✓ PowerShell: " in told.stdout and "Transferred" not in told.stdout + told.stderr
