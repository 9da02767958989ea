"""What the far end of a session reports: debugger stops, breakpoints, and the errors and records kept for lists.

Debugger events and answers are read as recorded from real servers (protocol-notes 2.4, 3.1, 3.7). Everything that is
kept is kept within bounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pstui.backends.records import ErrorInfo, InformationInfo, Stream, Write

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import PipelineResult

STOP_EVENT = "PSInternalRemoteDebuggerStopEvent"
BREAKPOINT_EVENT = "PSInternalRemoteDebuggerBreakpointUpdatedEvent"

#: What a debugger's command may want, by the names of DebuggerResumeAction.
RESUME_ACTIONS = frozenset({"Continue", "StepInto", "StepOut", "StepOver", "Stop"})
_STEP_COMMANDS = ("s", "stepinto", "v", "stepover", "o", "stepout", "l", "list")

#: Console colour of the debugger's messages, as recorded (bright yellow).
_COLOUR = 14
#: Most lines of the debugger's own answer that are shown.
MAX_VALUE_LINES = 10_000
#: Longest text of a breakpoint's parts, in characters.
MAX_NAME = 1_024
#: Most of a stop that is shown: the breakpoints hit; characters and lines of where it stands.
MAX_HIT, MAX_POSITION, MAX_POSITION_LINES = 20, 16 * 1024, 100


@dataclass(frozen=True, slots=True)
class DebuggerStop:
    """A script stopped: the breakpoints it hit, and where it stands, as text with a mark under the place."""

    breakpoints: tuple[str, ...]
    position: str


def read_stop(event: Mapping[str, Any]) -> DebuggerStop:
    """Read a stop event; what is missing is left out."""
    arguments = _first(event.get("PSEventArgs.SourceArgs"))
    found = arguments.get("Breakpoints")
    breakpoints = tuple(_breakpoint(item) for item in found[:MAX_HIT]) if isinstance(found, list) else ()
    invocation = arguments.get("SerializedInvocationInfo")
    return DebuggerStop(breakpoints, _position(invocation if isinstance(invocation, dict) else {}))


def read_breakpoint(event: Mapping[str, Any]) -> tuple[int, str] | None:
    """Read a breakpoint event: its Id and its text, empty when it was removed."""
    arguments = _first(event.get("PSEventArgs.SourceArgs"))
    found = arguments.get("Breakpoint")
    if not isinstance(found, dict) or not isinstance(found.get("Id"), int):
        return None
    removed = arguments.get("UpdateType") in (1, "Removed")
    return found["Id"], "" if removed else _breakpoint(found)


def stop_lines(stop: DebuggerStop, *, first: bool) -> list[Write]:
    """Return what the console says at a stop; ``first`` adds the line that names the help."""
    lines = ["Entering debug mode. Use h or ? for help.", ""] if first else []
    if stop.breakpoints:
        lines += [f"Hit {text}" for text in stop.breakpoints] + [""]
    lines += stop.position[:MAX_POSITION].splitlines()[:MAX_POSITION_LINES]
    return [Write(line, foreground=_COLOUR) for line in lines]


def resume_action(outputs: Sequence[Any]) -> str | None:
    """Return the action that the debugger wants to resume with, e.g. ``StepInto``; None when it stays stopped."""
    for output in outputs:
        if _is_debugger_command(output) and output["ResumeAction"] in RESUME_ACTIONS:
            return str(output["ResumeAction"])
    return None


def refusal(result: PipelineResult, outputs: Sequence[Any]) -> str:
    """Return why a pipeline of ours was refused, empty when it was not: a server may answer an error and completed."""
    if result.error is not None:
        return result.error.message or "It gives no reason."
    return next((_error_text(output) for output in outputs if _is_error(output)), "")


def repeats(line: str) -> bool:
    """Return whether Enter alone gives this debugger command again."""
    return line.strip().casefold() in _STEP_COMMANDS


def value_lines(outputs: Sequence[Any]) -> list[Write]:
    """Return the text of values that no Out-Default took: plain ones as text, objects as property lists."""
    lines: list[Write] = []
    for output in outputs:
        if output is None or _is_debugger_command(output):
            continue
        if _is_error(output):
            lines.append(Write(f"Error: {_error_text(output)}", stream=Stream.ERROR))
        else:
            lines += [Write(text) for text in _text(output)]
        if len(lines) > MAX_VALUE_LINES:
            return [*lines[:MAX_VALUE_LINES], Write("…")]
    return lines


def _text(value: Any) -> list[str]:
    if isinstance(value, dict):
        width = max((len(str(name)) for name in value), default=0)
        return ["", *(f"{name!s:<{width}} : {_short(item)}" for name, item in value.items()), ""]
    if isinstance(value, list):
        return [line for item in value for line in _text(item)]
    return _short(value).replace("\r\n", "\n").split("\n")


def _short(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case list():
            return "{" + ", ".join(_short(item) for item in value[:4]) + ("…}" if len(value) > 4 else "}")
        case dict():
            return "{" + ", ".join(str(name) for name in list(value)[:4]) + ("…}" if len(value) > 4 else "}")
        case _:
            return str(value)


def _error_text(record: Mapping[str, Any]) -> str:
    exception = record.get("Exception", record)
    return str(exception.get("Message") if isinstance(exception, dict) else exception)


def _is_error(value: Any) -> bool:
    """Whether a value is an ErrorRecord, or an exception as the server gives one for what it does not take."""
    if not isinstance(value, dict):
        return False
    return {"Exception", "FullyQualifiedErrorId"} <= value.keys() or {
        "Message",
        "HResult",
        "StackTrace",
    } <= value.keys()


def _is_debugger_command(value: Any) -> bool:
    return isinstance(value, dict) and {"ResumeAction", "RepeatOnEnter", "ExecutedByDebugger"} <= value.keys()


def _first(values: Any) -> dict[str, Any]:
    return values[0] if isinstance(values, list) and values and isinstance(values[0], dict) else {}


def _breakpoint(found: Any) -> str:
    """Return a breakpoint as its ToString has it."""
    if not isinstance(found, dict):
        return str(found)[:MAX_NAME] if isinstance(found, str | int) else ""
    found = {name: str(value)[:MAX_NAME] for name, value in found.items() if isinstance(value, str | int)}
    script = f"{found['Script']}:" if found.get("Script") else ""
    if found.get("Command"):
        return f"Command breakpoint on '{script}{found['Command']}'"
    if found.get("Variable"):
        return f"Variable breakpoint on '{script}${found['Variable']}' ({found.get('AccessMode', 'Write')} access)"
    return f"Line breakpoint on '{script}{found.get('Line', '')}'"


#: Longest piece of a source line in a position message, and most of it that stands before the statement, in characters
#: (protocol-notes 2.4).
_MAX_SOURCE, _MAX_BEFORE = 69, 12


def _position(invocation: Mapping[str, Any]) -> str:
    """Return the position message. The far end does not send where the statement ends: the mark runs to the line's end.

    So the message is made anew, as the real client does, where its parts have come.
    """
    message = str(invocation.get("InvocationInfo_PositionMessage") or "")[:MAX_POSITION]
    line, offset = invocation.get("InvocationInfo_Line"), invocation.get("InvocationInfo_OffsetInLine")
    source = line[:MAX_POSITION].rstrip() if isinstance(line, str) else ""
    head = message.splitlines()[:1]
    if not head or not isinstance(offset, int) or not 0 < offset <= len(source):
        return message
    before = len(source[: offset - 1].replace("\t", "    "))
    return "\n".join((*head, *_marked(source.replace("\t", "    "), before)))


def _marked(source: str, before: int) -> tuple[str, str]:
    """Return a source line and the mark under what follows ``before``, shortened to what is shown at most."""
    length = len(source) - before
    lead = trail = ""
    if len(source) > _MAX_SOURCE:
        kept = min(before, _MAX_BEFORE)
        if kept + length < _MAX_SOURCE:
            kept = min(before, _MAX_SOURCE - length)
        else:
            trail = " …"
        lead = "… " if kept < before else ""
        source = source[before - kept :][:_MAX_SOURCE]
        before, length = kept, min(length, _MAX_SOURCE - kept)
    return f"+ {lead}{source}{trail}", "+ " + " " * (len(lead) + before) + "~" * length


#: Errors, information records and breakpoints kept, of each.
MAX_RECORDS = 500
#: All errors that are kept, and all information records, in characters or bytes.
MAX_KEPT = 8 * 1024 * 1024
#: Largest information record that is kept, in bytes as it was sent.
MAX_INFORMATION = 64 * 1024
#: Longest error text put together of lines, in characters.
MAX_TEXT = 64 * 1024
#: What a further line of one error begins with, in PowerShell's own error views.
_CONTINUES = (" ", "\t", "+", "|", "At ")


T = TypeVar("T")


class _Kept(Generic[T]):
    """The newest records, bounded in number and in size."""

    def __init__(self) -> None:
        self._records: deque[tuple[T, int]] = deque(maxlen=MAX_RECORDS)

    @property
    def all(self) -> tuple[T, ...]:
        """Every record, newest last."""
        return tuple(record for record, _ in self._records)

    def add(self, record: T, size: int) -> None:
        """Keep a record; the oldest go."""
        self._records.append((record, size))
        while sum(size for _, size in self._records) > MAX_KEPT and len(self._records) > 1:
            self._records.popleft()


class SessionRecords:
    """Errors, information records and breakpoints of one session."""

    def __init__(self) -> None:
        self._errors = _Kept[ErrorInfo]()
        self._information = _Kept[bytes]()
        self._lines: list[str] = []
        #: is told each event of the far end that is not about debugging
        self.on_event: Callable[[dict[str, Any]], None] = lambda event: None
        #: the far end's breakpoints by Id, as it reported them
        self.breakpoints: dict[int, str] = {}

    @property
    def errors(self) -> Sequence[ErrorInfo]:
        """The errors, newest last."""
        self._finish_lines()
        return self._errors.all

    @property
    def information(self) -> Sequence[InformationInfo]:
        """The information records, newest last; one that cannot be read is left out."""
        from pstui.backends.psrp.record_info import information_info

        return tuple(found for body in self._information.all if (found := information_info(body)) is not None)

    def add_error(self, error: ErrorInfo) -> None:
        """Keep an error record."""
        self._finish_lines()
        self._errors.add(error, sum(len(getattr(error, name)) for name in ErrorInfo.__slots__))

    def add_error_line(self, text: str) -> None:
        """Keep a line of an error that arrives as text alone, as the errors of a typed line do (protocol-notes 3.4)."""
        if not (self._lines and (not text.strip() or text.startswith(_CONTINUES))):
            self._finish_lines()
        if sum(map(len, self._lines)) < MAX_TEXT:
            self._lines.append(text[:MAX_TEXT])

    def _finish_lines(self) -> None:
        text = "\n".join(self._lines).strip()
        self._lines = []
        if text:
            self._errors.add(ErrorInfo(text), len(text))

    def add_information(self, body: bytes) -> None:
        """Keep an information record as it came: most are never looked at, and a flood of them must cost little."""
        if len(body) <= MAX_INFORMATION:
            self._information.add(body, len(body))

    def take_event(self, event: dict[str, Any]) -> None:
        """Keep what an event says of a breakpoint; hand another on."""
        if event.get("PSEventArgs.SourceIdentifier") == BREAKPOINT_EVENT:
            self.breakpoint_event(event)
        else:
            self.on_event(event)

    def breakpoint_event(self, event: Mapping[str, Any]) -> None:
        """Take a change of the breakpoints."""
        if found := read_breakpoint(event):
            number, text = found
            self.breakpoints.pop(number, None)
            if text and len(self.breakpoints) < MAX_RECORDS:
                self.breakpoints[number] = text
