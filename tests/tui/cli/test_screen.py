"""The way into the full screen and out of it, on a real (pseudo) terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli_person import Person

CRASH = """
import sys
from pstui.tui import app
from pstui.tui.cli.main import main

def on_mount(self):
    password = "hunter2"
    raise RuntimeError(f"no luck with {password!r}")

app.PstuiApp.on_mount = on_mount
sys.exit(main(["demo"]))
"""


def test_a_fault_of_the_screen_leaves_a_report_and_no_trace_with_values(isolated_home: Path) -> None:
    person = Person("-c", CRASH)
    assert person.waits_for_the_end() == 70
    (report,) = isolated_home.rglob("crash-*.txt")
    assert "in on_mount" in report.read_text()
    assert "an unforeseen fault (RuntimeError)" in person.seen
    assert "hunter2" not in person.seen + report.read_text()
    assert "Traceback" not in person.seen


def test_the_demo_is_entered_and_exit_returns_to_the_shell(isolated_home: Path) -> None:
    person = Person("-m", "pstui.tui.cli.main", "--transcript", str(isolated_home / "t.log"), "demo")
    person.sees("[web1]: PS(demo) ~>")
    person.types("exit\r")
    assert person.waits_for_the_end() == 0
    assert (isolated_home / "t.log").read_text().rstrip("\n").endswith("> exit")


@pytest.mark.parametrize("call", [["--help"], ["icm", "--help"], ["doctor"], ["icm", "-Zz"]])
def test_what_is_written_is_utf_8_whatever_the_locale_says(call: list[str]) -> None:
    written = [
        subprocess.run(
            [sys.executable, "-m", "pstui.tui.cli.main", *call],
            env=os.environ | {"PYTHONIOENCODING": encoding},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        for encoding in ("utf-8", "latin-1")
    ]
    assert written[0].stdout == written[1].stdout and not written[0].stdout.isascii()
    assert written[0].returncode == written[1].returncode != 70


def test_the_signs_of_the_screen_are_painted_where_the_locale_has_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    person = Person("-m", "pstui.tui.cli.main", "demo")
    person.sees("[web1]: PS(demo) ~>")
    person.types("Write-Output '\u2717 x'\r")
    person.sees("\u2717 x'")
    person.types("exit\r")
    assert person.waits_for_the_end() == 0
    assert "\\u2717" not in person.seen


def test_a_name_close_to_a_profile_is_asked_about_first(isolated_home: Path) -> None:
    file = isolated_home / "some.toml"
    file.write_text('[hosts.web1]\ncomputer_name = "web1.example.com"\n')
    person = Person("-m", "pstui.tui.cli.main", "--config", str(file), "wbe1")
    person.sees("[y/N] ")
    assert "'web1'" in person.seen
    person.types("n\r")
    assert person.waits_for_the_end() == 130
    assert "\x1b[?1049h" not in person.seen


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    command = f"{sys.executable} -m pstui.tui.cli.main --help | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert done.stderr == b""


@pytest.mark.parametrize("has_ssh", [True, False])
def test_what_if_of_bytes_that_are_no_text(has_ssh: bool) -> None:
    call: list[str | bytes] = [
        sys.executable,
        "-m",
        "pstui.tui.cli.main",
        "Enter-PSSession",
        "-HostName",
        "h",
        "-UserName",
        b"\xff",
        "-WhatIf",
    ]
    environment = os.environ if has_ssh else os.environ | {"PATH": os.devnull}
    done = subprocess.run(call, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert b"udcff" in done.stdout


def test_a_terminal_that_cannot_move_its_cursor_is_told_and_sent_no_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    person = Person("-m", "pstui.tui.cli.main", "demo")
    assert person.waits_for_the_end() == 2
    assert "TERM says dumb." in person.seen and "\x1b" not in person.seen
