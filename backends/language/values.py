"""The values a typed constant can have, and the shape of a line that travels as commands.

A value is a ``str``, a :class:`Number`, a ``bool``, ``None`` (``$null``), a ``list`` of values (an array) or a ``dict``
(a hashtable, in the order written). Semantics section 3.3 has the table of what the real client sends for each.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its .NET type (``Int32``, ``Int64``, ``Double``, ``Decimal``, ``SByte``, ``Byte``, …).

    ``text`` is the spelling if it differs from what ToString gives (``0x10``, ``10kb``, ``1.50``): the real client
    sends such a number as an object with that ToString and the number as its base value. Otherwise None.
    """

    value: int | float | Decimal
    clr_type: str
    text: str | None = None


Value: TypeAlias = "str | Number | bool | list[Value] | dict[str, Value] | None"


class Absent(enum.Enum):
    """Stands where an argument has no value: a parameter alone, whose value, if any, is the next argument."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class MergedStream(enum.Enum):
    """A stream that a command merges into its output; the value is the PipelineResultTypes number on the wire."""

    ERROR = 2
    WARNING = 3
    VERBOSE = 4
    DEBUG = 5
    INFORMATION = 6
    ALL = 7


@dataclass(frozen=True, slots=True)
class Argument:
    """One entry of a command's Args, as N and V on the wire.

    A parameter keeps its dash: ``-Format`` with ABSENT, ``-Filter:`` with a value, ``-Filter: `` where a blank stood
    between them. A positional argument, also the value that follows ``-Format``, has the name None.
    """

    name: str | None
    value: Value | Absent


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a pipeline. ``merge`` is the one stream it merges into its output (``2>&1``, ``*>&1``)."""

    name: str
    arguments: tuple[Argument, ...] = ()
    merge: MergedStream | None = None

    @property
    def merge_error_to_output(self) -> bool:
        """Whether ``2>&1`` was given: MergeMyResult Error into Output."""
        return self.merge is MergedStream.ERROR


@dataclass(frozen=True, slots=True)
class Statement:
    """One pipeline."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A whole line of simple commands; several statements travel as a batch (ExtraCmds)."""

    statements: tuple[Statement, ...]
