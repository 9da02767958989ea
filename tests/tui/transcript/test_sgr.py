"""Hostile text becomes plain text and colours, and nothing else, however it is cut up."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Any

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pstui.tui.transcript.render.clean import clean
from pstui.tui.transcript.render.line import MARKS
from pstui.tui.transcript.render.sgr import MAX_STRING, Splitter, ansi, plain
from pstui.tui.transcript.render.style import (
    ACCENT,
    BOLD,
    DIM,
    ITALIC,
    OVERLINE,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    Runs,
    apply_sgr,
    background,
    console_style,
    foreground,
    sgr,
)

#: Pieces a hostile text is made of: what opens, fills and ends sequences, what hides and what joins.
_SIGNS = [
    "\x1b",
    "[",
    "]",
    "P",
    "_",
    "^",
    "X",
    "\\",
    "\x9b",
    "\x9d",
    "\x90",
    "\x9c",
    "\x07",
    "\x18",
    "\n",
    "\r",
    "\b",
    "\t",
]
_SEQUENCES = [
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[38;5;9m",
    "\x1b[1;48;2;1;2;3m",
    "\x1b[",
    "\x1b]",
    "\x1bP",
    "52;c;",
    "3",
    ";",
    "m",
]
_OTHERS = [
    "\x00",
    "\x1bc",
    "\x1b(B",
    "\x1b[?25l",
    "\x1b[6n",
    "\x1b[>4;1m",
    "\u2028",
    "\U000e0041",
    "\ud83d",
    "\ude00",
    "\ud800",
]
_LETTERS = ["a", "bc", "é", "日", "😀", "👩", "\u200d", "\ufe0f", "\u0301", "\u202e", "\u2066", "\u200b", "\ufeff"]
PIECES = st.sampled_from([*_SIGNS, *_SEQUENCES, *_OTHERS, *_LETTERS])
HOSTILE = st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join)
LAYOUT = set("\n\r\b\t")


def split(*texts: str) -> tuple[str, Runs]:
    """One stream of writes, ended: all of its text, and its runs counted from the beginning."""
    splitter = Splitter()
    whole, runs = "", list[Any]()
    for part, part_runs in [*map(splitter.feed, texts), splitter.finish()]:
        begins = () if not part or (part_runs and part_runs[0][0] == 0) else ((0, 0),)
        for position, style in (*begins, *part_runs):
            if style != (runs[-1][1] if runs else 0):
                runs.append((len(whole) + position, style))
        whole += part
    return whole, tuple(runs)


@settings(deadline=None)
@given(HOSTILE)
@example("\x1b]0;x")
@example("\x9dx")
@example("👩" + "\u200d👩" * 9)
@example("a\x1b[C")
@example("a\ud800")
def test_no_control_character_comes_out(text: str) -> None:
    whole, runs = split(text)
    # the marks that a sequence leaves for the line: without one there is none
    marks = f"[{MARKS}]" if re.search("[\x1b\x9b]", text) else "(?!)"
    for character in set(re.sub(marks, "", whole)) - LAYOUT:
        assert unicodedata.category(character) not in ("Cc", "Cs"), ascii(whole)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\U000e0000-\U000e007f]", whole)
    assert all(0 <= position < len(whole) for position, _ in runs)
    assert [position for position, _ in runs] == sorted({position for position, _ in runs})


@settings(deadline=None)
@given(HOSTILE, st.lists(st.integers(0, 200), max_size=4))
@example("a\x1b[31mb", [3])
@example("x\x9d0;t\x07y", [2, 4])
@example("👩\u200d👧", [1])
@example("e" + "\u0301" * 9, [3])
def test_cutting_the_text_anywhere_changes_nothing(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert split(*pieces) == split(text)


@settings(deadline=None)
@given(HOSTILE)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert set(once) & LAYOUT <= {"\n", "\t"}


@settings(deadline=None)
@given(HOSTILE)
def test_ansi_holds_the_plain_text_and_sgr_only(text: str) -> None:
    coloured = ansi(text)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain(text)


_TEXTS = ["a", "word ", "é", "\r", "\b", "\t", "\x07", "\x00"]
_KNOWN = ["\x1b[31m", "\x1b[0m", "\x1b[1;4m", "\x1b[48;5;200m", "\x1b[38;2;1;2;3m", "\x1b[?25l", "\x1b(B"]
_STRINGS = ["\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\"]
SAFE = st.lists(st.sampled_from([*_TEXTS, *_KNOWN, *_STRINGS]), max_size=30).map("".join)


@settings(deadline=None)
@given(SAFE)
def test_one_line_looks_as_in_a_terminal(text: str) -> None:
    screen = pyte.Screen(400, 2)
    pyte.Stream(screen).feed(text)
    shown = plain(text + "\r") if "\t" in text else plain(text)
    assert shown.rstrip() == screen.display[0].rstrip()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x1b]52;c;c2VjcmV0\x07after", "after"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2;0;0;0\x1b\\after", "after"),
        ("\x1b_private\x1b\\\x1b^message\x1b\\\x1bXstring\x1b\\after", "after"),
        ("\x9b31mred\x9b2J", "red"),
        ("\x9d0;title\x9cafter", "after"),
        ("mojibake \x9d stays", "mojibake  stays"),
        ("\x1b]never ended\nnext", "\nnext"),
        ("\x1b[6n\x1b[c\x1b[?1049h\x1b[2J\x1b[H", ""),
        ("\x1b7\x1b8\x1bM\x1b=\x1b(0\x1b#8x", "x"),
        ("\x1b[31", ""),
        ("\x1b[999999999999999999mx", "x"),
        ("exe.\u202egpj", "exe.\ufffdgpj"),
        ("pay\u200bpal\u00ad", "paypal"),
        ("a\u200db", "ab"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("1\ufe0f", "1"),
        ("☂\ufe0f", "☂\ufe0f"),
        ("flag\U000e0067\U000e007f", "flag"),
        ("a\u2028b", "a b"),
        ("\ud83d\ude00", "😀"),
        ("\udc00", "\ufffd"),
        ("a\r\nb\tc", "a\nb\tc"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_marks_do_not_pile_up() -> None:
    assert plain("a" + "\u0301" * 1000 + "b") == "a" + "\u0301" * 4 + "b"


def test_joined_emoji_stay_short() -> None:
    chain = plain("👩" + "\u200d👩" * 100)
    assert max(len(part) for part in re.split("(?<=👩)(?=👩)", chain)) == 7


def test_an_unterminated_string_is_bounded() -> None:
    splitter = Splitter()
    swallowed = 0
    splitter.feed("\x1b]0;")
    while not splitter.feed("x" * 65536)[0]:
        swallowed += 65536
        assert swallowed <= MAX_STRING


def test_colour_carries_over_until_it_is_reset() -> None:
    assert split("\x1b[31m", "red", "still\x1b[m", "plain") == ("redstillplain", ((0, 2), (8, 0)))


@pytest.mark.parametrize(
    ("parameters", "style"),
    [
        ("1", BOLD),
        ("2;3;4;7;9", DIM | ITALIC | UNDERLINE | REVERSE | STRIKE),
        ("1;22", 0),
        ("53", OVERLINE),
        ("4;53;55", UNDERLINE),
        ("31", 2),
        ("97", 16),
        ("38;5;0", 1),
        ("38;5;255", 256),
        ("38;2;1;2;3", RGB | 0x010203),
        ("38:2::1:2:3", RGB | 0x010203),
        ("38:2:1:2:3", RGB | 0x010203),
        ("38:5:7", 8),
        ("4:3", UNDERLINE),
        ("4;4:0", 0),
        ("31;0", 0),
        ("31;", 0),
        ("38;5;300;1", BOLD),
        ("58;5;9;1", BOLD),
        ("5;8", 0),
        ("38", 0),
        ("38;2;1", 0),
    ],
)
def test_sgr_numbers(parameters: str, style: int) -> None:
    assert apply_sgr(0, parameters) == style


@settings(deadline=None)
@given(st.text("0123456789;:", max_size=60), st.integers(0, (1 << 25) - 1))
def test_any_numbers_give_a_style_a_terminal_can_be_told(parameters: str, color: int) -> None:
    style = apply_sgr(0, parameters)
    assert apply_sgr(BOLD | 5, sgr(style)[2:-1]) == style


def test_console_colours_are_not_ansi_colours() -> None:
    dark_blue_on_yellow = console_style(0, 1, 14)
    assert (foreground(dark_blue_on_yellow), background(dark_blue_on_yellow)) == (5, 12)
    assert console_style(7, -1, -1) == 7
    assert sgr(ACCENT) == "\x1b[0;36m"
    assert sgr(OVERLINE | BOLD) == "\x1b[0;1;53m"


@settings(deadline=None)
@given(st.text())
def test_cleaning_leaves_ordinary_text_alone(text: str) -> None:
    ordinary = "".join(c for c in text if c.isalnum() and not unicodedata.category(c).startswith("M"))
    assert clean(ordinary) == ordinary
