"""Where words begin and end, for the keys that move by words or delete them; positions are code points."""

from __future__ import annotations

from typing import Final

from pstui.backends.language.scanner import tokenize
from pstui.backends.language.tokens import TokenKind

#: what parts words beside blanks, as in PSReadLine's WordDelimiters
DELIMITERS: Final = frozenset(";:,.[]{}()/\\|!?^&*-=+'\"–—―")
_SILENT = frozenset([TokenKind.NEWLINE, TokenKind.COMMENT, TokenKind.CONTINUATION, TokenKind.SEMICOLON])


def _in_word(character: str) -> bool:
    return not character.isspace() and character not in DELIMITERS


def word_start_before(text: str, place: int) -> int:
    """Return the start of the word at or before ``place``."""
    while place > 0 and not _in_word(text[place - 1]):
        place -= 1
    while place > 0 and _in_word(text[place - 1]):
        place -= 1
    return place


def word_end_after(text: str, place: int) -> int:
    """Return the end of the word at or after ``place``."""
    while place < len(text) and not _in_word(text[place]):
        place += 1
    while place < len(text) and _in_word(text[place]):
        place += 1
    return place


def next_word_start(text: str, place: int) -> int:
    """Return the start of the word after the one at ``place``."""
    while place < len(text) and _in_word(text[place]):
        place += 1
    while place < len(text) and not _in_word(text[place]):
        place += 1
    return place


def blank_start_before(text: str, place: int) -> int:
    """Return the start of the run without blanks at or before ``place``."""
    while place > 0 and text[place - 1].isspace():
        place -= 1
    while place > 0 and not text[place - 1].isspace():
        place -= 1
    return place


def last_argument(line: str) -> str:
    """Return the last word of a line as it is written, quotes included; empty if there is none."""
    tokens = [token for token in tokenize(line) if token.kind not in _SILENT]
    if not tokens:
        return ""
    end = tokens[-1].end
    start = tokens[-1].start
    for token in reversed(tokens[:-1]):
        if token.end != start:
            break
        start = token.start
    return line[start:end]


def capitalized(text: str) -> str:
    """Return a text with one capital, at its first letter or digit."""
    first = next((index for index, character in enumerate(text) if character.isalnum()), len(text))
    return text[:first] + text[first : first + 1].upper() + text[first + 1 :].lower()
