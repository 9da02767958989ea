"""Objects as PowerShell shows them: sessions and others as tables or lists, plain values one a line."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pstui.backends.binding.context import is_session
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.lookups import wildcard
from pstui.backends.binding.members import Formatted, member, properties, text_of
from pstui.backends.credentials import PSCredential
from pstui.backends.records import Record
from pstui.tui.cmdlets.table import columns_for, session_table
from pstui.tui.plain import plain
from rich.cells import cell_len, set_cell_size

#: properties up to which an object is shown in a table, as PowerShell has it
_IN_TABLE = 4
#: most characters of one value
_MAX_TEXT = 400


def shown(objects: Sequence[Any], width: int) -> str:
    """Return objects as text for so many columns; neighbours of the same kind share a table."""
    parts = [_alike(list(each), width) for _, each in itertools.groupby(objects, _kind)]
    return "\n".join(part for part in parts if part)


def _kind(value: Any) -> object:
    if is_session(value):
        return "session"
    if isinstance(value, Record):
        return tuple(value.values)
    return type(value)


def _alike(objects: Sequence[Any], width: int) -> str:
    first = objects[0]
    if is_session(first):
        return session_table(objects, columns_for(width))
    if isinstance(first, Formatted):
        return "\n".join(_formatted(each, width) for each in objects)
    if isinstance(first, PSCredential):
        return _table([dict(properties(each)) for each in objects], width)
    if isinstance(first, SessionOption):
        return "\n\n".join(_list(properties(each)) for each in objects)
    if isinstance(first, Record):
        rows = [each.values for each in objects]
        return _table(rows, width) if len(first.values) <= _IN_TABLE else "\n\n".join(map(_list, rows))
    if isinstance(first, Mapping):
        rows = [{"Name": key, "Value": value} for each in objects for key, value in each.items()]
        return _table(rows, width)
    return "\n".join(line for each in objects if each is not None for line in _lines(each))


def _lines(value: Any) -> list[str]:
    """Return the rows of a plain value: a text keeps its own."""
    return [_text(row) for row in value.splitlines() or [""]] if isinstance(value, str) else [_text(value)]


def _formatted(wanted: Formatted, width: int) -> str:
    if not wanted.as_list and not wanted.properties:
        return (
            _alike(wanted.objects, width) if wanted.objects and is_session(wanted.objects[0]) else _all(wanted, width)
        )
    return _all(wanted, width)


def _all(wanted: Formatted, width: int) -> str:
    rows = [_chosen(each, wanted.properties, lacking=not wanted.as_list) for each in wanted.objects]
    if not any(rows):
        return "\n".join(_text(each) for each in wanted.objects)
    return "\n\n".join(map(_list, rows)) if wanted.as_list else _table(rows, width, headers=wanted.headers)


def _chosen(value: Any, names: Sequence[str], *, lacking: bool) -> Mapping[str, Any]:
    """Return the properties of an object that are to be shown; without a choice all of them.

    A name that the object lacks has a column in a table and no row in a list.
    """
    has = properties(value)
    found: dict[str, Any] = {}
    for name in names or ("*",):
        known = [str(each) for each in has if wildcard(name).fullmatch(str(each))]
        for each in known or ([name] if lacking and "*" not in name else []):
            found[each] = member(value, each)
    return found


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(_text, value)) + "}"
    if isinstance(value, Mapping) and not isinstance(value, SessionOption):
        return "{" + ", ".join(f"[{_text(key)}, {_text(inner)}]" for key, inner in value.items()) + "}"
    return plain(text_of(value), limit=_MAX_TEXT)


def _list(row: Mapping[str, Any]) -> str:
    room = max((cell_len(str(name)) for name in row), default=0)
    return "\n".join(
        f"{set_cell_size(plain(str(name)), room)} : {_text(value)}".rstrip() for name, value in row.items()
    )


def _table(rows: Sequence[Mapping[str, Any]], width: int, *, headers: bool = True) -> str:
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    texts = [[_text(row.get(name)) for name in names] for row in rows]
    right = [all(_is_number(row.get(name)) for row in rows) for name in names]
    columns = [
        max(cell_len(text) for text in [name, *column])
        for name, column in zip(names, _turned(texts, names), strict=True)
    ]
    most = max(width - 1, 20)
    while sum(columns) + len(columns) - 1 > most and max(columns, default=0) > _LEAST_COLUMN:
        columns[columns.index(max(columns))] -= 1

    def line(cells: Sequence[str]) -> str:
        return " ".join(_cell(*each) for each in zip(cells, columns, right, strict=True)).rstrip()

    above = [line(names), line(["-" * cell_len(name) for name in names])] if headers else []
    return "\n".join([*above, *map(line, texts)])


#: columns that each column of a table keeps
_LEAST_COLUMN = 6


def _turned(texts: Sequence[Sequence[str]], names: Sequence[str]) -> list[list[str]]:
    return [[row[place] for row in texts] for place in range(len(names))]


def _cell(text: str, room: int, right: bool) -> str:
    fitted = text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"
    blanks = " " * (room - cell_len(fitted))
    return blanks + fitted if right else fitted + blanks


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
