"""The characters PowerShell's scanner tells apart, and the regular expressions made of them.

PowerShell reads typographic quotes as quotes, and en dash, em dash and horizontal bar as a dash, so that text pasted
from a document still runs. Every expression here is linear: none can backtrack over what another branch also takes.
"""

from __future__ import annotations

import re

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
ESCAPE = re.compile(r"`(?:u\{[0-9A-Fa-f]{1,6}\}|.)?", re.DOTALL)

LITERAL_STRING = re.compile(f"[{_Q}](?:[^{_Q}]+|[{_Q}]{{2}})*(?P<close>[{_Q}])?")
PLAIN_IN_EXPANDABLE = re.compile(f"[^`${_D}]+")
PLAIN_IN_HERE_STRING = re.compile(r"[^`$\r\n]+")
PLAIN_IN_WORD = re.compile(f"[^`${_Q}{_D}{FORCE}]+")
HERE_HEADER = re.compile(f"@[{_Q}{_D}][{BLANKS}]*(?:\\r\\n|\\r|\\n)")
HERE_LITERAL_END = re.compile(f"(?:\\r\\n|\\r|\\n)[{_Q}]@")
HERE_EXPANDABLE_FOOT = re.compile(f"[{_D}]@")

VARIABLE = re.compile(r"[$@](?:[$?^]|[\w:](?:[\w?]|:(?!:))*)")
BRACED_VARIABLE = re.compile(r"\$\{(?:[^`}]+|`.)*(?P<close>\})?", re.DOTALL)

_NUMBER = (
    r"0[xX](?P<hex>[0-9A-Fa-f]+)|0[bB](?P<bin>[01]+)"
    rf"|(?P<dec>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+{_DASH}]?[0-9]+)?)"
)
_SUFFIXES = r"(?P<suffix>[uU][lLsSyY]?|[sSlLdDyYnN])?(?P<multiplier>[kKmMgGtTpP][bB])?"
# Atomic, because PowerShell's scanner never gives a character back: "1.x" is a word, not the number 1 and a member.
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
