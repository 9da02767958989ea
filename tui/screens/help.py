"""F1: every key that works here, with its way behind the prefix key."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.keymap import Keymap
from pstui.tui.keymap_contexts import CONTEXT_KEYS, Context
from pstui.tui.keys import PREFIX_SHOWN
from pstui.tui.widgets.editor_help import EDITING
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """A list of keys; any of Esc, Enter, F1 closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,f1,ctrl+c", "close", "Close")]

    def __init__(self, context: Context = Context.PROMPT, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._where, self._keymap = context, keymap or Keymap()

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box"):
            yield Static(_table(self._where, self._keymap), markup=False)

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)


def _table(context: Context, keymap: Keymap) -> Content:
    """What works here comes first, then what works everywhere, then the other places."""
    rows: list[Content] = []
    if context in CONTEXT_KEYS:
        rows += [*_of_context(context), Content("")]
    rows.append(Content.styled(f"{'Key':<14}{'after ' + PREFIX_SHOWN:<14}everywhere", "bold"))
    for each in keymap.actions:
        if not each.action.startswith("tab("):
            rows.append(_line(each.shown, each.prefix_shown, each.help))
    first, last = keymap.named("tab_1"), keymap.named("tab_9")
    rows.append(_line(f"{first.shown}…9", f"{first.prefix}…{last.prefix}", "go to a tab by its number"))
    rows += [Content(""), Content.styled("In the editor", "bold")]
    rows += [_line(key, "", text) for key, text in EDITING]
    for other in CONTEXT_KEYS:
        if other is not context:
            rows += [Content(""), *_of_context(other)]
    rows += [Content(""), Content.styled("Esc closes this list", "$calm")]
    return Content("\n").join(rows)


def _of_context(context: Context) -> list[Content]:
    keys = (each for each in CONTEXT_KEYS[context] if each.shown)
    return [Content.styled(context.value, "bold"), *(_line(each.shown, "", each.help) for each in keys)]


def _line(key: str, prefix: str, text: str) -> Content:
    return Content.assemble((f"{key:<14}", "bold"), f"{prefix:<14}", (text, "$calm"))
