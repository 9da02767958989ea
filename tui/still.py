"""Rows of text that cost nothing while they stay the same, and no layout while they stay as wide."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Still(Static):
    """A Static for what is updated often, mostly with the same words.

    ``Static.update`` lays the whole screen out, each time; at 200 lines a second that is most of what a pane costs.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._said = Content("")

    @property
    def width(self) -> int:
        """Columns of what is shown."""
        return self._said.cell_length

    def say(self, content: Content, *, layout: bool | None = None) -> None:
        """Show ``content``; ``layout`` says whether its size matters, by default when it is as wide as its text."""
        last, self._said = self._said, content
        if content.plain == last.plain and content.spans == last.spans:
            return
        if layout is None:
            layout = content.cell_length != last.cell_length or "\n" in content.plain
        self.update(content, layout=layout)


class Note(Static):
    """Shows a text as wide as the pane, mostly in one row, or nothing and no row."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        self.display = False

    def show(self, content: Content | None) -> None:
        """Show ``content``; None hides the row."""
        text = "" if content is None else content.plain
        self.display = content is not None
        if content is not None and text != self.text:
            self.update(content, layout="\n" in text or "\n" in self.text)
        self.text = text
