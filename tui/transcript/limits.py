"""How much text a transcript keeps, for those that only tell of it: the buffer itself is loaded with the screen."""

from __future__ import annotations

from typing import Final

#: lines, unless the setting ``scrollback`` says otherwise
MAX_LINES: Final = 100_000
