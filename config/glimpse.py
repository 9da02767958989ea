"""A first look into a profile file: a few of its tables, without the thousands of profiles that may be beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


class NotPlainError(ValueError):
    """Only the file as a whole says what its tables hold."""


def tables_alone(text: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what TOML has before its first header, and the tables of these names, as reading all of it would.

    A line that begins with a bracket is a header, unless it stands in a text or a list of several lines. Where there
    may be such a one, where a table comes twice or is damaged, NotPlainError is raised.
    """
    import tomllib  # most calls from a shell have no file

    if '"""' in text or "'''" in text:
        raise NotPlainError
    text = f"\n{text}"  # a search for a fixed beginning is far quicker than one for the beginning of a line
    header = re.compile(r"\n[ \t]*\[")
    wanted = re.compile(rf"\n[ \t]*\[\[?[ \t]*(?:[\"']|(?:{'|'.join(names)})[ \t]*[.\]])")

    def piece(start: int, search_from: int) -> str:
        end = header.search(text, search_from)
        return text[start : None if end is None else end.start() + 1]

    found: dict[str, Any] = {}
    for one in (piece(0, 0), *(piece(begin.start(), begin.end()) for begin in wanted.finditer(text))):
        try:
            tables = tomllib.loads(one)
        except (ValueError, RecursionError) as error:
            raise NotPlainError from error
        if tables.keys() & found.keys():
            raise NotPlainError
        found |= tables
    return found
