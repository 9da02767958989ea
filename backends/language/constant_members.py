"""Casts, items and members of constants, as PowerShell computes them: ``[int]'5'``, ``(1,2)[0]``, ``'abc'.Length``.

Each function raises NotSimpleError for what is left to the far end: other types, other members, values that a line
cannot hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from pstui.backends.language.constant_values import LARGEST, bounded, number_of, text_of, truth, whole
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import NotSimpleError, Value

_WHOLE: Final = {"int": "Int32", "int32": "Int32", "long": "Int64", "int64": "Int64"}
_RANGES: Final = {"Int32": 2**31, "Int64": 2**63}
_BOOL: Final = ("bool", "boolean")
#: the last letter that is one UTF-16 unit, in which .NET counts
_UNIT: Final = "\uffff"


def cast(type_name: str, value: Value, *, is_array: bool) -> Value:
    """Convert a value, as ``[type]`` or ``[type[]]`` before it does."""
    name = type_name.lower().removeprefix("system.")
    if value is None and (is_array or name == "array"):
        return None
    if is_array:
        values: list[Value] = value if isinstance(value, list) else [value]
        return values if name == "object" else [cast(name, one, is_array=False) for one in values]
    if name == "string":
        return text_of(value)
    if name in _BOOL:
        return truth(value)
    if name == "array":
        return value if isinstance(value, list) else [value]
    if (name == "hashtable" and isinstance(value, dict)) or name == "object":
        return value
    return _numeric(name, Number(0, "Int32") if value == "" else number_of(value))


def _numeric(name: str, number: Number) -> Number:
    if name == "double":
        return Number(float(number.value), "Double")
    if name == "decimal" and isinstance(number.value, int | Decimal):
        return Number(Decimal(number.value), "Decimal")
    kind = _WHOLE.get(name)
    if kind is None or not math.isfinite(number.value):
        raise NotSimpleError
    result = round(number.value)  # to the even one of two, as .NET
    if not -_RANGES[kind] <= result < _RANGES[kind]:
        raise NotSimpleError
    return Number(result, kind)


def item(value: Value, place: Value) -> Value:
    """Return what stands at a place of an array, or under a key of a table."""
    if isinstance(value, dict):
        return _entry(value, place)
    if not isinstance(value, list):
        raise NotSimpleError
    if isinstance(place, list):
        return [value[at] for at in map(whole, place) if -len(value) <= at < len(value)]
    at = whole(place)
    return value[at] if -len(value) <= at < len(value) else None


def _entry(table: dict[str, Value], key: Value) -> Value:
    if not isinstance(key, str):
        raise NotSimpleError
    return next((value for name, value in table.items() if name.lower() == key.lower()), None)


def of(value: Value, name: str) -> Value:
    """Return a property."""
    lower = name.lower()
    if isinstance(value, dict) and any(key.lower() == lower for key in value):
        return _entry(value, name)
    if lower == "length" and isinstance(value, str):
        return Number(len(_units(value)), "Int32")
    if isinstance(value, list | dict) and lower in ("count", *(("length",) if isinstance(value, list) else ())):
        return Number(len(value), "Int32")
    raise NotSimpleError


def call(value: Value, name: str, arguments: list[Value]) -> Value:
    """Return what a method gives."""
    lower = name.lower()
    if lower == "tostring" and not arguments and not isinstance(value, list | dict | None):
        return text_of(value)
    if not isinstance(value, str):
        raise NotSimpleError
    texts = [one for one in arguments if isinstance(one, str)]
    numbers = [whole(one) for one in arguments if isinstance(one, Number)]
    if len(texts) + len(numbers) < len(arguments):
        raise NotSimpleError
    shape = "s" * len(texts) + "i" * len(numbers)
    if (method := _METHODS.get((lower, shape))) is not None:
        return method(_units(value), *map(_units, texts), *numbers)
    raise NotSimpleError


def _units(text: str) -> str:
    """Return a text in which each letter is one that .NET counts as one."""
    if any(sign > _UNIT for sign in text):
        raise NotSimpleError
    return text


def _plain(text: str) -> str:
    """Return a text without letters that are compared or changed by the rules of a culture."""
    if not text.isascii() or "\0" in text:
        raise NotSimpleError
    return text


def _part(text: str, start: int, length: int | None = None) -> str:
    end = len(text) if length is None else start + length
    if not 0 <= start <= end <= len(text):
        raise NotSimpleError
    return text[start:end]


def _split(text: str, separator: str) -> list[Value]:
    if not separator:
        raise NotSimpleError
    return list(text.split(separator))


def _replaced(text: str, old: str, new: str) -> str:
    if not old or text.count(old) * len(new) > LARGEST:
        raise NotSimpleError
    return text.replace(old, new)


def _padded(text: str, width: int, *, left: bool) -> str:
    if not 0 <= width <= LARGEST:
        raise NotSimpleError
    return bounded(text.rjust(width) if left else text.ljust(width))


#: methods of a text, by name and kinds of arguments: s a text, i a number
_METHODS: Final[dict[tuple[str, str], Callable[..., Value]]] = {
    ("toupper", ""): lambda text: _plain(text).upper(),
    ("tolower", ""): lambda text: _plain(text).lower(),
    ("trim", ""): lambda text: _plain(text).strip(),
    ("trimstart", ""): lambda text: _plain(text).lstrip(),
    ("trimend", ""): lambda text: _plain(text).rstrip(),
    ("startswith", "s"): lambda text, part: _plain(text).startswith(_plain(part)),
    ("endswith", "s"): lambda text, part: _plain(text).endswith(_plain(part)),
    ("contains", "s"): lambda text, part: part in text,
    ("indexof", "s"): lambda text, part: Number(_plain(text).find(_plain(part)), "Int32"),
    ("replace", "ss"): _replaced,
    ("split", "s"): _split,
    ("substring", "i"): _part,
    ("substring", "ii"): _part,
    ("padleft", "i"): lambda text, width: _padded(text, width, left=True),
    ("padright", "i"): lambda text, width: _padded(text, width, left=False),
}
_STATICS: Final[dict[tuple[str, str], Value]] = {
    ("math", "pi"): Number(math.pi, "Double"),
    ("math", "e"): Number(math.e, "Double"),
    **{(name, "maxvalue"): Number(_RANGES[kind] - 1, kind) for name, kind in _WHOLE.items()},
    **{(name, "minvalue"): Number(-_RANGES[kind], kind) for name, kind in _WHOLE.items()},
    ("string", "empty"): "",
}


def static(type_name: str, name: str, arguments: list[Value] | None) -> Value:
    """Return a static property, or what a static method gives for its arguments."""
    kind, lower = type_name.lower().removeprefix("system."), name.lower()
    if arguments is None:
        if (kind, lower) not in _STATICS:
            raise NotSimpleError
        return _STATICS[kind, lower]
    if kind == "math" and lower in ("max", "min") and len(arguments) == 2:
        a, b = map(number_of, arguments)
        if isinstance(a.value, int) and isinstance(b.value, int) and a.clr_type == b.clr_type:
            return a if (a.value >= b.value) is (lower == "max") else b
    if kind == "math" and lower == "abs" and len(arguments) == 1 and isinstance(arguments[0], Number):
        number = number_of(arguments[0])
        if -_RANGES["Int32"] < number.value < _RANGES["Int32"]:
            return Number(number.value if number.value >= 0 else -number.value, number.clr_type)
    if kind == "string" and lower == "join" and len(arguments) >= 2 and None not in arguments:
        rest = arguments[1] if len(arguments) == 2 and isinstance(arguments[1], list) else arguments[1:]
        return bounded(text_of(arguments[0]).join(map(text_of, rest)))
    raise NotSimpleError
