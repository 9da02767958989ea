"""A Console on a plain terminal, or on none: for Invoke-Command, which has no screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import (
    BACKLOG_LIMIT,
    Console,
    ConsoleSize,
    KeyInfo,
    Question,
    QuestionCancelled,
    QuestionKind,
)
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenError
from pstui.backends.records import DEFAULT_COLOR, ProgressRecord, Stream, Write
from pstui.tui.cli.streams import Output, Where
from pstui.tui.cli.terminal import CTRL_C, Interrupted, Line, Terminal
from pstui.tui.output.bare import bare, write_bare
from pstui.tui.output.base import PORTION

if TYPE_CHECKING:
    from pstui.tui.cli.progress_line import ProgressLine

#: the width the far end formats for when nobody looks at a terminal (the command-line contract)
PLAIN_WIDTH = 120

#: System.ConsoleColor 0..15 as SGR foreground numbers; a background is ten more
_SGR = (30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97)
#: a far end that never ends its line must not fill the memory: the transcript breaks the line here (characters)
_LINE_LIMIT = 1_000_000
_PIECES_LIMIT = 1_000

_STREAM_SGR = {Stream.ERROR: 91, Stream.WARNING: 93, Stream.VERBOSE: 93, Stream.DEBUG: 93, Stream.NOTICE: 90}


def plain(text: str) -> str:
    """Return text that is harmless on a terminal, without colours."""
    from pstui.tui.transcript.render import sgr  # a pipe seldom needs it

    return sgr.plain(text)


class Sink(Protocol):
    """What takes finished lines for a transcript."""

    def line(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """How the two standard streams are written: whether colours are kept there, and the size the far end is told.

    ``progress`` is whether standard error is a terminal that can show progress; ``bare_out`` and ``bare_err`` are
    whether a stream is none, but a file or a pipe.
    """

    color_out: bool
    color_err: bool
    size: ConsoleSize
    progress: bool = False
    bare_out: bool = False
    bare_err: bool = False

    @classmethod
    def of_process(cls) -> Look:
        """Look at this process's own streams and environment (NO_COLOR, TERM)."""
        dumb = os.environ.get("TERM") == "dumb"
        wanted = not os.environ.get("NO_COLOR") and not dumb
        out = sys.stdout is not None and sys.stdout.isatty()
        err = sys.stderr is not None and sys.stderr.isatty()
        size = ConsoleSize(PLAIN_WIDTH, 50)
        if out:
            columns, rows = shutil.get_terminal_size((PLAIN_WIDTH, 50))
            size = ConsoleSize(columns, rows)
        return cls(out and wanted, err and wanted, size, progress=err and not dumb, bare_out=not out, bare_err=not err)


class TerminalConsole:
    """Text to standard output, everything else to standard error, questions on the controlling terminal.

    Text is cleaned here: a terminal gets what is harmless and, where wanted, colours. A file or a pipe gets the text as
    it came, but for escape sequences. While a question stands on the terminal, what would be written there waits: the
    line belongs to the question.
    """

    def __init__(
        self,
        output: Output,
        look: Look,
        *,
        transcript: Sink | None = None,
        open_terminal: Callable[[], Terminal] = Terminal,
    ) -> None:
        self._output = output
        self._look = look
        self._transcript = transcript
        self._open_terminal = open_terminal
        self._unfinished: list[str] = []  # the line being written, for the transcript
        self._column = 0
        self._progress: ProgressLine | None = None
        if look.progress:
            width = shutil.get_terminal_size((80, 24)).columns
            from pstui.tui.cli.progress_line import ProgressLine

            self._progress = ProgressLine(lambda text: output.put("err", text), width)
        self._asking = asyncio.Lock()  # one terminal, and two questions must not share its keys
        self._is_asking = False
        self._held: list[Write] = []  # what waits for the end of the question
        self._held_weight = 0
        self._answered = asyncio.Event()

    @property
    def size(self) -> ConsoleSize:
        return self._look.size

    @property
    def backlog(self) -> int:
        return self._output.backlog + self._held_weight

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
        while self._held_weight > BACKLOG_LIMIT // 2:
            self._answered.clear()
            await self._answered.wait()
        await self._output.drained()

    def write(self, record: Write) -> None:
        where_out = record.stream is Stream.OUTPUT
        if self._is_asking and not (self._look.bare_out if where_out else self._look.bare_err):
            self._held.append(record)
            self._held_weight += 1 + len(record.text) // PORTION
            return
        self._make_room()
        color = self._look.color_out if where_out else self._look.color_err
        end = "\n" if record.newline else ""
        if self._look.bare_out if where_out else self._look.bare_err:
            self._put_bare("out" if where_out else "err", record.text, end)
        else:
            text = _painted(record) if color else plain(record.text)
            self._output.put("out" if where_out else "err", text + end)
        if self._transcript is not None:
            self._note(plain(record.text), newline=record.newline)
        else:  # only the column counts, and a long text is not gone through for it
            self._column = 0 if record.newline else self._column_after(record.text)

    def _column_after(self, text: str) -> int:
        _, newline, rest = text[-_LINE_LIMIT:].rpartition("\n")
        return len(plain(rest)) + (0 if newline else self._column)

    def _put_bare(self, where: Where, text: str, end: str) -> None:
        if len(text) <= PORTION:
            self._output.put(where, bare(text) + end)
        else:
            self._output.put(where, lambda emit: write_bare(text, emit), len(text))
            self._output.put(where, end)

    def progress(self, record: ProgressRecord) -> None:
        """Show it on a terminal alone: a file has no line that could be written again and again."""
        if self._progress is not None:
            self._progress.take(record)

    def _make_room(self) -> None:
        if self._progress is not None:
            self._progress.hide()

    def clear(self) -> None:
        """Nothing: what a command without a screen has written stays."""

    def set_title(self, title: str) -> None:
        """Nothing: the far end does not name the user's window."""

    def row(self) -> int:
        return 0

    def column(self) -> int:
        return self._column

    async def ask(self, question: Question) -> Secret:
        async with self._asking:
            terminal = await self._terminal(f"nobody is there to answer {plain(question.label).strip()!r}")
            with self._alone(terminal):
                return await self._ask(terminal, question)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        async with self._asking:
            from pstui.tui.plain import typed_text

            terminal = await self._terminal("nobody is there to press a key")
            with self._alone(terminal), terminal.raw():
                typed = await terminal.read()
                if typed.startswith(CTRL_C):
                    raise QuestionCancelled
                if echo and typed_text(typed[0]):
                    terminal.write(typed[0])
        return KeyInfo(virtual_key_code=_key_code(typed[0]), character=typed[0])

    async def _terminal(self, nobody: str) -> Terminal:
        self._make_room()
        await self._output.drained(0)
        try:
            return self._open_terminal()
        except OSError as error:
            self.write(Write(f"pstui: {nobody}: no terminal is available to ask on.", stream=Stream.NOTICE))
            raise QuestionCancelled(nobody, nobody=True) from error

    @contextlib.contextmanager
    def _alone(self, terminal: Terminal) -> Iterator[None]:
        """Keep the terminal for a question, close it, and write what has waited."""
        self._is_asking = True
        if self._progress is not None:
            self._progress.is_off = True
        try:
            yield
        finally:
            terminal.close()
            self._is_asking = False
            if self._progress is not None:
                self._progress.is_off = False
            held, self._held, self._held_weight = self._held, [], 0
            for record in held:
                self.write(record)
            self._answered.set()

    async def _ask(self, terminal: Terminal, question: Question) -> Secret:
        secret = question.kind is QuestionKind.SECRET
        line = Line(secret=secret)
        for part in question.preamble:
            terminal.write(plain(part.text) + ("\n" if part.newline else ""))
            self._note(plain(part.text), newline=part.newline)
        label = plain(question.label)
        with terminal.raw():
            terminal.write(label)
            try:
                while not line.done:
                    terminal.write(line.feed(await terminal.read()))
            except Interrupted:
                terminal.write("\n")
                self._note(label, newline=False)
                raise QuestionCancelled from None
            terminal.write("\n")
        self._note(label + ("*" * len(line.text) if secret else line.text), newline=True)
        return question.answered(line.text)

    def finish(self) -> None:
        """Hand an unfinished last line to the transcript, and take the progress off the terminal."""
        self._make_room()
        if self._column:
            self._note("", newline=True)

    def _note(self, text: str, *, newline: bool) -> None:
        for number, line in enumerate((text + "\n" if newline else text).split("\n")):
            if number:
                self._end_line()
            self._column += len(line)
            if self._transcript is not None and line:
                self._unfinished.append(line)
        if len(self._unfinished) > _PIECES_LIMIT:
            self._unfinished = ["".join(self._unfinished)]
            if len(self._unfinished[0]) > _LINE_LIMIT:
                self._end_line()

    def _end_line(self) -> None:
        if self._transcript is not None:
            self._transcript.line("".join(self._unfinished))
        self._unfinished, self._column = [], 0


def _painted(record: Write) -> str:
    codes = []
    if record.foreground != DEFAULT_COLOR:
        codes.append(_SGR[record.foreground & 15])
    elif record.stream in _STREAM_SGR:
        codes.append(_STREAM_SGR[record.stream])
    if record.background != DEFAULT_COLOR:
        codes.append(_SGR[record.background & 15] + 10)
    from pstui.tui.transcript.render.sgr import ansi

    text = ansi(record.text)
    if not codes or not text:
        return text
    return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


def _key_code(character: str) -> int:
    """Return the Windows virtual key code of a typed character (protocol-notes 4.2); 0 where it has none of its own."""
    if character in "\r\n":
        return 13
    if character.isascii() and (character.isalnum() or character in "\t\x1b "):
        return ord(character.upper())
    return 8 if character in "\x7f\x08" else 0


async def with_passwords(
    infos: Sequence[ConnectionInfo],
    console: Console,
    check: Callable[[ConnectionInfo, Console], Awaitable[None]] | None = None,
) -> list[ConnectionInfo]:
    """Return connections whose credentials have their passwords, each asked for once, as PowerShell does beforehand.

    One that ``check`` raises OpenError for stays as it is: it will fail by itself. Raises QuestionCancelled.
    """
    known: dict[str, Secret] = {}
    found = []
    for info in infos:
        credential = info.values.get("Credential")
        if not isinstance(credential, PSCredential) or credential.password is not None or not credential.user_name:
            found.append(info)
            continue
        user = credential.user_name
        if user not in known:
            try:
                if check is not None:
                    await check(info, console)
            except OpenError:
                found.append(info)
                continue
            label = f"Password for {plain(user)[:200]}: "
            known[user] = await console.ask(Question(QuestionKind.SECRET, label, remote=False))
        filled = replace(credential, password=known[user])
        found.append(replace(info, values=MappingProxyType({**info.values, "Credential": filled})))
    return found
