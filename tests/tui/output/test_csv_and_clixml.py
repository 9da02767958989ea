"""Objects as CSV and as CLIXML."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from pstui.backends.psrp.clixml import PlainCipher, unescape
from pstui.backends.psrp.long_text import PORTION
from pstui.backends.records import SentObject
from pstui.tui.output.base import Format
from pstui.tui.output.clixml_file import ClixmlFormat
from pstui.tui.output.csv_rows import CsvFormat
from pstui.tui.output.elements import read
from pstui.tui.output.xml_text import write_xml

from tests.support import values
from tests.tui.output.test_json_values import custom


def written(form: Format, *bodies: str | bytes, notes: dict[str, str] | None = None) -> str:
    parts: list[str] = []
    for body in bodies:
        raw = body.encode() if isinstance(body, str) else body
        form.write(SentObject(raw, PlainCipher().decrypt), notes or {}, parts.append)
    form.end(parts.append)
    return "".join(parts)


def test_the_first_object_says_what_the_columns_are() -> None:
    form = CsvFormat()
    text = written(
        form,
        custom('<I32 N="A">1</I32><S N="B">x"y,z_x000A_w</S><Nil N="C" />'),
        custom('<S N="B">3</S><I32 N="D">4</I32>'),
        "",
    )
    assert text == '"A","B","C"\n"1","x""y,z\nw",\n,"3",\n'
    assert ["left out: D" in warning for warning in form.warnings] == [True]


def test_cells_have_the_texts_of_convertto_csv() -> None:
    """Measured with ``[pscustomobject]@{…} | ConvertTo-Csv`` of what Invoke-Command returned."""
    members = (
        '<DT N="date">2024-02-29T13:14:15.123Z</DT><Db N="double">1E+20</Db><D N="decimal">1.10</D><B N="bool">true</B>'
        '<Obj N="list" RefId="1"><LST><I32>1</I32><I32>2</I32></LST></Obj><Obj N="hash" RefId="2"><DCT /></Obj>'
        '<TS N="span">PT1M30.5S</TS><TS N="days">-P1DT2H3M4S</TS><C N="char">120</C><Db N="inf">INF</Db>'
        '<Obj N="enum" RefId="3"><ToString>Friday</ToString><I32>5</I32></Obj><Version N="version">1.2</Version>'
        '<Obj N="object" RefId="4"><MS><I32 N="q">1</I32></MS></Obj><SS N="secret">YQBiAGMA</SS>'
    )
    rows = list(csv.reader(io.StringIO(written(CsvFormat(), custom(members)))))
    assert dict(zip(*rows, strict=True)) == {
        "date": "02/29/2024 13:14:15",
        "double": "1E+20",
        "decimal": "1.10",
        "bool": "True",
        "list": "1 2",
        "hash": "System.Collections.Hashtable",
        "span": "00:01:30.5000000",
        "days": "-1.02:03:04",
        "char": "x",
        "inf": "Infinity",
        "enum": "Friday",
        "version": "1.2",
        "object": "@{q=1}",
        "secret": "System.Security.SecureString",
    }


def test_what_has_no_properties_is_in_the_column_value() -> None:
    assert written(CsvFormat(), "<I32>7</I32>", "<S>a</S>") == '"value"\n"7"\n"a"\n'
    assert written(CsvFormat(), "<I32>7</I32>", notes={"PSComputerName": "web1"}) == (
        '"value","PSComputerName"\n"7","web1"\n'
    )


def test_every_recorded_value_is_a_row() -> None:
    for one in values.table():
        for body in one.sent:
            rows = list(csv.reader(io.StringIO(written(CsvFormat(), body), newline="")))
            assert len(rows) == (2 if body else 0) and (not rows or len(rows[0]) == max(len(rows[1]), 1)), one.name


def test_clixml_is_one_document_whose_ids_are_its_own() -> None:
    form = ClixmlFormat()
    bodies = [body for one in values.table() for body in one.sent]
    root = ElementTree.fromstring(written(form, *bodies, "<S>b"))
    assert len(root) == len(bodies)
    space = "{http://schemas.microsoft.com/powershell/2004/04}"
    for tag in ("Obj", "TN"):
        ids = [item.get("RefId") for item in root.iter(space + tag)]
        assert len(set(ids)) == len(ids) > 300
    objects = {item.get("RefId") for item in root.iter(space + "Obj")}
    types = {item.get("RefId") for item in root.iter(space + "TN")}
    assert {item.get("RefId") for item in root.iter(space + "Ref")} <= objects
    assert {item.get("RefId") for item in root.iter(space + "TNRef")} <= types
    assert form.lost and any("left out" in warning for warning in form.warnings)


def test_no_secret_is_in_the_file() -> None:
    form = ClixmlFormat()
    text = written(form, '<Obj RefId="0"><MS><SS N="S">YQBiAGMA</SS></MS></Obj>', "<SS>YQBiAGMA</SS>")
    assert "YQBi" not in text and text.count("Nil") == 2
    assert len(form.warnings) == 1


def test_the_computer_is_a_note_of_each_object() -> None:
    text = written(
        ClixmlFormat(), "<I32>7</I32>", custom('<S N="PSComputerName">far</S>'), notes={"PSComputerName": "web1"}
    )
    assert text.count('<S N="PSComputerName">web1</S>') == 2 and "far" not in text
    assert '<Obj RefId="0"><I32>7</I32><MS><S N="PSComputerName">web1</S></MS></Obj>' in text


def test_nothing_written_is_an_empty_document() -> None:
    assert len(ElementTree.fromstring(written(ClixmlFormat()))) == 0
    assert written(CsvFormat()) == ""


RAW = '\u0416"\U0001f600&lt;\r\n_x0041_&#xFFFE;' * (PORTION // 16)
PLAIN = '\u0416"\U0001f600<\nA\ufffe' * (PORTION // 16)


@pytest.mark.parametrize("notes", [{}, {"PSComputerName": "web1"}])
def test_long_texts_are_whole_in_both(notes: dict[str, str]) -> None:
    """One that is the whole object, and one inside another."""
    bodies = f"<S>{RAW}</S>", custom(f'<S N="value">{RAW}</S>')
    rows = list(csv.reader(io.StringIO(written(CsvFormat(), *bodies, notes=notes), newline="")))
    assert rows == [["value", *notes], [PLAIN, *notes.values()], [PLAIN, *notes.values()]]
    root = ElementTree.fromstring(written(ClixmlFormat(), *bodies, "<BA>AQID</BA>", notes=notes))
    texts = [
        unescape(one.text or "") for one in root.iter() if one.tag.endswith("}S") and one.text and len(one.text) > 99
    ]
    assert texts == [PLAIN, PLAIN]


def test_a_long_text_that_is_damaged_is_told_in_both() -> None:
    for form in (CsvFormat(), ClixmlFormat()):
        text = written(form, f"<S>{RAW}&b;</S>", "<S>after</S>")
        assert form.lost and any("missing" in warning for warning in form.warnings)
        assert "after" in text


def test_elements_are_written_as_they_were_read() -> None:
    for one in values.table():
        for body in filter(None, one.sent):
            parts: list[str] = []
            write_xml(read(body), parts.append)
            assert ElementTree.canonicalize("".join(parts)) == ElementTree.canonicalize(
                ElementTree.tostring(read(body))
            )


def test_a_secret_that_is_an_object_of_its_own_leaves_one_that_can_be_read() -> None:
    form, parts = ClixmlFormat(), list[str]()
    form.write(SentObject(b'<Obj RefId="0"><SS>x</SS><MS><I32 N="X">1</I32></MS></Obj>', str), {}, parts.append)
    form.end(parts.append)
    assert '<Obj RefId="0"><MS><I32 N="X">1</I32></MS></Obj>' in "".join(parts)
    assert form.warnings
