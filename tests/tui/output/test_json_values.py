"""Objects as JSON: the recorded values, what is cut, what is too long for one step, and what is hostile."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator

import pytest
from pstui.backends.psrp.clixml import PlainCipher, unescape
from pstui.backends.psrp.long_text import decoded
from pstui.backends.records import SentObject
from pstui.tui.output.base import PORTION
from pstui.tui.output.json_values import JsonFormat

from tests.support import values


def written(*bodies: str | bytes, depth: int = 100, notes: dict[str, str] | None = None) -> tuple[str, list[str]]:
    """Write objects and return the text with the warnings."""
    form, parts = JsonFormat(depth), list[str]()
    for body in bodies:
        raw = body.encode() if isinstance(body, str) else body
        form.write(SentObject(raw, PlainCipher().decrypt), notes or {}, parts.append)
    form.end(parts.append)
    return "".join(parts), list(form.warnings)


def custom(members: str, number: int = 0) -> str:
    name = "<T>System.Management.Automation.PSCustomObject</T>"
    return f'<Obj RefId="{number}"><TN RefId="{number}">{name}</TN><MS>{members}</MS></Obj>'


@pytest.fixture
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", values.C_ZONE)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("east")
def test_every_recorded_value_is_that_of_the_real_client() -> None:
    table = values.table()
    assert len(table) > 350
    differences = values.differences(table)
    assert not differences, "\n".join(differences)


def test_no_value_is_a_word_of_python() -> None:
    for one in values.table():
        for body in one.sent if not one.name.startswith("type") else ():  # these name methods of .NET
            text = values.ours(body)
            assert not re.search(r"<\w+(\.\w+)* object at|Decimal\(|datetime\.|PSCustomObject\(|Secret\(", text), (
                one.name
            )


def test_the_template_of_a_shape_gives_what_the_walk_gives() -> None:
    """Each recorded object is followed by one of the same shape with other texts, which comes from the template."""
    changed = 0
    for one in values.table():
        for body in (each for each in one.sent if len(each) < 2000):
            other = re.sub(rb">([^<]*[a-z0-9][^<]*)</(?!T>)", lambda match: b'>7 &amp; _x0041_"</', body)
            warm = written(body, other)[0].splitlines()
            cold = written(other)[0].splitlines()
            assert warm[-1] == cold[-1], one.name
            changed += other != body
    assert changed > 300


def test_numbers_stay_exact() -> None:
    numbers = ("9007199254740993", "-9223372036854775808", "18446744073709551615")
    members = "".join(f'<U64 N="n{number}">{number}</U64>' for number in numbers)
    assert re.findall(r":(-?\d+)", written(custom(members))[0]) == list(numbers)
    assert written("<D>1.10</D>", "<D>-79228162514264337593543950335</D>", "<D>0.0000000000000000000000000001</D>")[
        0
    ] == ("1.10\n-79228162514264337593543950335.0\n0.0000000000000000000000000001\n")


def test_what_is_no_number_becomes_a_string() -> None:
    for tag in ("I32", "I64", "U64", "By", "Db", "Sg", "D", "B", "C", "DT", "TS", "Version"):
        for text in ('"},{"a":1', "0x10", "1e", "٣", "", " 1", "--1", "1_0", "-01", "9" * 5000):
            line = written(f"<{tag}>{text.replace('<', '')}</{tag}>")[0]
            assert json.loads(line) in (text, [], {}, None), (tag, text, line)


def test_a_cycle_is_cut_and_what_follows_comes() -> None:
    cycle = custom('<I32 N="N">1</I32><Ref N="Self" RefId="0" />')
    text, warnings = written("<S>before</S>", cycle, "<S>after</S>", depth=3)
    before, cut, after = text.splitlines()
    assert (before, after) == ('"before"', '"after"')
    assert cut == '{"N":1,"Self":{"N":1,"Self":{"N":1,"Self":{"N":1,"Self":"@{N=1; Self=}"}}}}'
    assert len(warnings) == 1 and "3 levels" in warnings[0]
    assert written(cycle)[0].count('"N":1') == 101


def test_references_that_multiply_end() -> None:
    both = "".join(f'<Ref N="{name}" RefId="0" />' for name in "ABCD")
    text, warnings = written(custom(both))
    assert len(text) < 30_000_000
    assert any("refers to others that refer back" in warning for warning in warnings)


def test_depth_counts_as_in_convertto_json() -> None:
    nested = custom(
        '<Obj N="A" RefId="1"><TNRef RefId="0"/><MS><Obj N="B" RefId="2"><MS><I32 N="C">1</I32></MS></Obj></MS></Obj>'
    )
    assert written(nested, depth=0)[0] == '{"A":"@{B=}"}\n'
    assert written(nested, depth=1)[0] == '{"A":{"B":"@{C=1}"}}\n'
    assert written(nested, depth=2) == ('{"A":{"B":{"C":1}}}\n', [])


def test_notes_are_added_to_every_kind_of_object() -> None:
    bodies = (custom('<I32 N="A">1</I32><S N="PSComputerName">far</S>'), "<I32>7</I32>", "<S>x</S>", "")
    text, _ = written(*bodies, notes={"PSComputerName": "web1"})
    assert text.splitlines() == [
        '{"A":1,"PSComputerName":"web1"}',
        '{"value":7,"PSComputerName":"web1"}',
        '{"value":"x","PSComputerName":"web1"}',
        '{"value":null,"PSComputerName":"web1"}',
    ]


def test_nothing_in_a_string_acts_on_a_terminal() -> None:
    text, _ = written("<S>_x001B_]0;t_x0007_ _x009B_ _x0000_ _x202E_\u202e _xD83D_ \u2028 _x007F_</S>")
    assert text.rstrip("\n").isprintable() and text.isascii()
    assert json.loads(text) == "\x1b]0;t\x07 \x9b \0 \u202e\u202e \ufffd \u2028 \x7f"


def test_long_texts_and_arrays_are_whole() -> None:
    pattern = "ab_x0041__xD83D__xDE00_ü\u0416_x_&amp;"
    raw = pattern * (2 * PORTION // len(pattern))
    plain = "abA\U0001f600ü\u0416_x_&" * (2 * PORTION // len(pattern))
    for body in (f"<S>{raw}</S>", custom(f'<S N="T">{raw}</S>')):
        found = json.loads(written(body)[0])
        assert (found["T"] if isinstance(found, dict) else found) == plain
    data = bytes(range(256)) * 2000
    assert bytes(json.loads(written(f"<BA>{base64.b64encode(data).decode()}</BA>")[0])) == data


def test_a_text_is_decoded_alike_wherever_it_is_cut() -> None:
    text = "a_x0041__x005F_x0042_x0043__xD83D__xDE00_\u0416__x00_xD83D_b\U0001f600_x000A__x_xDE00__"
    for size in range(1, len(text) + 1):
        cut = [text[start : start + size] for start in range(0, len(text), size)]
        assert "".join(decoded(cut)) == unescape(text)


def test_a_long_text_keeps_its_notes_and_one_that_is_damaged_is_told() -> None:
    raw = "\u0416\U0001f600&lt;\r\n&#xFFFE;" * (PORTION // 8)
    plain = "\u0416\U0001f600<\n\ufffe" * (PORTION // 8)
    text, _ = written(f"<S>{raw}</S>", notes={"PSComputerName": "web1"})
    assert json.loads(text) == {"value": plain, "PSComputerName": "web1"}
    text, warnings = written(f"<S>{raw}&b;</S>", "<S>d</S>", f"<BA>{'A' * PORTION}A</BA>")
    first, second, third = map(json.loads, text.splitlines())
    assert plain.startswith(first) and second == "d" and bytes(third) == bytes(PORTION // 4 * 3)
    assert len(warnings) == 2


def test_what_cannot_be_read_is_told_and_loses_nothing_else() -> None:
    text, warnings = written("<S>a</S>", "<S>b", "<!DOCTYPE x><S>c</S>", "<S>d</S>", "<BA>AQ*I</BA>")
    assert text.splitlines() == ['"a"', '"d"', "[]"]
    assert len(warnings) == 3


def test_an_object_nested_without_end_is_cut() -> None:
    text, warnings = written(
        '<Obj RefId="0"><MS><Obj N="A">' * 1 + '<Obj N="B"><LST>' * 5000 + "</LST></Obj>" * 5000 + "</Obj></MS></Obj>"
    )
    assert len(text.splitlines()) == 1 and warnings


def test_characters_that_xml_lacks_come_over() -> None:
    assert json.loads(written("<S>a&#xFFFE;b&#xFFFF;c</S>")[0]) == "a\ufffeb\uffffc"
