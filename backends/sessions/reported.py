"""What the far end of a session has reported, kept within bounds for lists that can be opened."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from pstui.backends.records import ErrorInfo, InformationInfo
from pstui.backends.sessions.debugging import read_breakpoint

#: Errors, information records and breakpoints kept, of each.
MAX_RECORDS = 500
#: Largest information record that is kept, in bytes as it was sent.
MAX_INFORMATION = 64 * 1024
#: Longest error text put together of lines, in characters.
MAX_TEXT = 64 * 1024
#: What a further line of one error begins with, in PowerShell's own error views.
_CONTINUES = (" ", "\t", "+", "|", "At ")


class SessionRecords:
    """Errors, information records and breakpoints of one session."""

    def __init__(self) -> None:
        self._errors: deque[ErrorInfo] = deque(maxlen=MAX_RECORDS)
        self._information: deque[bytes] = deque(maxlen=MAX_RECORDS)
        self._lines: list[str] = []
        #: the far end's breakpoints by Id, as it reported them
        self.breakpoints: dict[int, str] = {}

    @property
    def errors(self) -> Sequence[ErrorInfo]:
        """The errors, newest last."""
        self._finish_lines()
        return tuple(self._errors)

    @property
    def information(self) -> Sequence[InformationInfo]:
        """The information records, newest last; one that cannot be read is left out."""
        from pstui.backends.psrp.wire import information_info

        return tuple(found for body in self._information if (found := information_info(body)) is not None)

    def add_error(self, error: ErrorInfo) -> None:
        """Keep an error record."""
        self._finish_lines()
        self._errors.append(error)

    def add_error_line(self, text: str) -> None:
        """Keep a line of an error that arrives as text alone, as the errors of a typed line do (semantics 3.4)."""
        if not (self._lines and (not text.strip() or text.startswith(_CONTINUES))):
            self._finish_lines()
        if sum(map(len, self._lines)) < MAX_TEXT:
            self._lines.append(text[:MAX_TEXT])

    def _finish_lines(self) -> None:
        text = "\n".join(self._lines).strip()
        self._lines = []
        if text:
            self._errors.append(ErrorInfo(text))

    def add_information(self, body: bytes) -> None:
        """Keep an information record as it came: most are never looked at, and a flood of them must cost little."""
        if len(body) <= MAX_INFORMATION:
            self._information.append(body)

    def breakpoint_event(self, event: Mapping[str, Any]) -> None:
        """Take a change of the breakpoints."""
        if found := read_breakpoint(event):
            number, text = found
            self.breakpoints.pop(number, None)
            if text and len(self.breakpoints) < MAX_RECORDS:
                self.breakpoints[number] = text
