"""The answers of an emulator that may go back to the far end.

A program asks its terminal what it is and where the cursor stands. What comes back arrives as if it were typed, so an
answer must never hold what the far end chose: no title, no clipboard, no text of the screen, no answerback, no line
end. What is let through holds nothing but numbers, and there are only so many of them at once: whoever asks without
end must not fill the way back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: bytes of answers to what was fed at once
MOST: Final = 1024
#: DA1, DA2 and DA3; DSR and the position of the cursor; DECRPM; size of the text area in cells; colours of OSC 4, 10,
#: 11, 12; flags of the kitty keyboard; DECRPSS of SGR, margins and cursor style
_SAFE: Final = re.compile(
    rb"\x1b\[[?>=]?[0-9;]{1,60}c|\x1bP!\|[0-9A-Fa-f]{8}\x1b\\|\x1b\[\??[0-9]{1,5}(?:;[0-9]{1,5}){0,2}[nR]"
    rb"|\x1b\[\??[0-9]{1,5};[0-4]\$y|\x1b\[8;[0-9]{1,4};[0-9]{1,4}t|\x1b\[\?[0-9]{1,3}u"
    rb"|\x1b\](?:4;[0-9]{1,3}|1[0-2]);rgb:[0-9a-fA-F/]{5,14}(?:\x07|\x1b\\)"
    rb"|\x1bP[01]\$r[0-9;:]{0,60}(?: q|[mrs])?\x1b\\"
)


def safe(answers: Iterable[bytes]) -> bytes:
    """Return those of some answers, each whole, that may be sent; not more than MOST bytes."""
    sent = b""
    for answer in answers:
        if _SAFE.fullmatch(answer) and len(sent) + len(answer) <= MOST:
            sent += answer
    return sent
