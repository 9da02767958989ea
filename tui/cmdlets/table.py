"""Sessions as Get-PSSession shows them: eight columns (protocol-notes 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pstui.backends.binding.members import spelled
from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.tui.cut import cut
from pstui.tui.plain import plain
from rich.cells import cell_len

#: caption and width of each column, as the real table has them; the first and the last are aligned right
COLUMNS = (
    ("Id", 3),
    ("Name", 15),
    ("Transport", 9),
    ("ComputerName", 15),
    ("ComputerType", 15),
    ("State", 13),
    ("ConfigurationName", 21),
    ("Availability", 12),
)
#: the same for a terminal of 80 columns, beside a mark and a scroll bar
NARROW = (
    ("Id", 3),
    ("Name", 10),
    ("Transport", 9),
    ("Computer", 10),
    ("Type", 6),
    ("State", 12),
    ("Config.", 7),
    ("Available", 9),
)
#: columns of a place from which the table has its real widths there
WIDE = sum(width + 1 for _, width in COLUMNS) - 1
_RIGHT = ("Id", "Availability", "Available")
_Columns = Sequence[tuple[str, int]]


class SessionRow(Protocol):
    """What the table needs of a session."""

    id: int
    name: str
    info: ConnectionInfo
    transport: str
    temporary: bool

    @property
    def state(self) -> RunspaceState: ...
    @property
    def availability(self) -> RunspaceAvailability: ...
    @property
    def computer_type(self) -> str: ...
    @property
    def configuration_name(self) -> str: ...


def cells(session: SessionRow) -> tuple[str, ...]:
    """Return the eight texts of a session; a temporary one has no Id to be named by."""
    return (
        "–" if session.temporary else str(session.id),
        session.name,
        session.transport,
        session.info.computer_name,
        session.computer_type,
        spelled(session.state),
        session.configuration_name,
        spelled(session.availability),
    )


def row(texts: Sequence[str], columns: _Columns = COLUMNS) -> str:
    """Return one row of the table."""
    parts = []
    for (caption, width), text in zip(columns, texts, strict=True):
        shown = plain(text, limit=200)
        shown = cut(shown, width)
        room = " " * (width - cell_len(shown))
        parts.append(room + shown if caption in _RIGHT else shown + room)
    return " ".join(parts).rstrip()


def header(columns: _Columns = COLUMNS) -> str:
    """Return the captions."""
    return row([caption for caption, _ in columns], columns)


def columns_for(width: int) -> _Columns:
    """Return the columns that a place of ``width`` cells has room for."""
    return COLUMNS if width >= WIDE else NARROW


def session_table(sessions: Iterable[SessionRow], columns: _Columns = COLUMNS) -> str:
    """Return the whole table, or an empty text for no session."""
    rows = [row(cells(session), columns) for session in sessions]
    if not rows:
        return ""
    return "\n".join([header(columns), row(["-" * len(caption) for caption, _ in columns], columns), *rows])
