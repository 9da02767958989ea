"""Rows of a wrapped pane: what the index says is what wrapping every line would give."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.records import Write
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.cells import (
    cluster_start,
    clusters,
    index_at_column,
    is_simple,
    row_count,
    row_starts,
    width,
)
from pstui.tui.transcript.render.wrap import WrapIndex
from rich.cells import cell_len

TEXT = st.lists(
    st.sampled_from(
        ["a", "word ", "é", "日", "😀", "e\u0301", "👩\u200d👧", "☂\ufe0f", "👍🏽", "x" * 30, "—", "\u00a0"]
    ),
    max_size=25,
).map("".join)
COLUMNS = st.integers(1, 40)


@given(TEXT, COLUMNS)
def test_rows_hold_no_more_than_their_columns_and_cut_no_cluster(text: str, columns: int) -> None:
    starts = row_starts(text, columns)
    rows = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert "".join(rows) == text
    assert row_count(text, columns) == len(rows)
    assert set(starts) <= {start for start, _, _ in clusters(text)} | {0}
    for row, following in zip(rows, [*rows[1:], ""], strict=True):
        assert cell_len(row) <= columns or len(list(clusters(row))) == 1
        if following:
            first = next(clusters(following))[2]
            assert cell_len(row) + first > columns, "the row had room left"


@given(TEXT)
def test_widths_are_those_textual_lays_out_by(text: str) -> None:
    assert width(text) == cell_len(text)
    assert sum(cells for _, _, cells in clusters(text)) == cell_len(text)
    if is_simple(text):
        assert width(text) == len(text)


@given(TEXT, st.integers(0, 60))
def test_a_column_is_found_in_its_cluster(text: str, column: int) -> None:
    index = index_at_column(text, column)
    assert width(text[:index]) <= column or index == 0
    if index < len(text):
        cluster = next(end - start for start, end, _ in clusters(text[index:]))
        assert width(text[: index + cluster]) > column


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), TEXT, st.integers(1, 300)),
        st.tuples(st.just("open"), TEXT, st.just(0)),
        st.tuples(st.just("columns"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("fold"), st.integers(0, 400), st.integers(1, 300)),
        st.tuples(st.just("refine"), st.just(0), st.just(0)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


def brute_force(buffer: TextBuffer, columns: int, hidden: list[tuple[int, int]]) -> list[tuple[int, int]]:
    rows = []
    for number in range(buffer.dropped, buffer.dropped + buffer.line_count):
        if not any(first <= number < last for first, last in hidden):
            rows += [(number, sub_row) for sub_row in range(row_count(buffer.text_at(number), columns))]
    return rows


@settings(deadline=None)
@given(STEPS, st.integers(1, 900))
def test_the_index_agrees_with_wrapping_every_line(steps: list[tuple[str, object, int]], bound: int) -> None:
    buffer = TextBuffer(max_lines=bound)
    index, columns, hidden = WrapIndex(buffer, 20), 20, []
    for what, value, count in steps:
        if what == "write":
            for number in range(count):
                buffer.write(Write(f"{value}{number if number % 5 == 0 else ''}"))
        elif what == "open":
            buffer.write(Write(str(value), newline=False))
        elif what == "columns":
            assert isinstance(value, int)
            columns = value
            index.set_columns(columns)
        elif what == "fold":
            assert isinstance(value, int)
            hidden = [(buffer.dropped + value, buffer.dropped + value + count)]
            index.set_hidden(hidden)
        elif what == "clear":
            buffer.clear()
        if what != "open":  # several writes between two frames
            index.sync()
    index.sync()
    while index.refine(0.001):
        pass
    expected = brute_force(buffer, columns, hidden)
    assert index.rows == len(expected)
    assert [index.locate(row) for row in range(len(expected))] == expected
    for row, (number, sub_row) in enumerate(expected[:: max(len(expected) // 50, 1)]):
        assert index.row_of(number, sub_row) == row * max(len(expected) // 50, 1)


@given(TEXT, st.integers(0, 60))
def test_an_index_leads_to_its_cluster(text: str, index: int) -> None:
    starts = [start for start, end, _ in clusters(text) if start <= index < end]
    assert cluster_start(text, index) == (starts[0] if starts else index)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 80), st.integers(0, 10_000))
def test_rows_that_are_looked_at_are_exact_before_all_are(columns: int, row: int) -> None:
    buffer = TextBuffer()
    for number in range(1500):
        buffer.write(Write(f"{number} " + "wide 日本 " * (number % 9)))
    index = WrapIndex(buffer, columns)
    if row < index.rows:
        try:
            number, sub_row = index.locate(row)
        except IndexError:
            assert row >= index.rows, "only what was estimated too high may be missing"
            return
        assert 0 <= sub_row < row_count(buffer.text_at(number), columns)
        assert index.row_of(number, sub_row) == row


def test_a_new_width_does_not_wrap_thousands_of_lines_at_once() -> None:
    buffer = TextBuffer()
    for number in range(30_000):
        buffer.write(Write(f"{number} — " + "some text of an ordinary line, long enough to be wrapped once or twice"))
    index = WrapIndex(buffer, 120)
    start = time.perf_counter()
    index.set_columns(50)
    index.locate(index.rows - 60)
    first = time.perf_counter() - start
    start = time.perf_counter()
    while index.refine(0.004):
        pass
    whole = time.perf_counter() - start
    # A ratio of one run: the machine's speed does not matter. Measured: 1 to 40.
    assert first < whole / 8
    assert index.rows == 60_000 - sum(1 for number in range(30_000) if len(str(number)) + 73 <= 50)


def test_without_wrapping_a_line_is_a_row() -> None:
    buffer = TextBuffer()
    buffer.write(Write("x" * 500))
    buffer.write(Write("日本"))
    index = WrapIndex(buffer, None)
    assert (index.rows, index.widest) == (2, 500)
    assert index.locate(1) == (1, 0)
