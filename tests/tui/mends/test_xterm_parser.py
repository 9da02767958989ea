"""What comes from a terminal: keys, sequences that are none, pastes; and what Textual's own parser makes of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.mends import xterm_parser
from pstui.tui.mends.xterm_parser import MendedParser, fix_alt_keys, fix_escape_delay
from pstui.tui.typed import Typed
from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.message import Message

from tests.support.paths import ROOT
from tests.support.tmux import environment, terminal

ESC = "\x1b"
#: what a terminal answers, late, or reports: none of it is a key
ANSWERS = [
    f"{ESC}]11;rgb:0000/0000/0000{ESC}\\",
    f"{ESC}]11;rgb:0000/0000/0000\x07",
    f"{ESC}[?62;4c",
    f"{ESC}[>41;370;0c",
    f"{ESC}[?1u",
    f"{ESC}[?1;1R",
    f"{ESC}P>|xterm(370){ESC}\\",
    f"{ESC}P1+r524742=38{ESC}\\",
    f"{ESC}_Gi=31;OK{ESC}\\",
    f"{ESC}^private{ESC}\\",
    f"{ESC}Xstring{ESC}\\",
    f"{ESC}]52;c;{'QUJD' * 3000}{ESC}\\",
    f"{ESC}[8;24;80t",
    f"{ESC}[65;30;97;1;0;1_",
    f"{ESC}[99;99X",
    f"{ESC}[{'1;' * 300}m",
    f"{ESC}[1114112u",
    f"{ESC}[?997;1n",
    f"{ESC}Oz",
    f"{ESC}[M !!",
    f"{ESC}[M#xÿ",
    "\x9b?62;4c",
    "\x9d11;rgb:0000/0000/0000\x9c",
    "\x90>|xterm(370)\x9c",
]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the parser sees."""
    now = [1000.0]
    monkeypatch.setattr(xterm_parser, "monotonic", lambda: now[0])
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 0.05)
    return now


def names(found: list[Message]) -> list[str]:
    """Keys by their names, a paste by its text."""
    shown = {events.Key: lambda each: each.key, events.Paste: lambda each: f"<{each.text}>"}
    return [shown.get(type(each), lambda each: type(each).__name__)(each) for each in one_by_one(found)]


def one_by_one(found: Iterable[Message]) -> Iterator[Message]:
    """Characters that came at once as their keys."""
    for each in found:
        yield from each.keys if isinstance(each, Typed) else [each]


def given_out(parser: XTermParser, *reads: str) -> list[str]:
    return names([event for data in reads for event in parser.feed(data)])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer[:20]))
def test_a_whole_sequence_that_is_no_key_is_swallowed_in_any_pieces(clock: list[float], answer: str) -> None:
    assert given_out(MendedParser(), f"a{answer}b") == ["a", "b"]
    for cut in (*range(2, min(len(answer), 40)), len(answer) - 1):
        parser = MendedParser()
        found = given_out(parser, "a" + answer[:cut])
        clock[0] += 0.1
        found += names(list(parser.tick())) + given_out(parser, answer[cut:] + "b")
        assert found == ["a", "b"], cut


@pytest.mark.parametrize("answer", [f"{ESC}[?62;4c", f"{ESC}P>|xterm(370){ESC}\\", f"{ESC}[99;99X"], ids=repr)
def test_textual_still_types_such_a_sequence(answer: str) -> None:
    assert len(given_out(XTermParser(), answer, "x", f"{ESC}[A")) > 2, "the mend of this in xterm_parser.py can go"


def test_textual_still_looks_for_keys_in_a_paste() -> None:
    found = given_out(XTermParser(), f"{ESC}[200~a{ESC}{ESC}b{ESC}[201~")
    assert found != [f"<a{ESC}{ESC}b>"], "the mend of this in xterm_parser.py can go"


def test_textual_still_waits_for_the_end_of_a_paste_for_ever() -> None:
    parser = XTermParser()
    assert given_out(parser, f"{ESC}[200~a") + names(list(parser.tick())) + given_out(parser, "\x03") == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("ab\r", ["a", "b", "enter"]),
        (f"{ESC}[A{ESC}[1;5C{ESC}OP{ESC}[[A{ESC}[7${ESC}[15~", ["up", "ctrl+right", "f1", "f1", "shift+home", "f5"]),
        (f"{ESC}1{ESC}x{ESC}\r{ESC}.{ESC}é", ["alt+1", "alt+x", "alt+enter", "alt+full_stop", "alt+é"]),
        (f"{ESC}\x03", ["escape", "ctrl+c"]),
        (f"{ESC}{ESC}[A", ["escape", "up"]),
        (f"{ESC}[97;5u{ESC}[27u", ["ctrl+a", "escape"]),
        (f"{ESC}[<0;3;4M{ESC}[<0;3;4m", ["MouseDown", "MouseUp"]),
        (f"{ESC}[I{ESC}[O{ESC}[12;40R", ["AppFocus", "AppBlur", "CursorPosition"]),
        (f"{ESC}[?2026;2$y", ["TerminalSupportsSynchronizedOutput"]),
        (f"{ESC}]11;rgb:00\x03a", ["ctrl+c", "a"]),
        (f"{ESC}[12\x03a", ["ctrl+c", "a"]),
    ],
)
def test_keys_and_reports_stay_what_they_are(clock: list[float], keys: str, expected: list[str]) -> None:
    fix_alt_keys()
    found = list(MendedParser().feed(keys))
    assert names(found) == expected


@pytest.mark.parametrize("keys", ["\U0001fae8\u200c\u3000\u00a0\ue0b0", "\U0001f468\u200d\U0001f469"])
def test_every_character_is_taken_by_itself_and_as_the_kitty_protocol_sends_it(keys: str) -> None:
    codes = ":".join(str(ord(character)) for character in keys)
    for typed in (keys, f"{ESC}[0;;{codes}u"):
        found = [each for each in one_by_one(MendedParser().feed(typed)) if isinstance(each, events.Key)]
        assert "".join(each.character or "" for each in found) == keys


def test_esc_and_a_letter_are_two_keys_unless_they_come_as_one(clock: list[float]) -> None:
    fix_alt_keys()
    parser = MendedParser()
    assert given_out(parser, ESC) == []
    clock[0] += 0.06
    assert given_out(parser, "x") == ["escape", "x"]
    assert given_out(parser, ESC, "x") == ["alt+x"]
    assert given_out(parser, ESC) == []
    clock[0] += 0.1
    assert names(list(parser.tick())) == ["escape"]
    clock[0] += 0.1
    assert given_out(parser, "[A") == ["up"], "the tail of a key that a slow link has torn off is never typed"
    clock[0] += 1
    assert given_out(parser, "[A") == ["left_square_bracket", "A"]


@pytest.mark.parametrize("begun", [f"{ESC}[?62", f"{ESC}]11;rgb:", f"{ESC}P", f"{ESC}[1;", f"{ESC}O"])
def test_a_sequence_without_an_end_does_not_take_the_keyboard(clock: list[float], begun: str) -> None:
    fix_alt_keys()
    parser = MendedParser()
    assert given_out(parser, begun) == []
    clock[0] += 0.6
    late = [name for name in names(list(parser.tick())) if not name.startswith("alt+")]
    assert late + given_out(parser, "ls\r") == ["l", "s", "enter"]


def test_nothing_of_a_paste_is_a_key(clock: list[float]) -> None:
    text = f"echo harmless{ESC}[A\rWrite-Output INJECTED\r{ESC}{ESC}{ESC}]0;x\x07{ESC}[200~{ESC}[48;24;80;1;1t\x03"
    assert given_out(MendedParser(), f"a{ESC}[200~{text}{ESC}[201~b") == ["a", f"<{text}>", "b"]
    for cut in range(len(text)):
        parser = MendedParser()
        assert given_out(parser, f"{ESC}[200~{text[:cut]}", f"{text[cut:]}{ESC}[201~") == [f"<{text}>"]
    for cut in range(1, 6):
        mark = f"{ESC}[201~"
        assert given_out(MendedParser(), f"{ESC}[200~ab{mark[:cut]}", mark[cut:] + "c") == ["<ab>", "c"]


@pytest.mark.parametrize("key", ["\x03", "\x1d", f"{ESC}[21~", "\r", "q"])
def test_a_paste_without_its_end_gives_the_keys_back(clock: list[float], key: str) -> None:
    parser = MendedParser()
    assert given_out(parser, f"{ESC}[200~one\rtwo") == []
    clock[0] += 0.6
    assert names(list(parser.tick())) == ["<one\rtwo>"]
    clock[0] += 0.3
    assert given_out(parser, key) == given_out(XTermParser(), key)
    assert given_out(parser, f"{ESC}[201~a\r") == ["a", "enter"], "an end mark that comes late is none"


def test_keys_pressed_again_and_again_do_not_make_it_last_longer(clock: list[float]) -> None:
    parser = MendedParser()
    found = given_out(parser, f"{ESC}[200~one")
    for _ in range(4):
        clock[0] += 0.2
        found += given_out(parser, "\x03")
    assert found[-1] == "ctrl+c"
    assert found[0].startswith("<one")


def test_what_a_slow_link_brings_of_a_paste_later_is_still_no_key(clock: list[float]) -> None:
    parser = MendedParser()
    found = given_out(parser, f"{ESC}[200~one\r")
    clock[0] += 1.0
    found += names(list(parser.tick())) + given_out(parser, "rm x\rtwo\r")
    clock[0] += 1.0
    found += given_out(parser, f"three\r{ESC}[20") + given_out(parser, "1~a")
    assert found == ["<one\r>", "<rm x\rtwo\r>", "<three\r>", "a"]


@given(
    st.lists(st.sampled_from([*"a[O]P;1~\r\x07\\é\x9b", ESC, f"{ESC}[201~", f"{ESC}[200~", f"{ESC}[A"]), max_size=30)
)
def test_nothing_breaks_it(pieces: list[str]) -> None:
    parser = MendedParser()
    given_out(parser, *pieces, f"{ESC}[201~", f"{ESC}\\")
    assert given_out(parser, "\x07\x07ab")[-2:] == ["a", "b"]


def test_esc_waits_shortly_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 0.1)
    fix_escape_delay({"ESCDELAY": "50"})
    assert constants.ESCAPE_DELAY == 0.1
    fix_escape_delay({})
    assert constants.ESCAPE_DELAY == 0.05


def test_in_a_real_terminal_answers_are_not_typed_and_a_paste_presses_no_key(tmp_path: Path) -> None:
    def line(text: str) -> bool:
        return any(row.endswith(f"[web1]: PS /> {text}".rstrip()) for row in t.screen())

    with terminal([sys.executable, "-m", "tests.support.stand_in_app", "web1"], environment(tmp_path), ROOT) as t:
        t.wait("[web1]: PS />")
        answers = "".join(answer for answer in ANSWERS if len(answer) < 100)
        t.bytes(f"{answers}say a\u3000\xa0\ue0b0".encode() + b"\xe4 calm")
        said = "nothing but what was typed; a byte that is no UTF-8 ends nothing"
        t.wait_for(lambda: line("say a\u3000\xa0\ue0b0\ufffd calm"), said)
        t.bytes(b"\x15\x1b[200~say harmless\x1b[A\rsay INJECTED\r\x1b[201~")
        t.wait("2 lines pasted")
        t.bytes(b"\x1b")
        t.bytes(b"\x15\x15\x15\x1b[200~say never ends")
        t.wait_for(lambda: line("say never ends"), "the paste without an end")
        t.bytes(b"\x03")
        t.wait_for(lambda: line(""), "a new prompt")
        assert "INJECTED" not in [row.strip() for row in t.screen()], "nothing was run"
        t.bytes(b"\x1b[200~x")
        t.wait_for(lambda: line("x"), "another one")
        t.bytes(b"\x1b[21~")
        t.wait("A session is still open")
        t.bytes(b"\r")
        t.wait_end()
