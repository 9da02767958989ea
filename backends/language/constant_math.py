"""Operators on constants, as PowerShell computes them: ``1+1``, ``'a'*3``, ``1,2 -join '-'``, ``1,2 -eq 1``.

Each function raises NotSimpleError for what is left to the far end: other types, other operators, results that overflow
or grow too large.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from pstui.backends.language import constant_texts as texts
from pstui.backends.language.constant_values import LARGEST, bounded, number_of, text_of, truth, whole
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import NotSimpleError, Value

#: the operators, those that bind least first
_TESTS: Final = ("eq", "ne", "lt", "le", "gt", "ge", "like", "notlike", "match", "notmatch")
_SETS: Final = ("contains", "notcontains", "in", "notin")
_CASED: Final = (*_TESTS, *_SETS, "replace", "split")
PRECEDENCE: Final = {
    **dict.fromkeys(("-and", "-or", "-xor"), 1),
    **dict.fromkeys(("-band", "-bor", "-bxor"), 2),
    **dict.fromkeys(("-join", "-shl", "-shr", *(f"-{case}{name}" for name in _CASED for case in ("", "i", "c"))), 3),
    "??": 4,
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
    "-f": 7,
    "..": 8,
}
_BITS: Final[dict[str, Callable[[int, int], int]]] = {
    "-band": operator.and_,
    "-bor": operator.or_,
    "-bxor": operator.xor,
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


def unary(sign: str, value: Value) -> Value:
    """Apply an operator that comes before its operand."""
    if sign in ("!", "-not"):
        return not truth(value)
    if sign == "-join":
        return bounded("".join(map(text_of, value if isinstance(value, list) else [value])))
    if sign in ("-split", "-isplit", "-csplit"):
        return texts.words(value)
    if sign == "-bnot":
        return _bits(~whole(value), number_of(value))
    if sign not in ("+", "-"):
        raise NotSimpleError
    return _arithmetic(sign, Number(0, "Int32"), number_of(value))


def binary(sign: str, left: Value, right: Value) -> Value:
    """Apply an operator between two values."""
    if sign in ("-and", "-or", "-xor"):
        a, b = truth(left), truth(right)
        return a != b if sign == "-xor" else (a and b) if sign == "-and" else (a or b)
    if sign == "-join":
        return bounded(text_of(right).join(map(text_of, left if isinstance(left, list) else [left])))
    if sign == "-f":
        return texts.formatted(left, right)
    if sign == "??":
        return right if left is None else left
    if sign == "..":
        return _range(left, right)
    if sign in _BITS:
        return _bits(_BITS[sign](whole(left), whole(right)), number_of(left), number_of(right))
    if sign in ("-shl", "-shr"):
        return _shifted(sign, left, right)
    if len(sign) > 1:
        name = sign[1:] if sign[1:] in _CASED else sign[2:]
        return _cased(name, left, right, case=name != sign[1:] and sign[1] == "c")
    if sign == "+" and left is None:
        return right
    if sign in ("+", "*") and isinstance(left, str | list):
        return _grow(sign, left, right)
    if left is None and sign == "*":
        return None
    other = number_of(right)
    if isinstance(left, bool) and (sign == "*" or other.clr_type == "Decimal"):
        raise NotSimpleError
    return _arithmetic(sign, number_of(left), other)


def _grow(sign: str, left: str | list[Value], right: Value) -> Value:
    if sign == "+":
        if isinstance(left, str):
            return bounded(left + text_of(right))
        return bounded([*left, *(right if isinstance(right, list) else [right])])
    times = whole(right)
    if times < 0 or times * (len(left) or 1) > LARGEST:
        raise NotSimpleError
    return left * times


def _range(left: Value, right: Value) -> Value:
    first, last = whole(left), whole(right)
    if abs(last - first) >= LARGEST or max(abs(first), abs(last)) >= _LIMITS["Int32"]:
        raise NotSimpleError
    step = 1 if last >= first else -1
    return [Number(value, "Int32") for value in range(first, last + step, step)]


def _cased(name: str, left: Value, right: Value, *, case: bool) -> Value:
    """Apply an operator that comes in a form that minds case."""
    if name == "replace":
        return texts.replaced(left, right, case=case)
    if name == "split":
        return texts.split(left, right, case=case)
    if name in _SETS:
        if name.endswith("in"):
            left, right = right, left
        several = left if isinstance(left, list) else [left]
        return any(_compare("eq", one, right, case=case) for one in several) is not name.startswith("not")
    if isinstance(left, list):
        found = [one for one in left if _tested(name, one, right, case=case)]
        return list(map(text_of, found)) if name.endswith("like") else found
    return _tested(name, left, right, case=case)


def _tested(name: str, left: Value, right: Value, *, case: bool) -> bool:
    wanted = not name.startswith("not")
    if name.endswith("like"):
        return texts.like(left, right, case=case) is wanted
    if name.endswith("match"):
        return texts.matches(left, right, case=case) is wanted
    return _compare(name, left, right, case=case)


def _compare(name: str, left: Value, right: Value, *, case: bool) -> bool:
    compare = _COMPARISONS[name]
    if isinstance(left, str) and not isinstance(right, list | dict | None) and name in ("eq", "ne"):
        a, b = left, text_of(right)
        return ((a == b) if case else (a.lower() == b.lower())) is (name == "eq")
    if isinstance(left, Number) and right is not None and not isinstance(right, list | dict):
        return compare(number_of(left).value, number_of(right).value)
    if isinstance(left, bool) and right is not None and name in ("eq", "ne"):
        return (left == truth(right)) is (name == "eq")
    if (left is None or right is None) and name in ("eq", "ne") and not isinstance(right, list | dict):
        return (left is right) is (name == "eq")
    raise NotSimpleError


def _bits(result: int, *numbers: Number) -> Number:
    """A number of bits, as wide as the wider of those it was made of."""
    if any(number.clr_type not in _LIMITS for number in numbers):
        raise NotSimpleError
    return Number(result, "Int64" if any(number.clr_type == "Int64" for number in numbers) else "Int32")


def _shifted(sign: str, left: Value, right: Value) -> Number:
    number, places = number_of(left), whole(right)
    if isinstance(left, bool) or not isinstance(number.value, int) or number.clr_type not in _LIMITS:
        raise NotSimpleError
    limit = _LIMITS[number.clr_type]
    if abs(places) >= _LIMITS["Int32"]:
        raise NotSimpleError
    places %= 32 if number.clr_type == "Int32" else 64
    if sign == "-shr":
        return Number(number.value >> places, number.clr_type)
    return Number((number.value * 2**places + limit) % (2 * limit) - limit, number.clr_type)


def _arithmetic(sign: str, left: Number, right: Number) -> Number:
    a, b = left.value, right.value
    if sign in ("/", "%") and b == 0:
        raise NotSimpleError
    if isinstance(a, float) or isinstance(b, float):
        if isinstance(a, Decimal) or isinstance(b, Decimal):
            raise NotSimpleError
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
