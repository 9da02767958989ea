"""What came as rows of cells: values as they are, bounds, filter and order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from pstui.backends.errors import PstuiError
from pstui.backends.psrp.clixml import parse
from pstui.backends.records import SentObject
from pstui.tui.grid.columns import Column, view_columns
from pstui.tui.grid.export import write
from pstui.tui.grid.filter import read_filter
from pstui.tui.grid.rows import Rows, document_of
from pstui.tui.grid.tree import branches
from pstui.tui.grid.view import View

from tests.support import values


def sent(*bodies: str) -> list[SentObject]:
    return [SentObject(body.encode("utf-8", "surrogatepass"), str) for body in bodies]


def custom(**members: str) -> str:
    """Return an object whose properties are elements, written as ``I32:5``."""
    inside = ""
    for name, text in members.items():
        tag, _, value = text.partition(":")
        inside += f'<{tag} N="{name}">{value}</{tag}>'
    return (
        f'<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>{inside}</MS></Obj>'
    )


async def view_of(*bodies: str, rows: Rows | None = None) -> View:
    rows = rows or Rows()
    for one in sent(*bodies):
        rows.take(one)
    await rows.read()
    view = View(rows)
    await view.refresh()
    return view


def shown(view: View, place: int = 0) -> list[str]:
    return [view.rows.cells[row].split("\x1f")[place][1:] for row in view.order]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<I32>5</I32>", "5"),
        ("<Nil />", ""),
        ("", ""),
        (
            "<S>a_x000A_b_x001B_[31mc_x202E_</S>",
            "a↵bc\ufffd",
        ),  # what would turn the order of the text around is no character here
        ("<DT>2026-01-02T03:04:05.1230000+01:00</DT>", "2026-01-02 03:04:05.123 +01:00"),
        ("<DT>2026-01-02T03:04:05Z</DT>", "2026-01-02 03:04:05 Z"),
        ("<TS>P1DT2H3M4.5S</TS>", "1.02:03:04.5000000"),
        ("<Db>-INF</Db>", "-Infinity"),
        ("<C>233</C>", "é"),
        ("<B>true</B>", "True"),
        ("<BA>AQL/</BA>", "3 bytes: 01 02 ff"),
        ("<SS>secret</SS>", "********"),
        ("<XD>&lt;a/&gt;</XD>", "<a/>"),
        ('<Obj RefId="0"><LST><I32>1</I32><S>a</S></LST></Obj>', "{1, a}"),
        (
            '<Obj RefId="0"><TN RefId="0"><T>System.DayOfWeek</T><T>System.Enum</T></TN><ToString>Friday</ToString>'
            "<I32>5</I32></Obj>",
            "Friday",
        ),
        ("<Nonsense>x</Nonsense>", "x"),
        ("<broken", "cannot be read"),
    ],
)
async def test_a_value_is_shown_as_it_is(body: str, text: str) -> None:
    view = await view_of('<S N="V">a</S>', body)
    assert shown(view)[1] == text


async def test_a_secret_inside_of_an_object_is_masked() -> None:
    inside = '<Obj N="C" RefId="1"><MS><S N="UserName">me</S><SS N="Password">hunter2</SS></MS></Obj>'
    body = f'<Obj RefId="0"><MS>{inside}</MS></Obj>'
    view = await view_of(body)
    assert shown(view) == ["@{UserName=me; Password=********}"]
    document = document_of(body.encode())
    (credential,) = branches(document.root, document)
    assert [branch.text(document) for branch in branches(credential.element, document)] == ["me", "********"]


async def test_sorting_goes_by_the_kind_of_the_column() -> None:
    view = await view_of(
        custom(N="I32:10", T="S:b", D="DT:2026-01-02T00:00:00+05:00"),
        custom(N="I32:9", T="S:A", D="DT:2026-01-01T23:00:00Z"),
        custom(T="S:c", D="Nil:"),
        custom(N="I32:-1", T="Nil:", D="DT:2025-01-01T00:00:00Z"),
    )
    for place, upwards, downwards in ((0, [3, 1, 0, 2], [0, 1, 3, 2]), (1, [1, 0, 2, 3], [2, 0, 1, 3])):
        for order, down in ((upwards, False), (downwards, True)):
            view.sort(place, downwards=down)
            await view.refresh()
            assert view.order == order, (place, down)
    view.sort(2, downwards=False)
    await view.refresh()
    assert view.order == [3, 0, 1, 2]


async def test_a_filter_knows_words_columns_and_values() -> None:
    view = await view_of(
        custom(Name="S:web one", CPU="Db:9.5", Size="I64:1048576", When="DT:2026-01-02T00:00:00Z", Took="TS:PT90S"),
        custom(Name="S:db", CPU="Db:10.5", Size="I64:10", When="DT:2025-01-02T00:00:00Z", Took="TS:PT10S"),
    )
    for text, rows in {
        "": [0, 1],
        "WEB": [0],
        "!web": [1],
        '"web one"': [0],
        "web db": [],
        "name~EB": [0],
        "Name!~eb": [1],
        "CPU>10": [1],
        "CPU>9 CPU<10": [0],
        "CPU>=9.5": [0, 1],
        "!CPU>10": [0],
        "Size>=1MB": [0],
        "Size=10": [1],
        "When<2026-01-01": [1],
        "Took>1:00:00": [],
        "Took>0:01:00": [0],
        "Name=d*": [1],
        "Name<>d*": [0],
        "Name>e": [0],
        "CPU>": [0, 1],
        "x>1": [0, 1],
        "\x01": [0, 1],
    }.items():
        view.look_for(text)
        await view.refresh()
        if text == "\x01":
            continue
        assert view.order == rows, text
    assert read_filter("x>1", view.rows.columns).problem == "There is no column x: c chooses columns."


async def test_what_is_beyond_the_bounds_is_counted() -> None:
    view = await view_of("<I32>1</I32>", "<I32>2</I32>", "<I32>3</I32>", rows=Rows(max_rows=2))
    assert (len(view.order), view.rows.left_out) == (2, 1)
    view = await view_of("<S>" + "x" * 90 + "</S>", "<S>" + "x" * 90 + "</S>", "<I32>3</I32>", rows=Rows(max_bytes=150))
    assert (view.rows.came, view.rows.left_out) == (3, 2)


async def test_rows_that_come_later_are_filtered_and_sorted_too() -> None:
    view = await view_of(custom(N="I32:3"), custom(N="I32:1"))
    view.sort(0, downwards=False)
    view.look_for("N>1")
    await view.refresh()
    for one in sent(custom(N="I32:2"), custom(N="I32:0")):
        view.rows.take(one)
    await view.rows.read()
    await view.refresh()
    assert shown(view) == ["2", "3"]
    view.rows.show([Column.of("N"), Column.of("Gone")])
    await view.rows.read()
    await view.refresh()
    assert shown(view) == ["3", "2"] and shown(view, 1) == ["", ""]


async def test_one_large_text_and_a_deep_object_hold_nothing_up() -> None:
    deep = "".join(f'<Obj RefId="{number}"><MS>' for number in range(3000)) + "</MS></Obj>" * 3000
    deep = deep.replace("<MS><Obj RefId", '<MS><Obj N="a" RefId')
    began = time.process_time()
    view = await view_of('<S N="v">a</S>', "<S>" + "long " * 400_000 + "</S>", deep)
    assert time.process_time() - began < 10
    assert shown(view)[1].startswith("long long") and len(shown(view)[1]) == 1000
    assert len(view.order) == 3


FORMAT = """<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.ExtendedTypeDefinition</T></TN><Props>
<Obj N="Control" RefId="1"><TN RefId="1"><T>System.Management.Automation.TableControl</T></TN><Props>
<Obj N="Headers" RefId="2"><LST>{headers}</LST></Obj><Obj N="Rows" RefId="3"><LST>{entries}</LST></Obj>
</Props></Obj></Props></Obj>"""
_HEADER = """<Obj RefId="10"><TN RefId="4"><T>System.Management.Automation.TableControlColumnHeader</T></TN><Props>
<S N="Label">{}</S></Props></Obj>"""
_ENTRY = """<Obj RefId="20"><TN RefId="5"><T>System.Management.Automation.DisplayEntry</T></TN><Props>
<S N="ValueType">{}</S><S N="Value">{}</S></Props></Obj>"""


def test_the_columns_of_a_view_are_properties_with_their_types() -> None:
    columns: Sequence[tuple[str, str, str]] = (
        ("WS(M)", "ScriptBlock", '"{0:N2}" -f ($_.WS / 1MB)'),
        ("", "Property", "id"),
        ("Length", "Property", "LengthString"),
        ("Gone", "Property", "Gone"),
        ("Sum", "ScriptBlock", "1 + 1"),
    )
    headers = "".join(_HEADER.format(label) for label, _, _ in columns)
    entries = "".join(_ENTRY.format(kind, value) for _, kind, value in columns)
    root = parse(FORMAT.format(headers=headers, entries=entries).encode())
    found = view_columns([root], ["Id", "WS", "Length", "Other"])
    assert found == (Column("WS", "WS(M)"), Column("Id", "Id"), Column("Length", "Length"))
    assert view_columns([parse(b"<S>x</S>")], ["Id"]) == ()


async def test_every_recorded_value_is_shown_without_a_control_character() -> None:
    view = await view_of("<S>a</S>")
    for one in values.table():
        for body in one.sent:
            view.rows.take(SentObject(body, str))
    await view.rows.read()
    assert len(view.rows.cells) > 300
    for cells in view.rows.cells:
        assert not set(map(ord, cells[1:])) & {*range(9, 31), *range(127, 160)}, repr(cells)


def test_files_are_written_once_and_by_their_endings(tmp_path: Path) -> None:
    objects = sent(custom(A="I32:1", B="S:x"), custom(A="I32:2", B="Nil:"))
    write(objects, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == '[{"A":1,"B":"x"},\n{"A":2,"B":null}]\n'
    write([], tmp_path / "none.json")
    assert (tmp_path / "none.json").read_text() == "[]\n"
    write(objects, tmp_path / "a.jsonl")
    assert (tmp_path / "a.jsonl").read_text() == '{"A":1,"B":"x"}\n{"A":2,"B":null}\n'
    write(objects, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == '"A","B"\n"1","x"\n"2",\n'
    for name, said in (("a.csv", "exists already"), ("a.txt", "was not written"), ("no/a.csv", "cannot be written")):
        with pytest.raises(PstuiError, match=said):
            write(objects, tmp_path / name)
