"""One token at a place, as PowerShell's scanner reads it there: the place alone does not say it, the mode does."""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple

from pstui.backends.language import lexemes as c


class UnfinishedError(Exception):
    """The text ends before what was begun in it."""


class Mode(enum.Enum):
    """What the same characters mean."""

    COMMAND = enum.auto()
    EXPRESSION = enum.auto()
    TYPE = enum.auto()
    SIGNATURE = enum.auto()
    """The head of a class, an enum or a constructor, where a colon stands alone."""


class Token(NamedTuple):
    """A token. ``kind`` is the text of a bracket, sign, operator or keyword (in lower case), else a word for it.

    ``inner`` are the places of the sub-expressions in it. The token ``eof`` begins one place behind the text.
    """

    kind: str
    start: int
    end: int
    text: str
    inner: tuple[tuple[int, int], ...] = ()


class Look(NamedTuple):
    """How the next token is looked at."""

    mode: Mode
    naming: bool = False
    """A plain name is wanted: a command's word ends with it, and keywords are names."""
    signed: bool = False
    """A sign may be the sign of a number."""
    ternary: bool = False
    """A number ends before ``:`` and ``?``."""


KEYWORDS: Final = c.words(
    "elseif if else switch foreach from in for while until do try catch finally trap data return continue break exit"
    " throw begin process end dynamicparam clean function filter param class define var using workflow parallel"
    " sequence configuration public private static interface enum namespace module type assembly command hidden base"
    " default"
)
_STRINGS: Final = frozenset(["string", "expandable", "here-string"])
SAME_IN_EVERY_MODE: Final = _STRINGS | c.words("newline eof ( ) { } ] $( @( @{ ; && || & | ,")

_AFTER_NUMBER = "!#%*+./<=>]" + c.DASHES
_SIGN = re.compile(rf"\+[+=]?|[{c.DASHES[1:]}\-](?:[{c.DASHES[1:]}\-]|=)?|[*/%]=?|=")
_REDIRECTION = re.compile(r"\*>(?:>|&1)?|>>?|<|[1-6]>(?:>|&[12])?")
_LABEL = re.compile(r":[^\W\d]\w*")
_WORD_OF_DASH = re.compile(rf"[{c.DASHES[1:]}\-][A-Za-z]+")
_NO_DIGITS = re.compile(rf"0[xX](?![0-9A-Fa-f])|[+{c.DASHES[1:]}\-]\.")
_TWO = ("&&", "||", "@{", "@(", "$(")


def read_token(text: str, start: int, look: Look) -> Token:
    """Return the token that begins at a place where no blank and no comment is.

    Raises UnfinishedError for a string, a variable or a here-string without its end."""
    character = text[start : start + 1]
    if not character:
        return Token("eof", len(text) + 1, len(text) + 1, "")
    if character in "\r\n":
        line_end = c.NEWLINE.match(text, start)
        return _token("newline", text, start, line_end.end() if line_end else start + 1)
    if character in c.SINGLE_QUOTES:
        return _piece("string", text, start, c.literal_string(text, start))
    if character in c.DOUBLE_QUOTES:
        inner: c.Spans = []
        return _piece("expandable", text, start, c.expandable_string(text, start, inner), inner)
    if text[start : start + 2] in _TWO:
        return _token(text[start : start + 2], text, start, start + 2)
    if character in "(){}];,&|":
        return _token(character, text, start, start + 1)
    if character in "@$":
        return _dollar_or_at(text, start, look)
    if character.isalpha() or character == "_":
        return _name(text, start, look)
    if character.isdigit() and character.isascii():
        return _redirection(text, start, look) or number(text, start, look)
    return _sign(text, start, look)


def _token(kind: str, text: str, start: int, end: int) -> Token:
    return Token(kind, start, end, text[start:end])


def _piece(kind: str, text: str, start: int, piece: c.Piece, inner: c.Spans | None = None) -> Token:
    if not piece.closed:
        raise UnfinishedError
    return Token(kind, start, piece.end, text[start : piece.end], tuple(inner or ()))


def word(text: str, start: int, rest: int | None = None) -> Token:
    """Return a bare word, quotes and variables in it included; up to ``rest`` they are plain characters."""
    inner: c.Spans = []
    rest = start if rest is None else rest
    piece = c.Piece(rest) if rest > start and c.ends_word(text, rest) else c.bare_word(text, rest, inner)
    return _piece("generic", text, start, piece, inner)


def _unless_word(kind: str, text: str, start: int, end: int, look: Look) -> Token:
    """Return a sign, or in a command the word that it begins."""
    if look.mode is Mode.COMMAND and not c.ends_word(text, end):
        return word(text, start)
    return _token(kind, text, start, end)


def _dollar_or_at(text: str, start: int, look: Look) -> Token:
    follower = text[start + 1 : start + 2]
    if text[start] == "@" and (c.is_single_quote(follower) or c.is_double_quote(follower)):
        return _here_string(text, start)
    found = c.variable(text, start, in_command=look.mode is Mode.COMMAND)
    if found is not None:
        return _piece("variable" if text[start] == "$" else "splat", text, start, found)
    if text[start] == "@" and c.VARIABLE.match(text, start) is None:
        return _token("unknown", text, start, start + 1)
    return word(text, start)


def has_no_header(text: str, start: int) -> bool:
    """Whether characters stand in the line of a here-string's header."""
    return c.HERE_HEADER.match(text, start) is None


def _here_string(text: str, start: int) -> Token:
    inner: c.Spans = []
    piece = c.here_string(text, start, inner)
    if piece.closed and has_no_header(text, start):
        # The mistake reaches to the foot, or to the end of the line.
        foot = text.find("'@" if c.is_single_quote(text[start + 1]) else '"@', start + 2, piece.end)
        piece = c.Piece(foot + 2 if foot >= 0 else piece.end)
    return _piece("here-string", text, start, piece, inner)


def _name(text: str, start: int, look: Look) -> Token:
    found = (c.TYPE_NAME if look.mode is Mode.TYPE else c.IDENTIFIER).match(text, start)
    end = found.end() if found else start + 1
    in_command = look.mode is Mode.COMMAND and not look.naming
    if in_command and not c.ends_word(text, end):
        return word(text, start)
    lower = text[start:end].lower()
    keyword = lower in KEYWORDS and (in_command or (look.mode is Mode.SIGNATURE and not look.naming))
    return _token(lower if keyword else "name", text, start, end)


def number(text: str, start: int, look: Look) -> Token:
    """Return a number, or the word that begins like one; a sign may come first."""
    found = _NO_DIGITS.match(text, start) or c.NUMBER.match(text, start + (text[start] in "+" + c.DASHES))
    if found is not None:
        after = text[found.end() : found.end() + 1]
        ends = c.ends_word(text, found.end())
        if look.mode is Mode.EXPRESSION:
            ends = ends or after in _AFTER_NUMBER or (look.ternary and after in ":?")
        if ends:
            return _token("number", text, start, found.end())
    return word(text, start)


def _redirection(text: str, start: int, look: Look) -> Token | None:
    found = _REDIRECTION.match(text, start)
    if found is None:
        return None
    if look.mode is Mode.EXPRESSION and text[start].isdigit() and "&" not in found[0]:
        return _token("number", text, start, start + 1)
    kind = "merging" if "&" in found[0] else "<" if found[0] == "<" else ">"
    return _token(kind, text, start, found.end())


def _sign(text: str, start: int, look: Look) -> Token:
    character, follower = text[start], text[start + 1 : start + 2]
    if character in "<>" or (character == "*" and follower == ">"):
        return _redirection(text, start, look) or word(text, start)
    if c.is_dash(character) and follower and (follower.isalpha() or follower in "_?"):
        return _parameter(text, start, look)
    signed = character == "+" or c.is_dash(character)
    if signed and look.signed and follower and (follower.isdigit() or follower == "."):
        return number(text, start, look)
    sign = _SIGN.match(text, start)
    if sign is not None:
        return _unless_word("".join("-" if c.is_dash(one) else one for one in sign[0]), text, start, sign.end(), look)
    if character == "[":
        return _unless_word("[", text, start, start + 1, look)
    if character == ".":
        return _dot(text, start, look)
    if character == "!":
        return _not(text, start, look)
    if character == ":":
        return _colon(text, start, look)
    if character == "?" and look.mode is Mode.EXPRESSION:
        kind = "??=" if text.startswith("??=", start) else "??" if follower == "?" else "?"
        return _token(kind, text, start, start + len(kind))
    return word(text, start)


def _parameter(text: str, start: int, look: Look) -> Token:
    if look.mode is not Mode.COMMAND:
        found = _WORD_OF_DASH.match(text, start)
        end = found.end() if found else start + 1
        name = text[start + 1 : end].lower()
        if name in c.DASH_OPERATORS and look.mode is Mode.EXPRESSION:
            return _token("-" + name, text, start, end)
        return _token("parameter" if name else "-", text, start, end)
    found = c.PARAMETER.match(text, start)
    end = found.end() if found else start + 1
    after = text[end : end + 1]
    if found is None or (not found["colon"] and (c.is_single_quote(after) or c.is_double_quote(after))):
        return word(text, start, end)
    return _token("parameter", text, start, end)


def _dot(text: str, start: int, look: Look) -> Token:
    follower = text[start + 1 : start + 2]
    if follower == ".":
        return _unless_word("..", text, start, start + 2, look)
    if follower and follower in "0123456789":
        return number(text, start, look)
    if look.mode is Mode.COMMAND and not c.ends_word(text, start + 1) and follower not in "$\"'":
        return word(text, start)
    return _token(".", text, start, start + 1)


def _not(text: str, start: int, look: Look) -> Token:
    follower = text[start + 1 : start + 2]
    if look.mode is Mode.EXPRESSION and follower:
        if follower.isalpha() or follower == "_":
            return word(text, start)
        if follower.isdigit() and number(text, start + 1, look).kind != "number":
            return word(text, start)
        after = text[start + 2 : start + 3]
        if follower == "." and not c.ends_word(text, start + 2) and after not in _AFTER_NUMBER + "0123456789":
            return word(text, start)
    return _unless_word("!", text, start, start + 1, look)


def _colon(text: str, start: int, look: Look) -> Token:
    if text.startswith("::", start):
        if look.naming:
            return _token("::", text, start, start + 2)
        return _unless_word("::", text, start, start + 2, look)
    if look.mode is not Mode.COMMAND:
        return _token(":", text, start, start + 1)
    label = _LABEL.match(text, start)
    if label is None:
        return word(text, start)
    if c.ends_word(text, label.end()):
        return _token("label", text, start, label.end())
    # The character that makes it a word is taken as it is, even a quote.
    return word(text, start, label.end() + 1)
