"""The words, characters and pieces of PowerShell's language, and the regular expressions that find them.

PowerShell reads typographic quotes as quotes, and en dash, em dash and horizontal bar as a dash, so that text pasted
from a document still runs. Every expression here is linear: none can backtrack over what another branch also takes.

The functions say where one piece of text ends: a string, a here-string, a variable, a bare word, a comment. Each takes
the text and the position of the first character and returns a :class:`Piece`. None raises, none recurses (a
sub-expression inside a string is found by counting parentheses, as PowerShell itself does), and each reads its
characters once.
"""

from __future__ import annotations

import re
from typing import NamedTuple


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


STATEMENT_KEYWORDS = words(
    "begin break catch class clean configuration continue data do dynamicparam else elseif end enum exit filter"
    " finally for foreach function if inlinescript parallel param process return sequence switch throw trap try until"
    " using while workflow from define var"
)
"""Words that are keywords at the start of a statement; elsewhere they are ordinary words."""

NAMING_KEYWORDS = words("function filter class enum configuration workflow data")
"""Keywords that a name follows."""

VALUE_KEYWORDS = words("return throw exit break continue")
"""Keywords that another pipeline, or nothing, follows."""

_CASED = words("eq ne gt ge lt le like notlike match notmatch replace contains notcontains in notin split")

UNARY_DASH_OPERATORS = words("not bnot split csplit isplit join")
"""Operators that may come before their only operand, without the dash."""

DASH_OPERATORS = (
    _CASED
    | UNARY_DASH_OPERATORS
    | words("and or xor band bor bxor shl shr is isnot as f")
    | {prefix + word for word in _CASED for prefix in "ci"}
)
"""Every operator written with a dash, without the dash, in lower case."""

ASSIGNMENTS = words("= += -= *= /= %= ??=")


SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
DOUBLE_QUOTES = '"\u201c\u201d\u201e'
DASHES = "-\u2013\u2014\u2015"
BLANKS = " \t\f\v\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Blanks inside a line, as the inside of a character class; line ends are no blanks."""
FORCE = BLANKS + "\r\n\0&(),;{}|"
"""What ends a bare word, as the inside of a character class."""

_Q, _D, _DASH = SINGLE_QUOTES, DOUBLE_QUOTES, "\\-\u2013\u2014\u2015"

BLANK_RUN = re.compile(f"[{BLANKS}]+")
NEWLINE = re.compile(r"\r\n|\r|\n")
LINE_COMMENT = re.compile(r"#[^\r\n]*")
ENDS_WORD = re.compile(f"[{FORCE}]|\\Z")
ESCAPE = re.compile(r"`(?:u(?:\{[0-9A-Fa-f]{0,6}\}?)?|.)?", re.DOTALL)

LITERAL_STRING = re.compile(f"[{_Q}](?:[^{_Q}]+|[{_Q}]{{2}})*(?P<close>[{_Q}])?")
PLAIN_IN_EXPANDABLE = re.compile(f"[^`${_D}]+")
PLAIN_IN_HERE_STRING = re.compile(r"[^`$\r\n]+")
PLAIN_IN_WORD = re.compile(f"[^`${_Q}{_D}{FORCE}]+")
HERE_HEADER = re.compile(f"@[{_Q}{_D}][{BLANKS}]*(?:\\r\\n|\\r|\\n)")
HERE_LITERAL_END = re.compile(f"(?:\\r\\n|\\r|\\n)[{_Q}]@")
HERE_EXPANDABLE_FOOT = re.compile(f"[{_D}]@")

VARIABLE = re.compile(r"[$@](?:[$?^]|[\w:](?:[\w?]|:(?!:))*)")
BRACED_VARIABLE = re.compile(rf"\$\{{(?:[^`}}]+|{ESCAPE.pattern})*(?P<close>\}})?", re.DOTALL)

_NUMBER = (
    r"0[xX](?P<hex>[0-9A-Fa-f]+)|0[bB](?P<bin>[01]+)"
    rf"|(?P<dec>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+{_DASH}]?[0-9]+)?)"
)
_SUFFIXES = r"(?P<suffix>[uU][lLsSyY]?|[sSlLdDyYnN])?(?P<multiplier>[kKmMgGtTpP][bB])?"
# Atomic, because PowerShell's scanner never gives a character back: "1.x" is a word, not the number 1 and a member.
NUMBER = re.compile(rf"(?>(?:{_NUMBER}){_SUFFIXES})")
NUMBER_IN_COMMAND = re.compile(rf"(?>(?:{_NUMBER}){_SUFFIXES})(?=[{FORCE}]|\Z)")
NUMBER_IN_EXPRESSION = re.compile(
    rf"(?>(?P<sign>[+{_DASH}])?(?:{_NUMBER}){_SUFFIXES})(?=[{FORCE}!#%*+{_DASH}./<=>\]:?]|\Z)"
)

PARAMETER = re.compile(rf"[{_DASH}](?:[^\W\d]|\?)[^{FORCE}.\[:{_Q}{_D}]*(?P<colon>:)?")
DASH_OPERATOR = re.compile(rf"[{_DASH}]([A-Za-z]+)")
REDIRECTION = re.compile(r"[*1-6]>>|[*1-6]?>&[12]|[*1-6]>|>>|>|<")
EXPRESSION_OPERATOR = re.compile(
    rf"\+\+|[{_DASH}]{{2}}|[+*/%{_DASH}]=|\?\?=|\?\?|\?\.(?!\d)|\.\.|::|[+*/%=!.?:{_DASH}]"
)
IDENTIFIER = re.compile(r"\w+")
TYPE_NAME = re.compile(r"[\w.`+#\\]+")


def is_single_quote(character: str) -> bool:
    """Whether PowerShell takes the character for a single quote."""
    return character != "" and character in SINGLE_QUOTES


def is_double_quote(character: str) -> bool:
    """Whether PowerShell takes the character for a double quote."""
    return character != "" and character in DOUBLE_QUOTES


def is_dash(character: str) -> bool:
    """Whether PowerShell takes the character for a dash."""
    return character != "" and character in DASHES


def ends_word(text: str, position: int) -> bool:
    """Whether a bare word ends at this position (a blank, a line end, one of ``&(),;{}|``, or the end of the text)."""
    return ENDS_WORD.match(text, position) is not None


_PARENTHESIS = re.compile(r"[()]")


Spans = list[tuple[int, int]]
"""Places in a text: first character and the one after the last."""


class Piece(NamedTuple):
    """The end of a scanned piece, whether its closing mark was there, and whether something in it is evaluated."""

    end: int
    closed: bool = True
    expands: bool = False


def literal_string(text: str, start: int) -> Piece:
    """A single-quoted string, from its opening quote; two quotes in a row are one quote of the text."""
    match = LITERAL_STRING.match(text, start)
    if match is None:
        return Piece(start + 1, closed=False)
    return Piece(match.end(), match["close"] is not None)


def sub_expression(text: str, start: int) -> Piece:
    """``$( … )`` inside a string, from its dollar sign."""
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return Piece(match.end(), expands=True)
    return Piece(len(text), closed=False, expands=True)


def dollar(text: str, start: int, inner: Spans | None = None) -> Piece:
    """What a dollar sign inside a string or a bare word begins; a lone dollar stands for itself.

    The place of a sub-expression is added to ``inner``, here and in the functions below."""
    if text.startswith("(", start + 1):
        piece = sub_expression(text, start)
        if inner is not None:
            inner.append((start, piece.end))
        return piece
    braced = BRACED_VARIABLE.match(text, start)
    if braced is not None:
        return Piece(braced.end(), braced["close"] is not None, expands=True)
    variable = VARIABLE.match(text, start)
    return Piece(variable.end(), expands=True) if variable is not None else Piece(start + 1)


def _escape_end(text: str, start: int) -> int:
    match = ESCAPE.match(text, start)
    return match.end() if match is not None else start + 1


def expandable_string(text: str, start: int, inner: Spans | None = None) -> Piece:
    """A double-quoted string, from its opening quote."""
    position, closed, expands = start + 1, True, False
    while position < len(text):
        plain = PLAIN_IN_EXPANDABLE.match(text, position)
        if plain is not None:
            position = plain.end()
        elif text[position] == "`":
            position = _escape_end(text, position)
        elif text[position] == "$":
            piece = dollar(text, position, inner)
            position, closed, expands = piece.end, closed and piece.closed, expands or piece.expands
        elif is_double_quote(text[position + 1 : position + 2]):
            position += 2
        else:
            return Piece(position + 1, closed, expands)
    return Piece(len(text), closed=False, expands=expands)


def here_string(text: str, start: int, inner: Spans | None = None) -> Piece:
    """A here-string, from its at sign: header, line end, text, and a line that begins with the closing quote and ``@``.

    Anything but blanks after the header is an error of the line; the piece then ends with that line.
    """
    header = HERE_HEADER.match(text, start)
    if header is None:
        rest = BLANK_RUN.match(text, start + 2)
        if (rest.end() if rest else start + 2) >= len(text):
            return Piece(len(text), closed=False)
        line_end = NEWLINE.search(text, start)
        return Piece(line_end.start() if line_end else len(text))
    # The line end of the header already counts as the one before the footer: an empty here-string has two lines.
    body = header.end() - 1
    if is_single_quote(text[start + 1]):
        footer = HERE_LITERAL_END.search(text, body)
        return Piece(footer.end()) if footer else Piece(len(text), closed=False)
    return _expandable_here_string(text, body, inner)


def _expandable_here_string(text: str, body: int, inner: Spans | None) -> Piece:
    position, closed, expands = body, True, False
    while position < len(text):
        plain = PLAIN_IN_HERE_STRING.match(text, position)
        if plain is not None:
            position = plain.end()
        elif text[position] == "`":
            position = _escape_end(text, position)
        elif text[position] == "$":
            piece = dollar(text, position, inner)
            position, closed, expands = piece.end, closed and piece.closed, expands or piece.expands
        else:
            position += 1
            footer = HERE_EXPANDABLE_FOOT.match(text, position)
            if footer is not None:
                return Piece(footer.end(), closed, expands)
    return Piece(len(text), closed=False, expands=expands)


def bare_word(text: str, start: int, inner: Spans | None = None) -> Piece:
    """A word of a command line, from its first character: it may contain quotes, escapes and variables."""
    position, closed, expands = start, True, False
    while position < len(text):
        plain = PLAIN_IN_WORD.match(text, position)
        if plain is not None:
            position = plain.end()
            continue
        character = text[position]
        if character == "`":
            position = _escape_end(text, position)
            continue
        if character == "$":
            piece = dollar(text, position, inner)
        elif is_single_quote(character):
            piece = literal_string(text, position)
        elif is_double_quote(character):
            piece = expandable_string(text, position, inner)
        else:
            break
        position, closed, expands = piece.end, closed and piece.closed, expands or piece.expands
    return Piece(max(position, start + 1), closed, expands)


def block_comment(text: str, start: int) -> Piece:
    """``<# … #>``, from its first character."""
    end = text.find("#>", start + 2)
    return Piece(end + 2) if end >= 0 else Piece(len(text), closed=False)


def variable(text: str, start: int, *, in_command: bool) -> Piece | None:
    """A variable or a splatted one, from its ``$`` or ``@``; None when a bare word or a lone sign begins here.

    In a command line a variable that runs on into other characters (``$x/y``) is part of a bare word.
    """
    braced = BRACED_VARIABLE.match(text, start)
    if braced is not None:
        runs_on = in_command and not ends_word(text, braced.end()) and text[braced.end()] not in ".["
        return None if runs_on else Piece(braced.end(), braced["close"] is not None)
    match = VARIABLE.match(text, start)
    if match is None:
        return None
    end = match.end()
    if in_command and not ends_word(text, end):
        single = match[0][1:] in ("$", "?", "^")
        if single or not (text[end] in ".[=" or text.startswith("::", end)):
            return None
    return Piece(end)
