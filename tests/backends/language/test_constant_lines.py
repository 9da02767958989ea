"""Constants that are computed for an endpoint without a language. The values were taken from PowerShell, which sends
what ``ScriptBlock.GetPowerShell`` makes of a line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.language.constant_lines import parse_constant_line
from pstui.backends.language.numbers import Number
from pstui.backends.language.simple_lines import parse_line

_TYPES = {int: "Int32", float: "Double", Decimal: "Decimal"}

COMPUTED: list[tuple[str, Any]] = [
    ("(1+1)", 2),
    ("$(1)", 1),
    ("$(1;2)", [1, 2]),
    ("$()", None),
    ('("a"+"b")', "ab"),
    ('"x$(1)"', "x1"),
    ('"x$(1;2)y"', "x1 2y"),
    ('"x$(1,2)y"', "x1 2y"),
    ('"x$true$null|"', "xTrue|"),
    ('"x$(1.50)"', "x1.5"),
    ("\"$(1+1)$('a')\"", "2a"),
    ('"a""b`t$(1)"', 'a"b\t1'),
    ("x$(1)", "x1"),
    ("(1..3)", [1, 2, 3]),
    ("(3..1)", [3, 2, 1]),
    ("(2*3.5)", 7.0),
    ("(7/2)", 3.5),
    ("(6/2)", 3),
    ("(-7%3)", -1),
    ("(2147483647+1)", 2147483648.0),
    ("(1kb+1)", 1025),
    ('("a"*3)', "aaa"),
    ("(1+2*3)", 7),
    ("(10-2-3)", 5),
    ("(-5)", -5),
    ('(-"5")', -5),
    ("(!$true)", False),
    ("(-not 1)", False),
    ("(1 -eq 1)", True),
    ('("a" -eq "A")', True),
    ("(1 -lt 2)", True),
    ("(1,2+3)", [1, 2, 3]),
    ("((1,2)+(3,4))", [1, 2, 3, 4]),
    ("(1,2 -join '-')", "1-2"),
    ("@(1+1)", [2]),
    ("@(1,2+3;4)", [1, 2, 3, 4]),
    ("@{a=1+1}", {"a": 2}),
    ('("a" + 1)', "a1"),
    ('(1 + "2")', 3),
    ("(1.5d+1)", Decimal("2.5")),
    ("($true -and $false)", False),
    ("a$(1),b", ["a1", "b"]),
    ("(1+1),2", [2, 2]),
    ("(1e3+1)", 1001.0),
    ("(1GB*4)", 4294967296.0),
    ('("5"+5)', "55"),
    ('(5+"5")', 10),
    ("($null+1)", 1),
    ("($true+1)", 2),
    ('("a"+$null)', "a"),
]
LEFT = """(Get-Date)|$(Get-Date)|$x|($x)|"$x"|{1}|(1/0)|([int]"5")|("abc".Length)|([Math]::PI)|@{"x$(1)"=2}|(1;2)
("a"*1000000)|(1..1000000)|(1+)|"$(1 +)"|"$(x)"|(if(1){2})|(1,2)[0]|(1 -as [string])|("a" -lt "b")|"`u"|(abc)"""


def plain(value: Any) -> Any:
    if isinstance(value, Number):
        assert _TYPES[type(value.value)] == value.clr_type and value.text is None
        return value.value
    if isinstance(value, list):
        return [plain(one) for one in value]
    return {key: plain(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("text", "value"), COMPUTED)
def test_constants_are_computed(text: str, value: Any) -> None:
    line = parse_constant_line(f"hi -n {text} | hi -m:{text}")
    assert line is not None
    first, second = line.statements[0].commands
    found = [plain(argument.value) for argument in (first.arguments[1], second.arguments[0])]
    assert found == [value, value] and type(found[0]) is type(value)
    assert (second.name, second.arguments[0].name) == ("hi", "-m:")


@pytest.mark.parametrize("text", LEFT.replace("\n", "|").split("|"))
def test_what_takes_more_than_constants_stays_script(text: str) -> None:
    assert parse_constant_line(f"hi {text}") is None


def test_what_was_simple_stays_the_same() -> None:
    for text in ("Get-Item a 'b c' 10kb", "hi @(1,2) @{a=1}; hi", "hi a b,c -x:y --% raw $pid", "& 'hi' (3)"):
        assert parse_constant_line(text) == parse_line(text, no_language=True)


def test_a_deep_nest_is_no_error() -> None:
    for text in ("(" * 500 + "1" + ")" * 500, '"$(' * 50, "(" + "!" * 500 + "1)"):
        assert parse_constant_line(f"hi {text}") is None


_WORDS = '( ) 1 2.5 + - * / % , .. "a" "x$(1)" $( $true -eq -join @( ; ! hi'


@given(st.lists(st.sampled_from(_WORDS.split()), max_size=14))
@settings(max_examples=300, deadline=None)
def test_every_line_gets_an_answer(words: list[str]) -> None:
    parse_constant_line("hi " + " ".join(words))
