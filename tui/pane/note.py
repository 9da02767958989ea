"""One row above the editor for what the pane itself has to say: connecting, a waiting line, left."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Note(Static):
    """Shows a text, or nothing and no row."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        self.display = False

    def show(self, content: Content | None) -> None:
        """Show ``content``; None hides the row."""
        text = "" if content is None else content.plain
        self.display = content is not None
        if content is not None and text != self.text:
            self.update(content)
        self.text = text
