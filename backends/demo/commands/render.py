"""Out-Default of the endpoint: takes values as they come and writes lines, tables and lists through one callable."""

from __future__ import annotations

import datetime
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pstui.backends.demo.commands.layout import (
    Column,
    cell_text,
    header_lines,
    list_lines,
    measured,
    one_line,
    row_line,
)
from pstui.backends.demo.commands.views import View, cell, view_of
from pstui.backends.demo.language.text_format import format_date
from pstui.backends.demo.language.values import Credential, Thing, is_list, to_text
from pstui.backends.demo.server.errors import ErrorInfo

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
        """Write an error behind everything gathered so far."""
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
        """Write the rows gathered so far; the table goes on with the same widths."""
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
