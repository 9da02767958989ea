"""Texts of the far end made safe for labels, prompts and titles: no control sequence, no control character.

What would hide or reorder text is dealt with as in the transcript.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pstui.tui.transcript.render.clean import UNCLEAN, clean

#: CSI, then OSC/DCS/SOS/PM/APC up to their end (or the end of the text), then any other escape
_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)
_CONTROL: dict[int, None] = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)))
_CONTROL_BUT_LINES = {code: None for code in _CONTROL if code != 0x0A}


def plain(text: str, *, limit: int = 4096) -> str:
    """Return ``text`` as one line without control sequences, at most ``limit`` characters of it."""
    text = _SEQUENCE.sub("", text[:limit]).replace("\t", " ").replace("\r\n", " ").replace("\n", " ")
    text = text.translate(_CONTROL)
    return text if UNCLEAN.search(text) is None else clean(text)


def plain_lines(text: str, *, limit: int = 65536) -> str:
    """Return ``text`` without control sequences but with its line ends, at most ``limit`` characters of it."""
    text = _without_controls(text[:limit])
    return text if UNCLEAN.search(text) is None else clean(text)


def without_controls(text: str, *, limit: int) -> str:
    """Return a text that is the user's own: its control sequences go, what only hides or joins stays as it was."""
    return _without_controls(text[:limit]).encode("utf-8", "replace").decode("utf-8")


def _without_controls(text: str) -> str:
    text = _SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return text.translate(_CONTROL_BUT_LINES)


#: control characters, halves of a surrogate pair, separators of lines and paragraphs
_NO_TEXT: Final = frozenset(["Cc", "Cs", "Zl", "Zp"])


def typed_text(character: str | None) -> str:
    """Return the character of a key if it is text, else nothing.

    ``str.isprintable`` is not the rule: an ideographic space, a no-break space, a joiner, a soft hyphen, a glyph of an
    icon font and an emoji newer than Python's tables are not printable, and a password may hold any of them."""
    return character if character and unicodedata.category(character[0]) not in _NO_TEXT else ""
