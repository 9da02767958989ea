"""How a forward is written: by a person, and behind the keywords of ssh_config."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.errors import CallError
from pstui.backends.forwards import ForwardKind, ForwardSpec, Place, parse, read_forward

DB = Place("db", 5432)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("local 8080 db:5432", ForwardSpec(ForwardKind.LOCAL, Place(port=8080), DB)),
        ("-L8080:db:5432", ForwardSpec(ForwardKind.LOCAL, Place(port=8080), DB)),
        ("LocalForward 8080 db:5432", ForwardSpec(ForwardKind.LOCAL, Place(port=8080), DB)),
        ("local 8080 -> db:5432", ForwardSpec(ForwardKind.LOCAL, Place(port=8080), DB)),
        ("local 0 to db:5432", ForwardSpec(ForwardKind.LOCAL, Place(port=0), DB)),
        ("local [::1]:8080 [fe80::1]:22", ForwardSpec(ForwardKind.LOCAL, Place("::1", 8080), Place("fe80::1", 22))),
        ("local *:8080 db:5432", ForwardSpec(ForwardKind.LOCAL, Place("*", 8080), DB)),
        ("local /run/a /run/b", ForwardSpec(ForwardKind.LOCAL, Place(path="/run/a"), Place(path="/run/b"))),
        ("local 80 /run/b", ForwardSpec(ForwardKind.LOCAL, Place(port=80), Place(path="/run/b"))),
        ("local h:80 /run/b", ForwardSpec(ForwardKind.LOCAL, Place("h", 80), Place(path="/run/b"))),
        ("remote 0 db:5432", ForwardSpec(ForwardKind.REMOTE, Place(port=0), DB)),
        ("remote /run/a db:5432", ForwardSpec(ForwardKind.REMOTE, Place(path="/run/a"), DB)),
        ("-R 1080", ForwardSpec(ForwardKind.REMOTE, Place(port=1080))),
        ("-R localhost:1080", ForwardSpec(ForwardKind.REMOTE, Place("localhost", 1080))),
        ("socks 1080", ForwardSpec(ForwardKind.DYNAMIC, Place(port=1080))),
        ("-D [::1]:1080", ForwardSpec(ForwardKind.DYNAMIC, Place("::1", 1080))),
    ],
)
def test_a_forward_is_written_in_several_ways(text: str, spec: ForwardSpec) -> None:
    assert parse(text) == spec
    assert parse(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("local /run/x db", "neither host:port"),
        ("", "not with local"),
        ("8080 db:5432", "not with local"),
        ("local", "what listens"),
        ("local 8080", "leads to is missing"),
        ("local 80x db:1", "“80x” is not a port"),
        ("local 99999 db:1", "end at 65535"),
        ("local 1 db:0", "not a port to lead to"),
        ("local 1 db", "is written host:port"),
        ("local 1 ::1:80", "square brackets"),
        ("local 1 [::1:80", "bracket"),
        ("socks 1080 db:1", "SOCKS"),
        ("socks /run/x", "socket's path"),
        ("remote /run/x", "socket's path"),
        (f"local /{'x' * 200} db:1", "at most 107 bytes"),
        ("local 1 d\x1bb:1", "control character"),
        ("local 1 db:" + "1" * 5000, "too long"),
        ("local 1 " + "x" * 900 + ":1" * 40, "too many parts"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(CallError) as caught:
        parse(text)
    assert why in caught.value.text()
    assert "\x1b" not in caught.value.text() and len(caught.value.text()) < 700


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(ForwardKind), text=st.text("0123456789ab:[]/\\ *.-", max_size=30))
def test_whatever_is_read_is_written_so_that_it_is_read_again(kind: ForwardKind, text: str) -> None:
    try:
        spec = read_forward(kind, text)
    except ValueError:
        return
    assert 0 <= spec.listen.port <= 65535 and (spec.target is None or spec.target.path or spec.target.port)
