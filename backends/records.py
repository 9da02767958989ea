"""What a session tells the screen: plain records, free of protocol types.

Every text in these records is as the far end sent it, control sequences and all. Whoever shows it (the transcript, a
terminal, a file) cleans it first; nothing here may be written to a terminal unseen. What a far end sends is collected
in ``Bounded`` lists only.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Stream(enum.Enum):
    """Which of the host's writing methods a text came through; decides its format (protocol-notes 4.3, 4.9)."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    #: pstui's own words: never confused with what the far end says.
    NOTICE = "notice"


#: The terminal's own colour, as Unix clients send it (protocol-notes 3.7).
DEFAULT_COLOR = -1


@dataclass(frozen=True, slots=True)
class Record:
    """An object of named values that goes to a far end, as ``[pscustomobject]@{…}`` and Import-Csv make it."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    """Text for the pane. Colours are System.ConsoleColor numbers 0..15 or DEFAULT_COLOR.

    ``newline`` ends the line after the text. Prefixes such as ``WARNING: `` are already part of ``text``.
    """

    text: str
    newline: bool = True
    foreground: int = DEFAULT_COLOR
    background: int = DEFAULT_COLOR
    stream: Stream = Stream.OUTPUT


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """One Write-Progress call. ``percent`` and ``seconds_remaining`` are -1 when unknown."""

    source_id: int
    activity_id: int
    parent_id: int
    activity: str
    status: str
    current_operation: str
    percent: int
    seconds_remaining: int
    completed: bool


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An ErrorRecord for the list of a session's errors and for reporting a pipeline that failed.

    ``activity`` is the command that its CategoryInfo names, ``recommendation`` the RecommendedAction of its details.
    """

    message: str
    exception_type: str = ""
    fully_qualified_error_id: str = ""
    category: str = ""
    category_reason: str = ""
    target: str = ""
    position: str = ""
    stack_trace: str = ""
    activity: str = ""
    recommendation: str = ""


@dataclass(frozen=True, slots=True)
class InformationInfo:
    """An INFORMATION record (Write-Information, Write-Host) for the list of a session's records.

    ``time`` is as the far end wrote it; ``tags`` holds ``PSHOST`` for Write-Host.
    """

    message: str
    source: str = ""
    time: str = ""
    tags: tuple[str, ...] = ()
    user: str = ""
    computer: str = ""


@dataclass(frozen=True, slots=True)
class SentObject:
    """An object that a pipeline wrote, as it was sent: CLIXML in UTF-8, empty for nothing.

    ``decrypt`` returns the text of a SecureString inside it. Both may be kept and used in any thread.
    """

    body: bytes = field(repr=False)
    decrypt: Callable[[str], str] = field(repr=False)


class RunspaceState(enum.IntEnum):
    """State of a session's runspace pool (numbers of protocol-notes 3.8)."""

    BEFORE_OPEN = 0
    OPENING = 1
    OPENED = 2
    CLOSED = 3
    CLOSING = 4
    BROKEN = 5
    DISCONNECTING = 6
    DISCONNECTED = 7
    CONNECTING = 8


class RunspaceAvailability(enum.IntEnum):
    """Whether a session would take a command now (numbers of protocol-notes 5.3)."""

    NONE = 0
    AVAILABLE = 1
    AVAILABLE_FOR_NESTED_COMMAND = 2
    BUSY = 3
    REMOTE_DEBUG = 4


class PipelineState(enum.IntEnum):
    """State of a pipeline (numbers of protocol-notes 3.8)."""

    NOT_STARTED = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3
    COMPLETED = 4
    FAILED = 5
    DISCONNECTED = 6


class Batch(tuple[Any, ...]):
    """Values of a pipeline's input that are sent together."""

    __slots__ = ()


class Bounded(list[Any]):
    """Keeps the first ``limit`` values; the others are dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def take(self, value: Any) -> None:
        """Keep a value if there is room."""
        if len(self) < self._limit:
            self.append(value)
