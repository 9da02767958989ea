"""A refusal that shows the place in the line."""

from __future__ import annotations

import re

from pstui.backends.errors import CallError

_WIDTH = 100


def refuse_at(text: str, start: int, end: int, what: str, hint: str = "", *, error_id: str = "") -> CallError:
    """Return a CallError whose second part is the line with the place marked beneath it."""
    return CallError(what, mark(text, start, end), hint, error_id=error_id)


def mark(text: str, start: int, end: int) -> str:
    """Return the line that holds a place, shortened around it, with a row of ``~`` under the place."""
    start = max(0, min(start, len(text)))
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    line = re.split(r"[\r\n]", text[first:], maxsplit=1)[0]
    column = start - first
    length = max(1, min(end - start, len(line) - column))
    cut = max(0, column - _WIDTH // 2)
    shown = "".join(char if char.isprintable() else "·" for char in line[cut : cut + _WIDTH])
    return f"{shown}\n{' ' * (column - cut)}{'~' * max(1, min(length, _WIDTH - (column - cut)))}"
