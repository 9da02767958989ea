"""Where words begin and end, and the last argument of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pstui.tui.editor.surface import (
    blank_start_before,
    next_word_start,
    word_end_after,
    word_start_before,
    words_of,
)


@given(st.text(st.sampled_from("ab1 .-\\/'\n"), max_size=30), st.data())
def test_words_are_left_in_the_right_direction_and_all_of_them_are_reached(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    assert 0 <= word_start_before(text, place) <= place
    assert 0 <= blank_start_before(text, place) <= place
    assert place <= word_end_after(text, place) <= len(text)
    assert place <= next_word_start(text, place) <= len(text)
    if place:
        assert word_start_before(text, place) < place
    if place < len(text):
        assert word_end_after(text, place) > place


@pytest.mark.parametrize(
    ("line", "word"),
    [("cp a 'b c'", "'b c'"), ("ls | sort", "sort"), ("x $a.Foo(1)", "$a.Foo(1)"), ("", ""), ("ls # why", "ls")],
)
def test_the_last_argument_of_a_line(line: str, word: str) -> None:
    assert (words_of(line) or [""])[-1] == word
