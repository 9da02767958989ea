"""What keys, the mouse and pastes send, as xterm sends it."""

from __future__ import annotations

import pytest
from pstui.tui.mends.xterm_parser import MendedParser, fix_alt_keys
from pstui.tui.terminal.emulator import Modes
from pstui.tui.terminal.encode import MouseEvent, focus_bytes, key_bytes, mouse_bytes, paste_bytes, wheel_as_keys
from pstui.tui.typed import Typed
from textual import events

PLAIN = Modes()


def read(sequence: str) -> list[events.Key]:
    """Return the keys that pstui reads from a terminal."""
    fix_alt_keys()
    parser = MendedParser()
    found = [*parser.feed(sequence)]
    parser._changed -= 1
    found += parser.tick()
    found = [key for each in found for key in (each.keys if isinstance(each, Typed) else [each])]
    return [each for each in found if isinstance(each, events.Key)]


@pytest.mark.parametrize(
    "sequence",
    [
        *("a", "Z", "é", "日", " ", "\r", "\t", "\x7f", "\x1b", "\x00"),
        *(chr(code) for code in range(1, 32) if code != 27),
        *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[2~", "\x1b[3~", "\x1b[5~", "\x1b[6~"),
        *(
            "\x1bOP",
            "\x1bOQ",
            "\x1bOR",
            "\x1bOS",
            "\x1b[15~",
            "\x1b[17~",
            "\x1b[20~",
            "\x1b[21~",
            "\x1b[23~",
            "\x1b[24~",
        ),
        *("\x1b[1;5A", "\x1b[1;2B", "\x1b[1;3C", "\x1b[1;5D", "\x1b[1;2H", "\x1b[1;5F", "\x1b[3;5~", "\x1b[Z"),
        *(f"\x1b{sign}" for sign in "abcxyzABG019:;/$!\"#%&'()*+,-.<=>?@`{|}~ "),
        *("\x1b\x7f", "\x1b\r"),
    ],
)
def test_what_the_terminal_sends_goes_on_as_it_was(sequence: str) -> None:
    sent = b"".join(key_bytes(key.key, key.character, PLAIN) for key in read(sequence))
    assert sent.decode() == sequence


def test_esc_and_a_sign_that_come_at_once_are_both_sent() -> None:
    # vim's Esc and ":wq", typed quickly or pasted as keys
    sent = b"".join(key_bytes(key.key, key.character, PLAIN) for key in read("\x1b:wq\r"))
    assert sent == b"\x1b:wq\r"


@pytest.mark.parametrize(
    ("key", "sent"),
    [("up", b"\x1bOA"), ("end", b"\x1bOF"), ("ctrl+up", b"\x1b[1;5A"), ("f5", b"\x1b[15~"), ("delete", b"\x1b[3~")],
)
def test_cursor_keys_follow_their_mode(key: str, sent: bytes) -> None:
    assert key_bytes(key, None, Modes(cursor_keys=True)) == sent


@pytest.mark.parametrize(
    ("key", "character", "sent"),
    [
        ("ctrl+right_square_bracket", None, b"\x1d"),
        ("ctrl+underscore", None, b"\x1f"),
        ("ctrl+a", None, b"\x01"),
        ("ctrl+alt+a", None, b"\x1b\x01"),
        ("alt+é", "é", "\x1bé".encode()),
        ("alt+shift+o", "O", b"\x1bO"),
        ("ctrl+backspace", None, b"\x08"),
        ("f21", None, b""),
        ("hyper+x", None, b""),
        ("plus", "+", b"+"),
    ],
)
def test_keys_by_their_names(key: str, character: str | None, sent: bytes) -> None:
    assert key_bytes(key, character, PLAIN) == sent


def test_a_paste_brings_no_sequences_and_cannot_end_itself() -> None:
    text = "one\r\ntwo\n\x1b[201~three\x03\x9b31m\ttab"
    assert paste_bytes(text, PLAIN) == b"one\rtwo\r[201~three31m\ttab"
    assert paste_bytes("x\x1b[201~", Modes(bracketed_paste=True)) == b"\x1b[200~x[201~\x1b[201~"


def test_focus_is_told_only_who_asked() -> None:
    assert (focus_bytes(True, PLAIN), focus_bytes(False, Modes(focus=True))) == (b"", b"\x1b[O")


PRESS, RELEASE = MouseEvent("press", 0, 4, 2), MouseEvent("release", 0, 4, 2)
DRAG, MOVE = MouseEvent("move", 0, 5, 2), MouseEvent("move", 3, 5, 2)


@pytest.mark.parametrize(
    ("event", "modes", "sent"),
    [
        (PRESS, PLAIN, b""),
        (PRESS, Modes(mouse=9), b"\x1b[M %#"),
        (RELEASE, Modes(mouse=9), b""),
        (PRESS, Modes(mouse=1000, mouse_coding=1006), b"\x1b[<0;5;3M"),
        (RELEASE, Modes(mouse=1000, mouse_coding=1006), b"\x1b[<0;5;3m"),
        (RELEASE, Modes(mouse=1000), b"\x1b[M#%#"),
        (DRAG, Modes(mouse=1000, mouse_coding=1006), b""),
        (DRAG, Modes(mouse=1002, mouse_coding=1006), b"\x1b[<32;6;3M"),
        (MOVE, Modes(mouse=1002, mouse_coding=1006), b""),
        (MOVE, Modes(mouse=1003, mouse_coding=1006), b"\x1b[<35;6;3M"),
        (MouseEvent("press", 64, 0, 0, ctrl=True), Modes(mouse=1000, mouse_coding=1006), b"\x1b[<80;1;1M"),
        (PRESS, Modes(mouse=1000, mouse_coding=1015), b"\x1b[32;5;3M"),
        (MouseEvent("press", 0, 300, 2), Modes(mouse=1000), b""),
        (MouseEvent("press", 0, 300, 2), Modes(mouse=1000, mouse_coding=1005), "\x1b[M ō#".encode()),
    ],
)
def test_the_mouse_sends_what_was_asked_for(event: MouseEvent, modes: Modes, sent: bytes) -> None:
    assert mouse_bytes(event, modes) == sent


def test_the_wheel_moves_in_a_program_that_knows_no_mouse() -> None:
    assert wheel_as_keys(True, Modes(cursor_keys=True)) == b"\x1bOA" * 3
