"""A text to be read over the workspace, by the keys that scroll everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from pstui.backends.records import Write
from pstui.tui.covering import cover
from pstui.tui.key_row import KeyRow
from pstui.tui.title import short
from pstui.tui.transcript.transcript import Transcript
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen


class TextScreen(ModalScreen[None]):
    """Shows a text, with a title above and ``subtitle`` below. Closed by Esc and q; ``keys`` tells of more keys."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["text.tcss"]
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,ctrl+c,enter", "leave", "Close"),
        ("up", "rows(-1)", "Up"),
        ("down", "rows(1)", "Down"),
        ("pageup", "pages(-1)", "A page up"),
        ("pagedown,space", "pages(1)", "A page down"),
        ("home", "end('top')", "Top"),
        ("end", "end('bottom')", "End"),
    ]

    def __init__(self, title: str, records: Sequence[Write], subtitle: str = "", keys: str = "") -> None:
        super().__init__()
        self._heading, self._below, self._records = title, subtitle, records
        self._keys = "   ".join(part for part in ("↑ ↓ PgUp PgDn scroll", keys, "Esc closes") if part)
        self.text = Transcript()

    def compose(self) -> ComposeResult:
        with Vertical(id="text-box") as box:
            box.border_title = short(self._heading, 160)
            box.border_subtitle = short(self._below, 160)
            yield self.text
            yield KeyRow(self._keys, id="keys")

    def on_mount(self) -> None:
        """Show the text from its top."""
        cover(self)
        self.text.extend(self._records)
        self.call_after_refresh(lambda: self.text.scroll_to(y=0, animate=False))

    def action_rows(self, count: int) -> None:
        """Scroll by rows."""
        self.text.scroll_relative(y=count, animate=False)

    def action_pages(self, count: int) -> None:
        """Scroll by pages."""
        self.text.scroll_pages(count)

    def action_end(self, of: str) -> None:
        """Go to one end of the text."""
        if of == "top":
            self.text.scroll_to(y=0, animate=False)
        else:
            self.text.scroll_to_end()

    def action_leave(self) -> None:
        """Close the screen."""
        self.dismiss(None)
