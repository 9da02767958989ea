"""One writer of objects for a run, whatever the format: it queues, and the thread that writes does the work.

How this works. ``ObjectWriter.write`` hands the queue a function instead of text. The thread behind the queue calls it
with ``emit``, which takes pieces of text; so an object of 100 MiB holds up neither the event loop nor the memory, and
objects keep their order. Warnings, such as that an object was cut, are written once when the writer is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pstui.backends.records import SentObject
from pstui.tui.output.base import Emit, Format, Notes, Put


class ObjectWriter:
    """Writes the objects of a run to standard output in one format.

    One serves all targets. ``close`` is called once, before the queue is closed, however the run ended. The format is
    loaded by the thread that writes, where it holds up nobody; what it needs most, the session has loaded by then.
    """

    def __init__(self, put: Put, load: Callable[[], Format]) -> None:
        self._put, self._load = put, load
        self._loaded: Format | None = None

    def write(self, sent: SentObject, notes: Notes | None = None) -> None:
        """Queue one object; ``notes`` are properties added to it."""
        self._put("out", lambda emit: self._form().write(sent, notes or {}, emit), len(sent.body))

    @property
    def lost(self) -> bool:
        """Whether what was written so far lacks anything that was sent."""
        return self._loaded is not None and self._loaded.lost

    def close(self) -> None:
        """Queue the end of the output, and the warnings."""
        self._put("out", lambda emit: self._form().end(emit), 0)
        self._put("err", self._warn, 0)

    def _form(self) -> Format:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _warn(self, emit: Emit) -> None:
        for text in self._form().warnings:
            emit(f"WARNING: {text}\n")


#: how deep objects are written where nothing is said: what ConvertTo-Json takes at most
DEPTH = 100


def object_writer(form: Literal["json", "csv", "clixml"], put: Put, depth: int = DEPTH) -> ObjectWriter:
    """Return the writer of a format. ``depth`` is how many levels of objects JSON has, from 0 to ``DEPTH``."""
    match form:
        case "json":
            return ObjectWriter(put, lambda: _json(depth))
        case "csv":
            return ObjectWriter(put, _csv)
        case "clixml":
            return ObjectWriter(put, _clixml)


def _json(depth: int) -> Format:
    from pstui.tui.output.json_values import JsonFormat

    return JsonFormat(depth)


def _csv() -> Format:
    from pstui.tui.output.csv_rows import CsvFormat

    return CsvFormat()


def _clixml() -> Format:
    from pstui.tui.output.clixml_file import ClixmlFormat

    return ClixmlFormat()
