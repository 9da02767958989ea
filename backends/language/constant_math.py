"""Operators on constants, as PowerShell computes them: ``1+1``, ``'a'*3``, ``1,2 -join '-'``, ``!$true``.

Each function raises NotSimpleError for what is left to the far end: other types, other operators, results that overflow
or grow too large.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from pstui.backends.language.numbers import Number, parse_number, to_string
from pstui.backends.language.simple_lines import NotSimpleError, Value

#: characters of a text, and elements of an array, that an operator may make
LARGEST: Final = 100_000
#: the operators, those that bind least first
PRECEDENCE: Final = {
    **dict.fromkeys(("-and", "-or", "-xor"), 1),
    **dict.fromkeys(("-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-ieq", "-ine", "-join"), 2),
    **dict.fromkeys(("+", "-"), 3),
    **dict.fromkeys(("*", "/", "%"), 4),
    "..": 5,
}
_LIMITS = {"Int32": 2**31, "Int64": 2**63}
_DECIMAL_DIGITS = 28
_COMPARISONS: dict[str, Callable[[int | float | Decimal, int | float | Decimal], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


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


def unary(sign: str, value: Value) -> Value:
    """Apply an operator that comes before its operand."""
    if sign in ("!", "-not"):
        return not truth(value)
    if sign not in ("+", "-"):
        raise NotSimpleError
    return _arithmetic(sign, Number(0, "Int32"), _number(value))


def binary(sign: str, left: Value, right: Value) -> Value:
    """Apply an operator between two values."""
    if sign in ("-and", "-or", "-xor"):
        a, b = truth(left), truth(right)
        return a != b if sign == "-xor" else (a and b) if sign == "-and" else (a or b)
    if sign == "-join":
        if not isinstance(left, list):
            raise NotSimpleError
        return _bounded(text_of(right).join(map(text_of, left)))
    if sign == "..":
        return _range(left, right)
    if sign.startswith("-") and len(sign) > 1:
        return _compare(sign[-2:], left, right)
    if sign == "+" and left is None:
        return right
    if sign in ("+", "*") and isinstance(left, str | list):
        return _grow(sign, left, right)
    return _arithmetic(sign, _number(left), _number(right))


def _bounded(value: Value) -> Value:
    if isinstance(value, str | list) and len(value) > LARGEST:
        raise NotSimpleError
    return value


def _number(value: Value) -> Number:
    if value is None or isinstance(value, bool):
        return Number(int(bool(value)), "Int32")
    number = parse_number(value.strip()) if isinstance(value, str) else value
    if not isinstance(number, Number) or number.clr_type not in ("Int32", "Int64", "Double", "Decimal"):
        raise NotSimpleError
    return number


def _whole(value: Value) -> int:
    number = _number(value)
    if not isinstance(number.value, int):
        raise NotSimpleError
    return number.value


def _grow(sign: str, left: str | list[Value], right: Value) -> Value:
    if sign == "+":
        if isinstance(left, str):
            return _bounded(left + text_of(right))
        return _bounded([*left, *(right if isinstance(right, list) else [right])])
    times = _whole(right)
    if times < 0 or times * len(left) > LARGEST:
        raise NotSimpleError
    return left * times


def _range(left: Value, right: Value) -> Value:
    first, last = _whole(left), _whole(right)
    if abs(last - first) >= LARGEST or max(abs(first), abs(last)) >= _LIMITS["Int32"]:
        raise NotSimpleError
    step = 1 if last >= first else -1
    return [Number(value, "Int32") for value in range(first, last + step, step)]


def _compare(name: str, left: Value, right: Value) -> Value:
    compare = _COMPARISONS[name]
    if isinstance(left, str) and not isinstance(right, list | dict) and name in ("eq", "ne"):
        return (left.lower() == text_of(right).lower()) is (name == "eq")
    if isinstance(left, Number):
        return compare(_number(left).value, _number(right).value)
    if isinstance(left, bool) and name in ("eq", "ne"):
        return (left == truth(right)) is (name == "eq")
    raise NotSimpleError


def _arithmetic(sign: str, left: Number, right: Number) -> Number:
    a, b = left.value, right.value
    if sign in ("/", "%") and b == 0:
        raise NotSimpleError
    if isinstance(a, float) or isinstance(b, float):
        return _double(sign, float(a), float(b))
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        return _decimal(sign, Decimal(a), Decimal(b))
    if sign == "/":
        if a % b:
            return _double(sign, float(a), float(b))
        result = a // b
    elif sign == "%":
        # The sign is that of the first operand.
        result = (abs(a) % abs(b)) * (1 if a >= 0 else -1)
    else:
        result = {"+": a + b, "-": a - b, "*": a * b}[sign]
    clr_type = "Int64" if "Int64" in (left.clr_type, right.clr_type) else "Int32"
    if -_LIMITS[clr_type] <= result < _LIMITS[clr_type]:
        return Number(result, clr_type)
    return _double(sign, float(a), float(b))


def _double(sign: str, a: float, b: float) -> Number:
    try:
        result = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "%": lambda: math.fmod(a, b),
        }[sign]()
    except (OverflowError, ValueError) as error:
        raise NotSimpleError from error
    if not math.isfinite(result):
        raise NotSimpleError
    return Number(result, "Double")


def _decimal(sign: str, a: Decimal, b: Decimal) -> Number:
    if sign not in ("+", "-", "*"):
        raise NotSimpleError
    result = {"+": a + b, "-": a - b, "*": a * b}[sign]
    if len(result.as_tuple().digits) >= _DECIMAL_DIGITS:
        raise NotSimpleError
    return Number(result, "Decimal")
