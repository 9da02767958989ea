"""The prompt and the editor side by side, with the list of completions over the text."""

from __future__ import annotations

from pstui.tui.editor.completion_menu import CompletionMenu
from pstui.tui.editor.editor import EditorOwner, LineEditor
from pstui.tui.editor.line_history import LineHistory
from pstui.tui.pane.plain import plain
from pstui.tui.pane.still import Still
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

#: columns that a line must keep beside its prompt; a longer prompt stands on its own row above
MIN_LINE_WIDTH = 24


class EditorRow(Container):
    """The prompt and beside it the editor; above it where the prompt leaves too little room."""

    def __init__(self, owner: EditorOwner, history: LineHistory) -> None:
        super().__init__()
        self._prompt = Still(classes="prompt")
        self._text = ""
        self.menu = CompletionMenu()
        self.editor = LineEditor(owner, history, self.menu)

    def compose(self) -> ComposeResult:
        yield self._prompt
        yield self.editor
        yield self.menu

    @property
    def prompt(self) -> str:
        """The prompt's text as shown."""
        return self._text

    def show_prompt(self, text: str, *, ready: bool) -> None:
        """Show ``text`` before the line; ``ready`` is False while a line would have to wait."""
        self._text = plain(text)
        self._prompt.say(Content(self._text))
        self.set_class(not ready, "-waiting")
        self._arrange()

    def on_completion_menu_picked(self, event: CompletionMenu.Picked) -> None:
        """An entry of the list was clicked."""
        event.stop()
        self.editor.completing.pick(event.index)

    def on_resize(self) -> None:
        """Give the prompt its own row when it has become too wide."""
        self._arrange()

    def _arrange(self) -> None:
        width = self.size.width
        self.set_class(bool(width) and Content(self._text).cell_length > max(width - MIN_LINE_WIDTH, 1), "-above")
