"""The line editor below a pane's text: what is typed here goes to that pane's session only."""

from __future__ import annotations

import time
from typing import ClassVar, Protocol

from pstui.tui.widgets.direct_keys import bound_actions
from pstui.tui.widgets.line_history import LineHistory
from pstui.tui.widgets.plain import plain, plain_lines
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static, TextArea

#: columns that a line must keep beside its prompt; a longer prompt stands on its own row above
MIN_LINE_WIDTH = 24


class EditorOwner(Protocol):
    """Who gets what the editor does not do itself. Called while the key is handled, so that nothing overtakes it."""

    def submit_line(self, line: str) -> bool:
        """Enter was pressed; True when the line was taken, and the editor is then emptied."""

    def interrupt(self) -> None:
        """Ctrl+C was pressed."""

    def clear_screen(self) -> None:
        """Ctrl+L was pressed: an empty screen, the text stays above it."""

    def tab_pressed(self) -> None:
        """Tab was pressed."""

    def scroll_pages(self, pages: int) -> None:
        """The pane's text shall move by ``pages``."""


class LineEditor(TextArea):
    """A few lines of text: Enter submits, Alt+Enter (or Ctrl+J) adds a line, Up and Down walk the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter", "submit", "Run"),
        ("alt+enter,ctrl+j,shift+enter", "new_line", "New line"),
        ("alt+d", "delete_word_right", "Delete word"),
        ("ctrl+c", "interrupt", "Stop"),
        ("ctrl+l", "clear_screen", "Clear"),
        ("tab", "tab", "Complete"),
        ("pageup", "page(-1)", "Scroll up"),
        ("pagedown", "page(1)", "Scroll down"),
    ]
    _ACTIONS: ClassVar[dict[str, str]] = bound_actions(BINDINGS, TextArea.BINDINGS)

    def __init__(self, owner: EditorOwner, history: LineHistory) -> None:
        super().__init__(compact=True, soft_wrap=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self._owner = owner
        self._before = history
        #: monotonic time of the last key or paste since the last submitted line, 0.0 when there was none
        self.last_typed = 0.0

    def put(self, text: str) -> None:
        """Replace what is in the editor and stand at its end; can be undone."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def insert_typed(self, text: str) -> None:
        """Insert text as if typed, in place of the selection."""
        result = self.replace(text, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def empty(self) -> None:
        """Empty the editor because its text went its way."""
        self.load_text("")
        self.last_typed = 0.0

    async def on_key(self, event: events.Key) -> None:
        """Act on a key at once, in the order of typing."""
        event.stop()
        if await self.take_key(event.key):
            event.prevent_default()

    async def take_key(self, key: str, character: str | None = None) -> bool:
        """Do what a key is bound to, or insert its character; False when it is neither."""
        self.last_typed = time.monotonic()
        if (action := self._ACTIONS.get(key)) is not None:
            await self.run_action(action)
            return True
        if character is not None and character.isprintable():
            self.insert_typed(character)
            return True
        return False

    def on_paste(self, event: events.Paste) -> None:
        """Insert what was pasted without its control characters."""
        event.stop()
        event.prevent_default()
        self.last_typed = time.monotonic()
        self.insert_typed(plain_lines(event.text, limit=1_000_000))

    def action_submit(self) -> None:
        """Give the line to the owner; what is not taken stays."""
        if self._owner.submit_line(self.text):
            self.empty()

    def action_new_line(self) -> None:
        """Add a line without submitting."""
        self.insert_typed("\n")

    def action_interrupt(self) -> None:
        """Hand Ctrl+C on."""
        self._owner.interrupt()

    def action_clear_screen(self) -> None:
        """Hand Ctrl+L on."""
        self._owner.clear_screen()

    def action_tab(self) -> None:
        """Hand Tab on."""
        self._owner.tab_pressed()

    def action_page(self, pages: int) -> None:
        """Hand the paging keys on."""
        self._owner.scroll_pages(pages)

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up; from the first row to the line typed before."""
        if select or not self.cursor_at_first_line:
            super().action_cursor_up(select)
        elif (line := self._before.older(self.text)) is not None:
            self.put(line)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; from the last row to the line typed after."""
        if select or not self.cursor_at_last_line:
            super().action_cursor_down(select)
        elif (line := self._before.newer()) is not None:
            self.put(line)


class EditorRow(Container):
    """The prompt and beside it the editor; above it where the prompt leaves too little room."""

    def __init__(self, owner: EditorOwner, history: LineHistory) -> None:
        super().__init__()
        self._prompt = Static(classes="prompt", markup=False)
        self._text = ""
        self.editor = LineEditor(owner, history)

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
