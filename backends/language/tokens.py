"""What a token of PowerShell is: its kind, its place, its text, and its value with the escapes resolved."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from pstui.backends.language import lexemes as c


class TokenKind(enum.Enum):
    """What a token means in its place: the same ``%`` is a COMMAND at the start of a statement, else an OPERATOR."""

    COMMAND = "command"
    PARAMETER = "parameter"
    ARGUMENT = "argument"
    STRING = "string"
    EXPANDABLE_STRING = "expandable string"
    HERE_STRING = "here-string"
    NUMBER = "number"
    VARIABLE = "variable"
    SPLAT = "splat"
    OPERATOR = "operator"
    COMMA = "comma"
    KEYWORD = "keyword"
    TYPE = "type"
    MEMBER = "member"
    COMMENT = "comment"
    PIPE = "pipe"
    CHAIN = "chain"
    INVOKE = "invoke"
    BACKGROUND = "background"
    SEMICOLON = "semicolon"
    NEWLINE = "newline"
    LEFT = "left"
    RIGHT = "right"
    REDIRECTION = "redirection"
    VERBATIM = "verbatim"
    CONTINUATION = "continuation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. ``start`` and ``end`` are code points into the whole text, ``text`` what is there.

    ``complete`` is False for a string, comment or variable without its closing mark; ``expands`` is True where the far
    end would put something in: a variable or a sub-expression in a double-quoted string, here-string or bare word.
    ``depth`` of a LEFT and its RIGHT bracket is the number of brackets around them.
    """

    kind: TokenKind
    start: int
    end: int
    text: str
    complete: bool = True
    expands: bool = False
    depth: int = 0

    def value(self) -> str:
        """The text with quotes removed and escapes resolved; what would be expanded stays as it is written."""

        return word_value(self.kind, self.text)


_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_DOUBLED_SINGLE = re.compile(f"[{c.SINGLE_QUOTES}]([{c.SINGLE_QUOTES}])")
_IN_EXPANDABLE = re.compile(rf"{c.ESCAPE.pattern}|[{c.DOUBLE_QUOTES}]([{c.DOUBLE_QUOTES}])", re.DOTALL)
_HERE_FRAME = re.compile(rf"@.[{c.BLANKS}]*(?:\r\n|\r|\n)", re.DOTALL)
_LAST_LINE_END = re.compile(r"(?:\r\n|\r|\n)\Z")
_CODE_POINT = re.compile(r"`u\{[0-9A-Fa-f]{1,6}\}")
_HIGHEST_CODE_POINT = 0x10FFFF


def unescape(escape: str) -> str:
    """The character a backtick sequence stands for; a sequence without a meaning stands for its second character."""
    if len(escape) < 2:
        return escape
    if escape.startswith("`u"):
        if _CODE_POINT.fullmatch(escape) is None:
            return escape[1:]
        code = int(escape[3:-1], 16)
        return chr(code) if code <= _HIGHEST_CODE_POINT else ""
    return _ESCAPES.get(escape[1], escape[1])


def has_bad_escape(text: str) -> bool:
    """Whether a text holds a ```u`` that PowerShell would refuse: no braces, no digits, or above 10FFFF."""
    return any(
        escape.startswith("`u")
        and (_CODE_POINT.fullmatch(escape) is None or int(escape[3:-1], 16) > _HIGHEST_CODE_POINT)
        for escape in c.ESCAPE.findall(text)
    )


def literal_value(body: str) -> str:
    """The inside of a single-quoted string: of two quotes in a row the second stays."""
    return _DOUBLED_SINGLE.sub(r"\1", body)


def expandable_value(body: str) -> str:
    """The inside of a double-quoted string, escapes and doubled quotes resolved."""
    return _IN_EXPANDABLE.sub(lambda match: match[1] or unescape(match[0]), body)


def here_string_value(text: str) -> str:
    """What a whole here-string stands for: the lines between header and footer."""
    header = _HERE_FRAME.match(text)
    if header is None:
        return ""
    # An empty here-string has one line end only: the header's own is also the one before the footer.
    body = _LAST_LINE_END.sub("", text[header.end() : -2])
    return body if c.is_single_quote(text[1]) else c.ESCAPE.sub(lambda match: unescape(match[0]), body)


def _bare_value(text: str) -> str:
    """A bare word, with quotes inside it removed as PowerShell removes them."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "`":
            match = c.ESCAPE.match(text, position)
            end = match.end() if match else position + 1
            parts.append(unescape(text[position:end]))
        elif c.is_single_quote(character):
            end, closed, _ = c.literal_string(text, position)
            parts.append(literal_value(text[position + 1 : end - closed]))
        elif c.is_double_quote(character):
            end, closed, _ = c.expandable_string(text, position)
            parts.append(expandable_value(text[position + 1 : end - closed]))
        else:
            plain = c.PLAIN_IN_WORD.match(text, position)
            end = plain.end() if plain else position + 1
            parts.append(text[position:end])
        position = end
    return "".join(parts)


def word_value(kind: TokenKind, text: str) -> str:
    """The value of a token's text; see :meth:`.token_kinds.Token.value`."""
    if kind is TokenKind.HERE_STRING:
        return here_string_value(text)
    if kind is TokenKind.STRING:
        _, closed, _ = c.literal_string(text, 0)
        return literal_value(text[1 : len(text) - closed])
    if kind is TokenKind.EXPANDABLE_STRING:
        _, closed, _ = c.expandable_string(text, 0)
        return expandable_value(text[1 : len(text) - closed])
    if kind in (TokenKind.COMMAND, TokenKind.ARGUMENT) and text[:1] not in "'\"":
        return _bare_value(text)
    return text
