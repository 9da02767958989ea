"""A recording of what was shown, in asciicast v2 (docs.asciinema.org/manual/asciicast/v2): output, sizes and marks.

A session is no stream of bytes. Its records are written as the text that the transcript makes of them, with colours and
with what acts within the line, so a player gets no other sequence. A terminal's stream is written as it came, without
what no picture needs: control strings (titles, clipboard, links) and questions to the terminal, which would answer
whoever plays the file. Keys are never recorded.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from typing import Final

from pstui.backends.records import Stream, Write
from pstui.tui.transcript.render.buffer import STREAM_STYLES
from pstui.tui.transcript.render.line import ERASE, MARKS
from pstui.tui.transcript.render.sgr import Splitter, with_sgr
from pstui.tui.transcript.render.style import console_style, with_background, with_foreground

#: seconds within which output is written as one event, and characters of one
TOGETHER: Final = 0.02
MOST: Final = 1 << 16
_MARKS = re.compile(f"[\n{MARKS}]")
_ERASES = {mark: f"\x1b[{parameters}K" for parameters, mark in ERASE.items() if parameters}


class CastWriter:
    """Makes the lines of a recording. ``put`` takes each; times are seconds of any clock, the first begins at 0."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self._first = 0.0
        self._since = 0.0
        self._parts: list[str] = []
        self._length = 0

    def head(self, size: tuple[int, int], timestamp: float, title: str, now: float) -> None:
        """Begin. ``timestamp`` is the time of day in seconds since 1970, ``size`` columns and rows."""
        self._first = now
        told = {"version": 2, "width": size[0], "height": size[1], "timestamp": int(timestamp), "title": title}
        self._line({**told, "env": {"TERM": "xterm-256color"}})

    def output(self, text: str, now: float) -> None:
        """Take output; it is written with what follows at once."""
        if self._parts and (now - self._since > TOGETHER or self._length > MOST):
            self.flush()
        if text:
            if not self._parts:
                self._since = now
            self._parts.append(text)
            self._length += len(text)

    def mark(self, label: str, now: float) -> None:
        """Begin a chapter, to which players can jump."""
        self.flush()
        self._event(now, "m", label)

    def resize(self, size: tuple[int, int], now: float) -> None:
        """Take another size."""
        self.flush()
        self._event(now, "r", f"{size[0]}x{size[1]}")

    def flush(self) -> None:
        """Write the output that was taken."""
        if self._parts:
            text = "".join(self._parts)
            self._parts, self._length = [], 0
            self._event(self._since, "o", text)

    def _event(self, now: float, kind: str, data: str) -> None:
        self._line([round(max(now - self._first, 0.0), 6), kind, data])

    def _line(self, value: object) -> None:
        self._put(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


class SessionText:
    """What records of a session look like in a terminal: their text with SGR and with what acts within the line."""

    def __init__(self) -> None:
        self._splitter = Splitter()

    def of(self, record: Write) -> str:
        """Return a record as a terminal shows it."""
        splitter, text = self._splitter, record.text
        is_plain = record.stream is Stream.OUTPUT and record.foreground < 0 and record.background < 0
        if is_plain and not splitter.style and text.isascii() and text.isprintable() and splitter.end_line():
            return text + "\r\n" if record.newline else text  # as most of it is
        base = STREAM_STYLES.get(record.stream)
        before = self._ended() if record.stream is Stream.NOTICE else ""
        splitter.style = console_style(splitter.style if base is None else base, record.foreground, record.background)
        shown = before + _for_terminal(with_sgr(*splitter.feed(text)))
        splitter.style = 0 if base is not None else with_background(with_foreground(splitter.style, 0), 0)
        return shown + self._ended() + "\r\n" if record.newline else shown

    def _ended(self) -> str:
        return _for_terminal(with_sgr(*self._splitter.finish()))


def _for_terminal(text: str) -> str:
    return _MARKS.sub(lambda found: _sequence(found[0]), text)


def _sequence(mark: str) -> str:
    if mark == "\n":
        return "\r\n"
    if mark in _ERASES:
        return _ERASES[mark]
    code = ord(mark)
    return f"\x1b[{code - 0xDC00}D" if code >= 0xDC00 else f"\x1b[{code - 0xD800}C"


_STRING = re.compile("\x1b[]PX^_]")
_STRING_END = re.compile("[\x07\x18\x1a\x1b]")
#: 8-bit controls, and the question for a terminal's name
_DROPPED = re.compile("[\x80-\x9f\x05]")
#: what a terminal answers, or does to its window: DA, DSR, XTVERSION, DECRQM, kitty's flags, DECID, window operations
_QUESTIONS = re.compile("\x1b\\[(?:[0-?]*(?:[cnt]|\\$p)|>[0-?]*q|\\?[0-?]*u)|\x1bZ")
_UNFINISHED = re.compile("\x1b(?:\\[[0-?]{0,64}[ -/]{0,4})?$")
_ALTERNATE = re.compile("\x1b\\[\\?([0-9;]*)([hl])")
_ALTERNATE_MODES = frozenset({"47", "1047", "1049"})


class TerminalText:
    """A terminal's stream, harmless to whoever plays it. ``on_main`` is what of it went to the main screen.

    What a full-screen program draws on the alternate screen is no text that anybody could look for.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._in_string = self._is_alternate = False
        self.on_main = ""

    def feed(self, data: bytes) -> str:
        """Return what of the next bytes is recorded."""
        text = self._without_strings(_DROPPED.sub("", self._held + self._decoder.decode(data)))
        text = _QUESTIONS.sub("", text)
        self.on_main = self._main(text)
        return text

    def _without_strings(self, text: str) -> str:
        self._held, parts, place = "", [], 0
        while place < len(text):
            if self._in_string:
                if (found := _STRING_END.search(text, place)) is None:
                    break
                if found[0] == "\x1b" and found.end() == len(text):
                    self._held = "\x1b"
                    break
                self._in_string = False
                # Another sequence ends a string, too: it is looked at itself.
                is_end = found[0] != "\x1b" or text[found.end()] == "\\"
                place = found.end() + (found[0] == "\x1b") if is_end else found.start()
                continue
            found = _STRING.search(text, place)
            parts.append(text[place:] if found is None else text[place : found.start()])
            if found is None:
                break
            self._in_string, place = True, found.end()
        kept = "".join(parts)
        if not self._in_string and (tail := _UNFINISHED.search(kept)) is not None:
            self._held, kept = tail[0], kept[: tail.start()]
        return kept

    def _main(self, text: str) -> str:
        parts, place = [], 0
        for found in _ALTERNATE.finditer(text):
            if _ALTERNATE_MODES.isdisjoint(found[1].split(";")):
                continue
            if not self._is_alternate:
                parts.append(text[place : found.start()])
            self._is_alternate, place = found[2] == "h", found.end()
        if not self._is_alternate:
            parts.append(text[place:])
        return "".join(parts)
