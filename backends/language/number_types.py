"""Numbers with their .NET types. ``numbers`` reads them from text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its .NET type (``Int32``, ``Int64``, ``Double``, ``Decimal``, ``SByte``, ``Byte``, …).

    ``text`` is the spelling if it differs from what ToString gives (``0x10``, ``10kb``, ``1.50``): the real client
    sends such a number as an object with that ToString and the number as its base value. Otherwise None.
    """

    value: int | float | Decimal
    clr_type: str
    text: str | None = None


class Whole(int):
    """A whole number of another .NET type than Int32: ``clr_type`` names it, ``BigInteger`` among them."""

    clr_type: str

    def __new__(cls, value: int, clr_type: str) -> Whole:
        made = super().__new__(cls, value)
        made.clr_type = clr_type
        return made


def of_type(number: Number) -> int | float | Decimal:
    """Return a number's value so that it keeps its .NET type."""
    if isinstance(number.value, int) and number.clr_type != "Int32":
        return Whole(number.value, number.clr_type)
    return number.value
