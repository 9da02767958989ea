"""A list in a box of its own with verbs below it: what a person can do with the row that is chosen."""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.covering import cover
from pstui.tui.dialogs.fields import PickList, Verb, step_focus
from pstui.tui.key_row import KeyBox
from pstui.tui.still import Still
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen


class VerbList(ModalScreen[None]):
    """Closed by Esc.

    ``TITLE_TEXT``, ``BOX`` and ``ROWS`` are the box's title and the ids of box and list; ``VERBS`` are keys, actions
    and captions. ``FIRST`` is the action of Enter on a row, ``LAST`` that of Delete.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None
    TITLE_TEXT = BOX = ROWS = FIRST = LAST = ""
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    def __init__(self, *, empty: str) -> None:
        super().__init__()
        self.list = PickList(id=self.ROWS, empty=empty)
        self.captions = Still(id="captions")
        self.message = Still(id="message")
        self.verbs = {action: Verb(action, caption, key) for key, action, caption in self.VERBS}

    def compose(self) -> ComposeResult:
        with KeyBox(id=self.BOX) as box:
            box.border_title, box.border_subtitle = self.TITLE_TEXT, "F1 keys   Esc closes"
            yield self.captions
            with VerticalScroll(id="rows-scroll", can_focus=False):
                yield self.list
            yield self.message
            with Horizontal(id="verbs"):
                yield from self.verbs.values()

    @on(events.Mount)
    def take_place(self) -> None:
        """Take the place of the list below."""
        cover(self)

    def do(self, action: str) -> None:
        """Do what a verb says: what that is, the list that derives from this one knows."""

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the list."""
        focused = self.focused
        match key:
            case "escape" | "ctrl+c" | "q":
                self.action_leave()
            case "tab" | "right":
                step_focus(self.list, 1)
            case "shift+tab" | "left":
                step_focus(self.list, -1)
            case "up" | "down":
                self.list.step(-1 if key == "up" else 1)
            case "enter":
                self.do(focused.action if isinstance(focused, Verb) else self.FIRST)
            case "delete":
                self.do(self.LAST)
            case _:
                action = next((action for letter, action, _ in self.VERBS if letter == key), "")
                if not action:
                    return False
                self.do(action)
        return True

    def pasted(self, text: str) -> bool:
        """Nothing can be pasted here."""
        return False

    def on_verb_pressed(self, event: Verb.Pressed) -> None:
        """Do what a button says."""
        event.stop()
        self.do(event.verb.action)

    def action_leave(self) -> None:
        """Close the list."""
        self.dismiss(None)
