"""Whether a typed text is finished, and which brackets belong together: what an editor needs to know of the language.

A text is incomplete when PowerShell itself would ask for another line (protocol-notes 3.5). The real client finds out
by sending the line; asking here first keeps a half-typed block out of the far end's history. Any other mistake counts
as complete, because the far end reports it better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

_SILENT = frozenset([TokenKind.NEWLINE, TokenKind.COMMENT])
_GO_ON = frozenset([TokenKind.PIPE, TokenKind.CHAIN, TokenKind.COMMA, TokenKind.CONTINUATION])
_POSTFIX = frozenset(["++", "--"])


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a keyword needs after it, in order, and whether other words may come before each need."""

    needs: str
    loose: bool = False
    follows: bool = False
    """Another keyword must follow the last block (``try``, ``do``)."""


_BLOCK = _Rule("{")
_CONDITION = _Rule("({")
_RULES = {
    **dict.fromkeys(("if", "elseif", "while"), _CONDITION),
    **dict.fromkeys(("for", "foreach", "switch"), _Rule("({", loose=True)),
    **dict.fromkeys(("else", "finally", "begin", "process", "end", "clean", "dynamicparam"), _BLOCK),
    **dict.fromkeys(("catch", "trap", "function", "filter", "class", "enum", "configuration"), _Rule("{", loose=True)),
    **dict.fromkeys(("data", "workflow"), _Rule("{", loose=True)),
    **dict.fromkeys(("try", "do"), _Rule("{", follows=True)),
    **dict.fromkeys(("until", "param"), _Rule("(")),
}
_SWITCH_WITH_FILE = _Rule("{", loose=True)


def is_complete(text: str) -> bool:
    """False while something is open: a bracket, a quote, a here-string, a block comment, a pipe, ``&&``, a comma, an
    operator without its right side, a line ending in a backtick, or a keyword without its condition or block."""
    tokens = tokenize(text)
    if any(token.kind is TokenKind.UNKNOWN for token in tokens):
        # A definite error comes first, and more lines would not cure it.
        return True
    if not all(token.complete for token in tokens) or open_brackets(tokens):
        return False
    last = next((token for token in reversed(tokens) if token.kind not in _SILENT), None)
    if last is None:
        return True
    if last.kind in _GO_ON or (last.kind is TokenKind.OPERATOR and last.text not in _POSTFIX):
        return False
    return _keywords_satisfied(tokens)


def open_brackets(text: str | list[Token]) -> list[Token]:
    """The opening brackets still without a partner at the end of a text (or of its tokens), outermost first."""
    still_open: list[Token] = []
    for token in tokenize(text) if isinstance(text, str) else text:
        if token.kind is TokenKind.LEFT:
            still_open.append(token)
        elif token.kind is TokenKind.RIGHT:
            del still_open[token.depth :]
    return still_open


def matching_bracket(text: str | Sequence[Token], position: int) -> int | None:
    """The place of the partner of the bracket at ``position`` in a text (or its tokens), in code points; None without.

    For ``$(``, ``@(`` and ``@{`` both characters count as the bracket and the answer is that of the second.
    """
    waiting: list[Token] = []
    for token in tokenize(text) if isinstance(text, str) else text:
        if token.kind is TokenKind.LEFT:
            waiting.append(token)
        elif token.kind is TokenKind.RIGHT:
            left = waiting[token.depth]
            del waiting[token.depth :]
            if left.start <= position < left.end:
                return token.start
            if position == token.start:
                return left.end - 1
    return None


def _outer_pieces(tokens: list[Token]) -> list[Token]:
    """The tokens outside all brackets, of each bracket only its opening one; comments left out."""
    pieces: list[Token] = []
    depth = 0
    for token in tokens:
        if token.kind is TokenKind.RIGHT:
            depth = token.depth
        elif token.kind is TokenKind.LEFT:
            if depth == 0:
                pieces.append(token)
            depth += 1
        elif depth == 0 and token.kind is not TokenKind.COMMENT:
            pieces.append(token)
    return pieces


def _keywords_satisfied(tokens: list[Token]) -> bool:
    """Whether the last keyword outside all brackets has what it needs; an earlier one is cured by no further line."""
    pieces = _outer_pieces(tokens)
    keywords = [index for index, token in enumerate(pieces) if token.kind is TokenKind.KEYWORD]
    known = [index for index in keywords if pieces[index].text.lower() in _RULES]
    if not known:
        return True
    word = pieces[known[-1]].text.lower()
    rule = _RULES[word]
    rest = [token for token in pieces[known[-1] + 1 :] if token.kind is not TokenKind.NEWLINE]
    if word == "while" and len(known) > 1 and pieces[known[-2]].text.lower() == "do":
        rule = _Rule("(")
    if word == "switch" and any(token.text.lower().startswith("-f") for token in rest):
        rule = _SWITCH_WITH_FILE
    return _satisfied(rule, rest)


def _satisfied(rule: _Rule, rest: list[Token]) -> bool:
    needs = list(rule.needs)
    for index, token in enumerate(rest):
        if not needs:
            break
        if token.kind is TokenKind.SEMICOLON:
            return True
        if token.text == needs[0]:
            needs.pop(0)
            if not needs:
                return not rule.follows or index + 1 < len(rest)
        elif not rule.loose:
            return True
    return False
