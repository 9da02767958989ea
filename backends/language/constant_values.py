"""Constant values: what they are as a text, as a number, as a truth; each raises NotSimpleError where that is left to
the far end."""

from __future__ import annotations

from typing import Final, TypeVar

from pstui.backends.language.number_types import Number
from pstui.backends.language.numbers import parse_number, to_string
from pstui.backends.language.simple_lines import NotSimpleError, Value

#: characters of a text, and elements of an array, that an operator may make
LARGEST: Final = 100_000
_Sized = TypeVar("_Sized", str, list[Value])


def text_of(value: Value) -> str:
    """What a value is inside a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, Number):
        return to_string(value)
    if isinstance(value, list):
        return " ".join(map(text_of, value))
    if isinstance(value, dict):
        raise NotSimpleError
    return "" if value is None else str(value)


def truth(value: Value) -> bool:
    """Whether a value counts as true."""
    if isinstance(value, Number):
        return value.value != 0
    if isinstance(value, list) and len(value) == 1:
        return truth(value[0])
    return value is not None and (isinstance(value, dict) or bool(value))


def bounded(value: _Sized) -> _Sized:
    """Return a text or an array that is not too large."""
    if len(value) > LARGEST:
        raise NotSimpleError
    return value


def number_of(value: Value) -> Number:
    """What a value is as a number."""
    if value is None or isinstance(value, bool):
        return Number(int(bool(value)), "Int32")
    number = parse_number(value.strip()) if isinstance(value, str) else value
    if not isinstance(number, Number) or number.clr_type not in ("Int32", "Int64", "Double", "Decimal"):
        raise NotSimpleError
    return number


def whole(value: Value) -> int:
    """What a value is as a whole number."""
    number = number_of(value)
    if not isinstance(number.value, int):
        raise NotSimpleError
    return number.value
