"""F1: the keys, what works here first, then what works everywhere. What is typed finds some of them.

A click on a key that works here closes the list and presses it, so that a mouse alone reaches all that a key does.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pstui.tui.covering import cover
from pstui.tui.dialogs.table_form import TypedInput, TypingScreen
from pstui.tui.key_row import KeyPressed, KeyRow, key_at, pressable
from pstui.tui.keys.actions import PREFIX_KEY, PREFIX_SHOWN
from pstui.tui.keys.contexts import CONTEXT_KEYS, EDITING, Context
from pstui.tui.keys.dialog_help import DialogHelp
from pstui.tui.keys.keymap import Keymap, key_name
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Input, Static

#: columns of a key, and of the key after the prefix
_COLUMN: Final = 13
#: rows that a page scrolls
_PAGE: Final = 10
#: rows of the box beside the keys: its padding, the words to find, and the row below, with blank rows between
_AROUND: Final = 6


@dataclass(frozen=True, slots=True)
class Key:
    """One key with its words; ``prefix`` is the key after Ctrl+], None where there is no column for it.

    ``label`` is what the action is called, and found as well.
    """

    shown: str
    text: str
    prefix: str | None = None
    label: str = ""
    #: whether it works where the list was called
    here: bool = True

    def fits(self, words: Sequence[str]) -> bool:
        """Whether it has every word."""
        text = f"{self.shown} {self.prefix or ''} {self.text} {self.label}".casefold()
        return all(word in text for word in words)


class HelpScreen(TypingScreen[None]):
    """The list. Typing narrows it, Esc shows everything again and then closes it, as F1 and Enter do.

    ``dialog`` is the help of the dialog that has the keys; without it ``context`` says where they are.
    """

    #: its keys are told while the profiles are still being read
    needs_profiles: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", priority=True),
        Binding("enter,f1,ctrl+c", "close", "Close", priority=True),
        Binding("up", "scroll(-1)", "Up", priority=True),
        Binding("down", "scroll(1)", "Down", priority=True),
        Binding("pageup", f"scroll(-{_PAGE})", "Up", priority=True),
        Binding("pagedown", f"scroll({_PAGE})", "Down", priority=True),
    ]

    def __init__(
        self, context: Context = Context.PROMPT, keymap: Keymap | None = None, dialog: DialogHelp | None = None
    ) -> None:
        super().__init__()
        self._input = TypedInput(placeholder="type to find a key; a click presses it", classes="line-input")
        self._table = KeyTable(sections(context, keymap or Keymap(), dialog))

    def compose(self) -> ComposeResult:
        with Vertical(id="help-box"):
            yield self._input
            with VerticalScroll(id="help-rows", can_focus=False):
                yield self._table
            yield KeyRow("↑ ↓ scroll   Esc closes")

    def on_mount(self) -> None:
        """What is typed finds keys."""
        cover(self)
        self.set_focus(self._input)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the rows that the keys may take: what is above and below them stays in sight."""
        self.query_one("#help-rows").styles.max_height = max(event.size.height * 9 // 10 - _AROUND, 3)

    @property
    def typed_into(self) -> Input:
        """The words to find."""
        return self._input

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words."""
        event.stop()
        self._table.find(event.value)
        self.query_one("#help-rows", VerticalScroll).scroll_home(animate=False)

    def action_scroll(self, rows: int) -> None:
        """Scroll the list."""
        self.query_one("#help-rows", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_back(self) -> None:
        """Show everything again; close the list when it does."""
        if self._input.value:
            self._input.value = ""
        else:
            self.dismiss(None)

    def action_close(self) -> None:
        """Close the list."""
        self.dismiss(None)

    def action_press(self, key: str) -> None:
        """Close the list and press a key where it was called."""
        self.dismiss(None)
        self.app.post_message(KeyPressed(key))


class KeyTable(Static):
    """The list, as wide as there is room: long descriptions wrap in their column."""

    def __init__(self, sections: Sequence[tuple[str, Sequence[Key]]]) -> None:
        super().__init__(markup=False)
        self.auto_links = False  # a row looks the same whether it can be clicked or not
        self._sections, self._width, self._words = sections, 0, list[str]()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the lines again."""
        if self.size.width != self._width:
            self._width = self.size.width
            self._show()

    def find(self, text: str) -> None:
        """Show the keys that have every word of a text."""
        self._words = text.casefold().split()
        self._show()

    def _show(self) -> None:
        width = max(self._width - 2 * _COLUMN, 20)
        parts: list[Content] = []
        for title, keys in self._sections:
            if found := [key for key in keys if key.fits(self._words)]:
                gap = [Content("")] if parts else []
                parts += [*gap, Content.styled(title, "bold"), *(_line(width, key) for key in found)]
        self.update(Content("\n").join(parts) if parts else Content.styled("No key has these words.", "$calm"))


def sections(context: Context, keymap: Keymap, dialog: DialogHelp | None) -> list[tuple[str, list[Key]]]:
    """Return titles and keys: what works here comes first, then what works everywhere, then the other places."""
    found: list[tuple[str, list[Key]]] = []
    if dialog is not None:
        found.append((dialog[0], [Key(shown, text) for shown, text in dialog[1]]))
    elif context in CONTEXT_KEYS:
        found.append(_of_context(context))
    title = f"{'Key':<{_COLUMN}}{'after ' + PREFIX_SHOWN:<{_COLUMN}}everywhere"
    actions = [each for each in keymap.actions if not each.name.startswith("tab_")]
    works = dialog is None
    keys = [Key(each.shown, each.help, each.prefix_shown, each.label, works) for each in actions]
    first, last = keymap.named("tab_1"), keymap.named("tab_9")
    keys.append(Key(f"{first.shown}…9", "go to a tab by its number", f"{first.prefix}…{last.prefix}"))
    found.append((title if works else f"{title}, in the workspace", keys))
    types = works and context in (Context.PROMPT, Context.RUNNING)
    found.append(("In the editor", [Key(shown, text, here=types) for shown, text in EDITING]))
    found += [_of_context(other, here=False) for other in CONTEXT_KEYS if other is not context or not works]
    return found


def _of_context(context: Context, *, here: bool = True) -> tuple[str, list[Key]]:
    return context.value, [Key(k.shown, k.help, None, k.label, here) for k in CONTEXT_KEYS[context] if k.shown]


def _line(width: int, key: Key) -> Content:
    """One key; without a column for the prefix where it leads to nothing."""
    before = _COLUMN if key.prefix is None else 2 * _COLUMN
    said = f"\n{'':<{before}}".join(textwrap.wrap(key.text, width + 2 * _COLUMN - before))
    # A long name of a key moves the words, but never touches them.
    behind = key_name(key.prefix or "")
    name, prefix = Content.styled(key.shown, "bold"), Content(key.prefix or "")
    if key.here:
        name = pressable(key.shown, "bold", "screen.press")
        prefix = prefix.stylize(_pressing(f"{PREFIX_KEY} {behind}")) if behind else prefix
    name = name.pad_right(max(_COLUMN - 1 - name.cell_length, 0) + 1)
    if key.prefix is not None:
        name += prefix.pad_right(_COLUMN - prefix.cell_length)
    line = name + Content.styled(said, "$calm")
    # the words press the first key, or what is after the prefix where that is the only one
    first = key_at(key.shown, 0) or (f"{PREFIX_KEY} {behind}" if behind else "")
    return line.stylize_before(_pressing(first)) if first and key.here else line


def _pressing(key: str) -> Style:
    return Style.from_meta({"@click": f"screen.press({key!r})"})
