"""Objects as lines of text: PowerShell's tables and lists, headers in bold green, at a given width.

Views say which properties of which type are shown, and how. The renderer behind Out-Default takes values as they come
and writes lines, tables and lists through one callable."""

from __future__ import annotations

import datetime
import textwrap
import time
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.demo.language.errors import ErrorInfo
from pstui.backends.demo.language.values import Credential, Thing, format_date, get_property, is_list, to_text

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


FILE = "System.IO.FileInfo"
DIRECTORY = "System.IO.DirectoryInfo"
PROCESS = "System.Diagnostics.Process"
COMMAND = "System.Management.Automation.CommandInfo"
HISTORY = "Microsoft.PowerShell.Commands.HistoryInfo"
VARIABLE = "System.Management.Automation.PSVariable"
PATH = "System.Management.Automation.PathInfo"


@dataclass(frozen=True, slots=True)
class View:
    """A table for a type; rows of another ``group`` property start a new table under a heading."""

    columns: tuple[Column, ...]
    group: str = ""
    heading: str = ""


_FILES = View(
    (
        Column("UnixMode", "UnixMode", 10),
        Column("User", "User", 10, right=True),
        Column("Group", "Group", 10),
        Column("LastWriteTime", "LastWriteTime", 16, right=True),
        Column("Size", "Size", 12, right=True),
        Column("Name", "NameString"),
    ),
    group="PSParentPath",
    heading="    Directory: ",
)
VIEWS: dict[str, View] = {
    FILE: _FILES,
    DIRECTORY: _FILES,
    PROCESS: View(
        (
            Column("NPM(K)", "NPM", 7, right=True),
            Column("PM(M)", "PM", 8, right=True),
            Column("WS(M)", "WS", 10, right=True),
            Column("CPU(s)", "CPU", 10, right=True),
            Column("Id", "Id", 7, right=True),
            Column("SI", "SI", right=True),
            Column("ProcessName", "ProcessName"),
        )
    ),
    COMMAND: View(
        (
            Column("CommandType", "CommandType", 15),
            Column("Name", "Name", 24),
            Column("Summary", "Summary"),
        )
    ),
    HISTORY: View(
        (
            Column("Id", "Id", 4, right=True),
            Column("Duration", "DurationSeconds", 12, right=True),
            Column("CommandLine", "CommandLine"),
        )
    ),
    VARIABLE: View((Column("Name", "Name", 30), Column("Value", "Value"))),
    PATH: View((Column("Path", "Path"),)),
}


def view_of(value: Thing) -> View | None:
    """Return the table made for the value's type."""
    return next((VIEWS[name] for name in value.type_names if name in VIEWS), None)


def cell(value: Any, column: Column) -> str | None:
    """Return the text of a cell whose view computes it, None where the property is shown as it is."""
    match column.name:
        case "WS" | "PM" if column.header.endswith("(M)"):
            return f"{(get_property(value, column.name) or 0) / 1048576:.2f}"
        case "NPM" if column.header.endswith("(K)"):
            return f"{(get_property(value, 'NPM') or 0) / 1024:.0f}"
        case "CPU" if column.header.endswith("(s)"):
            return f"{get_property(value, 'CPU') or 0:.2f}"
        case "DurationSeconds":
            span = get_property(value, "Duration")
            return f"{span.total_seconds():.3f}" if isinstance(span, datetime.timedelta) else ""
        case "NameString":
            target = get_property(value, "LinkTarget")
            name = to_text(get_property(value, "Name"))
            return f"{name} -> {target}" if target else name
        case "LastWriteTime":
            when = get_property(value, "LastWriteTime")
            return format_date(when, "g") if isinstance(when, datetime.datetime) else ""
    return None


#: rows gathered before a table's widths are fixed, and seconds after which it is shown anyway
GATHER_ROWS, GATHER_SECONDS = 300, 0.3
#: an object with more properties than this is shown as a list
TABLE_PROPERTIES = 4
#: type names put before a Thing by Format-Table and Format-List
AS_TABLE, AS_LIST = "pstui.demo.FormatTable", "pstui.demo.FormatList"

Line = Callable[[str], Awaitable[None]]


class Renderer:
    """Gathers objects of one shape and writes them; plain values are written at once. ``finish`` writes the rest."""

    def __init__(self, line: Line, error: Callable[[ErrorInfo], Awaitable[None]], width: int) -> None:
        self._line, self._error, self._width = line, error, width
        self._shape: tuple[Any, ...] | None = None
        self._waiting: list[Thing] = []
        self._fitted: list[tuple[Column, int]] = []
        self._since = 0.0
        self._group: Any = None

    async def feed(self, value: Any) -> None:
        """Take one value of the pipeline."""
        match value:
            case str():
                await self._plain(value)
            case None:
                return
            case ErrorInfo():
                await self.error(value)
            case Thing() if value.properties:
                await self._object(value)
            case dict():
                for key, item in value.items():
                    pair = {"Name": to_text(key), "Value": item}
                    await self._object(Thing(("System.Collections.DictionaryEntry",), pair))
            case Credential():
                shown = {"UserName": value.user_name, "Password": "System.Security.SecureString"}
                await self._object(Thing(("System.Management.Automation.PSCredential",), shown))
            case datetime.datetime():
                for text in ("", format_date(value, "F"), ""):
                    await self._plain(text)
            case _ if is_list(value):
                for item in value:
                    await self.feed(item)
            case _:
                await self._plain(to_text(value))

    async def error(self, info: ErrorInfo) -> None:
        """Write an error after everything gathered so far."""
        await self.finish()
        await self._error(info)

    async def _plain(self, text: str) -> None:
        if self._shape is not None:
            await self.finish()
        if "\n" in text:
            for part in text.replace("\r\n", "\n").split("\n"):
                await self._line(part)
        else:
            await self._line(text)

    async def _object(self, value: Thing) -> None:
        view = view_of(value)
        names = self._names(value)
        as_list = value.type_names[0] == AS_LIST or (
            view is None and value.type_names[0] != AS_TABLE and len(names) > TABLE_PROPERTIES
        )
        shape = ("list",) if as_list else ("table", view) if view else ("table", *names)
        if shape != self._shape:
            await self.finish()
            self._shape, self._since = shape, time.monotonic()
            if as_list:
                await self._line("")
        if as_list:
            for line in list_lines(value, names, self._width):
                await self._line(line)
            await self._line("")
            return
        self._waiting.append(value)
        if len(self._waiting) >= GATHER_ROWS or time.monotonic() - self._since > GATHER_SECONDS:
            await self.flush()

    @staticmethod
    def _names(value: Thing) -> tuple[str, ...]:
        return tuple(value.properties)

    async def flush(self) -> None:
        """Write the rows gathered so far; the table continues with the same widths."""
        if not self._waiting:
            return
        values, self._waiting, self._since = self._waiting, [], time.monotonic()
        view = view_of(values[0])
        spec = view.columns if view else self._columns(values[0])
        rows = [[self._cell(value, column) for column in spec] for value in values]
        for value, row in zip(values, rows, strict=True):
            group = value.properties.get(view.group) if view and view.group else None
            if not self._fitted or group != self._group:
                await self._start(view, spec, rows, group)
            await self._line(row_line(self._fitted, row))

    async def _start(self, view: View | None, spec: tuple[Column, ...], rows: list[list[str]], group: Any) -> None:
        self._fitted = measured(spec, rows, self._width)
        self._group = group
        await self._line("")
        if view and view.group:
            await self._line(f"{view.heading}{to_text(group)}")
            await self._line("")
        for line in header_lines(self._fitted):
            await self._line(line)

    @staticmethod
    def _columns(value: Thing) -> tuple[Column, ...]:
        if value.type_names[0] == "System.Collections.DictionaryEntry":
            return (Column("Name", "Name", 30), Column("Value", "Value"))
        return tuple(
            Column(name, name, right=isinstance(item, (int, float)) and not isinstance(item, bool))
            for name, item in value.properties.items()
        )

    @staticmethod
    def _cell(value: Thing, column: Column) -> str:
        text = cell(value, column)
        if text is None:
            key = value.find(column.name)
            text = cell_text(value.properties[key]) if key is not None else ""
        return one_line(text)

    async def finish(self) -> None:
        """Write what is left and close the table."""
        await self.flush()
        if self._fitted:
            await self._line("")
        self._shape, self._fitted, self._group = None, [], None


def errors_as_lines(info: ErrorInfo) -> list[str]:
    """Return an error as PowerShell's concise view prints it."""
    head = f"{info.command}: " if info.command else f"{info.reason}: "
    lines = (head + info.message).split("\n")
    if info.recommendation:
        lines.append(f"  Recommendation: {info.recommendation}")
    return lines
