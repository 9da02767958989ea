"""Questions of a run without a screen, asked and answered on a real (pseudo) terminal."""

from __future__ import annotations

import os
import pty
import select
import sys
import termios
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.cli_tty import Interrupted, Line

ROOT = Path(__file__).resolve().parent.parent


class Person:
    """Somebody at a terminal in which one Invoke-Command runs."""

    def __init__(self, script: str, opens: str = "yes") -> None:
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, "-m", "tests.support.cli_far_end", script, opens])

    def sees(self, text: str) -> None:
        deadline = time.monotonic() + 30
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come; seen: {self.seen!r}"
            try:
                data = os.read(self.fd, 4096)
            except OSError:  # Linux: the other side is closed
                data = b""
            assert data, f"it ended without {text!r}; seen: {self.seen!r}"
            self.seen += data.decode()

    def types(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def waits_until_keys_are_taken(self) -> None:
        deadline = time.monotonic() + 30
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < deadline
            os.sched_yield()

    def waits_for_the_end(self) -> int:
        while True:
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_line_is_asked_with_its_preamble_and_echoed() -> None:
    person = Person("ask Name")
    person.sees("Far end asks\r\nName: ")
    person.types("Anno\x7fa\r")
    assert person.waits_for_the_end() == 0
    assert "\r\nanswer of 4\r\n" in person.seen
    assert "forged" not in person.seen


def test_a_secret_is_seen_as_stars_only() -> None:
    person = Person("secret Password")
    person.sees("Password: ")
    person.types("hunter2\r")
    assert person.waits_for_the_end() == 0
    assert "*******\r\nanswer of 7" in person.seen
    assert "hunter2" not in person.seen


def test_a_question_of_the_opening_is_asked_too() -> None:
    person = Person("say in", "ask")
    person.sees("Password: ")
    person.types("abc\r")
    assert person.waits_for_the_end() == 0
    assert "got 3\r\nin\r\n" in person.seen


@pytest.mark.parametrize("key", ["\x03", "\x04", "\x1b"])
def test_a_question_can_be_refused(key: str) -> None:
    person = Person("ask Name | say never")
    person.sees("Name: ")
    person.types(key)
    assert person.waits_for_the_end() == 1
    assert "never" not in person.seen


def test_a_key_is_read_without_enter() -> None:
    person = Person("say press | key")
    person.sees("press")
    person.waits_until_keys_are_taken()
    person.types("x")
    assert person.waits_for_the_end() == 0
    assert "key 88 'x'" in person.seen


def test_colours_stay_on_a_terminal_and_nothing_else_does() -> None:
    person = Person("say \x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jend | err bad")
    assert person.waits_for_the_end() == 0
    assert "31m" in person.seen
    assert "title" not in person.seen
    assert "[2J" not in person.seen
    assert "\x1b[91mbad\x1b[0m" in person.seen


def test_ctrl_c_at_the_terminal_stops_the_script() -> None:
    person = Person("sleep")
    person.sees("sleeping")
    person.types("\x03")
    assert person.waits_for_the_end() == 130


def typed(keys: str, *, secret: bool = False) -> tuple[str, str]:
    line = Line(secret=secret)
    echo = line.feed(keys)
    return line.text, echo


def test_editing_a_line() -> None:
    assert typed("ab\x7fc\r") == ("ac", "ab\b \bc")
    assert typed("漢\x7f\r") == ("", "漢\b \b\b \b")
    assert typed("abc\x15x\r") == ("x", "abc" + "\b \b" * 3 + "x")
    assert typed("pw\x7f\r", secret=True) == ("p", "**\b \b")
    assert typed("a\x1b[Db\x1bOPc\x1b[1;5Cd\r") == ("abcd", "abcd")
    assert typed("a\rb") == ("a", "a")
    with pytest.raises(Interrupted):
        typed("ab\x03")


@given(st.text(), st.booleans())
def test_no_key_reaches_the_terminal_but_what_is_printable(keys: str, secret: bool) -> None:
    line = Line(secret=secret)
    try:
        echo = line.feed(keys)
    except Interrupted:
        return
    assert all(character.isprintable() or character == "\b" for character in echo)
    assert line.text.isprintable()
    if secret:
        assert set(echo) <= set("*\b ")
