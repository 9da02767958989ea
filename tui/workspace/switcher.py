"""The small screens of the tabs: a list of them that filters, and a line for a tab's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pstui.tui.dialogs.table_form import TypedInput, TypingScreen
from pstui.tui.key_row import pressable, wrapped
from pstui.tui.plain import plain
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static


class LineScreen(TypingScreen[str | None]):
    """Asks for one line, beginning with what there is; an empty one is also an answer.

    ``check`` returns what is wrong with a line, which is then not taken.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "cancel", "Cancel")]

    def __init__(
        self, title: str, text: str, *, keys: str, limit: int = 60, check: Callable[[str], str] = lambda text: ""
    ) -> None:
        super().__init__()
        self._title, self._keys, self._check = title, keys, check
        self._input = TypedInput(text, classes="line-input", limit=limit)
        self._said = Static(classes="form-said", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tabs-box"):
            yield Static(self._title, classes="title", markup=False)
            yield self._input
            yield self._said

    def on_resize(self) -> None:
        """Wrap the keys at the width that there is."""
        self.call_after_refresh(self._show_keys)

    def _show_keys(self) -> None:
        width = self._said.size.width or self.size.width
        self._said.update(wrapped([pressable(hint) for hint in self._keys.split("   ")], width))

    def on_mount(self) -> None:
        """Type here, in place of what there is."""
        self.set_focus(self._input)
        self._input.action_select_all()

    @property
    def typed_into(self) -> Input:
        """The line."""
        return self._input

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line, or say what is wrong with it."""
        event.stop()
        if wrong := self._check(event.value.strip()):
            self._said.update(Content.assemble(("✗ ", "$error"), plain(f"It {wrong}.", limit=300)))
        else:
            self.dismiss(event.value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say no longer what was wrong."""
        event.stop()
        self._show_keys()

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)
