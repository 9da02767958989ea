"""The one question before pstui ends: what is still open, and whether to leave it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

#: rows of the box beside the list: its padding, the title and the keys, each with a blank row
_AROUND = 6


class QuitScreen(ModalScreen[bool]):
    """Names what still runs. Enter (or the key that asked, once more) goes, Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter,y,q,f10,ctrl+d", "go", "Go"),
        ("escape,n,ctrl+c", "stay", "Stay"),
    ]

    def __init__(self, title: str, lines: Sequence[str], *, verb: str) -> None:
        super().__init__()
        self._title, self._lines, self._verb = title, lines, verb

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-box"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="lines"):
                yield Static("\n".join(self._lines), markup=False)
            yield Static(f"Enter {self._verb}   Esc stays", classes="keys", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the rows that the list may take: what scrolls is the list, never the keys."""
        self.query_one(".lines").styles.max_height = max(event.size.height * 9 // 10 - _AROUND, 1)

    def action_go(self) -> None:
        """Leave."""
        self.dismiss(True)

    def action_stay(self) -> None:
        """Stay."""
        self.dismiss(False)
