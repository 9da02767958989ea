"""Constants that are computed for an endpoint without a language. The values were taken from PowerShell, which sends
what ``ScriptBlock.GetPowerShell`` makes of a line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.language.constant_lines import parse_constant_line
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import parse_line

_TYPES = {int: "Int32", float: "Double", Decimal: "Decimal"}

COMPUTED: list[tuple[str, Any]] = [
    ("(1+1)", 2),
    ("$(1)", 1),
    ("('{0}-{1,4}|{1,-3}|{{' -f 1,'a')", "1-   a|a  |{"),
    ("('{0:D3} {0:X} {0:N1} {0:F3}' -f 1234)", "1234 4D2 1,234.0 1234.000"),
    ("('{0:F0} {1:F2} {2:X}' -f 0.6,2.675,-1)", "1 2.67 FFFFFFFF"),
    ("('a-b' -replace '-','+')", "a+b"),
    ("('aBc' -creplace 'b','x')", "aBc"),
    ("('abc' -replace '(b)','[$1$$]')", "a[b$]c"),
    ("('abc','xbz' -replace 'B')", ["ac", "xz"]),
    ("('a, b,c' -split ', *')", ["a", "b", "c"]),
    ("('a,b,c' -split ',',2)", ["a", "b,c"]),
    ("(-split ' a  b ')", ["a", "b"]),
    ("(-join ('a',1))", "a1"),
    ("('abc' -like 'A?C')", True),
    ("('abc' -cnotlike 'A*')", True),
    ("('a','b' -like 'A*')", ["a"]),
    ("('abc' -match 'B.$')", True),
    ("(1,2,3 -contains '2')", True),
    ("(4 -notin 1,2)", True),
    ("('a','b','A' -eq 'a')", ["a", "A"]),
    ("('a' -ceq 'A')", False),
    ("(1,2,3 -gt 1)", [2, 3]),
    ("(5 -band 3 -bor 8)", 9),
    ("(-bnot 5)", -6),
    ("(1 -shl 31)", -2147483648),
    ("($null ?? 1+1)", 2),
    ("($true ? 'y' : 'n')", "y"),
    ("(1 -eq 2 ? 1 : 3 ? 4 : 5)", 4),
    ("([int]'42')", 42),
    ("([int]2.5 + [int]3.5)", 6),
    ("([string]42 + 1)", "421"),
    ("([bool]'x')", True),
    ("([double]'1.5')", 1.5),
    ("([decimal]2)", Decimal(2)),
    ("([int[]]('1',2.6))", [1, 3]),
    ("('abc'.Length)", 3),
    ("(('a'+'b').ToUpper())", "AB"),
    ("('a,b'.Split(',')[-1])", "b"),
    ("('abcd'.Substring(1,2).Replace('b','x'))", "xc"),
    ("((1..5)[1..2])", [2, 3]),
    ("((1,2,3).Count)", 3),
    ("(@{a=5}.A + @{b=6}['B'])", 11),
    ("([math]::Max(1,2) + [int]::MaxValue)", 2147483649.0),
    ("([string]::Join('-',1,2))", "1-2"),
    ("\"x$('abc'.Length)y\"", "x3y"),
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
LEFT = """(Get-Date)|$(Get-Date)|$x|($x)|"$x"|{1}|(1/0)|([int]"x")|("abc"[1])|([Math]::Nope)|@{"x$(1)"=2}|(1;2)
("a"*1000000)|(1..1000000)|(1+)|"$(1 +)"|"$(x)"|(if(1){2})|([datetime]"2024-01-02")|(1 -as [string])|("a" -lt "b")|"`u"
(abc)|("a" -replace "(?=a)","b")|("a" -match "(a+)+b")|("{0}" -f)|("{1}" -f 1)|("{0:F0}" -f 0.5)|("{0:yyyy}" -f 5.5)
("a".Nope)|("a".Trim(1))|("a".Length.Length)|("a" .Length)
($true ? 1)|("😀".Length)|([int[]]("1","x"))|([int]99999999999)
(@{a=1}.b)|("é".ToUpper())
("a" -like "[a]")|("a".PadLeft(1000000))|((1,2).Length(1))|([string]::Format("a"))|("a,b" -split ",",-1)|([nope]1)"""


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
