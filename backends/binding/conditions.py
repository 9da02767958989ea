"""Conditions as the block of a Where-Object holds them: comparisons joined by -and, -or, -xor and -not."""

from __future__ import annotations

from typing import Any, Protocol

from pstui.backends.binding.binder import DASHES
from pstui.backends.binding.pipes import compared, is_true
from pstui.backends.binding.values import Value
from pstui.backends.errors import CallError
from pstui.backends.language.tokens import Token, TokenKind

_JOINING = ("-and", "-or", "-xor")


class Operands(Protocol):
    """What reads the values between the operators."""

    def peek(self) -> Token | None: ...
    def take(self) -> Token: ...
    def argument(self) -> Value: ...
    def refuse(self, token: Token, what: str, hint: str = "", *, error_id: str = "") -> CallError: ...


def condition(reader: Operands) -> Any:
    """Read comparisons and return what they give; -and, -or and -xor are taken from left to right. Raises CallError."""
    result = _comparison(reader)
    while (token := reader.peek()) is not None and token.text.casefold() in _JOINING:
        reader.take()
        right = _comparison(reader)
        one, other = is_true(result), is_true(right)
        result = {"-and": one and other, "-or": one or other}.get(token.text.casefold(), one is not other)
    return result


def _comparison(reader: Operands) -> Any:
    turned = 0
    while (token := reader.peek()) is not None and token.kind is TokenKind.OPERATOR:
        if token.text.casefold() not in ("-not", "!"):
            break
        reader.take()
        turned += 1
    left = reader.argument().value
    if turned:
        # -not binds closer than a comparison
        left = is_true(left) is (turned % 2 == 0)
    while (token := reader.peek()) is not None and token.kind is TokenKind.OPERATOR:
        if token.text.casefold() in _JOINING:
            break
        reader.take()
        if token.text[:1] not in DASHES:
            raise reader.refuse(token, "This is not computed here", "Comparisons with -and, -or and -not are.")
        right = reader.argument().value
        try:
            left = compared(token.text[1:], left, right)
        except CallError as error:
            raise reader.refuse(token, error.what, error.hint or error.why, error_id=error.error_id) from None
    return left
