"""The text of a pane: lines laid out as a terminal would, marks for prompts, bounds that hold."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.records import Stream, Write
from pstui.tui.transcript.render.buffer import MAX_LINE, MAX_LINE_UNICODE, PIECE, TextBuffer, pieces
from pstui.tui.transcript.render.line import MAX_RUNS
from pstui.tui.transcript.render.style import ACCENT, BOLD, apply_sgr, foreground
from rich.cells import cell_len

from tests.support.paths import DATA

UNICODE = json.loads((DATA / "transcript_unicode.json").read_text(encoding="utf-8"))


def lines(buffer: TextBuffer) -> list[str]:
    return [buffer.text(index) for index in range(buffer.line_count)]


class Model:
    """A terminal line by line, one entry a cell: what the buffer must agree with, written for clarity alone."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.cells: list[str] = []
        self.at = 0

    def write(self, text: str) -> None:
        for character in text:
            if character == "\n":
                self.done.append("".join(self.cells))
                self.cells, self.at = [], 0
            elif character == "\r":
                self.at = 0
            elif character == "\b":
                self.at = max(self.at - 1, 0)
            elif character == "\t":
                self.at = (self.at // 8 + 1) * 8
                self.cells += [" "] * (self.at - len(self.cells))
            else:
                self.put(character, cell_len(character))

    def put(self, character: str, width: int) -> None:
        self.cells += [" "] * (self.at + width - len(self.cells))
        if self.cells[self.at] == "":
            self.cells[self.at - 1] = " "
        if self.at + width < len(self.cells) and self.cells[self.at + width] == "":
            self.cells[self.at + width] = " "
        self.cells[self.at : self.at + width] = [character, ""][:width]
        self.at += width


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab日é😀\r\b\t\n", max_size=12), st.booleans()), max_size=12))
def test_text_is_laid_out_as_in_a_terminal(writes: list[tuple[str, bool]]) -> None:
    buffer, model, ended = TextBuffer(), Model(), list[str]()
    buffer.on_line = ended.append
    for text, newline in writes:
        buffer.write(Write(text, newline=newline))
        model.write(text + "\n" if newline else text)
        assert buffer.column() == model.at
    assert ended == model.done
    assert lines(buffer) == model.done + (["".join(model.cells)] if model.cells else [])


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("ab日\r\b", max_size=6), st.integers(-1, 15)), max_size=12))
def test_colours_stay_with_their_letters(writes: list[tuple[str, int]]) -> None:
    """Each write in upper or lower case by its colour: after any overwriting, a letter still has its own."""
    buffer = TextBuffer()
    for text, color in writes:
        buffer.write(Write(text.upper() if color > 7 else text, newline=False, foreground=color))
    if buffer.line_count:
        text, runs = buffer.line(0)
        for index, character in enumerate(text):
            style = next((style for position, style in reversed(runs) if position <= index), 0)
            if character.isascii() and character != " ":
                assert (foreground(style) > 8) == character.isupper()


@pytest.mark.parametrize("case", UNICODE, ids=[ascii(case["sent"]) for case in UNICODE])
def test_the_recording_unicode(case: dict[str, str]) -> None:
    buffer = TextBuffer()
    buffer.write(Write(case["sent"]))
    buffer.write(Write("next"))
    assert lines(buffer) == [case["shown"], "next"]
    assert buffer.line(1)[1] == ()


def test_formats_of_the_streams() -> None:
    buffer = TextBuffer()
    for stream in Stream:
        buffer.write(Write("x", stream=stream))
    styles = {stream: buffer.line(index)[1] for index, stream in enumerate(Stream)}
    assert styles[Stream.OUTPUT] == ()
    assert styles[Stream.ERROR] == ((0, apply_sgr(0, "1;31")),)
    assert styles[Stream.WARNING] == styles[Stream.VERBOSE] == styles[Stream.DEBUG] == ((0, apply_sgr(0, "1;33")),)
    assert styles[Stream.NOTICE] == ((0, ACCENT),)


def test_write_host_colours_end_with_the_text() -> None:
    buffer = TextBuffer()
    buffer.write(Write("\x1b[1m", newline=False))
    buffer.write(Write("green", newline=False, foreground=10, background=0))
    buffer.write(Write("bold"))
    buffer.write(Write("w", stream=Stream.WARNING))
    buffer.write(Write("plain"))
    assert buffer.line(0) == ("greenbold", ((0, apply_sgr(0, "1;92;40")), (5, BOLD)))
    assert buffer.line(2) == ("plain", ())


def test_a_carried_colour_ends_at_the_prompt() -> None:
    buffer = TextBuffer()
    buffer.write(Write("\x1b[31mred"))
    buffer.write(Write("still"))
    buffer.write(Write("\x1b]0;unfinished", newline=False))
    buffer.mark_prompt()
    buffer.write(Write("PS> "))
    assert [buffer.line(index)[1] for index in range(3)] == [((0, 2),), ((0, 2),), ()]
    assert buffer.text(2) == "PS> "


def test_our_own_words_are_never_swallowed() -> None:
    buffer = TextBuffer()
    buffer.write(Write("\x1b]0;never ended ", newline=False))
    buffer.write(Write("pstui: connection lost", stream=Stream.NOTICE))
    assert lines(buffer) == ["pstui: connection lost"]


def test_each_line_is_told_once_and_in_order() -> None:
    told: list[str] = []
    buffer = TextBuffer(max_lines=3, on_line=told.append)
    buffer.write(Write("a\nb\r\nc", newline=False))
    buffer.write(Write("d"))
    for number in range(20):
        buffer.write(Write(f"line {number}"))
    buffer.write(Write("open", newline=False))
    assert told == ["a", "b", "cd", *(f"line {number}" for number in range(20))]
    assert buffer.flush_partial() is True
    assert buffer.flush_partial() is False
    assert told[-1] == "open"


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 700), st.integers(0, 1500), st.integers(1, 40))
def test_the_ring_keeps_the_newest_lines(bound: int, count: int, length: int) -> None:
    buffer = TextBuffer(max_lines=bound)
    for number in range(count):
        buffer.write(Write(f"\x1b[3{number % 8}m{number:0{length}}"))
    kept = min(bound, count)
    assert buffer.line_count == kept
    assert buffer.dropped == count - kept
    assert lines(buffer) == [f"{number:0{length}}" for number in range(count - kept, count)]
    if kept:
        assert buffer.line(kept - 1)[1] == (((0, 1 + (count - 1) % 8)),)
        assert buffer.at(count - 1) == buffer.line(kept - 1)
    with pytest.raises(IndexError):
        buffer.line(kept)


def test_the_ring_is_bounded_by_bytes() -> None:
    buffer = TextBuffer(max_bytes=1 << 20)
    for number in range(300):
        buffer.write(Write(f"{number} " + "日本" * 5000))
    assert buffer.size < 1 << 21
    assert buffer.text(buffer.line_count - 1).startswith("299 ")
    assert buffer.dropped + buffer.line_count == 300


def test_a_line_without_end_is_broken() -> None:
    told: list[str] = []
    buffer = TextBuffer(on_line=told.append)
    for _ in range(70):
        buffer.write(Write("x" * 9999, newline=False))
    buffer.write(Write("日" * (2 * MAX_LINE_UNICODE + 5)))
    assert max(map(len, lines(buffer))) <= MAX_LINE
    assert "".join(told) == "x" * 699_930 + "日" * (2 * MAX_LINE_UNICODE + 5)


def test_a_huge_record_can_be_written_in_pieces() -> None:
    whole, cut = TextBuffer(), TextBuffer()
    record = Write("x\x1b[31m日\x1b]0;title\x07\x1b[0m" * PIECE)
    whole.write(record)
    parts = list(pieces(record))
    assert max(len(part.text) for part in parts) <= PIECE
    for part in parts:
        cut.write(part)
    assert lines(cut) == lines(whole)
    assert cut.line(0) == whole.line(0)
    assert list(pieces(Write("short"))) == [Write("short")]


def test_a_line_of_many_colours_is_bounded() -> None:
    buffer = TextBuffer()
    buffer.write(Write("".join(f"\x1b[3{number % 8}mx" for number in range(3 * MAX_RUNS))))
    text, runs = buffer.line(0)
    assert len(text) == 3 * MAX_RUNS
    assert len(runs) == MAX_RUNS


def test_prompts_and_the_output_between_them() -> None:
    buffer = TextBuffer(max_lines=8)
    buffer.write(Write("banner"))
    for command in range(3):
        buffer.mark_prompt()
        buffer.write(Write(f"PS> {command}"))
        buffer.write(Write("\n".join(f"out {command}.{line}" for line in range(command))) if command else Write("none"))
    assert buffer.prompts() == [1, 3, 5]
    assert [buffer.output_range(place) for place in range(3)] == [(2, 3), (4, 5), (6, 8)]
    buffer.write(Write("open", newline=False))
    assert buffer.output_range(2) == (6, 9)
    buffer.write(Write("\n1\n2"))
    assert lines(buffer)[:2] == ["PS> 1", "out 1.0"]
    assert buffer.prompts() == [0, 2]
    assert buffer.output_range(0) == (1, 2)


def test_a_command_of_several_lines_has_its_output_after_them() -> None:
    buffer = TextBuffer()
    buffer.mark_prompt()
    buffer.write(Write("PS> if (1) {\n>> 2\n>> }"))
    buffer.mark_output()
    buffer.write(Write("2"))
    assert buffer.output_range(0) == (3, 4)


def test_clearing_forgets_the_text_but_not_the_count() -> None:
    buffer = TextBuffer()
    for number in range(600):
        buffer.write(Write(str(number)))
    buffer.write(Write("open", newline=False))
    buffer.clear()
    assert (buffer.line_count, buffer.dropped, buffer.column()) == (0, 600, 0)
    buffer.write(Write("new"))
    assert lines(buffer) == ["new"]
    assert buffer.text_at(600) == "new"


def test_a_line_costs_at_most_250_bytes() -> None:
    """90 characters, a third of the lines each ASCII, Latin-1 and emoji, four runs in each."""
    words = ("plain ASCII text", "schön, déjà vu …", "🚀 start of 日本語")
    records = [
        Write(f"\x1b[32m{number:019}\x1b[0m {words[number % 3]:16} \x1b[1;33mWARN\x1b[0m a worker took longer than it "
              f"should \x1b[38;5;208m{number:06}\x1b[0m ms")
        for number in range(5_120)
    ]  # fmt: skip
    gc.collect()
    tracemalloc.start()
    try:
        buffer = TextBuffer()
        for record in records:
            buffer.write(record)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 85 <= len(buffer.text(0)) <= 95
    assert len(buffer.line(0)[1]) >= 4
    assert kept / 5_120 <= 250


@pytest.mark.parametrize(
    ("writes", "shown"),
    [
        (["10%", "\r100% complete", "\r\x1b[Kok"], "ok"),
        (["long text here\r\x1b[2Kshort"], "short"),
        (["\x1b[5Cmoved"], "     moved"),
        (["abc\x1b[2Dx"], "axc"),
        (["abc\x1b[2Gx\x1b[10Gy"], "axc      y"),
        (["abc\x1b[", "2Dx"], "axc"),
        (["ab\x1b[2Kc"], "  c"),
        (["abcdef\x1b[3D\x1b[1Kz"], "   zef"),
        (["日本\x1b[2Dx"], "日x "),
        (["日本\x1b[3D\x1b[K!"], " !"),
        (["a\x1b[K b\x1b[K"], "a b"),
        (["x\x1b[99999C|"], "x" + " " * 18 + "|"),
        (["x\x1b[99999D|"], "|"),
        (["x\x1b[;1;Cy\x1b[?2Kz\x1b[3 Gw"], "x yzw"),
        (["\x1b[3C"], ""),
    ],
)
def test_what_moves_and_erases_within_the_line_is_obeyed(writes: list[str], shown: str) -> None:
    buffer = TextBuffer()
    buffer.columns = 20
    for text in writes:
        buffer.write(Write(text, newline=False))
    buffer.write(Write(""))
    assert buffer.text(0) == shown


def test_moves_and_erasing_leave_no_mark_in_what_is_kept() -> None:
    buffer = TextBuffer()
    for text in ("\x1b[3C", "\x1b[K", "a\x1b[7D", "\x1b[1K", "\ud800b\udc05", "\x1b[9G"):
        buffer.write(Write(text, newline=False))
    buffer.write(Write("\x1b[2C", newline=True))
    assert buffer.text(0).encode() == " �b�".encode() or not any("\ud800" <= one <= "\udfff" for one in buffer.text(0))


def test_the_last_row_of_a_prompt_is_taken_with_its_colours() -> None:
    buffer = TextBuffer()
    buffer.write(Write("wh> ", newline=False, foreground=2))
    buffer.write(Write("first\nsec\tond \x1b[31mred\x1b[0m> ", newline=False))
    assert buffer.take_row(80) == "sec     ond \x1b[0;31mred\x1b[0m> "
    assert [buffer.text(index) for index in range(buffer.line_count)] == ["wh> first"]
    buffer.write(Write("L" * 25 + "> ", newline=False))
    assert buffer.take_row(10) == "L" * 5 + "> "
    assert buffer.text(1) == "L" * 20, "the rows above stay"
