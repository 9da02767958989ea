"""The host methods that write text: their shape and the record each becomes (semantics 4.3, 4.9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pstui.backends.records import Stream, Write

#: Method id → number of arguments.
WRITE_METHODS = {13: 1, 14: 3, 15: 0, 16: 1, 17: 3, 18: 1, 19: 1, 21: 1, 22: 1}

#: Longest text of one call that is shown, in characters (semantics 8.3 no. 3); the rest is cut with a note.
MAX_TEXT = 1024 * 1024

_PREFIXED = {
    19: ("DEBUG: ", Stream.DEBUG),
    21: ("VERBOSE: ", Stream.VERBOSE),
    22: ("WARNING: ", Stream.WARNING),
}


def write_record(method: int, arguments: Sequence[Any]) -> Write | None:
    """Return what a writing call shows, or None where it shows nothing (an empty error line)."""
    if method == 15:
        return Write("")
    text = arguments[-1] or ""
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + "…"
    if method in (16, 13):
        return Write(text, newline=method == 16)
    if method in (14, 17):
        return Write(text, method == 17, arguments[0], arguments[1])
    if method == 18:
        return Write(text, stream=Stream.ERROR) if text else None
    prefix, stream = _PREFIXED[method]
    return Write(prefix + text, stream=stream)
