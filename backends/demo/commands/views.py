"""Which properties of which type are shown, and how: the endpoint's own format data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from pstui.backends.demo.commands.layout import Column
from pstui.backends.demo.language.text_format import format_date
from pstui.backends.demo.language.values import Thing, get_property, to_text

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
