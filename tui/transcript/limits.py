"""How much text a transcript keeps and counts, for those that only tell of it: the rest is loaded with a pane."""

from __future__ import annotations

from typing import Final

#: lines, unless the setting ``scrollback`` says otherwise
MAX_LINES: Final = 100_000
#: matches of a search that are counted; beyond it the count means "this many or more"
MAX_COUNTED: Final = 5000
