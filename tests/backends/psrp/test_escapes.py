"""A long text is read portion by portion: no escape and no pair of surrogates is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.psrp.clixml import unescape
from pstui.backends.psrp.values import Reading, _unescaped

PIECES = ["_", "x", "_x", "_x0041_", "_x000a_", "_xD83D_", "_xDE00_", "_x005F_", "x0041_", "00_", "a", "é", "_x202E_"]


def read(steps: Reading) -> str:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=20, max_size=60), portion=st.integers(1, 2000))
def test_a_text_in_portions_is_the_text_at_once(pieces: list[str], portion: int) -> None:
    text = "".join(pieces) * 60
    assert read(_unescaped(text, portion)) == unescape(text)


@pytest.mark.parametrize("text", ["a_x0000_b_x202E_c", "_xD83D__xDE00_", "_x005F_x0041_"])
def test_where_a_portion_ends_does_not_matter(text: str) -> None:
    for shift in range(len(text)):
        whole = "a" * shift + text * 10_000
        assert read(_unescaped(whole)) == unescape(whole)
