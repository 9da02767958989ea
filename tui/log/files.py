"""The two files of a session's log, written as things happen. All of it runs in the thread of logs.

The text holds what the pane showed, with prompts and typed lines, beyond what its scrollback keeps. Beside it stands
one record a command. That of the command that runs is the last line of its file, written anew while it grows, so that
a program that is killed loses little.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.tokens import TokenKind
from pstui.backends.records import Stream, Write
from pstui.config.paths import private_folder
from pstui.tui.log.entry import HIDDEN, SECRET, Entry, head
from pstui.tui.log.place import RECORDS, TEXT, About, Keeping, log_path, outdated, root_of
from pstui.tui.transcript.render.buffer import TextBuffer

#: seconds after which the record of a running command is written anew
SAVE = 0.5
#: characters of a literal from which it counts as a secret of a hidden line
_WORTH_HIDING = 4
#: what stands between the parts of an address or of a connection string
_PARTS = re.compile(r"[\s:/@=;,]+")
_LITERALS = frozenset(
    [TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING, TokenKind.ARGUMENT, TokenKind.NUMBER]
)


class _File:
    """A file of its own, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        self._fd = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        self.size = 0

    def write(self, data: bytes, at: int | None = None) -> None:
        """Write at the end, or from a place on with nothing behind it."""
        if at is not None:
            os.lseek(self._fd, at, os.SEEK_SET)
            self.size = at
        view = memoryview(data)
        while view:
            count = os.write(self._fd, view)
            self.size += count
            view = view[count:]
        if at is not None:
            os.ftruncate(self._fd, self.size)

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(OSError):
            os.close(self._fd)


class LogFiles:
    """What one session's log consists of. Every method may raise OSError; after one the log is over."""

    def __init__(self, keeping: Keeping, clock: Callable[[], float] = time.monotonic) -> None:
        self._keeping, self._clock = keeping, clock
        self._text: _File | None = None
        self._records: _File | None = None
        self._about = About("unknown")
        self._buffer = TextBuffer(16, on_line=self._line)
        self._lines: list[str] = []
        self._row = ""
        self._entry: Entry | None = None
        self._began = self._saved = 0.0
        self._place = 0
        self._is_new = False
        self._is_block = False
        self._hidden: tuple[str, ...] = ()

    @property
    def unsaved(self) -> bool:
        """Whether the record of the command that runs has grown since it was written."""
        return self._is_new

    # -- what happens -----------------------------------------------------------------------------------------

    def prompted(self, prompt: str) -> None:
        """A prompt is shown; until a line is typed, it stands nowhere."""
        self._buffer.write(Write(prompt, newline=False))
        self._row = self._buffer.take_row(None)

    def began(self, line: str, about: About, *, runs: bool = True) -> None:
        """A line was typed behind the prompt; one that does not run stands in the text alone."""
        self._about = about
        if not self._is_block:
            self._finish("left")
        hides = looks_secret(line)
        shown = HIDDEN if hides else line
        self._hidden += _literals(line) if hides else ()
        self._buffer.mark_prompt()
        self._write_lines()
        at = 0 if self._text is None else self._text.size
        self._buffer.write(Write(self._row + shown.replace("\n", "\n>> ")))
        self._row = ""
        if self._entry is not None and self._is_block:
            self._entry.line += f"\n{shown}"
        elif runs and line.strip():
            self._entry = Entry(shown, datetime.now(UTC), about, at)
            self._began, self._place = self._clock(), -1
        self._is_block, self._is_new = False, self._entry is not None

    def wrote(self, record: Write) -> None:
        """Text came, from over there or of our own."""
        record = self._without_hidden(record)
        self._buffer.write(record)
        if self._entry is not None and record.stream is not Stream.NOTICE:
            self._entry.add(record)
            self._is_new = True

    def answered(self, question: str, answer: str | None, *, newline: bool) -> None:
        """A question was answered; None stands for a secret."""
        said = SECRET if answer is None else answer
        self._buffer.write(Write(said, newline=newline))
        if self._entry is not None:
            self._entry.add_answer(question, said)
            self._is_new = True

    def ended(self, outcome: str, exit_code: int | None) -> None:
        """The line has run; ``incomplete`` means that more of it is to come."""
        self._is_block = outcome == "incomplete"
        if not self._is_block:
            self._finish(outcome, exit_code)

    # -- what is written --------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what has come; the record of a command that runs only if it was not written a short while ago."""
        self._write_lines()
        if self._is_new and self._clock() - self._saved >= SAVE:
            self._save()
        if self._text is not None and self._text.size >= self._keeping.rotate and self._entry is None:
            self._close_files()

    def close(self) -> None:
        """Write the rest; no more will come."""
        try:
            self._buffer.flush_partial()
            self._finish("left")
            self.flush()
        finally:
            self._close_files()

    def _write_lines(self) -> None:
        if self._lines:
            text, _ = self._opened()
            text.write("".join(f"{line}\n" for line in self._lines).encode("utf-8", "replace"))
            self._lines.clear()

    def _line(self, text: str) -> None:
        self._lines.append(text)

    def _finish(self, outcome: str, exit_code: int | None = None) -> None:
        entry = self._entry
        if entry is not None:
            entry.outcome = "failed" if outcome == "completed" and entry.had_errors else outcome
            entry.seconds, entry.exit_code = self._clock() - self._began, exit_code
            self._save()
        self._entry, self._is_block, self._hidden = None, False, ()

    def _save(self) -> None:
        assert self._entry is not None
        _, records = self._opened()
        if self._place < 0:
            self._place = records.size
        records.write(self._entry.json().encode(), self._place)
        self._saved, self._is_new = self._clock(), False

    def _opened(self) -> tuple[_File, _File]:
        if self._text is None or self._records is None:
            now = datetime.now().astimezone()
            path = log_path(self._keeping.template, self._about, now)
            private_folder(path.parent)
            self._delete_outdated()
            self._text = _File(path.with_name(path.name + TEXT))
            self._records = _File(path.with_name(path.name + RECORDS))
            self._records.write(head(self._about, now).encode())
        return self._text, self._records

    def _delete_outdated(self) -> None:
        if not self._keeping.days and not self._keeping.most_bytes:
            return
        root = root_of(self._keeping.template)
        for path in outdated(root, now=time.time(), days=self._keeping.days, most_bytes=self._keeping.most_bytes):
            with contextlib.suppress(OSError):
                path.unlink()

    def _close_files(self) -> None:
        for file in (self._text, self._records):
            if file is not None:
                file.close()
        self._text = self._records = None

    def _without_hidden(self, record: Write) -> Write:
        text = record.text
        for secret in self._hidden:
            text = text.replace(secret, SECRET)
        if text is record.text:
            return record
        return Write(text, record.newline, record.foreground, record.background, record.stream)


def _literals(line: str) -> tuple[str, ...]:
    """Return what of a line with a secret may be the secret, and may come back in an error that quotes the line."""
    texts = {line[token.start : token.end].strip("'\"") for token in tokenize(line) if token.kind in _LITERALS}
    found = texts | {part for text in texts for part in _PARTS.split(text)}
    return tuple(sorted((text for text in found if len(text) >= _WORTH_HIDING), key=len, reverse=True))
