"""Fields of parameters: what each of forty blocks asks for, and which texts it takes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pstui.backends.errors import CallError
from pstui.backends.language.number_types import Number
from pstui.backends.language.param_blocks import ALL_SETS, MAX_SCRIPT, NotReadError, read_param_block
from pstui.tui.runbooks.call import from_words, values_of
from pstui.tui.runbooks.fields import Field, WrongError, fields_of

from tests.support.param_blocks import param_blocks

#: what the forms of the blocks show, looked at by eye: name, takes, mandatory, choices, what an empty text means
FORMS = (Path(__file__).parent / "forms.txt").read_text(encoding="utf-8")


def shown(field: Field) -> str:
    must = "!" if any(field.parameter.sets.values()) else ""
    several = "[]" if field.is_list else ""
    choices = f" {'|'.join(field.choices)}" if field.choices else ""
    return f"{field.name}{must} {field.takes.name.lower()}{several}{choices} ({field.empty})"


def field(text: str) -> Field:
    (found,) = fields_of(read_param_block(f"param({text})"))
    return found


def test_forty_blocks_become_these_forms() -> None:
    rows: list[str] = []
    for title, text in param_blocks().items():
        block = read_param_block(text)
        rows.append(f"==== {title}" + (f": {', '.join(block.sets)}" if block.sets else ""))
        rows += [shown(one) for one in fields_of(block)]
    assert "\n".join(rows) == FORMS.rstrip("\n")


def test_help_is_found_where_powershell_has_it() -> None:
    blocks = {title: read_param_block(text) for title, text in param_blocks().items()}
    cleared = blocks["help from comments"]
    assert cleared.synopsis == "Clears old files."
    assert cleared.description == "Walks through a folder and deletes what is older than some days."
    assert [one.help for one in cleared.parameters] == ["The folder that is cleared.", "How old a file must be."]
    assert blocks["help from lines"].parameters[0].help == "A time zone."
    beside = blocks["comments beside parameters"].parameters
    assert [one.help for one in beside] == ["the server that is asked", "how often", ""]
    assert [one.help for one in blocks["on many lines"].parameters] == [""]
    messages = fields_of(blocks["messages"])
    assert messages[0].help.startswith("The name, as in the register.")
    behind = "param($X)\n$X\n<#\n.SYNOPSIS\nAt the end.\n.PARAMETER x\nIt is that.\n#>\n"
    assert read_param_block(behind).synopsis == "At the end."
    assert read_param_block("# only\n# a comment\nparam($X)").synopsis == ""


@pytest.mark.parametrize(
    ("text", "typed", "value"),
    [
        ("[decimal] $N", "1.10", Number(Decimal("1.10"), "Decimal")),
        ("[decimal] $N", "0x10", Number(Decimal(16), "Decimal")),
        ("[decimal] $N", "1kb", Number(Decimal(1024), "Decimal")),
        (
            "[decimal] $N",
            "0.1234567890123456789012345678",
            Number(Decimal("0.1234567890123456789012345678"), "Decimal"),
        ),
        ("[decimal] $N", "1e30", None),
        ("[single] $N", "1e30", Number(1e30, "Single")),
        ("[byte] $N", "0x10", Number(16, "Byte")),
        ("[byte] $N", "256", None),
        ("[long] $N", "1.5", None),
        ("[double] $N", "1e400", None),
    ],
)
def test_numbers_keep_their_type_and_every_digit(text: str, typed: str, value: Number | None) -> None:
    if value is None:
        with pytest.raises(WrongError):
            field(text).value(typed)
    else:
        got = field(text).value(typed)
        assert (got, str(got.value)) == (value, str(value.value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("param([string]$x", "not finished"),
        ("param($x = )", "mistake"),
        ("param($x, $X)", "twice"),
        ("param([ValidateSet('a' 'b')]$x)", "mistake"),
        (f"param($x = {'(' * 400}1{')' * 400})", "too deeply"),
        ("#" * (MAX_SCRIPT + 1), "longer"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    with pytest.raises(NotReadError, match=why):
        read_param_block(text)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("[int]$x", "0x1F", Number(31, "Int32")),
        ("[long]$x", "2GB", Number(2**31, "Int64")),
        ("[bool]$x", "$true", True),
        ("[switch]$x", "No", False),
        ("[string]$x", " a ", " a "),
        ("[string[]]$x", "a , 'b, it''s', \"c\"", ["a", "b, it's", "c"]),
        ("[string[]]$x", "one", ["one"]),
        ("[ValidateSet('Red','Green')]$x", "green", "Green"),
        ("[ValidateSet(1, 2)][int]$x", "2", Number(2, "Int32")),
        ("[ValidateLength(1,2)][string]$x", "ab", "ab"),
        ("[ValidatePattern('^[a-z]+$')][string]$x", "ABC", "ABC"),
        ("[ValidatePattern('(?<year>\\d+)')][string]$x", "none", "none"),  # .NET's own: the far end's to check
        ("[ValidateRange('NonNegative')][int]$x", "0", Number(0, "Int32")),
        ("[hashtable]$x", "@{a = 1}", {"a": Number(1, "Int32")}),
        ("[System.DayOfWeek]$x", "friday", "Friday"),
        ("$x", "7", Number(7, "Int32")),
        ("$x", "7 apples", "7 apples"),
        ("[version]$x", "1.2", "1.2"),
    ],
)
def test_texts_become_values(declared: str, text: str, value: object) -> None:
    assert field(declared).value(text) == value


@pytest.mark.parametrize(
    ("declared", "text", "why"),
    [
        ("[int]$x", "1.5", "whole number"),
        ("[int]$x", "3000000000", "must be from -2147483648"),
        ("[byte]$x", "-1", "must be from 0 to 255"),
        ("[int]$x", "ten", "a number"),
        ("[bool]$x", "maybe", "yes or no"),
        ("[datetime]$x", "31.12.2026", "a date such as"),
        ("[guid]$x", "abc", "a GUID"),
        ("[string[]]$x", "a, 'b", "quote"),
        ("[int[]]$x", "1,,2", "a number"),
        ("[ValidateSet('Red','Green')]$x", "blue", "one of Red, Green"),
        ("[ValidateSet('Red', IgnoreCase=$false)]$x", "red", "one of Red"),
        ("[ValidateSet(1, 2)][int]$x", "3", "one of 1, 2"),
        ("[ValidateSet('a', ErrorMessage='not {0}!')]$x", "b", "one of a"),
        ("[ValidateRange(1, 5)][int[]]$x", "1, 9", "from 1 to 5"),
        ("[ValidateRange('Positive')][double]$x", "0", "Positive"),
        ("[ValidateRange(1,5,ErrorMessage='{0} is too far')][int]$x", "9", "9 is too far"),
        ("[ValidateLength(3, 5)][string]$x", "ab", "3 to 5 characters"),
        ("[ValidateCount(2, 3)][string[]]$x", "a", "2 to 3 values"),
        ("[ValidatePattern('^[a-z]+$')][string]$x", "a1", "must fit"),
        ("[ValidatePattern('^[a-z]+$', Options='None')][string]$x", "ABC", "must fit"),
        ("[ValidateNotNullOrEmpty()][string]$x", "", "not be empty"),
        ("[hashtable]$x", "@{a = Get-Date}", "table of constants"),
        ("[string]$x", "a" * 40_000, "longer"),
    ],
)
def test_texts_that_do_not_fit_say_why(declared: str, text: str, why: str) -> None:
    with pytest.raises(WrongError, match=why):
        field(declared).value(text)


def test_a_long_text_of_a_list_is_read_in_linear_time() -> None:
    many = ", ".join(["a"] * 999)
    assert len(field("[string[]]$x").value(many)) == 999
    assert field("[string[]]$x").value(" " * 30_000 + "b") == ["b"]


def test_values_of_a_form_follow_its_parameter_set() -> None:
    block = read_param_block(param_blocks()["two sets"])
    fields = fields_of(block)
    given, _, wrong = values_of(block, fields, {"Name": "web1", "Exact": "yes"}, "ByName")
    assert [one.shown for one in given] == ["-Name web1", "-Exact"] and not wrong
    assert values_of(block, fields, {"Name": "web1"}, "ById") == ((), "Id", "Id is mandatory")
    assert [one.shown for one in values_of(block, fields, {"Id": "3", "Name": "x"}, "ById")[0]] == ["-Id 3"]


def test_words_bind_as_powershell_binds_them() -> None:
    block = read_param_block("param([Alias('CN')][string]$ComputerName, [int]$Count, [int]$Cores, [switch]$Force)")
    fields = fields_of(block)
    assert from_words(block, fields, ["-cn", "web1", "-Cou:5", "-FORCE", "-Cor", "-3"]) == {
        "ComputerName": "web1",
        "Count": "5",
        "Force": "yes",
        "Cores": "-3",
    }
    assert from_words(block, fields, ["-Force:$false"]) == {"Force": "$false"}
    for words, why in (
        (["-Co", "5"], "several parameters"),
        (["-Nope"], "not a parameter of it"),
        (["-Count"], "needs a value"),
        (["-Count", "1", "-Count", "2"], "given twice"),
        (["stray"], "belongs to no parameter"),
    ):
        with pytest.raises(CallError, match=why):
            from_words(block, fields, words)


def test_what_must_not_be_seen_is_not_shown() -> None:
    block = read_param_block("param([string]$Password, [pscredential]$Login, [securestring]$Pin, [string]$Name)")
    texts = {"Password": "hunter2", "Login": "admin", "Pin": "?", "Name": "hunter"}
    given, _, _ = values_of(block, fields_of(block), texts)
    line = " ".join(one.shown for one in given)
    assert line == "-Password <not shown> -Login <credential of admin> -Pin <password is asked for> -Name hunter"
    assert "hunter2" not in repr(given)


def test_a_number_says_whether_a_parameter_is_mandatory() -> None:
    block = read_param_block("param([Parameter(Mandatory = 0)] $A, [Parameter(Mandatory = 1)] $B)")
    assert [one.is_mandatory(ALL_SETS) for one in block.parameters] == [False, True]


def test_numbers_to_choose_from_and_a_kind_of_range_are_told() -> None:
    assert "One of 1, 2, 30." in field("[ValidateSet(1, 2, 30)] [int] $N = 2").help
    assert "It must be NonNegative." in field('[ValidateRange("NonNegative")] [int] $N').help
    assert "It must be Positive." in field("[ValidateRange([ValidateRangeKind]::Positive)] [int] $N").help
    assert "One of" not in field("[ValidateSet('a', 'b')] [string] $N").help
