"""PowerShell text as tokens, for highlighting, for matching brackets and as the first step of reading a line.

:func:`tokenize` takes any text whatever: it never raises, its tokens stand in order without overlap and cover every
character that is no blank, and its time grows with the length of the text. What PowerShell would refuse comes as
``TokenKind.UNKNOWN`` or as a token that is not ``complete``.
"""

from __future__ import annotations

from pstui.backends.language.scanner import Scanner
from pstui.backends.language.token_kinds import Token


def tokenize(text: str) -> list[Token]:
    """The tokens of a text of any length, line ends (NEWLINE) and comments included, blanks left out.

    The kind follows from the place: a word at the start of a statement is a COMMAND or a KEYWORD, further on an
    ARGUMENT or a PARAMETER; after a value or an opening bracket the rules of expressions hold.
    """
    return Scanner(text).run()
