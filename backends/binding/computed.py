"""Expressions of constants and variables in a typed line, computed as PowerShell computes them: ``1+2``, ``$a * 3``.

The language's own reader of constants does it; what it does not know is refused by whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from pstui.backends.language.constant_lines import ConstantReader
from pstui.backends.language.number_types import Number, Whole, of_type
from pstui.backends.language.simple_lines import NotSimpleError
from pstui.backends.language.simple_lines import Value as Constant
from pstui.backends.language.tokens import Token, TokenKind

#: what ends an expression outside brackets
_ENDS = (TokenKind.PIPE, TokenKind.SEMICOLON, TokenKind.NEWLINE)
#: operators that the readers of a line have themselves
_OTHERS = (".", "..", "::", "=")


class Computed(NamedTuple):
    """What an expression gives, and how many tokens it has."""

    value: Any
    length: int


def computed(tokens: Sequence[Token], lookup: Callable[[str], Any]) -> Computed | None:
    """Compute the expression that tokens begin with; None where nothing is to be computed, or not by this."""
    inside = _expression(tokens)
    if not any(_computes(token) for token in inside):
        return None
    try:
        value = ConstantReader(inside, variables=lambda name: _constant(lookup(name))).value()
    except NotSimpleError:
        return None
    return Computed(_plain(value), len(inside))


def _expression(tokens: Sequence[Token]) -> list[Token]:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind is TokenKind.LEFT) - (token.kind is TokenKind.RIGHT)
        if depth < 0 or (depth == 0 and token.kind in _ENDS):
            return list(tokens[:index])
    return list(tokens)


def _computes(token: Token) -> bool:
    if token.kind is TokenKind.EXPANDABLE_STRING:
        return token.expands and "$(" in token.text
    return token.kind is TokenKind.OPERATOR and token.text not in _OTHERS


def _constant(value: Any) -> Constant:
    """Return what a variable holds as the reader of constants has it. Raises NotSimpleError."""
    match value:
        case None | bool():
            return value
        case Whole():
            return Number(int(value), value.clr_type)
        case int():
            return Number(value, "Int32")
        case float():
            return Number(value, "Double")
        case Decimal():
            return Number(value, "Decimal")
        case list() | tuple():
            return [_constant(each) for each in value]
        case Mapping():
            return {str(key): _constant(each) for key, each in value.items()}
    if type(value) is str:  # a script block and a version are texts, too
        return value
    raise NotSimpleError


def _plain(value: Constant) -> Any:
    match value:
        case Number():
            return of_type(value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
    return value
