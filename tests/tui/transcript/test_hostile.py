"""A hostile far end writes into the transcript: nothing but text reaches a strip, and nothing takes for ever."""

from __future__ import annotations

import time
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.records import Stream, Write
from pstui.tui.transcript.render.buffer import MAX_OVERWRITTEN, TextBuffer, pieces
from pstui.tui.transcript.render.cells import row_starts, width
from pstui.tui.transcript.render.wrap import WrapIndex
from pstui.tui.transcript.search import MAX_WHOLE, Search
from textual.geometry import Region

from tests.tui.transcript.test_sgr import HOSTILE
from tests.tui.transcript.test_widget import COLUMNS, HEIGHT, driving

#: any code point at all, with those that steer a terminal far more often than chance would have them
_WILD = st.text(
    st.characters() | st.sampled_from("\x00\x07\x08\t\n\r\x0e\x1b\x1b\x1b[]m;0\x7f\x84\x9b\x9d\x9c"), max_size=30
)
_WRITES = st.lists(
    st.tuples(HOSTILE | _WILD, st.booleans(), st.sampled_from(list(Stream)), st.integers(-1, 15)), max_size=12
)


def _forbidden(text: str) -> set[str]:
    return {ascii(each) for each in text if unicodedata.category(each) in ("Cc", "Cs")}


@settings(deadline=None, max_examples=300)
@given(_WRITES, st.integers(1, 30))
def test_no_line_of_a_buffer_holds_what_steers_a_terminal(
    writes: list[tuple[str, bool, Stream, int]], columns: int
) -> None:
    buffer = TextBuffer()
    index = WrapIndex(buffer, columns)
    for text, newline, stream, colour in writes:
        buffer.write(Write(text, newline=newline, stream=stream, foreground=colour))
        index.sync()
        assert index.rows == sum(len(row_starts(buffer.text(i), columns)) for i in range(buffer.line_count))
    for number in range(buffer.line_count):
        text, runs = buffer.line(number)
        assert not _forbidden(text)
        assert all(0 <= start < max(len(text), 1) for start, _ in runs)


async def test_no_strip_holds_what_steers_a_terminal() -> None:
    wild = (
        "".join(map(chr, range(0x300)))
        + "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x1bPq#0\x1b\\ \ud800 \x1b[31;9999mred"
    )
    async with driving() as driver:
        for cut in range(1, 40, 7):
            parts = [wild[start : start + cut] for start in range(0, len(wild), cut)]
            driver.transcript.extend([Write(part, newline=False) for part in parts])
            driver.transcript.extend([Write("")])
        await driver.settled()
        shown = "".join(strip.text for strip in driver.app.screen._compositor.render_strips())
        assert not _forbidden(shown)
        text = "\n".join(driver.transcript.buffer.text(i) for i in range(driver.transcript.buffer.line_count))
        assert "link" in text and "evil" not in text and "red" in text


@given(st.lists(st.text("a日e\u0301😀\u200d👩☂\ufe0f-", max_size=9), max_size=20), st.integers(1, 12))
def test_a_line_that_grows_is_wrapped_as_if_it_had_come_at_once(parts: list[str], columns: int) -> None:
    buffer = TextBuffer()
    index = WrapIndex(buffer, columns)
    for part in parts:
        buffer.write(Write(part, newline=False))
        index.sync()
        text = buffer.text_at(buffer.end)
        assert index.open_starts() == row_starts(text, columns)


def test_a_long_line_that_is_written_over_goes_on_in_a_new_one() -> None:
    long = "x" * (MAX_OVERWRITTEN + 1)
    buffer = TextBuffer()
    for text in (long, "\rab", "\rc"):
        buffer.write(Write(text, newline=False))
    assert [buffer.text(i) for i in range(buffer.line_count)] == [long, "cb"]
    for text in (long[:-1] + "\ry", long + "\r\n", long + "\r"):
        buffer.clear()
        buffer.write(Write(text, newline=False))
        kept = "y" + long[1:-1] if text.endswith("y") else long
        assert [buffer.text(i) for i in range(buffer.line_count)] == [kept], ascii(text[-3:])


def test_writing_over_a_huge_line_again_and_again_costs_little() -> None:
    buffer = TextBuffer()
    buffer.write(Write("x" * 250_000, newline=False))
    began = time.process_time()
    for _ in range(3000):
        buffer.write(Write("\rab", newline=False))
        buffer.text_at(buffer.end)
    assert time.process_time() - began < 2, "it took 30 s when every column of the line was looked at"


async def test_a_huge_line_is_painted_and_searched_in_little_time() -> None:
    async with driving() as driver:
        transcript = driver.transcript
        for letter in ("x", "日"):
            transcript.clear()
            for part in pieces(Write(letter * 60_000, newline=False)):
                transcript.write(part)
            await driver.settled()
            transcript.search(letter)
            began = time.process_time()
            strips = transcript.render_lines(Region(0, 0, COLUMNS, HEIGHT))
            assert time.process_time() - began < 1, "it took many seconds when each row went through all matches"
            words = [segment for segment in strips[0] if segment.text.strip()]
            marked = [segment for segment in words if segment.style and segment.style.bgcolor is not None]
            assert width("".join(segment.text for segment in marked)) > 30, "and the matches are seen"
            transcript.search("")


@given(st.text("ab", max_size=60), st.text("ab", min_size=1, max_size=3), st.integers(0, 60), st.integers(0, 60))
def test_the_matches_near_a_row_are_those_of_the_line(text: str, wanted: str, one: int, other: int) -> None:
    start, end = sorted((one, other))
    search = Search(wanted)
    near = [span for span in search.spans(text) if span[1] > start and span[0] < end]
    assert search.spans_near(text, start, end) == near
    far = "b" * (MAX_WHOLE + 1)
    if wanted == "a":
        moved = [(first + len(far), last + len(far)) for first, last in near]
        assert search.spans_near(far + text, len(far) + start, len(far) + end) == moved
