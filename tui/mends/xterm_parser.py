"""What Textual's ``XTermParser`` makes of a terminal's input, mended: whole sequences, pastes, Alt keys, a lone Esc.

Textual gives out as typed characters what it does not know: an answer of the terminal that comes late, the rest of a
key that nobody has named. It looks for keys inside a paste, and waits for the end of a paste without an end itself.
And it takes Alt with a digit for what one macOS terminal types. There is no public way to change any of this, so all
that touches its inner parts stands here; ``tests/tui/mends/test_xterm_parser.py`` shows each fault of Textual's own
parser, and fails when one is gone.

How this works: ``MendedParser`` cuts the input into characters, whole sequences and pastes. Textual's parser gets
characters and one whole sequence at a time, and tells by what it waits for whether it knew that; what it did not know
is dropped. What is inside a paste it never gets to see. A sequence that stops in the middle is dropped after a while.
A paste that stops is given out; more of it may follow, until something comes that only a key sends.
"""

from __future__ import annotations

import codecs
import enum
import os
import re
import string
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, cast

from pstui.tui.typed import MOST, Typed
from textual import _ansi_sequences, _xterm_parser, constants, events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message

#: seconds after Esc in which another key makes it Alt+key. A terminal writes both at once; who types Esc and a letter
#: takes longer. A link that tears them apart for longer than this makes two keys of them; ESCDELAY is for its user.
ESCAPE_DELAY: Final = 0.05
#: seconds without a character after which the beginning of a sequence is dropped, and a paste is given out
QUIET: Final = 0.5
#: seconds for which the tail of an arrow or another key that a link has torn off behind its Esc is known as such
TORN: Final = 0.25
#: seconds without a character after which a paste that has not ended is over
PASTE_LEFT: Final = 2.0
#: characters of the longest sequence that may be a key: a family emoji takes some 50 with the kitty protocol
MAX_SEQUENCE: Final = 256
#: characters of a paste that are given out as one
MAX_PASTE: Final = 4 << 20

ESC: Final = "\x1b"
PASTE_BEGINS: Final = "\x1b[200~"
PASTE_ENDS: Final = "\x1b[201~"
#: what follows ESC in CSI and SS3, and in the sequences with a text: DCS, OSC, SOS, PM, APC
_INTRODUCERS: Final = frozenset("[O")
_TEXTS: Final = frozenset("P]X^_")
#: ESC and one of these as one character of C1, as a terminal of eight bits sends them
_ONE_CHARACTER: Final = frozenset(chr(ord(second) + 0x40) for second in _INTRODUCERS | _TEXTS)
_ESCAPES: Final = re.compile(f"[{ESC}{''.join(sorted(_ONE_CHARACTER))}]")
#: a mouse as a terminal without the newer reports tells of it: button and place as three characters
_MOUSE: Final = r"M[^\x00-\x1f]"
_CSI: Final = re.compile(
    rf"\x1b\[(?:\[[ -~]|{_MOUSE}{{3}}|(?!{_MOUSE}{{0,2}}\Z)(?:\d+\$(?!y)(?=[^ -~]|\Z)|[0-?]*[ -/]*[@-~]))"
)
_SS3: Final = re.compile(r"\x1bO[0-9;]*[ -~]")
_BEGUN: Final = re.compile(rf"\x1b(?:\[[0-?]*[ -/]*|\[\[|\[{_MOUSE}{{0,2}}|O[0-9;]*)\Z")
_BROKEN: Final = re.compile(r"\x1b[\[O][0-?]*[ -/]*")
_TEXT_END: Final = re.compile(r"[\x00-\x1f\x9c]")
#: the tail of a key that was torn off behind its Esc
_TAIL: Final = re.compile(r"\[[0-9;]*[ABCDEFHPQRS~]|O[A-S]")
#: characters that are keys of their own, one after the other; those of other scripts may be, too
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f-\xa0]+")
#: what no paste is made of
_KEYS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class MendedParser(XTermParser):
    """Textual's parser, given one whole sequence at a time."""

    def __init__(self, debug: bool = False) -> None:
        _xterm_parser._MAX_SEQUENCE_SEARCH_THRESHOLD = MAX_SEQUENCE
        super().__init__(debug)
        self._begun = ""
        #: whether a sequence with a text has begun, of which only the introducer is kept
        self._in_text = False
        self._pasted: list[str] | None = None
        self._changed = self._escaped = self._paste_left = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Give out what new input means."""
        if not data:
            yield from super().feed(data)
            return
        yield from self.tick()
        now = monotonic()
        is_keys = len(data) == 1 or (
            PASTE_ENDS not in data and _KEYS.search(data[: -_ending(data) or None]) is not None
        )
        if self._pasted is None and now < self._paste_left and not is_keys:
            self._pasted = []
        elif self._pasted is None and is_keys:
            self._paste_left = 0.0
        if self._pasted is None or not is_keys:  # a key must not make a paste without an end last longer
            self._changed = now
        if not self._begun and now < self._escaped + TORN and _TAIL.match(data):
            data = ESC + data
        self._escaped = 0.0
        text, self._begun = self._begun + data, ""
        place = 0
        while place < len(text):
            if self._pasted is None and text[place] in _ONE_CHARACTER:
                # In a paste it stays what it is: what was copied must not end the paste.
                text = f"{text[:place]}{ESC}{chr(ord(text[place]) - 0x40)}{text[place + 1 :]}"
            place = yield from self._take(text, place)

    def tick(self) -> Iterable[Message]:
        """Give out what has waited long enough for the rest of it."""
        quiet = monotonic() - self._changed
        if self._pasted is not None:
            if quiet >= QUIET:
                yield from self._paste(self._begun)
                self._begun, self._pasted, self._paste_left = "", None, monotonic() + PASTE_LEFT
        elif self._begun and quiet >= self._patience:
            begun, self._begun = self._begun, ""
            if not self._in_text and len(begun) <= 2:
                self._escaped = self._changed if begun == ESC else 0.0
                yield from self._key(begun)
            self._in_text = False

    @property
    def _patience(self) -> float:
        """Seconds that may pass before the rest of what has begun."""
        if self._in_text or len(self._begun) > 2:
            return QUIET
        return TORN if len(self._begun) == 2 else constants.ESCAPE_DELAY

    def _take(self, text: str, place: int) -> Generator[Message, None, int]:
        """Take a character, a sequence or some of a paste at ``place``; return where it ends."""
        if self._pasted is not None:
            return (yield from self._take_paste(text, place))
        if self._in_text:
            return self._take_text(text, place + 2)
        if text[place] != ESC:
            escape = _ESCAPES.search(text, place)
            return (yield from self._plain(text, place, len(text) if escape is None else escape.start()))
        second = text[place + 1 : place + 2]
        if second in _TEXTS and len(text) > place + 2:
            return self._take_text(text, place + 2)
        if second in _INTRODUCERS and (whole := (_CSI if second == "[" else _SS3).match(text, place)) is not None:
            yield from self._sequence(whole[0])
            return whole.end()
        if not second or second in _TEXTS or _BEGUN.match(text, place):
            self._begun = text[place : place + MAX_SEQUENCE]
            return len(text)
        if second in _INTRODUCERS and (broken := _BROKEN.match(text, place)) is not None:
            return broken.end()
        end = place + (1 if second == ESC else 2)
        yield from self._key(text[place:end])
        return end

    def _plain(self, text: str, place: int, end: int) -> Generator[Message, None, int]:
        """Give out what is no sequence: characters in a row as one, anything else by itself."""
        while place < end:
            many = _PRINTABLE.match(text, place, min(end, place + MOST))
            stop = many.end() if many is not None else place + 1
            if stop > place + 1 and text[place:stop].isprintable():
                yield Typed(text[place:stop])
            else:
                yield from super().feed(text[place:stop])
            place = stop
        return place

    def _take_text(self, text: str, place: int) -> int:
        """Skip the text of a sequence: to its end, or to what cannot be in it."""
        self._in_text = False
        end = _TEXT_END.search(text, place)
        if end is None or (end[0] == ESC and end.end() == len(text)):
            # Of what has come only the beginning is needed to go on: a text may be long.
            self._in_text = True
            self._begun = "\x1b]" + ("" if end is None else ESC)
            return len(text)
        if text.startswith("\x1b\\", end.start()):
            return end.start() + 2
        return end.end() if end[0] in "\x07\x9c\x18\x1a" else end.start()

    def _take_paste(self, text: str, place: int) -> Generator[Message, None, int]:
        assert self._pasted is not None
        end = text.find(PASTE_ENDS, place)
        if end >= 0:
            yield from self._paste(text[place:end])
            self._pasted, self._paste_left = None, 0.0
            return end + len(PASTE_ENDS)
        held = len(text) - min(_ending(text), len(text) - place)
        self._begun = text[held:]
        self._pasted.append(text[place:held])
        if sum(map(len, self._pasted)) >= MAX_PASTE:
            yield from self._paste("")
        return len(text)

    def _paste(self, rest: str) -> Iterator[Message]:
        text = "".join([*(self._pasted or ()), rest]).replace("\x00", "")
        self._pasted = []
        if text:
            yield events.Paste(text)

    def _key(self, sequence: str) -> Iterator[Message]:
        """Give out Esc, or Esc with what it was pressed with; a control key behind it is a key of its own."""
        if sequence == ESC:
            yield events.Key("escape", ESC)
            return
        found = self._parsed(sequence)
        if found is None and sequence[1] < " ":
            yield events.Key("escape", ESC)
            yield from super().feed(sequence[1:])
        elif found is None:
            yield from super().feed(sequence)
            self._timeout_time = 0.0
            yield from super().tick()
        else:
            yield from found

    def _sequence(self, sequence: str) -> Iterator[Message]:
        """Give out what a whole sequence means, nothing if it means no key."""
        if sequence == PASTE_BEGINS:
            self._pasted = []
        elif sequence != PASTE_ENDS and len(sequence) < MAX_SEQUENCE and not sequence.startswith(f"{ESC}[M"):
            yield from self._parsed(sequence) or ()

    def _parsed(self, sequence: str) -> list[Message] | None:
        """Return what Textual knows of a sequence, None if it does not know it."""
        found: list[Message] = []
        try:
            for character in sequence:
                found += super().feed(character)
                if self._awaiting.timeout is None:
                    return found
        except Exception:  # a number that is no character, and the like: nothing of it is a key
            found = []
        # It waits for more of a sequence that is whole.
        self._tokens.clear()
        self._timeout_time = None
        self._gen = self.parse(self._tokens.append)
        self._awaiting = next(self._gen)
        return None


def _ending(text: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a paste's end mark."""
    return next((n for n in range(len(PASTE_ENDS) - 1, 0, -1) if text.endswith(PASTE_ENDS[:n])), 0)


def mend_parser(driver: type[Driver]) -> None:
    """Have a driver read the terminal by ``MendedParser``; doing it twice does nothing.

    Bytes that are no UTF-8, as of a terminal set to Latin-1, are U+FFFD: Textual ends the program for one of them.
    """
    for name in {driver.__module__, "textual.drivers.win32"}:
        module = vars(sys.modules.get(name, object))
        for theirs, ours in (("XTermParser", MendedParser), ("getincrementaldecoder", _decoder)):
            if theirs in module:
                module[theirs] = ours


def _decoder(encoding: str) -> partial[codecs.IncrementalDecoder]:
    return partial(codecs.getincrementaldecoder(encoding), "replace")


class _AltKey(enum.Enum):
    """Key names as values, the shape Textual's table wants."""

    ENTER = "alt+enter"
    BACKSPACE = "alt+backspace"
    FULL_STOP = "alt+full_stop"
    MINUS = "alt+minus"
    EQUALS = "alt+equals_sign"
    LESS = "alt+less_than_sign"
    GREATER = "alt+greater_than_sign"
    QUESTION = "alt+question_mark"
    ALT_0 = "alt+0"
    ALT_1 = "alt+1"
    ALT_2 = "alt+2"
    ALT_3 = "alt+3"
    ALT_4 = "alt+4"
    ALT_5 = "alt+5"
    ALT_6 = "alt+6"
    ALT_7 = "alt+7"
    ALT_8 = "alt+8"
    ALT_9 = "alt+9"


@dataclass(frozen=True, slots=True)
class _AltLetter:
    """The same for a letter."""

    value: str


#: signs that Textual types without the Esc before them: who types Esc and ``:`` quickly in vim needs both
_ALT_SIGNS: Final = {
    **{"!": "exclamation_mark", '"': "quotation_mark", "#": "number_sign", "$": "dollar_sign", "%": "percent_sign"},
    **{"&": "ampersand", "'": "apostrophe", "(": "left_parenthesis", ")": "right_parenthesis", "*": "asterisk"},
    **{"+": "plus", ",": "comma", "/": "slash", ":": "colon", ";": "semicolon", "@": "at", "`": "grave_accent"},
    **{"{": "left_curly_bracket", "|": "vertical_line", "}": "right_curly_bracket", "~": "tilde", " ": "space"},
}
#: ESC and one of these begins a longer sequence: single shifts, DCS, SOS
_LONGER = frozenset("NOPX")


def fix_escape_delay(environ: Mapping[str, str] = os.environ) -> None:
    """Wait shorter for the second half of an Alt key; ESCDELAY is the user's own wish.

    Terminals that speak the kitty protocol send a real Esc as such: there nothing waits.
    """
    if "ESCDELAY" not in environ:
        vars(constants)["ESCAPE_DELAY"] = ESCAPE_DELAY


def fix_alt_keys() -> None:
    """Make Alt with a digit, a letter, Enter, Backspace or a sign arrive at once and under its own name.

    Textual takes ESC with a digit for what Option+digit types on one macOS terminal, ESC with Return for a plain
    Return, ESC b and ESC f for Ctrl with an arrow. What it does not know it holds back for the time of a lone Esc, and
    types it as ``^`` and the letter when another ESC comes within that time, as it does when Alt keys are pressed
    quickly. Its table has no public interface; fixing it twice does nothing.
    """
    table = cast("MutableMapping[str, Any]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    table.pop("\x1b§", None)
    for digit in range(10):
        table[f"\x1b{digit}"] = (_AltKey[f"ALT_{digit}"],)
    for letter in set(string.ascii_letters) - _LONGER:
        table[f"\x1b{letter}"] = (_AltLetter(f"alt+{letter}"),)
    for sign, name in _ALT_SIGNS.items():
        table[f"\x1b{sign}"] = (_AltLetter(f"alt+{name}"),)
    table["\x1b\x08"] = (_AltKey.BACKSPACE,)
    table["\x1b\x7f"] = (_AltKey.BACKSPACE,)
    table["\x1b-"] = (_AltKey.MINUS,)
    table["\x1b="] = (_AltKey.EQUALS,)
    table["\x1b<"] = (_AltKey.LESS,)
    table["\x1b>"] = (_AltKey.GREATER,)
    table["\x1b?"] = (_AltKey.QUESTION,)
    table["\x1b\r"] = (_AltKey.ENTER,)
    table["\x1b."] = (_AltKey.FULL_STOP,)
