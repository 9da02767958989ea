"""The folded sidebar: one mark an entry."""

from __future__ import annotations

from collections.abc import Iterable

from pstui.tui.sidebar.model import MARKS
from pstui.tui.still import Still
from textual.content import Content


class SidebarStrip(Still):
    """The folded sidebar: a mark an entry."""

    def show(self, states: Iterable[str]) -> None:
        """Show one mark a row, as many as there are rows for."""
        self.say(Content("\n".join(MARKS.get(state, "○") for state in states)))
