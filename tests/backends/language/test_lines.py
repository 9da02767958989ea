"""Typed lines and the commands they travel as (protocol-notes 3.3, the table row by row, and the rules around it)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import (
    ABSENT,
    Argument,
    Command,
    MergedStream,
    Value,
    is_exit,
    parse_line,
    render,
)


def commands(text: str, *, no_language: bool = False) -> list[list[Command]]:
    line = parse_line(text, no_language=no_language)
    assert line is not None, text
    return [list(statement.commands) for statement in line.statements]


def arguments(text: str, *, no_language: bool = False) -> list[tuple[str | None, Value | object]]:
    ((command,),) = commands(f"x {text}", no_language=no_language)
    return [(argument.name, argument.value) for argument in command.arguments]


def values(text: str, *, no_language: bool = False) -> list[Value | object]:
    pairs = arguments(text, no_language=no_language)
    assert all(name is None for name, _ in pairs)
    return [value for _, value in pairs]


def int32(value: int) -> Number:
    return Number(value, "Int32")


def test_a_parameter_and_its_value_are_two_arguments() -> None:
    assert arguments("-Format yyyy") == [("-Format", ABSENT), (None, "yyyy")]


def test_a_colon_joins_them_and_a_blank_behind_it_is_kept() -> None:
    assert arguments("-Filter:eps*") == [("-Filter:", "eps*")]
    assert arguments("-Filter:  eps*") == [("-Filter: ", "eps*")]
    assert arguments("-Force:$false -x:a,b") == [("-Force:", False), ("-x:", ["a", "b"])]
    assert arguments("-x:-y") == [("-x:", "-y")]


def test_constants_keep_their_types() -> None:
    assert values("2.5 1 $true $null $FALSE ${true}") == [Number(2.5, "Double"), int32(1), True, None, False, True]
    assert values("2147483648 9223372036854775808 1E+20") == [
        Number(2147483648, "Int64"),
        Number(Decimal(9223372036854775808), "Decimal"),
        Number(1e20, "Double"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "clr_type"),
    [
        ("0x10", 16, "Int32"),
        ("10kb", 10240, "Int32"),
        ("3gb", 3 * 2**30, "Int64"),
        ("0xFFFFFFFF", -1, "Int32"),
        ("0x1FFFFFFFF", 2**33 - 1, "Int64"),
        ("0xFFFFFFFFu", 2**32 - 1, "UInt32"),
        ("0b101", 5, "Int32"),
        ("007", 7, "Int32"),
        ("1.50", 1.5, "Double"),
        ("1.", 1.0, "Double"),
        ("1e3", 1000.0, "Double"),
        (".5", 0.5, "Double"),
        ("5l", 5, "Int64"),
        ("5uy", 5, "Byte"),
        ("1.50d", Decimal("1.50"), "Decimal"),
        ("1.5kb", 1536.0, "Double"),
    ],
)
def test_a_number_with_a_spelling_of_its_own_is_script_except_where_no_script_is_taken(
    text: str, value: float | Decimal, clr_type: str
) -> None:
    assert parse_line(f"x {text}") is None
    assert values(text, no_language=True) == [Number(value, clr_type, text)]
    own = parse_line(f"x -a:{text}", no_language=True)
    assert own is not None
    assert own.statements[0].commands[0].arguments == (Argument("-a:", Number(value, clr_type, text)),)


def test_inside_an_array_or_parentheses_the_spelling_never_counted() -> None:
    assert values("0x10,2") == [[int32(16), int32(2)]]
    assert values("(10kb) @(007)") == [int32(10240), [int32(7)]]


def test_arrays() -> None:
    assert values("a,b") == [["a", "b"]]
    assert values("a, 'b c' ,$null") == [["a", "b c", None]]
    assert values("@(1,2) @() @('a'; 'b') @(@(1,2)) @((1,2),3) @(,(1,2)) (1,2)") == [
        [int32(1), int32(2)],
        [],
        ["a", "b"],
        [int32(1), int32(2)],
        [[int32(1), int32(2)], int32(3)],
        [[int32(1), int32(2)]],
        [int32(1), int32(2)],
    ]
    assert values("a,\n b") == [["a", "b"]]


def test_hashtables_keep_the_order_written() -> None:
    (table,) = values("@{b=1; 'a b' = 'x'\n c=@{d=$true}; e = 1,-2 }")
    assert table == {"b": int32(1), "a b": "x", "c": {"d": True}, "e": [int32(1), int32(-2)]}
    assert isinstance(table, dict)
    assert list(table) == ["b", "a b", "c", "e"]
    assert values("@{}") == [{}]


@pytest.mark.parametrize(
    "text", ["@{a=1;A=2}", "@{a=b}", "@{1='x'}", "@{a}", "@{a=}", "@{$x=1}", "@{a=1", "@(a)", "()"]
)
def test_hashtables_and_arrays_that_are_script(text: str) -> None:
    assert parse_line(f"x {text}") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("*.txt", "*.txt"),
        ("c:\\x", "c:\\x"),
        ("~/x", "~/x"),
        ("host:80", "host:80"),
        ("a=b", "a=b"),
        ("http://x/?q=1", "http://x/?q=1"),
        ("-5", "-5"),
        ("-", "-"),
        ("--foo", "--foo"),
        ("7z", "7z"),
        ("a'b c'd", "ab cd"),
        ("a`  ", "a "),
        ('"q`n"', "q\n"),
        ("'it''s'", "it's"),
        ("@'\na\nb\n'@", "a\nb"),
        ("[a]*", "[a]*"),
        ("if", "if"),
        ("a>b", "a>b"),
        ("a#b", "a#b"),
        ("\u201ca b\u201d", "a b"),
    ],
)
def test_words_as_they_arrive(text: str, value: str) -> None:
    assert values(text) == [value]


def test_words_are_parted_where_powershell_parts_them() -> None:
    assert values("'a'b key=value,other") == ["a", "b", ["key=value", "other"]]
    assert arguments("-foo.bar -?") == [("-foo", ABSENT), (None, ".bar"), ("-?", ABSENT)]
    assert arguments("-- -x --") == [("--", ABSENT), (None, "-x"), (None, "--")]
    assert arguments("\u2013Name 1") == [("-Name", ABSENT), (None, int32(1))]


def test_the_verbatim_rest_is_two_arguments() -> None:
    assert values("--% raw $pid") == ["--%", "raw $pid"]
    assert values("--%") == ["--%", ""]
    assert commands("a --% b; c")[0][0].arguments[-1].value == "b; c"
    assert [c.name for c in commands("a --% b | c")[0]] == ["a", "c"]


def test_merging_into_the_output() -> None:
    assert commands("Get-Item x 2>&1") == [[Command("Get-Item", (Argument(None, "x"),), MergedStream.ERROR)]]
    assert commands("a *>&1 | b 3>&1")[0][0].merge is MergedStream.ALL
    assert commands("a *>&1 | b 3>&1")[0][1].merge is MergedStream.WARNING
    assert commands("a 2>&1")[0][0].merge is MergedStream.ERROR


def test_command_names() -> None:
    for text, name in {
        '& "Get-Date"': "Get-Date",
        "&'a b'": "a b",
        "& x": "x",
        "./x.sh": "./x.sh",
        "C:\\x.exe": "C:\\x.exe",
        "/bin/ls": "/bin/ls",
        "7z": "7z",
        "? x": "?",
        "type x": "type",
        "& if": "if",
        "Get-'Date'": "Get-Date",
        "..": "..",
    }.items():
        assert commands(text)[0][0].name == name
    assert [c.name for c in commands("a | % b | foreach c")[0]] == ["a", "%", "foreach"]


def test_statements_become_a_batch() -> None:
    names = [[c.name for c in statement] for statement in commands("a; b | c\n\nd # e\n;")]
    assert names == [["a"], ["b", "c"], ["d"]]
    assert parse_line("a; $x") is None


_SCRIPT = r"""
1+1
$pid
"text"
'text'
"a $x"
x "$pid"
x $env:HOME
x $x
x $args
x $using:v
x @splat
x a$b
x 2>$null
x > y
x >> y
x <y
x 2>&1 3>&1
x 1>&1
x 1>&2
1..3
1 | % {2}
x | 1
if (1) {2}
foreach ($i in 1) {}
:label while (1) {}
function f {}
class A {}
workflow w {}
data {}
param($x)
using namespace System
$x=1
$x++
++$x
-not 1
[int]5
@(1)
@{a=1}
exit
exit 3
return
throw 'x'
. ./x.ps1
&
& $x
& {1}
& "a$b"
& ' '
x {1}
x (1+2)
x (- 5)
x (Get-Date)
x $(1)
x ([Environment]::ProcessId)
x (1,2).Count
x 'a'.Length
x 'a'[0]
x $true.x
x 'a'<# c #>.Length
x &
x && y
x || y
x -y:
x a,
x ,a
x )
x 'a
x (
x @'
x <# a
x @y
x '--%' a
x "`u{110000}"
x "`u"
x `
x 12345678901234567890123456789l
x 5n
x (1e999)
x a; if (1) {2}
""".strip().splitlines()


@pytest.mark.parametrize("line", _SCRIPT)
def test_lines_that_travel_as_script(line: str) -> None:
    assert parse_line(line, no_language=True) is None


@pytest.mark.parametrize("line", ["", " ", "\n", "# only a comment", ";", "|", "a |", "a | ", "| a", "a | 1", "a || b"])
def test_lines_without_commands(line: str) -> None:
    assert parse_line(line) is None


def test_exit_alone_leaves() -> None:
    assert is_exit(" EXIT\t")
    assert not any(is_exit(text) for text in ("exit 3", "exit;", "Exit-PSSession", "", "exit # x"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("gci   -Filter:eps*  2>&1", "gci 2>&1 -Filter:eps*"),
        ("& 'Get-Date';b", "Get-Date; b"),
        ("x a,(-5),@{k='v'}", "x @('a', -5, @{k = 'v'})"),
        ("x (5l) (-5) -5 '--x'", "x (5l) (-5) '-5' '--x'"),
        ("& 'if' 'it''s'", "& 'if' 'it''s'"),
        ("a --% b|c --% d\ne", "a --% b| c --% d\ne"),
        ("x @(,(1,2)) $null $true", "x @(,@(1, 2)) $null $true"),
    ],
)
def test_rendered_lines(line: str, text: str) -> None:
    parsed = parse_line(line)
    assert parsed is not None
    assert render(parsed) == text
    assert parse_line(text) == parsed


def test_a_line_of_any_length_or_depth_is_answered() -> None:
    assert parse_line("x " + "(" * 5000 + "1" + ")" * 5000) is None
    assert parse_line("x " + "@{a=" * 5000) is None
    assert parse_line("x " + "a" * (1 << 20)) is None
    line = parse_line("x " + "a," * 5000 + "a")
    assert line is not None
