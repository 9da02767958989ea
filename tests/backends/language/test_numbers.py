"""Number literals keep their .NET types, from the text to the XML that is sent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from psrpcore.types import serialize
from pstui.backends.language.number_types import Number, Whole
from pstui.backends.language.numbers import in_type, literal_value, to_string
from pstui.backends.psrp.clixml import PlainCipher, outgoing

from tests.support.literals import LITERALS

_TAGS = {
    "SByte": "SB",
    "Byte": "By",
    "Int16": "I16",
    "UInt16": "U16",
    "Int32": "I32",
    "UInt32": "U32",
    "Int64": "I64",
    "UInt64": "U64",
    "Decimal": "D",
    "Double": "Db",
}


def _type(value: Any) -> str:
    if isinstance(value, Whole):
        return value.clr_type
    return {int: "Int32", float: "Double", Decimal: "Decimal"}[type(value)]


@pytest.mark.parametrize("row", LITERALS)
def test_a_literal_is_what_it_is_in_powershell(row: str) -> None:
    text, kind, *rest = row.split(" ")
    value = literal_value(text)
    if kind == "word":
        assert value is None
        return
    assert value is not None and _type(value) == kind
    if rest == ["Infinity"]:
        assert value == float("inf")
    else:
        assert to_string(Number(value, kind)) == rest[0]


@pytest.mark.parametrize("row", [row for row in LITERALS if not row.endswith("word")])
def test_a_literal_is_sent_in_its_type(row: str) -> None:
    text, kind, shown = row.split(" ")
    element = serialize(outgoing(literal_value(text)), PlainCipher())
    if kind == "BigInteger":
        assert [one.text for one in element.iter() if one.tag == "ToString"] == [shown]
        return
    assert element.tag == _TAGS[kind]
    assert (element.text or "") == shown or kind == "Double"
    assert kind != "Decimal" or re.fullmatch(r"-?[\d.]+", element.text or "")


def test_what_fits_no_decimal_is_sent_as_a_whole_number() -> None:
    sent = ElementTree.tostring(serialize(outgoing(2**96), PlainCipher()), encoding="unicode")
    assert "<ToString>79228162514264337593543950336</ToString>" in sent and "BigInteger" in sent


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        (1.5, "Int32", 2),
        (2.5, "Int64", 2),
        (Decimal("2.5"), "Byte", 2),
        (256, "Byte", None),
        (-1, "UInt32", None),
        (0.1, "Decimal", Decimal("0.1")),
        (float("inf"), "Int32", None),
        (2**70, "Double", float(2**70)),
        (2**70, "BigInteger", 2**70),
    ],
)
def test_a_cast_rounds_and_refuses_what_does_not_fit(value: Any, kind: str, found: Any) -> None:
    result = in_type(value, kind)
    assert result == found and (found is None or _type(result) == kind)
