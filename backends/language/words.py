"""The words PowerShell's grammar knows: keywords and the operators written with a dash."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATEMENT_KEYWORDS = _words(
    "begin break catch class clean configuration continue data do dynamicparam else elseif end enum exit filter"
    " finally for foreach function if inlinescript parallel param process return sequence switch throw trap try until"
    " using while workflow from define var"
)
"""Words that are keywords at the start of a statement; elsewhere they are ordinary words."""

NAMING_KEYWORDS = _words("function filter class enum configuration workflow data")
"""Keywords that a name follows."""

VALUE_KEYWORDS = _words("return throw exit break continue")
"""Keywords that another pipeline, or nothing, follows."""

_CASED = _words("eq ne gt ge lt le like notlike match notmatch replace contains notcontains in notin split")

UNARY_DASH_OPERATORS = _words("not bnot split csplit isplit join")
"""Operators that may stand before their only operand, without the dash."""

DASH_OPERATORS = (
    _CASED
    | UNARY_DASH_OPERATORS
    | _words("and or xor band bor bxor shl shr is isnot as f")
    | {prefix + word for word in _CASED for prefix in "ci"}
)
"""Every operator written with a dash, without the dash, in lower case."""

ASSIGNMENTS = _words("= += -= *= /= %= ??=")
