"""The folded sidebar: one mark an entry."""

from __future__ import annotations

from collections.abc import Iterable

from pstui.tui.sidebar.model import MARKS
from rich.text import Text
from textual.widgets import Static


class SidebarStrip(Static):
    """The folded sidebar: a mark an entry."""

    def show(self, states: Iterable[str]) -> None:
        """Show one mark a row, as many as there are rows for."""
        self.update(Text("\n".join(MARKS.get(state, "○") for state in states)))
