"""The small screens of the tabs: a list of them that filters, and a line for a tab's name."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.dialogs.table_form import TypedInput, TypingScreen
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static


class LineScreen(TypingScreen[str | None]):
    """Asks for one line, beginning with what there is; an empty one is also an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "cancel", "Cancel")]

    def __init__(self, title: str, text: str, *, keys: str) -> None:
        super().__init__()
        self._title, self._keys = title, keys
        self._input = TypedInput(text, classes="line-input", limit=60)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tabs-box"):
            yield Static(self._title, classes="title", markup=False)
            yield self._input
            yield Static(Content.styled(self._keys, "$calm"), classes="form-said", markup=False)

    def on_mount(self) -> None:
        """Type here, in place of what there is."""
        self.set_focus(self._input)
        self._input.action_select_all()

    @property
    def typed_into(self) -> Input:
        """The line."""
        return self._input

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line."""
        event.stop()
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)
