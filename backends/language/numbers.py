"""PowerShell's number literals: their types, their limits, and how .NET writes the same number.

The rules are those of about_Numeric_Literals: without a suffix the narrowest of Int32, Int64, Decimal and Double that
holds an integer; Double for anything with a point or an exponent; hexadecimal digits that fill 32 or 64 bits are
signed.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from pstui.backends.language import lexemes as c
from pstui.backends.language.number_types import Number, of_type

#: the least and the greatest value of each type
RANGES = {
    "SByte": (-(2**7), 2**7 - 1),
    "Byte": (0, 2**8 - 1),
    "Int16": (-(2**15), 2**15 - 1),
    "UInt16": (0, 2**16 - 1),
    "Int32": (-(2**31), 2**31 - 1),
    "UInt32": (0, 2**32 - 1),
    "Int64": (-(2**63), 2**63 - 1),
    "UInt64": (0, 2**64 - 1),
    "Decimal": (-(2**96) + 1, 2**96 - 1),
}
_SUFFIX_TYPES = {
    "": ("Int32", "Int64"),
    "y": ("SByte",),
    "uy": ("Byte",),
    "s": ("Int16",),
    "us": ("UInt16",),
    "l": ("Int64",),
    "u": ("UInt32", "UInt64"),
    "ul": ("UInt64",),
    "d": ("Decimal",),
    "n": ("BigInteger",),
}
_TYPE_SUFFIXES = {types[0]: suffix for suffix, types in _SUFFIX_TYPES.items()} | {"Int64": "l", "UInt64": "ul"}
_MULTIPLIERS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_SIGNED_HEX_LENGTHS = {"": (8, 16), "y": (2,), "s": (4,), "l": (16,), "n": (8, 16)}
_SIGNED_BINARY_LENGTHS = frozenset([8, 16, 32, 64, 96])
_MAX_DIGITS = 400
"""More digits than this overflow a Double anyway; a cap keeps the conversion of hostile text cheap."""
_DECIMAL_DIGITS = 28
_EXACT = Context(prec=_MAX_DIGITS + 32, rounding=ROUND_HALF_EVEN)
_ODD_DASH = re.compile(f"[{c.DASHES}]")


def parse_number(text: str) -> Number | None:
    """The number a NUMBER token stands for, its ``text`` set if .NET would write it otherwise.

    None for what PowerShell takes for a bare word (out of range), and for infinity, which is left to the far end.
    """
    match = c.NUMBER_IN_EXPRESSION.fullmatch(text)
    if match is None or len(text) > _MAX_DIGITS:
        return None
    suffix = (match["suffix"] or "").lower()
    multiplier = _MULTIPLIERS[(match["multiplier"] or "")[:1].lower()]
    sign = -1 if c.is_dash(match["sign"] or "") else 1
    decimal = match["dec"]
    if decimal is not None and not decimal.isdigit():
        number = _real(_ODD_DASH.sub("-", decimal), suffix, sign, multiplier)
    else:
        digits = _integer_digits(match, suffix)
        kind = "l" if not suffix and _is_long(match) else suffix
        number = _integer(digits * sign * multiplier, kind, widen=decimal is not None)
    if number is None:
        return None
    return number if to_string(number) == text else Number(number.value, number.clr_type, text)


def literal_value(text: str) -> int | float | Decimal | None:
    """Return the value of a literal that keeps its .NET type: a Double is a float, an Int32 an int, others a Whole.

    None for what is no number.
    """
    number = parse_number(text)
    if number is None:
        match = c.NUMBER_IN_EXPRESSION.fullmatch(text)
        is_real = match is not None and not match["suffix"] and match["dec"] is not None and not match["dec"].isdigit()
        return math.inf if is_real and not c.is_dash(text[0]) else -math.inf if is_real else None
    return of_type(number)


def in_type(value: int | float | Decimal, clr_type: str) -> int | float | Decimal | None:
    """Return a number in a .NET type, rounded half to even where that is a whole one; None where it does not fit."""
    if clr_type == "Double":
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    if not math.isfinite(value):
        return None
    if clr_type == "Decimal":
        # of a Double .NET keeps fifteen digits
        number = _rounded(Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value))
        return None if number is None else number.value
    whole = round(value)
    low, high = RANGES.get(clr_type, (whole, whole))
    return of_type(Number(whole, clr_type)) if low <= whole <= high else None


def _integer_digits(match: re.Match[str], suffix: str) -> int:
    if match["hex"] is not None:
        digits = match["hex"]
        value = int(digits, 16)
        # Digits that fill the type have its sign in the highest bit.
        signed = len(digits) in _SIGNED_HEX_LENGTHS.get(suffix, ()) and value >> (4 * len(digits) - 1)
        return value - (1 << 4 * len(digits)) if signed else value
    if match["bin"] is not None:
        digits = match["bin"]
        signed = "u" not in suffix and (len(digits) in _SIGNED_BINARY_LENGTHS or len(digits) >= 128)
        return int(digits, 2) - (1 << len(digits) if signed and digits[0] == "1" else 0)
    return int(match["dec"])


def _is_long(match: re.Match[str]) -> bool:
    """Tell whether the digits make an Int64 of a number that an Int32 could hold (measured)."""
    return len(match["hex"] or "") in (15, 16) or len(match["bin"] or "") == 64


def _integer(value: int, suffix: str, *, widen: bool) -> Number | None:
    for clr_type in _SUFFIX_TYPES.get(suffix, ()):
        low, high = RANGES.get(clr_type, (value, value))
        if low <= value <= high:
            return Number(Decimal(value) if clr_type == "Decimal" else value, clr_type)
    if suffix or not widen:
        return None
    low, high = RANGES["Decimal"]
    if low <= value <= high:
        return Number(Decimal(value), "Decimal")
    try:
        return Number(float(value), "Double")
    except OverflowError:
        return None


def _real(text: str, suffix: str, sign: int, multiplier: int) -> Number | None:
    if suffix == "d":
        try:
            return _rounded(_EXACT.multiply(Decimal(text), Decimal(sign * multiplier)))
        except (InvalidOperation, OverflowError):
            return None
    value = float(text) * sign * multiplier
    if not math.isfinite(value):
        return None
    return _integer(round(value), suffix, widen=False) if suffix else Number(value, "Double")


def _rounded(exact: Decimal) -> Number | None:
    """Return a Decimal as .NET holds it: 96 bits, at most 28 places behind the point."""
    places = max(0, -int(exact.as_tuple().exponent))
    for kept in range(min(places, _DECIMAL_DIGITS), -1, -1):
        value = exact.quantize(Decimal(1).scaleb(-kept, _EXACT), context=_EXACT)
        if abs(int(value.scaleb(kept, _EXACT))) <= RANGES["Decimal"][1]:
            return Number(value, "Decimal")
    return None


def to_string(number: Number) -> str:
    """What ``ToString()`` of .NET gives for the number in the invariant culture."""
    if not isinstance(number.value, float):
        return format(number.value, "f") if isinstance(number.value, Decimal) else str(number.value)
    if number.value == 0:
        return "-0" if math.copysign(1, number.value) < 0 else "0"
    sign, digits, exponent = Decimal(repr(number.value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    figures = "".join(map(str, digits))
    power = exponent + len(figures) - 1
    minus = "-" if sign else ""
    # .NET changes to the exponent form below 1E-05 and from 1E+15 on.
    if -5 < power < 15:
        return minus + format(abs(Decimal(repr(number.value))).normalize(), "f")
    fraction = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{fraction}E{'-' if power < 0 else '+'}{abs(power):02d}"


def literal(number: Number) -> str:
    """A literal that has this value and type in an expression."""
    if isinstance(number.value, float):
        return repr(number.value)
    if isinstance(number.value, Decimal):
        return format(number.value, "f") + "d"
    low, high = RANGES["Int32"]
    if number.clr_type == "Int32" or (number.clr_type == "Int64" and not low <= number.value <= high):
        return str(number.value)
    return f"{number.value}{_TYPE_SUFFIXES[number.clr_type]}"
