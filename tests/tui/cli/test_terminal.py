"""Questions of a run without a screen, asked and answered on a real (pseudo) terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.cli.terminal import Interrupted, Line, text_of_key
from pstui.tui.plain import typed_text

from tests.support.cli_person import Person


@pytest.mark.parametrize(
    ("read", "seconds", "text"),
    [
        ("a", 0.0, "a"),
        ("\x03", 0.0, "\x03"),
        ("\x00;", 0.0, ""),  # F1
        ("\xe0H", 0.0, ""),  # the cursor key up
        ("\xe0s", 0.0, ""),  # Ctrl+left
        ("\xe0H", 0.2, "\xe0H"),  # the letter à, and H typed after it
        ("\xe0\r", 0.0, "\xe0\r"),
        ("\ud83d\ude00", 0.0, "\U0001f600"),
    ],
)
def test_a_key_of_a_windows_console_is_its_text(read: str, seconds: float, text: str) -> None:
    first, *rest = list(read)
    times = iter([1.0, 1.0 + seconds])
    assert text_of_key(first, lambda: rest.pop(0), lambda: next(times)) == text
    assert not rest


def person_at(script: str, opens: str = "yes") -> Person:
    return Person("-m", "tests.support.cli_far_end", script, opens)


def test_a_line_is_asked_with_its_preamble_and_echoed() -> None:
    person = person_at("ask Name")
    person.sees("Far end asks\r\nName: ")
    person.types("Anno\x7fa\r")
    assert person.waits_for_the_end() == 0
    assert "\r\nanswer of 4\r\n" in person.seen
    assert "forged" not in person.seen


def test_a_secret_is_seen_as_stars_only() -> None:
    person = person_at("secret Password")
    person.sees("Password: ")
    person.types("hunter2\r")
    assert person.waits_for_the_end() == 0
    assert "*******\r\nanswer of 7" in person.seen
    assert "hunter2" not in person.seen


def test_a_question_of_the_opening_is_asked_too() -> None:
    person = person_at("say in", "ask")
    person.sees("Password: ")
    person.types("abc\r")
    assert person.waits_for_the_end() == 0
    assert "got 3\r\nin\r\n" in person.seen


@pytest.mark.parametrize("key", ["\x03", "\x04", "\x1b"])
def test_a_question_can_be_refused(key: str) -> None:
    person = person_at("ask Name | say never")
    person.sees("Name: ")
    person.types(key)
    assert person.waits_for_the_end() == 1
    assert "never" not in person.seen


def test_a_key_is_read_without_enter() -> None:
    person = person_at("say press | key")
    person.sees("press")
    person.waits_until_keys_are_taken()
    person.types("x")
    assert person.waits_for_the_end() == 0
    assert "key 88 'x'" in person.seen


def test_colours_stay_on_a_terminal_and_nothing_else_does() -> None:
    person = person_at("say \x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jend | err bad")
    assert person.waits_for_the_end() == 0
    assert "31m" in person.seen
    assert "title" not in person.seen
    assert "[2J" not in person.seen
    assert "\x1b[91mbad\x1b[0m" in person.seen


def test_ctrl_c_at_the_terminal_stops_the_script() -> None:
    person = person_at("sleep")
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
def test_no_key_reaches_the_terminal_but_what_is_text(keys: str, secret: bool) -> None:
    line = Line(secret=secret)
    try:
        echo = line.feed(keys)
    except Interrupted:
        return
    assert all(typed_text(character) or character == "\b" for character in echo)
    assert all(map(typed_text, line.text))
    if secret:
        assert set(echo) <= set("*\b ")
