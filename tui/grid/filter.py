"""What is typed above the grid to see fewer rows: words, and conditions on columns; all of them must hold.

``web`` is looked for in every column, ``Name~web`` in one. ``CPU>10``, ``Size>=1MB``, ``When<2026-01-01`` and
``Took>1:30`` compare as the column's own kind; ``Name=web*`` is the whole cell, with wildcards. ``!`` before a part
turns it around, ``"two words"`` keeps words together. Case does not count.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any, Final

from pstui.tui.grid.cells import BETWEEN, SPAN, number_of, seconds_of, span_of
from pstui.tui.grid.columns import Column
from pstui.tui.grid.rows import Rows

#: characters and parts of a filter at most
MAX_TEXT, MAX_TERMS = 1_000, 20
_PART = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_CONDITION = re.compile(r'(!?)("[^"]+"|[^\s"~=<>!]+)(!~|!=|<>|>=|<=|~|=|>|<)(.*)\Z', re.DOTALL)
_SIZE = re.compile(r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)([kmgtp])b\Z", re.IGNORECASE)
_SIZES: Final = {unit: 1024.0 ** (number + 1) for number, unit in enumerate("kmgtp")}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

#: which of some rows fit
Test = Callable[[Sequence[int]], list[int]]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read: ``problem`` says what of it means nothing."""

    terms: tuple[tuple[str, str, str, bool], ...] = ()
    problem: str = ""

    def tests(self, rows: Rows) -> list[Test]:
        """Return what a row must pass."""
        places = _places(rows.columns)
        return [_test(rows, places.get(name, -1), sign, value, wanted) for name, sign, value, wanted in self.terms]


def _places(columns: Sequence[Column]) -> dict[str, int]:
    found = {column.label.casefold(): place for place, column in enumerate(columns)}
    return found | {column.name.casefold(): place for place, column in enumerate(columns)}


def read_filter(text: str, columns: Sequence[Column]) -> Filter:
    """Return what a typed text means; never raises."""
    places, terms, problem = _places(columns), list[tuple[str, str, str, bool]](), ""
    for part in _PART.findall(text[:MAX_TEXT])[:MAX_TERMS]:
        match = _CONDITION.match(part)
        if match is None:
            wanted = not (part.startswith("!") and len(part) > 1)
            word = _bare(part if wanted else part[1:])
            if word:
                terms.append(("", "~", word, wanted))
            continue
        turned, name, sign, value = match.groups()
        name, value = _bare(name), _bare(value)
        if name not in places:
            problem = f"There is no column {name}: c chooses columns." if value else problem
        elif value:
            negated = sign in ("!~", "!=", "<>")
            sign = {"!~": "~", "!=": "=", "<>": "="}.get(sign, sign)
            terms.append((name, sign, value, bool(turned) is negated))
    return Filter(tuple(terms), problem)


def _bare(text: str) -> str:
    return text.replace('"', "").casefold()


def _test(rows: Rows, place: int, sign: str, value: str, wanted: bool) -> Test:
    """Return what finds the rows that fit one part; each is one loop, for a hundred thousand rows are to be gone
    through between two frames.
    """
    cells = rows.cells
    if place < 0:
        return lambda some: [row for row in some if (value in cells[row].lower()) is wanted]
    if sign == "~":
        return lambda some: [row for row in some if (value in cells[row].split(BETWEEN)[place].lower()) is wanted]
    known = _known(rows, place, value)
    if sign != "=" or known == known:
        return _compared(rows, place, sign, value, known, wanted)
    fits = re.compile(translate(value), re.IGNORECASE).match
    return lambda some: [row for row in some if (fits(cells[row].split(BETWEEN)[place], 1) is not None) is wanted]


_SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}


def _compared(rows: Rows, place: int, sign: str, value: str, known: float, wanted: bool) -> Test:
    compare = _SIGNS[sign]
    if known == known:
        numbers = rows.keys[place].numbers
        return lambda some: [row for row in some if compare(numbers[row], known) is wanted]
    cells = rows.cells
    return lambda some: [row for row in some if compare(cells[row].split(BETWEEN)[place][1:].lower(), value) is wanted]


def _known(rows: Rows, place: int, value: str) -> float:
    """Return a typed value as the numbers of a column are; NO_KEY where texts are compared."""
    keys = rows.keys[place]
    if keys.texts * 2 > len(keys.numbers):
        return float("nan")
    if (size := _SIZE.match(value)) is not None:
        return number_of(size[1]) * _SIZES[size[2].lower()]
    if value in ("true", "false", "$true", "$false"):
        return float(value.endswith("true"))
    if _DATE.match(value):
        return seconds_of(value.replace("t", " ", 1))
    number = number_of(value)
    is_span = any(cell.split(BETWEEN)[place][:1] == SPAN for cell in rows.cells[:1])
    return span_of(value) if number != number or (is_span and ":" in value) else number


def passing(tests: Sequence[Test], rows: Sequence[int]) -> Sequence[int]:
    """Return those rows that pass every test."""
    for test in tests:
        rows = test(rows)
    return rows
