"""The line editor below a pane's text: what is typed here goes to that pane's session only."""

from __future__ import annotations

import time
from typing import ClassVar

from pstui.tui.widgets.line_history import LineHistory
from pstui.tui.widgets.plain import plain, plain_lines
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

#: columns that a line must keep beside its prompt; a longer prompt stands on its own row above
MIN_LINE_WIDTH = 24


class LineEditor(TextArea):
    """A few lines of text: Enter submits, Alt+Enter (or Ctrl+J) adds a line, Up and Down walk the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("alt+enter,ctrl+j,shift+enter", "new_line", "New line"),
        ("alt+d", "delete_word_right", "Delete word"),
        ("tab", "tab", "Complete"),
        ("pageup", "page(-1)", "Scroll up"),
        ("pagedown", "page(1)", "Scroll down"),
    ]

    class Submitted(Message):
        """Enter was pressed; the text is still in the editor until whoever takes it clears it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TabPressed(Message):
        """Tab was pressed."""

    class Scrolled(Message):
        """The pane's text shall move by ``pages``."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(self, history: LineHistory) -> None:
        super().__init__(compact=True, soft_wrap=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self.lines_before = history
        #: monotonic time of the last key or paste since the last submitted line, 0.0 when there was none
        self.last_typed = 0.0

    def put(self, text: str) -> None:
        """Replace what is in the editor and stand at its end; can be undone."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def taken(self) -> None:
        """Empty the editor because its text went its way."""
        self.load_text("")
        self.last_typed = 0.0

    def on_key(self, event: events.Key) -> None:
        """Take Enter before the text area makes a line of it."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self.text))
            return
        self.last_typed = time.monotonic()

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted without its control characters."""
        event.stop()
        event.prevent_default()
        self.last_typed = time.monotonic()
        self.insert_typed(plain_lines(event.text, limit=1_000_000))

    def insert_typed(self, text: str) -> None:
        """Insert text as if typed, in place of the selection."""
        start, end = self.selection
        result = self.replace(text, start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def action_new_line(self) -> None:
        """Add a line without submitting."""
        self.insert_typed("\n")

    def action_tab(self) -> None:
        """Hand Tab to the pane."""
        self.post_message(self.TabPressed())

    def action_page(self, pages: int) -> None:
        """Hand the paging keys to the pane's text."""
        self.post_message(self.Scrolled(pages))

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up; from the first row to the line typed before."""
        if select or not self.cursor_at_first_line:
            super().action_cursor_up(select)
        elif (line := self.lines_before.older(self.text)) is not None:
            self.put(line)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; from the last row to the line typed after."""
        if select or not self.cursor_at_last_line:
            super().action_cursor_down(select)
        elif (line := self.lines_before.newer()) is not None:
            self.put(line)


class EditorRow(Container):
    """The prompt and beside it the editor; above it where the prompt leaves too little room."""

    def __init__(self, history: LineHistory) -> None:
        super().__init__()
        self._prompt = Static(classes="prompt", markup=False)
        self._text = ""
        self.editor = LineEditor(history)

    def compose(self) -> ComposeResult:
        yield self._prompt
        yield self.editor

    @property
    def prompt(self) -> str:
        """The prompt's text as shown."""
        return self._text

    def show_prompt(self, text: str, *, ready: bool) -> None:
        """Show ``text`` before the line; ``ready`` is False while a line would have to wait."""
        self._text = plain(text)
        self._prompt.update(Content(self._text))
        self.set_class(not ready, "-waiting")
        self._arrange()

    def on_resize(self) -> None:
        """Give the prompt its own row when it has become too wide."""
        self._arrange()

    def _arrange(self) -> None:
        width = self.size.width
        self.set_class(bool(width) and Content(self._text).cell_length > max(width - MIN_LINE_WIDTH, 1), "-above")
