"""Enter behind a text that is not finished goes on in another row; a row above says how to run it all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pstui.backends.language.completeness import is_complete
from textual.content import Content

#: characters of a text that is judged; a longer one goes to the far end, which judges it as well
MAX_JUDGED: Final = 8_000
_SAID: Final = "not finished: Enter adds a row"
_KEYS: Final = "   Ctrl+] Enter runs it as it is"


class Unfinished:
    """Whether Enter added a row because the text was not finished. ``show`` gets the row to show, None to hide it."""

    def __init__(self, show: Callable[[Content | None], None]) -> None:
        self._show = show
        self.active = False

    def begin(self) -> None:
        """Say why Enter has run nothing."""
        self.active = True
        self._show(Content.assemble(_SAID, (_KEYS, "$calm")))

    def end(self) -> None:
        """Say nothing any longer."""
        if self.active:
            self.active = False
            self._show(None)


def goes_on(text: str) -> bool:
    """Whether PowerShell would want more rows of a text before it runs any of it."""
    return len(text) <= MAX_JUDGED and not is_complete(text)
