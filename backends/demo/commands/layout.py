"""Objects as lines of text: PowerShell's table and list layout, headers in bold green, at a given width."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.demo.language.values import Thing, is_list, to_text

GREEN, RESET = "\x1b[32;1m", "\x1b[0m"
#: elements of a list shown in one cell ($FormatEnumerationLimit)
ENUMERATED = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, the property it shows, a width (0: as wide as its content) and its side."""

    header: str
    name: str
    width: int = 0
    right: bool = False


def columns(text: str) -> int:
    """Return how many cells a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def fit(text: str, width: int, right: bool) -> str:
    """Pad or cut a text to a width, a cut shown by an ellipsis."""
    size = columns(text)
    if size > width:
        while text and columns(text) > width - 1:
            text = text[:-1]
        text += "…" if width > 0 else ""
        size = columns(text)
    padding = " " * (width - size)
    return padding + text if right else text + padding


def cell_text(value: Any) -> str:
    """Return a property's value for a cell: lists in braces, line ends made visible."""
    if is_list(value):
        parts = [cell_text(item) for item in value[:ENUMERATED]]
        return "{" + ", ".join(parts) + ("…" if len(value) > ENUMERATED else "") + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{to_text(k)}, {to_text(v)}]" for k, v in list(value.items())[:ENUMERATED]) + "}"
    return to_text(value)


def one_line(text: str) -> str:
    """Return a text that keeps a table's row on one line."""
    return text.replace("\r\n", "␤").replace("\n", "␤").replace("\t", " ") if "\n" in text or "\t" in text else text


def measured(spec: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[tuple[Column, int]]:
    """Return the columns that fit into a width, with the width each gets."""
    chosen: list[tuple[Column, int]] = []
    used = 0
    for place, column in enumerate(spec):
        widest = max((columns(row[place]) for row in rows), default=0)
        size = column.width or max(columns(column.header), widest)
        room = width - used - (1 if chosen else 0)
        is_last = place == len(spec) - 1
        if room < min(size, 5 if is_last else 3) and chosen:
            break
        size = min(size, room) if not (is_last and not column.width) else min(max(size, 1), room)
        chosen.append((column, max(1, size)))
        used += size + (1 if len(chosen) > 1 else 0)
    return chosen


def header_lines(fitted: Sequence[tuple[Column, int]]) -> list[str]:
    """Return the two header lines in PowerShell's own colouring."""
    names, rules = [], []
    last = len(fitted) - 1
    for place, (column, width) in enumerate(fitted):
        name = fit(column.header, width, column.right)
        rule = fit("-" * min(columns(column.header), width), width, column.right)
        if place == last and not column.right:
            name, rule = name.rstrip(), rule.rstrip()
        names.append(f"{GREEN}{' ' if place else ''}{name}{RESET}")
        lead = rule[: len(rule) - len(rule.lstrip())]
        tail = rule[len(rule.rstrip()) :]
        rules.append(f"{' ' if place else ''}{lead}{GREEN}{rule.strip()}{RESET}{tail}")
    return ["".join(names), "".join(rules)]


def row_line(fitted: Sequence[tuple[Column, int]], row: Sequence[str]) -> str:
    """Return one row."""
    cells = [fit(text, width, column.right) for (column, width), text in zip(fitted, row, strict=False)]
    return " ".join(cells).rstrip()


def list_lines(value: Thing, names: Sequence[str], width: int) -> list[str]:
    """Return one object in the list layout, the label in green, long values wrapped beside it."""
    size = max((columns(name) for name in names), default=0)
    lines: list[str] = []
    for name in names:
        key = value.find(name)
        text = cell_text(value.properties[key]) if key is not None else ""
        room = max(20, width - size - 3)
        pieces = (
            [part for line in text.split("\n") for part in (textwrap.wrap(line, room) or [""])]
            if ("\n" in text or columns(text) > room)
            else [text]
        )
        lines.append(f"{GREEN}{fit(name, size, right=False)} : {RESET}{pieces[0]}")
        lines.extend(" " * (size + 3) + piece for piece in pieces[1:])
    return lines
