"""Text for a file or a pipe: whole and as it came, but for what would act on a terminal that it may end up on.

Escape sequences are removed, as they are of a redirected output where PowerShell formats here. Everything else stays:
a NUL, marks of direction, half a surrogate pair, any other control character. Objects (JSON, CSV, CLIXML) keep all.
"""

from __future__ import annotations

import re

from pstui.tui.output.base import PORTION, Emit

#: characters of a control string that is looked for at most
_STRING = 4096
#: A control string with its end, a control sequence, any other escape; one with an 8-bit introducer when it is whole.
_SEQUENCE = re.compile(
    f"(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{{0,{_STRING}}}(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b\\[[0-?]{0,256}[ -/]{0,8}[@-~]?|\x9b[0-?]{0,256}[ -/]{0,8}[@-~]"
    "|\x1b[ -/]{0,8}[0-~]?"
)


def bare(text: str) -> str:
    """Return text without escape sequences."""
    return text if text.isascii() and "\x1b" not in text else _SEQUENCE.sub("", text)


def write_bare(text: str, emit: Emit) -> None:
    """Write a long text without escape sequences, portion by portion."""
    start = 0
    while start < len(text):
        end = start + PORTION
        if end < len(text):
            last = text.rfind("\x1b", end - _STRING, end)
            end = last if last > start else end  # a sequence that may reach over the end begins the next portion
        emit(bare(text[start:end]))
        start = end
