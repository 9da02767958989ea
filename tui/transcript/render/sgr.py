"""Hostile text to harmless text and runs of style.

Everything the far end sends is text with an unknown mixture of terminal sequences (protocol-notes 7.5). SGR,
``CSI … m``, is understood, and what acts within the line: cursor forward (C), back (D) and to a column (G), erase in
line (K). Every other sequence is removed. Newline, carriage return, backspace and tab stay in the text, and the others
of these become marks in it, because laying them out is the work of ``OpenLine``.

How this works: a ``Splitter`` is fed one write after the other and carries over what a write leaves unfinished: the
style in force, half a sequence, an open control string. Nearly all writes are plain text or text with SGR sequences
only; one regular expression splits those (the fast way). If a control character or an unclean one is left over, the
write is gone through control by control (the slow way), and ``clean`` (clean.py) deals with the text between.

Rules where terminals differ: no sequence outlives its line; a control string (OSC, DCS, APC, PM, SOS) that is
never terminated swallows the rest of its line, at most MAX_STRING characters; one opened by an 8-bit control is
removed only when it is terminated soon, because most of those controls are misread bytes of ordinary text; hidden
and blinking text is shown plainly.
"""

from __future__ import annotations

import re
from typing import Final

from pstui.tui.transcript.render.clean import CONTEXT, UNCLEAN_CLASS, clean, incomplete_tail
from pstui.tui.transcript.render.line import ERASE, MARKS, OpenLine, back, forward
from pstui.tui.transcript.render.style import Run, Runs, apply_sgr, sgr, slice_runs

#: Characters an unterminated control string may swallow.
MAX_STRING: Final = 1 << 20
#: Characters after an 8-bit introducer in which its terminator is awaited.
MAX_EIGHT_BIT_STRING: Final = 4096
#: Longest parameter part of a control sequence; real ones stay under 100.
MAX_PARAMETERS: Final = 256

_CONTROL_CLASS: Final = "\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f"
_CONTROL = re.compile(f"[{_CONTROL_CLASS}]")
_CONTROL_OR_UNCLEAN = re.compile(f"[{_CONTROL_CLASS}{UNCLEAN_CLASS}]")
_SGR = re.compile("\x1b\\[([0-9;:]{0,256})m")
_CSI = re.compile(f"(?:\x1b\\[|\x9b)([0-?]{{0,{MAX_PARAMETERS}}})([ -/]{{0,8}})([@-~])?")
_ESCAPE = re.compile("\x1b[ -/]{0,8}([0-~])?")
_PARAMETERS = re.compile("[0-9;:]*")
_STRING_END = re.compile("[\x07\x18\x1a\x1b\x9c\n]")
_SEVEN_BIT_STRINGS: Final = frozenset("]PX^_")
_EIGHT_BIT_STRINGS: Final = frozenset("\x90\x98\x9d\x9e\x9f")
_MAX_CACHED_STYLES: Final = 4096
_MOVES = re.compile(f"[\r\b{MARKS}]")


class Splitter:
    """Splits a stream of writes. Style and unfinished sequences carry over from one write to the next.

    Attributes:
        style: The packed style in force at the end of what was fed.
    """

    __slots__ = ("_cache", "_context", "_held", "_out", "_position", "_runs", "_string", "_swallowed", "style")

    def __init__(self) -> None:
        self.style = 0
        self._cache: dict[tuple[int, str], int] = {}
        self._context = ""
        #: Text kept back: an unfinished sequence, a joiner, or what followed an 8-bit string introducer.
        self._held = ""
        #: The introducer of the control string we are in, or "".
        self._string = ""
        self._swallowed = 0
        self._out: list[str] = []
        self._runs: list[Run] = []
        self._position = 0

    def feed(self, text: str) -> tuple[str, Runs]:
        """Plain text (controls left: newline, carriage return, backspace, tab) and its runs."""
        if not self._held and not self._string:
            fast = self._feed_fast(text)
            if fast is not None:
                return fast
        return self._feed_slowly(text)

    def end_line(self) -> bool:
        """End the line if nothing is unfinished; otherwise do nothing and return False (``finish`` ends it)."""
        if self._held or self._string:
            return False
        self._context = ""
        return True

    def finish(self) -> tuple[str, Runs]:
        """End the line: unfinished sequences are dropped, text wrongly held back is given out."""
        plain, runs = self._feed_slowly("\n") if self._held or self._string else ("\n", ())
        self._context = ""
        return plain[:-1], tuple(run for run in runs if run[0] < len(plain) - 1)

    def _feed_fast(self, text: str) -> tuple[str, Runs] | None:
        """The usual cases without a look at each character: plain text, or text with SGR sequences only."""
        if "\x1b" not in text:
            if (not text.isprintable() or not text.isascii()) and _CONTROL_OR_UNCLEAN.search(text) is not None:
                return None
            if text:
                self._context = "" if text[-1] < "\x80" else text[-CONTEXT:]
            return text, ((0, self.style),) if self.style and text else ()
        parts = _SGR.split(text)
        plain = "".join(parts[::2])
        if (not plain.isprintable() or not plain.isascii()) and _CONTROL_OR_UNCLEAN.search(plain) is not None:
            return None
        style = self.style
        runs = [(0, style)] if style else []
        position = len(parts[0])
        known = self._cache
        for parameters, piece in zip(parts[1::2], parts[2::2], strict=True):
            key = (style, parameters)
            style = known[key] if key in known else self._styled(style, parameters)
            # A style without text leaves no run; the last one stands for all between.
            if piece:
                if runs and runs[-1][0] == position:
                    runs.pop()
                if style != (runs[-1][1] if runs else 0):
                    runs.append((position, style))
                position += len(piece)
        if runs and runs[-1][0] >= position:
            runs.pop()
        self.style = style
        if plain:
            self._context = "" if plain[-1] < "\x80" else plain[-CONTEXT:]
        return plain, tuple(runs)

    def _styled(self, style: int, parameters: str) -> int:
        key = (style, parameters)
        known = self._cache.get(key)
        if known is None:
            if len(self._cache) >= _MAX_CACHED_STYLES:
                self._cache.clear()
            known = self._cache[key] = apply_sgr(style, parameters)
        return known

    def _feed_slowly(self, text: str) -> tuple[str, Runs]:
        text, self._held = self._held + text, ""
        self._out, self._runs, self._position = [], [], 0
        self._mark(self.style)
        index, string_end = 0, -1
        while index < len(text):
            if self._string:
                if string_end < index:
                    end = _STRING_END.search(text, index)
                    string_end = end.start() if end is not None else len(text)
                index = self._swallow(text, index, string_end)
                continue
            control = _CONTROL.search(text, index)
            if control is None:
                self._emit_last(text[index:])
                break
            if control.start() > index:
                self._emit(text[index : control.start()])
            index = control.start()
            if text[index] in "\x1b\x9b":
                index = self._sequence(text, index)
            else:
                if text[index] in _EIGHT_BIT_STRINGS:
                    self._string, self._swallowed = text[index], 0
                index += 1
        plain, runs = "".join(self._out), self._runs
        if runs and runs[-1][0] >= len(plain):
            runs.pop()
        self._out = []
        return plain, tuple(runs)

    def _mark(self, style: int) -> None:
        """Note that ``style`` holds from here on."""
        runs = self._runs
        if runs and runs[-1][0] == self._position:
            runs.pop()
        if style != (runs[-1][1] if runs else 0):
            runs.append((self._position, style))

    def _emit(self, piece: str) -> None:
        piece = clean(piece, self._context)
        if piece:
            self._out.append(piece)
            self._position += len(piece)
            self._context = "" if piece[-1] < "\x80" else (self._context + piece)[-CONTEXT:]

    def _emit_last(self, piece: str) -> None:
        """The end of what was fed: a joiner or half a pair waits for its other side."""
        tail = incomplete_tail(piece)
        if tail:
            # Only one joiner matters, however many come.
            piece, self._held = piece[:-tail], piece[-1:]
        self._emit(piece)

    def _sequence(self, text: str, index: int) -> int:
        """Handle the sequence that begins at ``index``; the index after it (the end of the text if it is kept back)."""
        following = text[index + 1 : index + 2]
        if text[index] == "\x1b" and following in _SEVEN_BIT_STRINGS:
            self._string, self._swallowed = "\x1b", 0
            return index + 2
        if text[index] == "\x9b" or following == "[":
            match = _CSI.match(text, index)
            assert match is not None
            parameters, intermediate, final = match.groups()
            if not intermediate and _PARAMETERS.fullmatch(parameters):
                self._obey(parameters, final)
            unfinished = final is None and len(parameters) < MAX_PARAMETERS and len(intermediate) < 8
        else:
            match = _ESCAPE.match(text, index)
            assert match is not None
            if match[0] == "\x1bc":  # full reset
                self.style = 0
                self._mark(0)
            unfinished = match[1] is None and match.end() - index < 9
        if unfinished and match.end() == len(text):
            self._held = text[index:]
        return match.end()

    def _obey(self, parameters: str, final: str | None) -> None:
        """Do what a control sequence says: a style, or a mark in the text for what acts within the line."""
        if final == "m":
            self.style = self._styled(self.style, parameters)
            self._mark(self.style)
            return
        first = parameters.partition(";")[0]
        count = int(first) if first.isdigit() else 0
        match final:
            case "C":
                marks = forward(count)
            case "D":
                marks = back(count)
            case "G":
                marks = "\r" + forward(count - 1) if count > 1 else "\r"
            case "K":
                marks = ERASE.get(parameters, "")
            case _:
                return
        self._out.append(marks)
        self._position += len(marks)
        self._context = ""

    def _swallow(self, text: str, index: int, end: int) -> int:
        """Inside a control string whose next possible terminator is at ``end``: the index to go on from."""
        eight_bit = self._string != "\x1b"
        limit = MAX_EIGHT_BIT_STRING if eight_bit else MAX_STRING
        too_long = self._swallowed + end - index > limit
        if not too_long and end == len(text):
            if eight_bit:
                self._held = text[index:]
            else:
                self._swallowed += end - index
            return end
        self._string = ""
        if eight_bit and (too_long or text[end] == "\n"):
            # Most likely no introducer at all: the text after it is shown.
            return index
        if too_long:
            return index + limit - self._swallowed
        return end if text[end] in "\x1b\n" else end + 1


def plain(text: str) -> str:
    """The text for a file, or for a terminal without colours: newlines and tabs are the only controls left.

    What carriage returns and backspaces overwrite is gone, as on the screen.
    """
    if text.isascii() and text.isprintable():
        return text
    return settled(text)[0]


def ansi(text: str) -> str:
    """The text for a real terminal: as ``plain``, with its SGR sequences, and a reset at the end if one is needed."""
    if text.isascii() and text.isprintable():
        return text
    return with_sgr(*settled(text))


def with_sgr(text: str, runs: Runs) -> str:
    """Text and runs as one text with SGR sequences, and a reset at the end if one is needed."""
    if not runs:
        return text
    parts = [text[: runs[0][0]]]
    for index, (start, style) in enumerate(runs):
        end = runs[index + 1][0] if index + 1 < len(runs) else len(text)
        parts += (sgr(style), text[start:end])
    if runs[-1][1]:
        parts.append("\x1b[0m")
    return "".join(parts)


def settled(text: str) -> tuple[str, Runs]:
    """A whole text without sequences, laid out where something in it moves the cursor back, and its runs."""
    splitter = Splitter()
    split, split_runs = splitter.feed(text)
    rest, rest_runs = splitter.finish()
    runs = split_runs + tuple((position + len(split), style) for position, style in rest_runs)
    split += rest
    if not runs:
        split = split.replace("\r\n", "\n")
    if _MOVES.search(split) is None:
        return split, runs
    texts: list[str] = []
    laid: list[Run] = []
    position, written = 0, 0
    for part in split.split("\n"):
        line = OpenLine()
        line.write(part, slice_runs(runs, position, position + len(part)))
        content, content_runs = line.content()
        if not (content_runs and content_runs[0][0] == 0) and laid and laid[-1][1]:
            laid.append((written, 0))
        laid += [(written + start, style) for start, style in content_runs]
        texts.append(content)
        position += len(part) + 1
        written += len(content) + 1
    return "\n".join(texts), tuple(laid)
