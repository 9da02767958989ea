"""What a token of PowerShell is: its kind, its place and its text."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class TokenKind(enum.Enum):
    """What a token means where it stands: the same ``%`` is a COMMAND at the start of a statement, else an OPERATOR."""

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
    """One token. ``start`` and ``end`` are code points into the whole text, ``text`` what stands there.

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
        from pstui.backends.language.literals import word_value

        return word_value(self.kind, self.text)
