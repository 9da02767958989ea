"""Finds lines in all logs: an index of words (SQLite's FTS5) beside what pstui remembers, made of the records alone.

The index holds nothing that the logs do not hold, is readable by its owner alone, and can be deleted at any time. A log
that has grown is read from where the reading ended; one that is gone is forgotten. All of it blocks: use a thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pstui.config.paths import private_folder
from pstui.tui.log.entry import RUNNING
from pstui.tui.log.place import HEAD, RECORDS, TEXT

#: hits that a search returns, the newest
MOST_HITS = 200
#: characters of a line that the index keeps to show
_MOST_LINE = 4_096
#: longest record that is read; ours are bounded well below it
_MOST_RECORD = 8 << 20
#: seconds after which a command that is still said to run has ended with its program
_DEAD = 60.0
_VERSION = 1
_TABLES = f"""
create table if not exists files(id integer primary key, path text unique, done integer not null);
create table if not exists entries(
    id integer primary key autoincrement, file integer not null, at integer not null, start real not null,
    line text not null, host text not null, user text not null, profile text not null,
    outcome text not null, seconds real);
create index if not exists of_file on entries(file);
create virtual table if not exists words using fts5(line, output, content='', tokenize='unicode61');
pragma user_version = {_VERSION};
"""
_WORD = re.compile(r"\w", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A command of a log. ``path`` is the log's text, ``at`` the byte there at which the command begins."""

    path: Path
    at: int
    start: datetime
    line: str
    host: str
    user: str
    profile: str
    outcome: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the newest ``hits`` of ``count``, in ``sessions`` logs."""

    hits: Sequence[Hit]
    count: int
    sessions: int


class LogIndex:
    """The index of one folder of logs. Raises OSError, sqlite3.Error."""

    def __init__(self, file: Path) -> None:
        private_folder(file.parent)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        self._file = file
        self._base = self._connected()

    def close(self) -> None:
        """Close the index."""
        self._base.close()

    def refresh(self, root: Path) -> None:
        """Read what is new below a folder."""
        known = {path: (number, done) for number, path, done in self._base.execute("select id, path, done from files")}
        there = {str(path) for path in root.rglob(f"*{RECORDS}") if path.is_file() and not path.is_symlink()}
        with self._base:
            for path in known.keys() - there:
                self._forget(known[path][0])
            for path in sorted(there):
                with contextlib.suppress(OSError):
                    self._read(path, *known.get(path, (None, 0)))

    def search(self, text: str) -> Found:
        """Return the commands that hold all words of ``text``, the last one as the beginning of one."""
        query = _query(text)
        if not query:
            return Found((), 0, 0)
        count, sessions = self._base.execute(
            "select count(*), count(distinct file) from words join entries on entries.id = words.rowid"
            " where words match ?",
            (query,),
        ).fetchone()
        rows = self._base.execute(
            "select path, at, start, entries.line, host, user, profile, outcome, seconds from words"
            " join entries on entries.id = words.rowid join files on files.id = entries.file"
            " where words match ? order by start desc limit ?",
            (query, MOST_HITS),
        )
        hits = [
            Hit(Path(path).with_suffix(TEXT), at, datetime.fromtimestamp(start).astimezone(), *rest)
            for path, at, start, *rest in rows
        ]
        return Found(hits, count, sessions)

    def _connected(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file, timeout=5, check_same_thread=False)
        try:
            version = base.execute("pragma user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError("another version")
            base.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            base.close()
            if isinstance(error, sqlite3.OperationalError):  # locked, a full disk: it is no worse than before
                raise
            self._file.write_bytes(b"")  # damaged, or of another version: it is made anew
            base = sqlite3.connect(self._file, timeout=5, check_same_thread=False)
            base.executescript(_TABLES)
        return base

    def _forget(self, number: int) -> None:
        # The words of its commands stay: nothing leads from them to anywhere.
        self._base.execute("delete from entries where file = ?", (number,))
        self._base.execute("delete from files where id = ?", (number,))

    def _read(self, path: str, number: int | None, done: int) -> None:
        stat = Path(path).stat()
        if number is not None and stat.st_size < done:
            self._forget(number)
            number, done = None, 0
        if number is not None and stat.st_size == done:
            return
        is_dead = time.time() - stat.st_mtime > _DEAD
        with Path(path).open("rb") as file:
            if not done and file.read(len(HEAD)) != HEAD.encode():
                return
            file.seek(done)
            if number is None:
                number = self._base.execute("insert into files(path, done) values(?, 0)", (path,)).lastrowid
                file.readline(_MOST_RECORD)
                done = file.tell()
            for record, end in _records(file, done):
                if record.get("outcome") == RUNNING and end == stat.st_size and not is_dead:
                    break
                self._add(number, record)
                done = end
        self._base.execute("update files set done = ? where id = ?", (done, number))

    def _add(self, number: int | None, record: dict[str, Any]) -> None:
        try:
            line = str(record["line"])
            start = datetime.fromisoformat(record["start"]).timestamp()
            about = [str(record[name]) for name in ("host", "user", "profile", "outcome")]
            streams = record["streams"].values()
            seconds = None if record["seconds"] is None else float(record["seconds"])
            row = (number, int(record["at"]), start, line[:_MOST_LINE], *about, seconds)
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # somebody else wrote it
        place = self._base.execute(
            "insert into entries(file, at, start, line, host, user, profile, outcome, seconds)"
            " values(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        ).lastrowid
        output = "\n".join(text for text in streams if isinstance(text, str))
        self._base.execute("insert into words(rowid, line, output) values(?, ?, ?)", (place, line, output))


def _records(file: Any, place: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the records of a file from a place on, each with the place behind it; a torn one ends it."""
    while (line := file.readline(_MOST_RECORD)).endswith(b"\n"):
        place += len(line)
        with contextlib.suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record, place


def _query(text: str) -> str:
    words = [word for word in text.split() if _WORD.search(word)]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" * bool(quoted)
