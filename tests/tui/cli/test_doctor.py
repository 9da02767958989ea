"""``pstui doctor``: what it prints, its exit code, and the report to paste."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pstui.tui.cli.main import main

from tests.support.replay_script import read_recording
from tests.support.sshd import free_port

Captured = pytest.CaptureFixture[str]
SECRET = "s3cr3t-Wort"


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine and no ssh: what is installed here must not matter."""
    monkeypatch.setenv("PATH", "/nowhere")


def test_this_machine(capfd: Captured) -> None:
    assert main(["doctor"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "✓ Python: " in out and "– container engine: " in out and "– keyring: " in out


def test_a_target_that_fails_is_explained_with_one_next_step(capfd: Captured) -> None:
    port = free_port()
    assert main(["doctor", f"ann@127.0.0.1:{port}"]) == 3
    lines = capfd.readouterr().out.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("✗ port: "))
    assert lines[at - 1] == "✓ name: 127.0.0.1"
    assert lines[-1] == f"    → Run: ssh -v -p {port} ann@127.0.0.1"
    assert sum(line.lstrip().startswith("→") for line in lines) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["doctor", "ann:hunter2@127.0.0.1:PORT"],
        ["ann:hunter2@127.0.0.1:PORT", "-WhatIf"],
        ["-HostName", "ann:hunter2@127.0.0.1:PORT", "-UserName", "bob", "-WhatIf"],
        ["icm", "ann:hunter2@127.0.0.1:PORT", "-ScriptBlock", "1"],
        ["icm", "ann:hunter2@127.0.0.1:PORT,other", "-ScriptBlock", "1", "-WhatIf"],
        ["cp", "/etc/hostname", "ssh://ann:hunter2@127.0.0.1/tmp"],
        ["-HostName", "ann:hunter2@127.0.0.1:port"],
        ["-HostName", "ann:hunter2@first@second"],
        ["-ComputerName", "ann:hunter2@web1"],
    ],
)
def test_a_password_that_was_written_before_a_host_is_not_shown(words: list[str], capfd: Captured) -> None:
    main([word.replace("PORT", str(free_port())) for word in words])
    shown = "".join(capfd.readouterr())
    assert shown and "hunter2" not in shown


def test_the_way_to_a_target_is_traced(isolated_home: Path, capfd: Captured) -> None:
    far_end = [sys.executable, "-m", "pstui.tui.cli.main", "demo", "--stdio"]
    trace = isolated_home / "t.jsonl"
    assert main(["--trace", str(trace), "doctor", "-Command", *far_end]) == 0, capfd.readouterr()
    assert any(entry["element"] == "Close" for entry in read_recording(trace)[-4:])


def test_a_report_has_neither_names_nor_secrets(isolated_home: Path, capfd: Captured, monkeypatch: Any) -> None:
    monkeypatch.setenv("PSTUI_TEST_SECRET", SECRET)
    (isolated_home / "p.toml").write_text(
        f"""[hosts.ledger]
computer_name = "ledger.bank.example"
connection_uri = "http://127.0.0.1:{free_port()}/wsman"
credential = "boss"
trusted_hosts = ["*"]
[credentials.boss]
user_name = 'BANK\\olivia'
password = {{ env = "PSTUI_TEST_SECRET" }}
""".replace('computer_name = "ledger.bank.example"\n', "")
    )
    assert main(["--config", str(isolated_home / "p.toml"), "doctor", "--report", "ledger"]) == 3
    out = capfd.readouterr().out
    for private in ("ledger", "127.0.0.1", "olivia", "BANK", SECRET, str(isolated_home)):
        assert private not in out
    assert "✗ " in out and "(Uri)" in out


def test_what_a_program_says_is_harmless(capfd: Captured) -> None:
    says = "import sys; sys.stderr.write('\\x1b]0;mine\\x07\\x1b[31mno\\u202e'); sys.exit(3)"
    assert main(["doctor", "-Command", sys.executable, "-c", says]) == 3
    out = capfd.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and "the process reported an error" in out


@pytest.mark.parametrize("words", [["-Id", "1"], ["Get-PSSession"], ["-HostName"]])
def test_a_wrong_call(words: list[str], capfd: Captured) -> None:
    assert main(["doctor", *words]) == 2
    assert capfd.readouterr().err.startswith("pstui: ")
