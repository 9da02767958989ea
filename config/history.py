"""Typed lines on disk: one file for all hosts, one JSON object a line, bounded, readable by its owner alone."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pstui.config.paths import private_folder, put_in_place

#: Lines kept in the file; it is cut back to this when it holds a quarter more.
MAX_LINES = 10_000
#: Longest line remembered, in characters.
MAX_LENGTH = 16_384
#: Bytes of the file that are read, its end: as much as MAX_LINES lines of a hundred words.
MAX_BYTES = 8 << 20
#: Seconds that a line waits for another process that cuts the file; it is then written all the same.
PATIENCE = 0.05
#: What no typed line holds: it would reach the terminal as a command, or could not be written at all.
_DAMAGED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


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
            with self._open(exclusive=False) as handle:
                size = os.lseek(handle, 0, os.SEEK_END)
                # A line that was cut off by a full disk or a crash must not take this one with it.
                torn = bool(size) and os.lseek(handle, -1, os.SEEK_END) >= 0 and os.read(handle, 1) != b"\n"
                rest = memoryview(("\n" * torn + text).encode("utf-8", "backslashreplace"))
                while rest:  # a disk that is nearly full takes a part, and says so at the next
                    rest = rest[os.write(handle, rest) :]
            self._stored += 1
            if self._stored > MAX_LINES * 5 // 4 or size > 2 * MAX_BYTES:
                self._cut()
            self.problem = ""
        except OSError as error:
            self.problem = f"{self.file}: {error.strerror or error}"

    def _cut(self) -> None:
        """Rewrite the file with its newest lines; other processes' lines are kept as well."""
        # Windows does not let a file be replaced that is open.
        with self._open(exclusive=True) if sys.platform != "win32" else contextlib.nullcontext():
            raw = self._read()[-MAX_LINES:]
            other = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            try:
                other.touch(mode=0o600)
                other.write_bytes(b"".join(line + b"\n" for line in raw))
                put_in_place(other, self.file)
            finally:
                other.unlink(missing_ok=True)
        self._stored = len(raw)

    @contextlib.contextmanager
    def _open(self, *, exclusive: bool) -> Iterator[int]:
        """The file, open for reading and appending, and locked: lines are added side by side, cutting is done alone.

        A file that another process has cut meanwhile is another one, and is opened again.
        """
        self._need_file()
        for last in (False, False, True):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            handle = os.open(self.file, flags, 0o600)
            try:
                _lock(handle, exclusive=exclusive)
                if last or (self.file.exists() and os.path.samestat(os.fstat(handle), self.file.stat())):
                    yield handle
                    return
            finally:
                os.close(handle)  # and with it the lock

    def _read(self) -> list[bytes]:
        """The lines at the end of the file."""
        self._need_file()
        with self.file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - MAX_BYTES, 0))
            raw = stream.read(MAX_BYTES).splitlines()
        return raw[1:] if size > MAX_BYTES else raw

    def _need_file(self) -> None:
        """Raise OSError where something else has the name: a pipe would be waited for without end."""
        if self.file.exists() and not self.file.is_file():
            raise OSError(errno.EINVAL, "it is not a file")

    def _load(self) -> None:
        try:
            raw = self._read()
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = f"{self.file}: {error.strerror or error}"
            return
        self._stored = len(raw)
        for entry in raw[-MAX_LINES:]:
            with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                found = json.loads(entry)
                host, line = found["host"], found["line"]
                if isinstance(host, str) and isinstance(line, str) and _is_whole(line):
                    self._lines.append((host, line))


def _is_whole(line: str) -> bool:
    return bool(line.strip()) and len(line) <= MAX_LENGTH and _DAMAGED.search(line) is None


def _lock(handle: int, *, exclusive: bool) -> None:
    """Lock an open file; whoever holds it longer than PATIENCE is not waited for, for keys wait meanwhile.

    Windows has no such lock: a line that is appended while the file is cut may be lost there.
    """
    if sys.platform == "win32":
        return
    import fcntl

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.001)
        else:
            return
