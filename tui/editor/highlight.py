"""PowerShell text in colours: which characters of a line are a command, a string, a parameter; which bracket fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pstui.backends.language.completeness import matching_bracket
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

#: Longest text that is coloured, in characters: its tokens cost about 10 ms, about the most that a key press may take.
MAX_TEXT: Final = 8_000

_NAMES: Final[Mapping[TokenKind, str]] = {
    TokenKind.COMMAND: "command",
    TokenKind.PARAMETER: "parameter",
    TokenKind.STRING: "string",
    TokenKind.EXPANDABLE_STRING: "string",
    TokenKind.HERE_STRING: "string",
    TokenKind.NUMBER: "number",
    TokenKind.VARIABLE: "variable",
    TokenKind.SPLAT: "variable",
    TokenKind.OPERATOR: "operator",
    TokenKind.PIPE: "operator",
    TokenKind.CHAIN: "operator",
    TokenKind.INVOKE: "operator",
    TokenKind.BACKGROUND: "operator",
    TokenKind.REDIRECTION: "operator",
    TokenKind.CONTINUATION: "operator",
    TokenKind.KEYWORD: "keyword",
    TokenKind.TYPE: "type",
    TokenKind.MEMBER: "member",
    TokenKind.COMMENT: "comment",
    TokenKind.UNKNOWN: "unknown",
}
#: The names that runs can have; the editor has a colour for each.
NAMES: Final = frozenset(_NAMES.values())
_QUOTED: Final = frozenset([TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING])


class Run(NamedTuple):
    """Characters ``start`` up to ``end`` of one row are a ``name``."""

    start: int
    end: int
    name: str


class Highlighted:
    """One text read once: the runs of its rows and the partners of its brackets and quotes.

    Positions are code points, in the whole text or, for runs, in the row. A text longer than MAX_TEXT has neither.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens: Sequence[Token] = tokenize(text) if len(text) <= MAX_TEXT else ()
        self._rows: list[list[Run]] | None = None

    def runs(self, row: int) -> Sequence[Run]:
        """Return the coloured runs of a row, in order."""
        if self._rows is None:
            self._rows = self._split()
        return self._rows[row] if row < len(self._rows) else ()

    def partners(self, cursor: int) -> tuple[int, int] | None:
        """Return the bracket or quote at or before ``cursor`` and its partner, None if there is none.

        The one under the cursor comes first, then the one just typed before it.
        """
        for place in (cursor, cursor - 1):
            if place >= 0 and (partner := self._partner(place)) is not None:
                return place, partner
        return None

    def _partner(self, place: int) -> int | None:
        for token in self._tokens:
            if token.kind in _QUOTED and token.complete and _closed(token):
                if place == token.start:
                    return token.end - 1
                if place == token.end - 1:
                    return token.start
        return matching_bracket(self._tokens, place)

    def _split(self) -> list[list[Run]]:
        starts = [0]
        for index, character in enumerate(self.text):
            if character == "\n":
                starts.append(index + 1)
        rows: list[list[Run]] = [[] for _ in starts]
        row = 0
        for token in self._tokens:
            name = _NAMES.get(token.kind)
            while row + 1 < len(starts) and starts[row + 1] <= token.start:
                row += 1
            if name is None:
                continue
            for each in range(row, len(starts)):
                if starts[each] >= token.end:
                    break
                last = starts[each + 1] - 1 if each + 1 < len(starts) else len(self.text)
                start, end = max(token.start, starts[each]), min(token.end, last)
                if start < end:
                    rows[each].append(Run(start - starts[each], end - starts[each], name))
        return rows


def _closed(token: Token) -> bool:
    """Whether a string has its closing quote; a here-string with a wrong first line is whole but has none."""
    if token.kind is TokenKind.HERE_STRING:
        return len(token.text) > 3 and token.text.endswith("@")
    return token.end - token.start > 1
