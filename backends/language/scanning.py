"""Where one piece of PowerShell text ends: strings, here-strings, variables, bare words, comments.

Each function takes the text and the position of the first character and gives back a :class:`Piece`. None raises, none
recurses (a sub-expression inside a string is found by counting parentheses, as PowerShell itself does), and each reads
its characters once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pstui.backends.language import characters as c

_PARENTHESIS = re.compile(r"[()]")


class Piece(NamedTuple):
    """The end of a scanned piece, whether its closing mark was there, and whether something in it is evaluated."""

    end: int
    closed: bool = True
    expands: bool = False


def literal_string(text: str, start: int) -> Piece:
    """A single-quoted string, from its opening quote; two quotes in a row are one quote of the text."""
    match = c.LITERAL_STRING.match(text, start)
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


def _dollar(text: str, start: int) -> Piece:
    """What a dollar sign inside a string or a bare word begins; a lone dollar stands for itself."""
    if text.startswith("(", start + 1):
        return sub_expression(text, start)
    braced = c.BRACED_VARIABLE.match(text, start)
    if braced is not None:
        return Piece(braced.end(), braced["close"] is not None, expands=True)
    variable = c.VARIABLE.match(text, start)
    return Piece(variable.end(), expands=True) if variable is not None else Piece(start + 1)


def _escape_end(text: str, start: int) -> int:
    match = c.ESCAPE.match(text, start)
    return match.end() if match is not None else start + 1


def expandable_string(text: str, start: int) -> Piece:
    """A double-quoted string, from its opening quote."""
    position, closed, expands = start + 1, True, False
    while position < len(text):
        plain = c.PLAIN_IN_EXPANDABLE.match(text, position)
        if plain is not None:
            position = plain.end()
        elif text[position] == "`":
            position = _escape_end(text, position)
        elif text[position] == "$":
            piece = _dollar(text, position)
            position, closed, expands = piece.end, closed and piece.closed, expands or piece.expands
        elif c.is_double_quote(text[position + 1 : position + 2]):
            position += 2
        else:
            return Piece(position + 1, closed, expands)
    return Piece(len(text), closed=False, expands=expands)


def here_string(text: str, start: int) -> Piece:
    """A here-string, from its at sign: header, line end, text, and a line that begins with the closing quote and ``@``.

    Anything but blanks after the header is an error of the line; the piece then ends with that line.
    """
    header = c.HERE_HEADER.match(text, start)
    if header is None:
        rest = c.BLANK_RUN.match(text, start + 2)
        if (rest.end() if rest else start + 2) >= len(text):
            return Piece(len(text), closed=False)
        line_end = c.NEWLINE.search(text, start)
        return Piece(line_end.start() if line_end else len(text))
    # The line end of the header already counts as the one before the footer: an empty here-string has two lines.
    body = header.end() - 1
    if c.is_single_quote(text[start + 1]):
        footer = c.HERE_LITERAL_END.search(text, body)
        return Piece(footer.end()) if footer else Piece(len(text), closed=False)
    return _expandable_here_string(text, body)


def _expandable_here_string(text: str, body: int) -> Piece:
    position, closed, expands = body, True, False
    while position < len(text):
        plain = c.PLAIN_IN_HERE_STRING.match(text, position)
        if plain is not None:
            position = plain.end()
        elif text[position] == "`":
            position = _escape_end(text, position)
        elif text[position] == "$":
            piece = _dollar(text, position)
            position, closed, expands = piece.end, closed and piece.closed, expands or piece.expands
        else:
            position += 1
            footer = c.HERE_EXPANDABLE_FOOT.match(text, position)
            if footer is not None:
                return Piece(footer.end(), closed, expands)
    return Piece(len(text), closed=False, expands=expands)


def bare_word(text: str, start: int) -> Piece:
    """A word of a command line, from its first character: quotes, escapes and variables may stand inside it."""
    position, closed, expands = start, True, False
    while position < len(text):
        plain = c.PLAIN_IN_WORD.match(text, position)
        if plain is not None:
            position = plain.end()
            continue
        character = text[position]
        if character == "`":
            position = _escape_end(text, position)
            continue
        if character == "$":
            piece = _dollar(text, position)
        elif c.is_single_quote(character):
            piece = literal_string(text, position)
        elif c.is_double_quote(character):
            piece = expandable_string(text, position)
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
    braced = c.BRACED_VARIABLE.match(text, start)
    if braced is not None:
        runs_on = in_command and not c.ends_word(text, braced.end()) and text[braced.end()] not in ".["
        return None if runs_on else Piece(braced.end(), braced["close"] is not None)
    match = c.VARIABLE.match(text, start)
    if match is None:
        return None
    end = match.end()
    if in_command and not c.ends_word(text, end):
        single = match[0][1:] in ("$", "?", "^")
        if single or not (text[end] in ".[=" or text.startswith("::", end)):
            return None
    return Piece(end)
