"""Feeds that no program makes: pieces of sequences with any numbers and any text, in any order and any cut."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.terminal import SEEDS, check

#: inputs; `make fuzz` takes 20,000
INPUTS = int(os.environ.get("PSTUI_FUZZ", "30"))

_numbers = st.one_of(st.integers(0, 12), st.sampled_from([80, 999, 65_536, 2**31, 10**12])).map(str) | st.just("")
_parameters = st.lists(_numbers, max_size=6).map(";".join)
_marks = st.sampled_from(["", "?", ">", "=", "<", "!"])
_intermediates = st.sampled_from(["", "$", " ", "'", '"', "*", "#", "+"])
_finals = st.sampled_from([chr(code) for code in range(0x40, 0x7F)])
_csi = st.builds(lambda *parts: "\x1b[" + "".join(parts), _marks, _parameters, _intermediates, _finals)
_texts = st.text(st.characters(codec="utf-8"), max_size=12)
_strings = st.builds(
    lambda begin, text, end: f"\x1b{begin}{text}{end}",
    st.sampled_from("]P_^X"),
    _texts | _parameters,
    st.sampled_from(["\x1b\\", "\x07", "\x18", ""]),
)
_escapes = st.builds(
    lambda middle, final: f"\x1b{middle}{final}", st.sampled_from(["", "(", ")", "#", "%", " "]), _finals
)
_controls = st.sampled_from([chr(code) for code in range(32)] + ["\x7f", "\x84", "\x9b"])
_pieces = st.one_of(_csi, _csi, _strings, _escapes, _controls, _texts).map(lambda text: text.encode("utf-8", "replace"))
_feeds = st.lists(st.one_of(_pieces, _pieces, st.binary(max_size=6), st.sampled_from(SEEDS)), max_size=14).map(b"".join)


@settings(
    max_examples=INPUTS, deadline=None, derandomize=INPUTS < 1000, suppress_health_check=[*HealthCheck], database=None
)
@given(_feeds)
def test_nothing_fails_stalls_or_gets_out(data: bytes) -> None:
    check(data)
