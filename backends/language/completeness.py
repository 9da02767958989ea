"""Whether a typed text is finished, and which brackets belong together: what an editor needs to know of the language.

A text is incomplete when PowerShell itself would ask for another line (protocol-notes 3.5). The real client finds out
by sending the line; asking here first keeps a half-typed block out of the far end's history. Any other mistake counts
as complete, because the far end reports it better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pstui.backends.language.grammar.reader import TooMuchError
from pstui.backends.language.grammar.statements import read_script
from pstui.backends.language.grammar.tokens import UnfinishedError
from pstui.backends.language.lexemes import STATEMENT_KEYWORDS
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import Token, TokenKind

#: the name of a command and words after it, of characters that neither open nor continue anything
_PLAIN_COMMAND = re.compile(r"[ \t]*([A-Za-z][\w-]*)(?:[ \t]+[\w./-]+)*[ \t]*", re.ASCII)


def is_complete(text: str) -> bool:
    """Whether PowerShell would run a text, or refuse it, without asking for another row.

    A text that is nested too deeply to be judged counts as finished when its brackets are closed."""
    plain = _PLAIN_COMMAND.fullmatch(text)
    if plain is not None and plain[1].lower() not in STATEMENT_KEYWORDS:
        return True  # most lines: nothing in them could be left open
    try:
        read_script(text)
    except UnfinishedError:
        return False
    except (TooMuchError, RecursionError):
        return not open_brackets(text)
    return True


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
