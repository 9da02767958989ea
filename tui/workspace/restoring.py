"""Offers to open the tabs again at the next start: once, when pstui is left with open tabs for the first time."""

from __future__ import annotations

import contextlib

from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.workspace.state import Memory


class RestoreOffer:
    """Whether ``restore`` is to be offered, and what happens then. Without a profile file it never is."""

    def __init__(self, book: ProfileBook | None, memory: Memory) -> None:
        self._book, self._memory = book, memory

    @property
    def is_due(self) -> bool:
        """Whether nobody has decided it so far, here or in the profile file."""
        if self._book is None or self._memory.state.offered or not self._memory.state.tabs:
            return False
        return "restore" not in self._book.table("settings", "")

    def made(self) -> None:
        """It was made, and is not made again."""
        self._memory.state.offered = True
        self._memory.keep()

    async def accept(self) -> None:
        """Write the setting; a file that cannot be written stays as it is, for the program ends."""
        if (book := self._book) is None:
            return
        table = book.table("settings", "")
        change = Change("settings", "", {**table, "restore": True}, base=dict(table))
        with contextlib.suppress(PstuiError):
            await in_thread(lambda: book.apply([change], "restore switched on"))
