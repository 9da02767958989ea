"""Expressions of constants in a typed line, and casts to types that have no literal."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from pstui.backends.binding.context import BindContext
from pstui.backends.binding.line import bind_line, evaluate
from pstui.backends.errors import CallError
from pstui.backends.language.typed_texts import Typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2", 3),
        ("(1 + 2) * 3", 9),
        ("'a' + 1", "a1"),
        ("7 / 2", 3.5),
        ("1.50d * 2", Decimal("3.00")),
        ("1, (2 + 3)", [1, 5]),
        ("1, 2 -join '-'", "1-2"),
        ("!$true", False),
        ('"<$(1 + 1)>"', "<2>"),
        ("@{a = 1 + 2}", {"a": 3}),
        ("$n * 2 + $list[1]", 16),
        ("[string[]] (1, 2)", ["1", "2"]),
        ("[byte[]] (1, 255)", b"\x01\xff"),
    ],
)
def test_computed(text: str, value: Any) -> None:
    found = evaluate(text, BindContext(variables={"n": 5, "list": [5, 6]}))
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "clr_type", "written", "sent"),
    [
        ("[char] 'x'", "Char", "x", 120),
        ("[char] 65", "Char", "A", 65),
        ("[version] '1.2.3'", "Version", "1.2.3", "1.2.3"),
        ("[uri] 'http://a/b'", "Uri", "http://a/b", "http://a/b"),
        ("[datetime] '2024-02-29 13:14'", "DateTime", "02/29/2024 13:14:00", datetime.datetime(2024, 2, 29, 13, 14)),
        ("[datetime] '12/31/2024'", "DateTime", "12/31/2024 00:00:00", datetime.datetime(2024, 12, 31)),
        ("[timespan] '1:2:3'", "TimeSpan", "01:02:03", datetime.timedelta(hours=1, minutes=2, seconds=3)),
        ("[timespan] '-1:02:03:04.5'", "TimeSpan", "-1.02:03:04.5000000", -datetime.timedelta(1, 7384.5)),
        ("[timespan] '5'", "TimeSpan", "5.00:00:00", datetime.timedelta(5)),
    ],
)
def test_cast(text: str, clr_type: str, written: str, sent: object) -> None:
    found = evaluate(text, BindContext())
    assert isinstance(found, Typed)
    assert (found.clr_type, str(found), found.sent) == (clr_type, written, sent)


@pytest.mark.parametrize(
    "text", ["[datetime] '2024-13-01'", "[datetime] 'soon'", "[version] '1'", "[char] 'xy'", "[timespan] '25:00'"]
)
def test_what_a_cast_cannot_make_is_refused_before_anything_is_sent(text: str) -> None:
    with pytest.raises(CallError) as refused:
        bind_line(f"icm {{ $args }} -ArgumentList ({text})")
    assert "Such as" in refused.value.hint
