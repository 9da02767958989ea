"""The files of the log of a session or a terminal, written as things happen. All of it runs in the thread of logs.

The text holds what the pane showed, with prompts and typed lines, beyond what its scrollback keeps. Beside it stands
one record a command. That of the command that runs is the last line of its file, written anew while it grows, so that
a program that is killed loses little. A recording (``cast.py``) has the same with its times.

A terminal's log is one command, from its opening to its end: its text is what was written on the main screen.
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
from pstui.tui.log.cast import CastWriter, SessionText, TerminalText
from pstui.tui.log.entry import CONTINUED, HIDDEN, SECRET, TERMINAL, Entry, head
from pstui.tui.log.place import CAST, RECORDS, TEXT, About, Keeping, log_path, outdated, root_of
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


class _Recording(_File):
    """The recording of a session or a terminal. A prompt stands alone in its row until a line is typed behind it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writer = CastWriter(self.write)
        self._text = SessionText()
        self._prompt = ""

    def prompt(self, prompt: str, row: str, now: float) -> None:
        """Show a prompt, which stands in the ``row`` behind what was not ended there."""
        self._take_prompt(now)
        self._prompt = row
        self.writer.output(self._text.of(Write(prompt, newline=False)), now)

    def typed(self, row: str, line: str, now: float, *, is_chapter: bool) -> None:
        """Show a line that was typed behind a prompt."""
        if row != self._prompt:
            self._take_prompt(now)
            self.writer.output(self._text.of(Write(row, newline=False)), now)
        if is_chapter:
            self.writer.mark(line, now)
        self._prompt = ""
        self.writer.output(self._text.of(Write(line)), now)

    def wrote(self, record: Write, now: float) -> None:
        """Show output; what comes while a prompt waits stands in its place."""
        self._take_prompt(now)
        self.writer.output(self._text.of(record), now)

    def _take_prompt(self, now: float) -> None:
        if self._prompt:
            self._prompt = ""
            self.writer.output("\r\x1b[K", now)


class LogFiles:
    """What one session's log consists of. Every method may raise OSError; after one the log is over."""

    def __init__(self, keeping: Keeping, clock: Callable[[], float] = time.monotonic) -> None:
        self._keeping, self._clock = keeping, clock
        self._text: _File | None = None
        self._records: _File | None = None
        self._cast: _Recording | None = None
        self._about = About("unknown")
        #: when what is told now has happened, by ``clock``
        self.now = clock()
        self._size = (80, 24)
        self._terminal: TerminalText | None = None
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

    def belongs(self, about: About) -> None:
        """Say whose session it is that writes before a line is typed."""
        self._about = about

    def prompted(self, prompt: str) -> None:
        """A prompt is shown; until a line is typed, it stands nowhere."""
        self._buffer.write(Write(prompt, newline=False))
        self._row = self._buffer.take_row(None)
        if self._cast is not None:
            self._cast.prompt(prompt, self._row, self.now)

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
        typed = shown.replace("\n", "\n>> ")
        self._buffer.write(Write(self._row + typed))
        row, self._row = self._row, ""
        is_chapter = runs and bool(line.strip()) and not self._is_block
        if self._entry is not None and self._is_block:
            self._entry.line += f"\n{shown}"
        elif runs and line.strip():
            self._entry = Entry(shown, datetime.now(UTC), about, at)
            self._began, self._place = self._clock(), -1
        self._is_block, self._is_new = False, self._entry is not None
        if (cast := self._recording()) is not None:
            cast.typed(row, typed, self.now, is_chapter=is_chapter)

    def wrote(self, record: Write) -> None:
        """Text came, from over there or of our own."""
        record = self._without_hidden(record)
        self._show(record)
        if self._entry is not None and record.stream is not Stream.NOTICE:
            self._entry.add(record)
            self._is_new = True

    def answered(self, question: str, answer: str | None, *, newline: bool) -> None:
        """A question was answered; None stands for a secret."""
        said = SECRET if answer is None else answer
        self._show(Write(said, newline=newline))
        if self._entry is not None:
            self._entry.add_answer(question, said)
            self._is_new = True

    def ended(self, outcome: str, exit_code: int | None) -> None:
        """The line has run; ``incomplete`` means that more of it is to come."""
        self._is_block = outcome == "incomplete"
        if not self._is_block:
            self._finish(outcome, exit_code)

    def opened_terminal(self, line: str, about: About) -> None:
        """A terminal opens, with a program or with a shell (an empty ``line``); what it writes is told by ``fed``."""
        self._about, self._terminal = about, TerminalText()
        shown = HIDDEN if looks_secret(line) else line or TERMINAL
        self._entry = Entry(shown, datetime.now(UTC), about, 0 if self._text is None else self._text.size)
        self._began, self._place, self._is_new = self._clock(), -1, True
        if (cast := self._recording()) is not None:
            cast.writer.mark(shown, self.now)

    def fed(self, data: bytes) -> None:
        """A terminal's program wrote."""
        assert self._terminal is not None
        text = self._terminal.feed(data)
        if (cast := self._recording()) is not None:
            cast.writer.output(text, self.now)
        self._buffer.write(Write(self._terminal.on_main, newline=False))

    def resized(self, columns: int, rows: int) -> None:
        """The screen has another size."""
        if (columns, rows) != self._size:
            self._size = columns, rows
            if self._cast is not None:
                self._cast.writer.resize(self._size, self.now)

    def cleared(self) -> None:
        """The screen was emptied; the text goes on."""
        if self._cast is not None:
            self._cast.writer.output("\x1b[H\x1b[2J", self.now)

    # -- what is written --------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what has come; the record of a command that runs only if it was not written a short while ago."""
        self._write_lines()
        if self._is_new and self._clock() - self._saved >= SAVE:
            self._save()
        if self._cast is not None:
            self._cast.writer.flush()
        if any(file is not None and file.size >= self._keeping.rotate for file in (self._text, self._cast)):
            self._go_on_in_new_files()

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
        if self._terminal is not None and self._entry is not None:
            self._entry.add(Write(text))
            self._is_new = True

    def _show(self, record: Write) -> None:
        self._buffer.write(record)
        if (cast := self._recording()) is not None:
            cast.wrote(record, self.now)

    def _go_on_in_new_files(self) -> None:
        """Close the files; a command that runs goes on in the next ones, as another record of the same line."""
        entry, hidden = self._entry, self._hidden
        if entry is not None:
            self._finish(CONTINUED)
            self._entry = Entry(entry.line, datetime.now(UTC), entry.about)
            self._began, self._place, self._hidden = self._clock(), -1, hidden
        self._close_files()

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
            if self._keeping.cast:
                self._cast = _Recording(path.with_name(path.name + CAST))
                self._cast.writer.head(self._size, now.timestamp(), self._about.host, self.now)
        return self._text, self._records

    def _recording(self) -> _Recording | None:
        if self._cast is None and self._keeping.cast:
            self._opened()
        return self._cast

    def _delete_outdated(self) -> None:
        if not self._keeping.days and not self._keeping.most_bytes:
            return
        root = root_of(self._keeping.template)
        for path in outdated(root, now=time.time(), days=self._keeping.days, most_bytes=self._keeping.most_bytes):
            with contextlib.suppress(OSError):
                path.unlink()

    def _close_files(self) -> None:
        try:
            if self._cast is not None:
                self._cast.writer.flush()
        finally:
            for file in (self._text, self._records, self._cast):
                if file is not None:
                    file.close()
            self._text = self._records = self._cast = None

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
