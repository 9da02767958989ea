"""Reading keys from the controlling terminal: for the questions of a run without a screen."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator

CTRL_C, CTRL_D, ESCAPE = "\x03", "\x04", "\x1b"
_ENDS = ("\r", "\n")
_ERASE = ("\x7f", "\x08")
_ERASE_LINE = "\x15"
#: longer answers are cut here: nobody types them, and a pasted file must not fill the memory
ANSWER_LIMIT = 64 * 1024


class Interrupted(Exception):
    """The person pressed Ctrl+C, Esc or Ctrl+D instead of answering."""


class Line:
    """A line being typed: takes characters, says what to echo. Pure, so that it can be tested without a terminal."""

    def __init__(self, *, secret: bool) -> None:
        self.text = ""
        self.done = False
        self._secret = secret
        self._sequence = ""

    def feed(self, chunk: str) -> str:
        """Take what was typed and return what to echo. Raises Interrupted; ``done`` is set by Enter."""
        if chunk == ESCAPE and not self._sequence:
            raise Interrupted
        return "".join(self._take(character) for character in chunk if not self.done)

    def _take(self, character: str) -> str:
        if self._sequence:
            self._sequence = _rest_of_sequence(self._sequence, character)
            return ""
        if character == ESCAPE:
            self._sequence = ESCAPE
            return ""
        if character in (CTRL_C, CTRL_D):
            raise Interrupted
        if character in _ENDS:
            self.done = True
            return ""
        if character in _ERASE:
            from pstui.tui.transcript.render.cells import step_left

            place = step_left(self.text, len(self.text))
            last, self.text = self.text[place:], self.text[:place]
            return self._unecho(last)
        if character == _ERASE_LINE:
            gone, self.text = self.text, ""
            return self._unecho(gone)
        from pstui.tui.plain import typed_text  # seldom is anything asked

        if not typed_text(character) or len(self.text) >= ANSWER_LIMIT:
            return ""
        self.text += character
        return "*" if self._secret else character

    def _unecho(self, text: str) -> str:
        return "\b \b" * (len(text) if self._secret else sum(_cells(character) for character in text))


def _rest_of_sequence(sequence: str, character: str) -> str:
    """Follow an escape sequence (a cursor key, say) to its end; return "" once it is over."""
    if len(sequence) == 1:
        return sequence + character if character in "[O" else ""
    return "" if "@" <= character <= "~" else sequence


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


#: what follows "\xe0" for the keys of the cursor block, alone and with Ctrl (UCRT, getextendedkeycode), and seconds in
#: which it does: it is there already, where nobody types as fast
_CURSOR_KEYS, _AT_ONCE = frozenset("GHIKMOPQRS\x85\x86stuvw\x84\x8d\x91\x92\x93"), 0.005


def text_of_key(first: str, more: Callable[[], str], clock: Callable[[], float] = time.perf_counter) -> str:
    """Return the text of what Windows' ``getwch`` read, "" for a key that has none; ``more`` reads on.

    A cursor or function key comes as two characters. The first may be that of the letter à.
    """
    if first == "\x00":
        more()
        return ""
    if first == "\xe0":
        before = clock()
        second = more()
        return "" if second in _CURSOR_KEYS and clock() - before < _AT_ONCE else first + second
    if "\ud800" <= first <= "\udbff":  # the first half of a character beyond U+FFFF
        return (first + more()).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return first


if sys.platform == "win32":
    import msvcrt
    import threading

    class Terminal:
        """The console window this process belongs to."""

        def __init__(self) -> None:
            if sys.stderr is None or not sys.stderr.isatty():
                raise OSError("no console")
            self._ended = threading.Event()

        def write(self, text: str) -> None:
            sys.stderr.write(text)
            sys.stderr.flush()

        @contextlib.contextmanager
        def raw(self) -> Iterator[None]:
            yield

        async def read(self) -> str:
            """Return what was typed next."""
            self._ended.clear()
            try:
                return await asyncio.to_thread(self._read)
            finally:
                self._ended.set()

        def _read(self) -> str:
            while not self._ended.wait(0.02):
                if msvcrt.kbhit() and (text := text_of_key(msvcrt.getwch(), msvcrt.getwch)):
                    return text
            return CTRL_C

        def close(self) -> None:
            self._ended.set()

else:
    import select
    import termios

    class Terminal:
        """The controlling terminal, opened beside standard input and output because those may be redirected.

        Raises OSError where there is none, or where this process is in the background and would be stopped.
        """

        def __init__(self) -> None:
            self._fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                if os.tcgetpgrp(self._fd) != os.getpgrp():
                    raise OSError("in the background")
                self._wake_read, self._wake = os.pipe()
            except OSError:
                os.close(self._fd)
                raise
            self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def write(self, text: str) -> None:
            """Write text, already cleaned, to the terminal."""
            data = text.encode("utf-8", "replace")
            while data:
                data = data[os.write(self._fd, data) :]

        @contextlib.contextmanager
        def raw(self) -> Iterator[None]:
            """Take keys one by one and unechoed; what was typed before is dropped, as getpass does."""
            before = termios.tcgetattr(self._fd)
            mode = [*before]
            mode[0] &= ~(termios.ICRNL | termios.IXON)
            mode[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
            termios.tcsetattr(self._fd, termios.TCSAFLUSH, mode)
            try:
                yield
            finally:
                termios.tcsetattr(self._fd, termios.TCSADRAIN, before)

        async def read(self) -> str:
            """Return what was typed next; Ctrl+D when the terminal is gone."""
            # A thread with select: the event loops of macOS cannot watch /dev/tty.
            reading = asyncio.ensure_future(asyncio.to_thread(self._read))
            try:
                return await asyncio.shield(reading)
            except asyncio.CancelledError:
                os.write(self._wake, b"x")
                await reading  # the descriptors may be closed only after the thread has left them
                raise

        def _read(self) -> str:
            while True:
                ready, _, _ = select.select([self._fd, self._wake_read], [], [])
                if self._wake_read in ready:
                    os.read(self._wake_read, 1)
                    return CTRL_C
                try:
                    data = os.read(self._fd, 4096)
                except OSError:
                    return CTRL_D
                if not data:
                    return CTRL_D
                if text := self._decoder.decode(data):
                    return text

        def close(self) -> None:
            """Give the terminal back."""
            for fd in (self._fd, self._wake_read, self._wake):
                os.close(fd)
