"""F1: every key that works here, with its way behind the prefix key."""

from __future__ import annotations

import textwrap
from functools import partial
from typing import ClassVar, Final

from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.contexts import CONTEXT_KEYS, EDITING, Context
from pstui.tui.keys.keymap import Keymap
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: columns of a key, and of the key behind the prefix
_COLUMN: Final = 13


class HelpScreen(ModalScreen[None]):
    """A list of keys; any of Esc, Enter, F1 closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,f1,ctrl+c", "close", "Close")]

    def __init__(self, context: Context = Context.PROMPT, keymap: Keymap | None = None) -> None:
        super().__init__()
        self._where, self._keymap = context, keymap or Keymap()

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-box"):
            yield KeyTable(self._where, self._keymap)

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)


class KeyTable(Static):
    """The list, as wide as there is room: long words go on below themselves."""

    def __init__(self, context: Context, keymap: Keymap) -> None:
        super().__init__(markup=False)
        self._where, self._keymap, self._width = context, keymap, 0

    def on_resize(self) -> None:
        """Wrap the lines again."""
        if self.size.width != self._width:
            self._width = self.size.width
            self.update(_table(self._where, self._keymap, max(self._width - 2 * _COLUMN, 20)))


def _table(context: Context, keymap: Keymap, width: int) -> Content:
    """What works here comes first, then what works everywhere, then the other places; words are ``width`` wide."""
    rows: list[Content] = []
    line = partial(_line, width)
    if context in CONTEXT_KEYS:
        rows += [*_of_context(context, width), Content("")]
    rows.append(Content.styled(f"{'Key':<{_COLUMN}}{'after ' + PREFIX_SHOWN:<{_COLUMN}}everywhere", "bold"))
    for each in keymap.actions:
        if not each.name.startswith("tab_"):
            rows.append(line(each.shown, each.prefix_shown, each.help))
    first, last = keymap.named("tab_1"), keymap.named("tab_9")
    rows.append(line(f"{first.shown}…9", f"{first.prefix}…{last.prefix}", "go to a tab by its number"))
    rows += [Content(""), Content.styled("In the editor", "bold")]
    rows += [line(key, None, text) for key, text in EDITING]
    for other in CONTEXT_KEYS:
        if other is not context:
            rows += [Content(""), *_of_context(other, width)]
    rows += [Content(""), Content.styled("Esc closes this list", "$calm")]
    return Content("\n").join(rows)


def _of_context(context: Context, width: int) -> list[Content]:
    keys = (each for each in CONTEXT_KEYS[context] if each.shown)
    return [Content.styled(context.value, "bold"), *(_line(width, each.shown, None, each.help) for each in keys)]


def _line(width: int, key: str, prefix: str | None, text: str) -> Content:
    """One key; without a column for the prefix where nothing there is behind it."""
    before = _COLUMN if prefix is None else 2 * _COLUMN
    said = f"\n{'':<{before}}".join(textwrap.wrap(text, width + 2 * _COLUMN - before))
    # A long name of a key moves the words, but never touches them.
    name = f"{key:<{_COLUMN - 1}} "
    return Content.assemble((name, "bold"), "" if prefix is None else f"{prefix:<{_COLUMN}}", (said, "$calm"))
