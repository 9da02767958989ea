"""Lines of OutOfProc: one written as PowerShell writes it is read the short way, and means the same as any other."""

from __future__ import annotations

import base64
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pstui.backends.errors import ProtocolError
from pstui.backends.transports.outofproc import CLIENT_ELEMENTS, SERVER_ELEMENTS, Element, decode_line, encode_data

GUID = str(uuid.UUID(int=7)).encode()
#: what may stand where the content, or the GUID, belongs
_CONTENT = st.one_of(
    st.binary(max_size=40).map(base64.b64encode), st.binary(max_size=12), st.text(max_size=6).map(str.encode)
)
_NAMES = st.one_of(st.just(GUID), st.binary(min_size=36, max_size=36), st.uuids().map(lambda one: str(one).encode()))


def outcome(line: bytes) -> Element | str:
    try:
        return decode_line(line)
    except ProtocolError as error:
        return error.what


@given(_NAMES, _CONTENT)
@example(GUID, b"")
@example(GUID, b"QQ")
@example(GUID, b"QUI=<x>")
@example(GUID.upper(), b"QUI=")
@example(b"{" + GUID[1:-1] + b"}", b"QUI=")
@example(GUID[:-2] + b"' ", b"QUI=")
def test_both_ways_come_to_the_same(name: bytes, content: bytes) -> None:
    short = b"<Data Stream='Default' PSGuid='" + name + b"'>" + content + b"</Data>"
    long = b"<Data  Stream='Default' PSGuid='" + name + b"'>" + content + b"</Data>"
    told, other = outcome(short), outcome(long)
    assert isinstance(told, str) == isinstance(other, str)
    assert isinstance(told, str) or told == other


@given(st.binary(min_size=1, max_size=200), st.uuids())
def test_what_is_written_is_read(data: bytes, guid: uuid.UUID) -> None:
    for allowed in (SERVER_ELEMENTS, CLIENT_ELEMENTS):
        assert decode_line(encode_data(guid, data).rstrip(b"\n"), allowed) == Element("Data", guid, data)


@pytest.mark.parametrize("allowed", [frozenset({b"DataAck"})])
def test_data_is_refused_where_it_may_not_be_sent(allowed: frozenset[bytes]) -> None:
    with pytest.raises(ProtocolError):
        decode_line(encode_data(uuid.UUID(int=1), b"x").rstrip(b"\n"), allowed)
