"""The files of a trace: one line of JSON an element, on disk the moment it happens, of bounded size.

The first session has the file that was named, each further one a file beside it: ``trace.jsonl``, ``trace-2.jsonl``.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pstui.backends.errors import CallError
from pstui.backends.places import expanded
from pstui.backends.psrp.limits import MAX_TRACE

#: most sessions of one run that are written
MAX_FILES = 1_000


class TraceFile:
    """One file, made new and readable by its owner only.

    A file that exists is not touched: CallError. What fails later, such as a full disk, ends the trace alone;
    ``on_problem`` is told once.
    """

    def __init__(self, path: Path, *, limit: int = MAX_TRACE) -> None:
        self.path = path
        self.on_problem: Callable[[str], None] = lambda text: None
        self._left = limit
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._fd = os.open(path, flags, 0o600)
        except FileNotFoundError as error:
            why = f"The folder {path.parent} does not exist."
            raise CallError(f"--trace: {path} cannot be written", why, "Make it, or name another file.") from error
        except OSError as error:
            raise CallError(f"--trace: {path} cannot be written", f"{error.strerror}.", "Name a new file.") from error

    def write(self, entry: dict[str, Any]) -> None:
        """Write one line."""
        if self._fd < 0:
            return
        line = json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"
        if len(line) > self._left:
            line = json.dumps({"note": "the trace ends here: it has reached its size"}).encode("ascii") + b"\n"
            self._left = 0
        self._left -= len(line)
        try:
            while line:
                line = line[os.write(self._fd, line) :]
        except OSError as error:
            self.close()
            self.on_problem(f"The trace {self.path} ends here: {error.strerror}. The session continues without it.")
        if self._left <= 0:
            self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


class TraceFiles:
    """The files of one run. The first is made at once: CallError for what cannot be written."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = expanded(path)
        self._first: TraceFile | None = TraceFile(self._path)
        self._made = [self._first]

    def next(self) -> TraceFile | None:
        """Return the file of one more session; None where none can be made."""
        first, self._first = self._first, None
        if first is not None:
            return first
        for number in itertools.islice(itertools.count(2), MAX_FILES):
            path = self._path.with_name(f"{self._path.stem}-{number}{self._path.suffix}")
            if not path.exists():
                with contextlib.suppress(CallError):
                    self._made.append(TraceFile(path))
                    return self._made[-1]
                return None
        return None

    def close(self) -> None:
        """Close every one of them, whatever became of its session."""
        for file in self._made:
            file.close()
