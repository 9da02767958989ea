"""What both emulators do alike: rows, state, answers; what of a far end's wishes they grant, and what never."""

from __future__ import annotations

import sys
import time

import pytest
from pstui.tui.terminal import emulator as choice
from pstui.tui.terminal.emulator import Emulator, Modes, make_emulator, names
from pstui.tui.terminal.replies import MOST, safe
from pstui.tui.transcript.render.cells import width
from pstui.tui.transcript.render.style import BOLD, REVERSE, RGB, UNDERLINE, background, foreground

both = pytest.mark.parametrize("name", names())


def fed(name: str, text: str, columns: int = 20, rows: int = 4) -> Emulator:
    made = make_emulator(columns, rows, name, history=100)
    made.feed(text.encode())
    return made


@both
def test_rows_are_text_and_packed_styles(name: str) -> None:
    made = fed(name, "\x1b[1;31mred\x1b[0m 日本\r\n\x1b[38;5;200;48;2;1;2;3;4mx\x1b[0m\r\n\x1b[7m  \x1b[0m")
    (first, runs), (second, styled), (third, reverse), empty = made.rows()
    assert (first, second, third, empty) == ("red 日本", "x", "  ", ("", ()))
    assert runs == ((0, BOLD | 2), (3, 0))
    assert (foreground(styled[0][1]), background(styled[0][1])) == (201, RGB | 0x010203)
    assert styled[0][1] & UNDERLINE and reverse == ((0, REVERSE),)


@both
@pytest.mark.parametrize(
    "script",
    [
        *("\x1b[2J", "abc\x1b[2K", "\x1b[2;5H\x1b[1K", "a\x1b[1;1H\x1b[L", "a\x1b[1;1H\x1b[M", "a\x1b[S"),
        "\x1b[3;9H\x1b[3X",
    ],
)
def test_what_is_erased_has_the_background(name: str, script: str) -> None:
    for colour, wanted in (("44", 5), ("48;2;1;2;3", RGB | 0x010203)):
        rows = fed(name, f"\x1b[{colour}m{script}").rows()
        assert wanted in {background(style) for text, runs in rows if not text.strip() for _, style in runs}


@both
def test_a_row_that_has_not_changed_is_the_same_object(name: str) -> None:
    made = fed(name, "one\r\ntwo")
    before = list(made.rows())
    made.feed(b"!")
    after = made.rows()
    assert after[0] is before[0] and after[1] != before[1]


@both
def test_no_row_is_wider_than_the_screen(name: str) -> None:
    """How wide a character is that nobody has assigned, an emulator may think otherwise than the screen."""
    made = fed(name, "\x1b[1ma\u05c8\u05c8bc\u0870\u1aff\u2fe0\U0001fadf\x1b[3mdefghijklmnopqrstuvwxyz\x1b[0m")
    assert 15 <= max(width(text) for text, _ in made.rows()) <= 20


@both
@pytest.mark.parametrize("unseen", ["\U000e0041", "\u202e", "\u2066", "\u061c", "\u200b", "\u00ad"])
def test_nothing_unseen_stands_behind_a_letter(name: str, unseen: str) -> None:
    assert unseen not in fed(name, f"a{unseen}b").rows()[0][0]


@both
def test_what_scrolls_away_is_kept_and_bounded(name: str) -> None:
    made = fed(name, "".join(f"line {n}\r\n" for n in range(500)))
    size = made.history_size
    assert 80 <= size <= 120
    assert [text for text, _ in made.history(size - 3, size)] == ["line 494", "line 495", "line 496"]
    assert made.history(size, size + 5) == [] and made.history(-5, 0) == []


@both
def test_the_alternate_screen_scrolls_nothing_into_the_history(name: str) -> None:
    made = fed(name, "kept\x1b[?1049h" + "x\r\n" * 50)
    assert made.state().alternate and made.history_size == 0
    made.feed(b"\x1b[?1049l")
    assert not made.state().alternate and made.rows()[0][0] == "kept"


@both
def test_modes_and_title(name: str) -> None:
    made = fed(
        name, "\x1b[?1h\x1b=\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b]2;a title\x07\x1b[?25l\x1b[?5h\x1b[?2026h"
    )
    state = made.state()
    wanted = Modes(True, True, True, True, 1002, 1006)
    assert state.modes == wanted
    assert (state.title, state.cursor, state.reverse, state.holds) == ("a title", None, True, True)
    made.feed(b"\x1bc")
    assert made.state().modes == Modes() and made.state().cursor == (0, 0)


@both
@pytest.mark.parametrize("size", [(10, 2), (60, 20), (20, 1), (5000, 3), (3, 4000), (0, -1)])
def test_any_size_is_taken(name: str, size: tuple[int, int]) -> None:
    made = fed(name, "some text\r\nand more\r\nof it\r\nhere")
    made.resize(*size)
    assert len(made.rows()) == choice.bounded(*size)[1]
    made.feed("日本語".encode() + b"\x1b[9999;9999Hx")
    assert made.rows()[-1][0].endswith("x")


@both
def test_shrinking_keeps_what_stands_above_the_cursor(name: str) -> None:
    made = fed(name, "one\r\ntwo\r\nthree\r\nfour")
    made.resize(20, 2)
    assert [text for text, _ in made.rows()] == ["three", "four"]
    assert [text for text, _ in made.history(0, 9)] == ["one", "two"]


@both
def test_harmless_questions_are_answered(name: str) -> None:
    made = fed(name, "ab\r\ncd")
    assert made.feed(b"\x1b[6n") == b"\x1b[2;3R"
    assert made.feed(b"\x1b[5n") == b"\x1b[0n"
    assert made.feed(b"\x1b[c").startswith(b"\x1b[?6")
    assert made.feed(b"\x1b[?2004$p") == b"\x1b[?2004;2$y"


@both
@pytest.mark.parametrize(
    "asked",
    [
        "\x05",  # the answerback
        "\x1b]0;rm -rf\r\x07\x1b[21t\x1b[20t\x1b[23;0t",  # a title that is given back
        "\x1b]52;c;cm0gLXJm\x07\x1b]52;c;?\x07",  # a clipboard that is given back
        "\x1bP0;1|17/726d\x1b\\",  # keys that send something else (DECUDK)
        "\x1bP1;0;0!z726d\x1b\\\x1b[1*z",  # a macro, and that it is run
        "rm -rf\x1b[1;1;1;1;1;9*y",  # a checksum of the screen
        "\x1bP+q544e\x1b\\",
        "\x1bP$qrm\r\x1b\\",
        "\x1b[>q",
        "\x1b]50;?\x07\x1b]50;rm\x07\x1b]50;?\x07",
        "\x1b[1$u\x1bP1$t726d\x1b\\\x1b[2$w\x1b[1$w",
        "\x1b_Gi=1,a=q;AAAA\x1b\\",
        "\x1b[5i printed \x1b[4i\x1b[?15n\x1b[?26n\x1b[?62n\x1b[?63;1n",
    ],
)
def test_no_answer_types_what_a_far_end_has_chosen(name: str, asked: str) -> None:
    made = fed(name, "")
    answer = made.feed(asked.encode())
    assert b"rm" not in answer and b"726d" not in answer and b"\r" not in answer
    assert safe([answer]) == answer or not answer or name == "ghostty"


def test_only_whole_answers_of_numbers_pass_and_not_without_end() -> None:
    assert safe([b"\x1b[3;4R", b"\x1b]52;c;AA\x07", b"text", b"\x1b[6n\r", b"\x1b[?1;2c"]) == b"\x1b[3;4R\x1b[?1;2c"
    assert len(safe([b"\x1b[3;4R"] * 100_000)) <= MOST


@both
def test_a_flood_of_questions_is_answered_in_bounds(name: str) -> None:
    made = fed(name, "")
    assert 0 < len(made.feed(b"\x1b[c" * 20_000)) <= MOST


@both
@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[1;1;999999999;999999999;1;4;7$t",
        "\x1b[2*x\x1b[1;1;999999999;999999999;31;1$r",
        "\x1b[65;1;1;999999999;999999999$x",
        "\x1b[1;1;999999999;999999999$z",
        "\x1b[1;1;9999;9999;1;2;2;1$v",
        "x\x1b[999999999b",
        "\x1b[999999999S",
        "\x1b[999999999@",
        "\x1b[" + "9" * 5000 + "C",
        "\x1b['}\x1b[999999999'}",
        "\x1b[" + ";".join(["1"] * 2000) + "m",
        "\x1b]" + "A" * 20_000,
        "\x1bP" + "q" * 20_000,
    ],
)
def test_hostile_sizes_cost_little(name: str, hostile: str) -> None:
    made = make_emulator(200, 60, name)
    data = hostile.encode()
    began = time.process_time()
    for start in range(0, len(data), made.slice):
        made.feed(data[start : start + made.slice])
    assert time.process_time() - began < 0.5
    assert made.state().cursor is not None


def test_the_attributes_of_an_area_are_changed_as_dec_says() -> None:
    made = fed("bittty", "abc\r\ndef\r\nghi\x1b[2*x\x1b[1;2;2;3;1$r\x1b[2;2;3;2;7$t")
    assert [row[1] for row in made.rows()[:3]] == [
        ((1, BOLD),),
        ((1, BOLD | REVERSE), (2, BOLD)),
        ((1, REVERSE), (2, 0)),
    ]


@both
def test_an_unfinished_sequence_is_not_kept_without_end(name: str) -> None:
    made = make_emulator(20, 4, name)
    for _ in range(400):
        made.feed(b"\x1b]" + b"A" * 250)
    made.feed(b"\x07ok")
    assert made.rows()[0][0].endswith("ok") or made.rows()[-1][0].endswith("ok")


@both
def test_the_size_stays_ours(name: str) -> None:
    made = fed(name, "\x1b[?40h\x1b[?3h\x1b[8;9;9t\x1b[132$|\x1b[?2l\x1b[?34hx")
    assert len(made.rows()) == 4 and sum(len(text) for text, _ in made.rows()) == 1


def test_the_fast_one_is_used_where_it_is_and_never_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyghostty", None)
    assert names() == ("bittty",)
    assert type(make_emulator(10, 3)).__name__ == "BitttyEmulator"
