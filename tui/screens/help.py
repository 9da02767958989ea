"""F1: every key that works here, with its way behind the prefix key."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.keys import ACTIONS, PREFIX_SHOWN, TAB_KEYS
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_EDITING = (
    ("Enter", "run the line; while a command runs it waits"),
    ("Alt+Enter", "one more line (also Ctrl+J)"),
    ("Up, Down", "lines typed before"),
    ("PgUp, PgDn", "scroll the text"),
    ("Ctrl+A, Ctrl+E", "start and end of the line"),
    ("Ctrl+W, Alt+D", "delete a word before, after the cursor"),
    ("Ctrl+U, Ctrl+K", "delete to the start, to the end of the line"),
    ("Ctrl+Z, Ctrl+Y", "undo, redo"),
    ("Ctrl+L", "an empty screen; the text stays above"),
)


class HelpScreen(ModalScreen[None]):
    """A list of keys; any of Esc, Enter, F1 closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,f1,ctrl+c", "close", "Close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box"):
            yield Static(_table(), markup=False)

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)


def _table() -> Content:
    rows: list[Content] = [Content.styled(f"{'Key':<14}{'after ' + PREFIX_SHOWN:<14}does", "bold")]
    for each in ACTIONS:
        rows.append(_line(each.shown, each.prefix_shown, each.help))
    rows.append(_line("Alt+1…9", f"{TAB_KEYS[0].prefix}…{TAB_KEYS[-1].prefix}", "go to a tab by its number"))
    rows.append(Content(""))
    rows.append(Content.styled("In the editor", "bold"))
    rows.extend(_line(key, "", text) for key, text in _EDITING)
    rows.append(Content(""))
    rows.append(Content.styled("Esc closes this list", "$calm"))
    return Content("\n").join(rows)


def _line(key: str, prefix: str, text: str) -> Content:
    return Content.assemble((f"{key:<14}", "bold"), f"{prefix:<14}", (text, "$calm"))
