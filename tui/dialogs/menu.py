"""A context menu: what can be done with a thing, at the place where it was clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pstui.tui.dialogs.fields import PickList
from pstui.tui.keys.keymap import key_name
from pstui.tui.title import short
from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

#: most columns of a menu's title
_TITLE = 30


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One row: its words, how the key that does the same is written, and what it does."""

    caption: str
    shown: str
    run: Callable[[], Any]


class ContextMenu(ModalScreen[MenuItem | None]):
    """Returns the row that was chosen. Up, Down and Enter choose, so does a click; Esc or a click elsewhere closes.

    ``at`` is the cell of the screen whose menu it is.
    """

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "leave", "Close")]
    AUTO_FOCUS = None

    def __init__(self, title: str, items: Sequence[MenuItem], at: tuple[int, int]) -> None:
        super().__init__()
        self._title, self._items, self._at = title, items, at
        wide = max(len(item.caption) for item in items)
        self.list = PickList([f"{item.caption:<{wide}}   {item.shown:>6} " for item in items], id="menu-rows")
        self._width = wide + 16

    def compose(self) -> ComposeResult:
        with Vertical(id="menu-box") as box:
            box.border_title = short(self._title, _TITLE)
            yield self.list

    def on_mount(self) -> None:
        """Choose among the rows."""
        self.set_focus(self.list)

    def on_resize(self) -> None:
        """Stand beside the cell that was clicked, and wholly on the screen."""
        box = self.query_one("#menu-box")
        width, height = max(self._width, min(cell_len(self._title), _TITLE) + 6), len(self._items) + 2
        box.styles.width = width
        x, y = self._at
        box.styles.offset = (max(min(x, self.size.width - width), 0), max(min(y, self.size.height - height), 0))

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the menu."""
        match key:
            case "escape" | "ctrl+c" | "q":
                self.action_leave()
            case "up" | "down":
                by = -1 if key == "up" else 1
                if not self.list.step(by):
                    self.list.pick(0 if by > 0 else len(self._items) - 1)
            case "enter":
                self._choose(self.list.index)
            case _:
                found = [index for index, item in enumerate(self._items) if key_name(item.shown) == key]
                if not found and key != "space":
                    return False
                self._choose(found[0] if found else self.list.index)
        return True

    def pasted(self, text: str) -> bool:
        """Nothing can be pasted here."""
        return False

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """The keys only choose a row."""
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click on a row does it, one elsewhere closes the menu."""
        if self.list.region.contains(event.screen_x, event.screen_y):
            self._choose(event.screen_y - self.list.region.y)
        elif not self.query_one("#menu-box").region.contains(event.screen_x, event.screen_y):
            self.action_leave()

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._items):
            self.dismiss(self._items[index])

    def action_leave(self) -> None:
        """Close the menu."""
        self.dismiss(None)
