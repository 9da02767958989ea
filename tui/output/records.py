"""Every record of every stream as one JSON object a line: ``{"stream", "host", "time", "value" or "message"}``.

``RecordWriter`` serves a run, ``StreamWriter`` one of its targets. An object of the output has its ``value`` as
``--json`` writes it; what else a far end writes has its ``message``, and an error its parts. ``time`` is when it
arrived here, in UTC; an information record has its own.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

from pstui.backends.records import ErrorInfo, InformationInfo, ProgressRecord, SentObject, Stream, Write
from pstui.tui.output.base import PORTION, Emit, Notes, Put
from pstui.tui.output.json_values import JsonFormat
from pstui.tui.output.scalars import harmless, string

_NAMES = {Stream.OUTPUT: "host", Stream.ERROR: "host", Stream.NOTICE: "host"}
_PREFIXES = {Stream.WARNING: "WARNING: ", Stream.VERBOSE: "VERBOSE: ", Stream.DEBUG: "DEBUG: "}


def to_json(value: object) -> str:
    """Return a plain value as JSON on one line, free of what would act on a terminal or break the line."""
    return harmless(json.dumps(value, ensure_ascii=False))


class RecordWriter:
    """Writes the records of all targets of a run through its output queue."""

    def __init__(self, put: Put, depth: int) -> None:
        self._put, self._form = put, JsonFormat(depth)

    @property
    def lost(self) -> bool:
        """Whether what was written so far lacks anything that was sent."""
        return self._form.lost

    def of(self, host: str) -> StreamWriter:
        """Return what takes the records of one target."""
        return StreamWriter(self, host)

    def record(self, stream: str, host: str, parts: dict[str, Any], time: str = "") -> None:
        """Write one record."""
        text = to_json({"stream": stream, "host": host, "time": time or _now(), **parts}) + "\n"
        self._put("out", lambda emit: _emit(emit, text), len(text))

    def message(self, stream: str, host: str, parts: Sequence[str]) -> None:
        """Write one record whose message came in parts, none of which ends within a character."""
        if sum(map(len, parts)) < PORTION:
            self.record(stream, host, {"message": "".join(parts)})
            return
        head = to_json({"stream": stream, "host": host, "time": _now()})[:-1]

        def write(emit: Emit) -> None:
            emit(f'{head}, "message": "')
            for part in parts:
                emit(string(part)[1:-1])
            emit('"}\n')

        self._put("out", write, sum(map(len, parts)))

    def value(self, host: str, sent: SentObject, notes: Notes) -> None:
        """Write one object of the output."""
        head = to_json({"stream": "output", "host": host, "time": _now()})[:-1]

        def write(emit: Emit) -> None:
            pieces = _Pieces(emit, f'{head}, "value": ')
            self._form.write(sent, notes, pieces.take)
            pieces.end()

        self._put("out", write, len(sent.body))

    def close(self) -> None:
        """Queue the warnings of the values."""
        self._put("err", self._warn, 0)

    def _warn(self, emit: Emit) -> None:
        for text in self._form.warnings:
            emit(f"WARNING: {text}\n")


def _emit(emit: Emit, text: str) -> None:
    emit(text)


class _Pieces:
    """Passes on the text of a value between a head and a closing brace; a value that was left out leaves nothing."""

    def __init__(self, emit: Emit, head: str) -> None:
        self._emit, self._head, self._last = emit, head, ""

    def take(self, piece: str) -> None:
        if self._head:
            self._emit(self._head)
            self._head = ""
        self._emit(self._last)
        self._last = piece

    def end(self) -> None:
        if not self._head:
            self._emit(self._last.removesuffix("\n") + "}\n")


class StreamWriter:
    """Takes the records of one target."""

    def __init__(self, writer: RecordWriter, host: str) -> None:
        self._writer, self._host = writer, host
        self._line: list[str] = []
        #: a warning and the like that is not whole yet
        self._message: list[str] = []
        #: the text of Write-Host that comes next: it is an information record already
        self._expected: str | None = None

    def write(self, sent: SentObject, notes: Notes | None = None) -> None:
        """Take an object of the output; its host is named beside it already."""
        self._writer.value(self._host, sent, {})

    def text(self, record: Write) -> None:
        """Take a text that the far end's host wrote, a warning, or a verbose or debug message."""
        if record.stream in _PREFIXES:
            self._message.append(record.text if self._message else record.text.removeprefix(_PREFIXES[record.stream]))
            if record.newline:
                parts, self._message = self._message, []
                self._writer.message(record.stream.value, self._host, parts)
            return
        expected, self._expected = self._expected, None
        if record.text == expected:
            return
        self._line.append(record.text)
        if record.newline:
            parts, self._line = self._line, []
            self._writer.message(_NAMES[record.stream], self._host, parts)

    def error(self, error: ErrorInfo, text: str) -> None:
        """Take an error record with its text."""
        parts = {
            "message": text,
            "exception": {"message": error.message, "type": error.exception_type},
            "fullyQualifiedErrorId": error.fully_qualified_error_id,
            "category": error.category,
            "activity": error.activity,
            "reason": error.category_reason,
            "target": error.target,
            "position": error.position,
            "scriptStackTrace": error.stack_trace,
        }
        self._writer.record("error", self._host, {name: part for name, part in parts.items() if part})

    def information(self, record: InformationInfo) -> None:
        """Take an information record."""
        self._expected = record.message if "PSHOST" in record.tags else None
        parts = {"message": record.message, "source": record.source, "tags": list(record.tags)}
        time = record.time.replace(" ", "T", 1).replace("+00:00", "Z")
        self._writer.record("information", self._host, parts, time)

    def progress(self, record: ProgressRecord) -> None:
        """Take a progress record."""
        parts = {
            "activity": record.activity,
            "status": record.status,
            "currentOperation": record.current_operation,
            "percentComplete": record.percent,
            "secondsRemaining": record.seconds_remaining,
            "activityId": record.activity_id,
            "parentActivityId": record.parent_id,
            "completed": record.completed,
        }
        self._writer.record("progress", self._host, parts)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
