"""Typed lines on disk: one file for all hosts, one JSON object a line, bounded, readable by its owner alone."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from .paths import private_folder

#: Lines kept in the file; it is cut back to this when it holds a quarter more.
MAX_LINES = 10_000
#: Longest line remembered, in characters.
MAX_LENGTH = 16_384


class History:
    """The history of all sessions. ``is_secret`` decides which lines are never stored, not even in memory."""

    def __init__(self, file: Path, is_secret: Callable[[str], bool] = lambda line: False) -> None:
        self.file = file
        self._is_secret = is_secret
        self._lines: list[tuple[str, str]] = []
        self._stored = 0
        self.problem = ""
        self._load()

    def add(self, host: str, line: str) -> None:
        """Remember a line typed to ``host``; blank lines, repeats of the last one and secrets are not.

        A disk that does not take it is noted in ``problem``; the line is remembered in memory all the same.
        """
        if not line.strip() or len(line) > MAX_LENGTH or self._is_secret(line):
            return
        if self._lines and self._lines[-1] == (host, line):
            return
        self._lines.append((host, line))
        del self._lines[:-MAX_LINES]
        self._append(host, line)

    def lines(self, host: str | None = None) -> list[str]:
        """Return lines, oldest first: of one host, or of all; of several equal ones only the newest."""
        found: dict[str, None] = {}
        for where, line in reversed(self._lines):
            if host is None or where == host:
                found.setdefault(line)
        return list(reversed(found))

    def _append(self, host: str, line: str) -> None:
        text = json.dumps({"host": host, "line": line}, ensure_ascii=False) + "\n"
        try:
            private_folder(self.file.parent)
            handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "ab") as stream:
                stream.write(text.encode("utf-8", "backslashreplace"))
            self._stored += 1
            if self._stored > MAX_LINES * 5 // 4:
                self._cut()
            self.problem = ""
        except OSError as error:
            self.problem = f"{self.file}: {error.strerror or error}"

    def _cut(self) -> None:
        """Write the newest lines of the file anew; other processes' lines are kept as well."""
        raw = self.file.read_bytes().splitlines(keepends=True)[-MAX_LINES:]
        other = self.file.with_name(self.file.name + ".new")
        other.touch(mode=0o600)
        other.write_bytes(b"".join(raw))
        other.replace(self.file)
        self._stored = len(raw)

    def _load(self) -> None:
        try:
            raw = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = f"{self.file}: {error.strerror or error}"
            return
        self._stored = len(raw)
        for entry in raw[-MAX_LINES:]:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                found = json.loads(entry)
                host, line = found["host"], found["line"]
                if isinstance(host, str) and isinstance(line, str):
                    self._lines.append((host, line))
