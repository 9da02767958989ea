"""A text read token by token, as the grammar's rules ask for it.

How this works. The same characters are different tokens in a command, in an expression, in a type's name and in the
head of a class. PowerShell's parser tells its scanner which of the four it is in, and so do the rules here
(:meth:`Reader.enter`). At most one token is held back (``peek``, ``unget``); it is read again when the mode changes.

The rules build nothing. They return where a thing ends, and they *report*: :meth:`Reader.report` where PowerShell
reports input that is incomplete if nothing follows, :meth:`Reader.error` where it reports anything else. The first
report at the very end of the text settles the question, and ``UnfinishedError`` leaves all rules at once. After any
other error they go on as PowerShell goes on, because what follows may be unfinished yet: ``a ) (`` is.

Time grows with the length of the text. PowerShell reads some places again (attributes, sub-expressions in strings), and
in a nest of them again and again. :class:`Effort` counts what was read and how deep the rules are in each other;
``TooMuchError`` says that the text is judged no longer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pstui.backends.language import lexemes as c
from pstui.backends.language.grammar.tokens import (
    SAME_IN_EVERY_MODE,
    Look,
    Mode,
    Token,
    UnfinishedError,
    has_no_header,
    read_token,
)

#: rules that may stand inside each other; each takes up to six frames of Python's stack of 1000
DEEPEST: Final = 110
#: how often each character of a text may be read
MOST_AGAIN: Final = 12

_SILENT_TO_THE_END = re.compile(rf"(?:[{c.BLANKS}]++|#[^\r\n]*+|(?><#(?s:.*?)(?:#>|\Z)))*+\Z")
_NO_TOKEN = re.compile(rf"[{c.BLANKS}]++|#[^\r\n]*+|`(?:\r\n|\s)")
_NO_STATEMENT = {
    False: re.compile(rf"[{c.BLANKS}\r\n]++|#[^\r\n]*+|`(?:\r\n|\s)"),
    True: re.compile(rf"[{c.BLANKS}\r\n;]++|#[^\r\n]*+|`(?:\r\n|\s)"),
}
_DOUBLED = re.compile(f"[`{c.DOUBLE_QUOTES}]([{c.DOUBLE_QUOTES}])")
_NAME_PART = rf"[{c.BLANKS}]*+[^\],=\r\n\0{c.BLANKS}]*+[{c.BLANKS}]*+"
_ASSEMBLY_NAME = re.compile(rf"{_NAME_PART}(?:,{_NAME_PART}(?:={_NAME_PART})?)*+")
_CLOSING = {"(": ")", "{": "}", "[": "]"}


class TooMuchError(Exception):
    """The text is nested too deeply to be judged in a time that grows with its length."""


class Part(NamedTuple):
    """What a rule has found: where it ends, and whether it stands for a mistake that was reported."""

    end: int
    wrong: bool = False


@dataclass(slots=True)
class Effort:
    """What all readers of one text share: what may still be read, how deep the rules are, whether one went wrong."""

    left: int
    depth: int = 0
    errors: bool = False

    def spend(self, characters: int) -> None:
        """Count what is read. Raises TooMuchError."""
        self.left -= characters
        if self.left < 0:
            raise TooMuchError

    def deeper(self) -> None:
        """Count a rule inside another one; the caller counts back. Raises TooMuchError."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooMuchError


class Rules(NamedTuple):
    """The rules that expressions and commands need of those above them."""

    pipeline: Callable[[Reader], Part | None]
    statement: Callable[[Reader], Part | None]
    statements: Callable[[Reader], None]
    script_block: Callable[[Reader, Token | None], int]


class Reader:
    """One text, or a sub-expression of a string inside another one, read from its start.

    ``places`` maps an offset of this text to one of the whole text; None for the whole text itself.
    """

    def __init__(self, text: str, rules: Rules, effort: Effort, places: Callable[[int], int] | None = None) -> None:
        self.text = text
        self.rules = rules
        self.effort = effort
        self.position = 0
        self.mode = Mode.COMMAND
        #: commas part arguments here and join no values
        self.commas_part = False
        #: the token that was looked at and not taken
        self.held: Token | None = None
        self._places = places or (lambda offset: offset)
        #: where ``#requires`` stands
        self._required: set[int] | None = set() if places is None else None

    # -- what the rules say ---------------------------------------------------------------------------------------

    def report(self, end: int) -> None:
        """Something is missing at a place. Raises UnfinishedError if only blanks and comments follow.

        In a sub-expression PowerShell compares the place in the whole text with the length of the sub-expression; so
        does this."""
        self.effort.errors = True
        place = self._places(end)
        if place >= len(self.text) or _SILENT_TO_THE_END.match(self.text, place):
            raise UnfinishedError

    def error(self) -> None:
        """Something is wrong that no further line would cure."""
        self.effort.errors = True

    def enter(self, mode: Mode) -> Mode:
        """Change the mode and return the one before."""
        before, self.mode = self.mode, mode
        if mode is not before and self.held is not None and self.held.kind not in SAME_IN_EVERY_MODE:
            self.go_back(self.held.start)
        return before

    # -- tokens ---------------------------------------------------------------------------------------------------

    def next(self) -> Token:
        """Take the next token."""
        token, self.held = self.peek(), None
        return token

    def peek(self, *, naming: bool = False, signed: bool = False, ternary: bool = False) -> Token:
        """The next token, which stays."""
        if self.held is None:
            self._skip(_NO_TOKEN)
            if self.text.startswith("`", self.position) and self.position + 1 == len(self.text):
                raise UnfinishedError
            self.held = read_token(self.text, self.position, Look(self.mode, naming, signed, ternary))
            self.effort.spend(1 + self.held.end - self.position)
            self.position = self.held.end
            held = self.held
            if held.kind == "unknown" or (held.kind == "here-string" and has_no_header(self.text, held.start)):
                self.error()
        return self.held

    def take(self, *kinds: str) -> Token | None:
        """Take the next token if it is one of these."""
        return self.next() if self.peek().kind in kinds else None

    def at(self, *kinds: str) -> bool:
        """Whether the next token is one of these."""
        return self.peek().kind in kinds

    def go_back(self, position: int) -> None:
        """Read again from a place."""
        self.held = None
        self.effort.spend(abs(self.position - position))
        self.position = position

    def here(self) -> int:
        """A place to go back to."""
        return self.position

    def after_blanks(self) -> int:
        """Where the next token begins, once ``skip_lines`` has skipped what is before it."""
        return self.position if self.held is None else self.held.start

    def skip_lines(self) -> None:
        """Skip line ends, blanks and comments."""
        if self.held is None or self.held.kind == "newline":
            self.held = None
            self._skip(_NO_STATEMENT[False])

    def skip_ends(self) -> None:
        """Skip what ends statements: line ends and semicolons."""
        if self.held is None or self.held.kind in ("newline", ";"):
            self.held = None
            self._skip(_NO_STATEMENT[True])

    def sync(self, *kinds: str, take: bool) -> None:
        """Skip to one of these tokens outside brackets, or to the one that closes an open bracket; ``take`` it."""
        depth = {")": int(")" in kinds), "}": int("}" in kinds), "]": int("]" in kinds)}
        while True:
            token = self.next()
            if token.kind in ("(", "{", "["):
                depth[_CLOSING[token.kind]] += 1
            elif token.kind in depth:
                depth[token.kind] -= 1
                if depth[token.kind] == 0 and token.kind in kinds:
                    break
            elif token.kind == "eof":
                self.held = token
                return
            if token.kind in kinds and not any(depth.values()):
                return
        if not take:
            self.held = token

    def name(self) -> Token | None:
        """Take a simple name."""
        return self.next() if self.peek(naming=True).kind == "name" else None

    def peek_operand(self, *, ternary: bool) -> Token:
        """The next token where an operand begins: a sign may belong to a number."""
        if self.held is not None and self.held.kind == "-":
            self.go_back(self.held.start)
        return self.peek(signed=True, ternary=ternary)

    def left_bracket(self) -> Token | None:
        """Take ``[`` alone, even where a command's word begins with it."""
        if self.held is not None:
            return self.next() if self.held.kind == "[" else None
        start = self.position
        self._skip(_NO_TOKEN)
        if self.text.startswith("[", self.position):
            return self._sign("[")
        if self.text.startswith((".", ":"), self.position):
            self.position = start
        return None

    def member_operator(self, *, brackets: bool) -> Token | None:
        """Take ``.``, ``::``, ``?.``, and ``[`` or ``?[``, which may not be parted from the value before it."""
        if self.held is not None:
            return None
        while self.text.startswith("<#", self.position):
            self._block_comment()
        for sign in ("?.", "?[", "::", ".", "["):
            if self.text.startswith(sign, self.position) and (brackets or sign[-1] != "["):
                break
        else:
            return None
        after = self.text[self.position + len(sign) : self.position + len(sign) + 1]
        if sign == "." and after == ".":
            return None
        if sign in (".", "::") and self.mode is Mode.COMMAND and (after in "\r\n\0" or c.BLANK_RUN.match(after)):
            return None
        return self._sign(sign)

    def call_bracket(self) -> Token | None:
        """Take ``(`` or ``{`` that touches a member's name."""
        if self.held is None and self.text.startswith(("(", "{"), self.position):
            return self._sign(self.text[self.position])
        return None

    def verbatim(self) -> int | None:
        """Take the rest of the line after ``--%``; returns where it ends, or None if a token is in the way."""
        if self.held is not None and self.held.kind != "parameter":
            return None
        self.held = None
        quoted = False
        while self.position < len(self.text) and self.text[self.position] not in "\r\n":
            if self.text[self.position] in c.DOUBLE_QUOTES:
                quoted = not quoted
            elif not quoted and self.text.startswith(("|", "&&"), self.position):
                break
            self.position += 1
        return self.position

    def assembly_name(self) -> int | None:
        """Take the name of an assembly, after the comma behind a type's name; returns where it ends, None for none."""
        found = _ASSEMBLY_NAME.match(self.text, self.position)
        if found is None or not found[0].strip(c.BLANKS):
            return None
        self.position = found.end()
        return self.position

    def pipe_goes_on(self, place: int) -> bool:
        """Whether the lines from a place on are comments, and the line after them begins with ``|``."""
        empty = True
        while place < len(self.text):
            character = self.text[place]
            if character in "\r\n":
                if empty:
                    return False
                empty = True
                place += 2 if self.text.startswith("\r\n", place) else 1
            elif character == "#" or self.text.startswith("<#", place):
                empty = False
                line = c.LINE_COMMENT.match(self.text, place)
                place = line.end() if line else c.block_comment(self.text, place).end
            elif (blank := c.BLANK_RUN.match(self.text, place)) is not None:
                place = blank.end()
            else:
                return character == "|"
        return False

    def inside(self, token: Token) -> list[Reader]:
        """Readers for the sub-expressions of a string or a word."""
        return [self._inside(start, end, whole=token.kind == "here-string") for start, end in token.inner]

    def required(self) -> list[Reader]:
        """Readers for the commands in the ``#requires`` that were skipped."""
        found = []
        for start in sorted(self._required or ()):
            line = c.LINE_COMMENT.match(self.text, start)
            found.append(self._inside(start + 1, line.end() if line else len(self.text), whole=True))
            found[-1].mode = Mode.COMMAND
        return found

    def _inside(self, start: int, end: int, *, whole: bool) -> Reader:
        text = self.text[start:end]
        self.effort.spend(len(text))
        dropped: list[int] = []
        if not whole:
            # Of two double quotes in a row one is left, and of a backtick and a quote the quote.
            dropped = [match.start() - index for index, match in enumerate(_DOUBLED.finditer(text))]
            text = _DOUBLED.sub(r"\1", text)
        base = self._places(start)
        reader = Reader(text, self.rules, self.effort, lambda offset: base + offset + bisect_right(dropped, offset))
        reader.mode = Mode.EXPRESSION
        reader.commas_part = self.commas_part
        return reader

    def _sign(self, sign: str) -> Token:
        start = self.position
        self.position += len(sign)
        return Token(sign, start, self.position, sign)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        """Skip what a pattern matches, and block comments, as often as they come."""
        start = self.position
        while True:
            found = pattern.match(self.text, self.position)
            if found is not None:
                if self._required is not None and found[0][:9].lower() == "#requires":
                    self._required.add(found.start())
                self.position = found.end()
            elif self.text.startswith("<#", self.position):
                self._block_comment()
            else:
                break
        self.effort.spend(self.position - start)

    def _block_comment(self) -> None:
        piece = c.block_comment(self.text, self.position)
        if not piece.closed:
            raise UnfinishedError
        self.position = piece.end
