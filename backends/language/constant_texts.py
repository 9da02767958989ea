"""Operators on constant texts, as PowerShell computes them: ``-f``, ``-replace``, ``-split``, ``-like``, ``-match``.

Each function raises NotSimpleError for what is left to the far end. Of regular expressions only those are taken that
mean the same in .NET and here and end soon: no look-arounds, no repeated repetitions, few repetitions on short texts.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from pstui.backends.language.constant_values import LARGEST, bounded, text_of, whole
from pstui.backends.language.number_types import Number
from pstui.backends.language.simple_lines import NotSimpleError, Value

_ITEM: Final = re.compile(r"\{\{|\}\}|\{ *([0-9]{1,4})(?: *, *(-?[0-9]{1,4}) *)?(?::([^{}]*))?\}|[{}]")
_FORMAT: Final = re.compile(r"([DNFX])([0-9]{0,2})", re.IGNORECASE)
_BITS: Final = {"Int32": 32, "Int64": 64}
#: what a regular expression may be made of
_REGEX: Final = re.compile(
    r"(?:[^\\()\[\]{}*+?|.^$]|\\[dDwWsSbB\\()\[\]{}*+?|.^$/ \-]|\\[tnr]|[.|^$]|\((?!\?)|\)"
    r"|\[\^?(?:[^\\\[\]]|\\[dws\\\[\].\-])+\]|[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})*"
)
_REPETITION: Final = re.compile(r"(?<!\\)[*+{]")
_REPEATED: Final = re.compile(r"[*+}?|][^()]*\)+[*+{]")
#: characters of a text by the number of repetitions in the pattern that meets it
_SUBJECT: Final = (LARGEST, 2_000, 200)
_GROUP: Final = re.compile(r"\$(\$|&|[0-9])")


def formatted(left: Value, right: Value) -> str:
    """What ``-f`` makes of a text and one value or a list of them."""
    values = right if isinstance(right, list) else [right]

    def item(found: re.Match[str]) -> str:
        if found[0] in ("{{", "}}"):
            return found[0][0]
        if found[1] is None or int(found[1]) >= len(values):
            raise NotSimpleError
        text = _written(values[int(found[1])], found[3] or "")
        width = int(found[2] or 0)
        return text.rjust(width) if width > 0 else text.ljust(-width)

    return bounded(_ITEM.sub(item, text_of(left)))


def _written(value: Value, form: str) -> str:
    if isinstance(value, list | dict):
        raise NotSimpleError
    if not form or not isinstance(value, Number):
        return text_of(value)
    found = _FORMAT.fullmatch(form)
    if found is None:
        raise NotSimpleError
    kind, digits, number = found[1], int(found[2] or 0), value.value
    if kind in "DdXx":
        if not isinstance(number, int) or value.clr_type not in _BITS:
            raise NotSimpleError
        if kind in "Dd":
            return ("-" if number < 0 else "") + str(abs(number)).rjust(digits, "0")
        return format(number % 2 ** _BITS[value.clr_type], kind).rjust(digits, "0")
    places = int(found[2]) if found[2] else 2
    if not -(10**15) < number < 10**15:
        raise NotSimpleError
    exact = Decimal(number)
    if abs(exact.scaleb(places)) % 1 == Decimal("0.5"):
        raise NotSimpleError  # which way this goes differs from version to version of .NET
    return format(exact, f"{',' if kind in 'Nn' else ''}.{places}f")


def like(text: Value, pattern: Value, *, case: bool) -> bool:
    """Whether a text fits a wildcard pattern."""
    written = text_of(pattern)
    subject, stars = text_of(text), written.count("*")
    if "`" in written or "[" in written or stars >= len(_SUBJECT) or len(subject) > _SUBJECT[stars]:
        raise NotSimpleError
    parts = ("." if sign == "?" else ".*" if sign == "*" else re.escape(sign) for sign in written)
    flags = re.DOTALL if case else re.DOTALL | re.IGNORECASE
    return re.fullmatch("".join(parts), subject, flags) is not None


def matches(text: Value, pattern: Value, *, case: bool) -> bool:
    """Whether a regular expression is found in a text."""
    return _compiled(pattern, text, case=case).search(text_of(text)) is not None


def replaced(left: Value, right: Value, *, case: bool) -> Value:
    """What ``-replace`` makes of a text, or of each of a list."""
    if isinstance(left, list):
        return [replaced(one, right, case=case) for one in left]
    pattern, by, *more = [*right, ""] if isinstance(right, list) else [right, ""]
    if more not in ([], [""]):
        raise NotSimpleError
    groups = _compiled(pattern, left, case=case)
    written = text_of(by)
    if "$" in _GROUP.sub("", written) or re.search("[0-9]{2}", written):
        raise NotSimpleError

    def put(found: re.Match[str]) -> str:
        def group(sign: re.Match[str]) -> str:
            if sign[1] == "$":
                return "$"
            number = 0 if sign[1] == "&" else int(sign[1])
            if number > groups.groups:
                raise NotSimpleError
            return found[number] or ""

        return _GROUP.sub(group, written)

    return bounded(groups.sub(put, text_of(left)))


def split(left: Value, right: Value, *, case: bool) -> list[Value]:
    """What ``-split`` makes of a text, or of a list of them: (separator) or (separator, most)."""
    separator, most, *more = right if isinstance(right, list) and len(right) > 1 else [right, Number(0, "Int32")]
    if more or isinstance(separator, list) or whole(most) < 0:
        raise NotSimpleError
    parts: list[Value] = []
    for one in left if isinstance(left, list) else [left]:
        if whole(most) == 1:
            parts.append(text_of(one))
            continue
        found = _compiled(separator, one, case=case).split(text_of(one), maxsplit=max(whole(most) - 1, 0))
        if None in found:
            raise NotSimpleError
        parts += found
    return parts


def words(value: Value) -> list[Value]:
    """What ``-split`` alone makes of a text: its words."""
    return [word for one in (value if isinstance(value, list) else [value]) for word in text_of(one).split() or [""]]


def _compiled(pattern: Value, subject: Value, *, case: bool) -> re.Pattern[str]:
    written, text = text_of(pattern), text_of(subject)
    repetitions = len(_REPETITION.findall(written))
    if len(written) > _SUBJECT[2] or _REPEATED.search(written) or not _REGEX.fullmatch(written):
        raise NotSimpleError
    if repetitions >= len(_SUBJECT) or len(text) > _SUBJECT[repetitions]:
        raise NotSimpleError
    try:
        return re.compile(written, 0 if case else re.IGNORECASE)
    except (re.error, OverflowError) as error:
        raise NotSimpleError from error
