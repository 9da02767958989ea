"""What stands before a prompt: the colour of the tab, and the word of a guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.plain import plain
from textual.content import Content

if TYPE_CHECKING:
    from pstui.tui.guard.guards import Guard

_MAX_WORD = 24


def prompt_bar(color: str, guard: Guard | None) -> Content:
    """Return what stands before a prompt: a bar in the colour of the tab, the word of a guard in its colour."""
    bar = Content.styled("▌", color) if color else Content("")
    if guard is None:
        return bar
    said = f" {plain(guard.word, limit=_MAX_WORD)}{', read only' if guard.reads_only else ''} "
    back = guard.color or ("$warning" if guard.reads_only else "$error")
    return Content.styled(said, f"bold auto on {back}") + Content(" ")
