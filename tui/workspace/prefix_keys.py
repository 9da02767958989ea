"""What may follow the prefix key, over the last rows of the screen.

Nothing below it moves for it: it costs one painting of its own rows, and a terminal keeps its size.
"""

from __future__ import annotations

from typing import ClassVar

from pstui.tui.key_row import KeyPressed
from pstui.tui.keys.actions import PREFIX_SHOWN
from pstui.tui.keys.keymap import Keymap
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

#: cells between two columns
_GAP = 2
#: rows above the keys
_TITLE = 1


class PrefixKeys(Widget):
    """Keys and their words in as many columns as there is room for; a click on one presses it."""

    #: a click here leaves what is selected as it is, for the key may copy it
    DEFAULT_CLASSES: ClassVar[str] = "-textual-system"
    DEFAULT_CSS = """
    PrefixKeys {
        layer: keys;
        dock: bottom;
        display: none;
        width: 100%;
        height: auto;
        padding: 0 1;
        background: $panel;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        others = [each for each in keymap.actions if not each.name.startswith("tab_")]
        self._keys = ["", *(each.prefix for each in others)]
        self._cells = [_cell("1…9", "tab"), *(_cell(each.prefix_shown, each.label) for each in others)]
        self._column = max(cell.cell_length for cell in self._cells) + _GAP
        self._table: tuple[int, Content] = (0, Content(""))

    def _rows(self, width: int) -> int:
        """Return how many rows the keys take in ``width`` cells."""
        return -(-len(self._cells) // max((width + _GAP) // self._column, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the keys and their title."""
        return self._rows(width) + _TITLE

    def render(self) -> Content:
        """Return the keys, column by column."""
        width = self.content_size.width
        if self._table[0] != width:
            height = self._rows(width)
            rows = [self._cells[row::height] for row in range(height)]
            gaps = [[cell.pad_right(self._column - cell.cell_length) for cell in row[:-1]] + row[-1:] for row in rows]
            title = Content.assemble((PREFIX_SHOWN, "bold $primary"), (" and then   Esc cancels", "$calm"))
            self._table = width, Content("\n").join([title, *(Content("").join(row) for row in gaps)])
        return self._table[1]

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked; a click beside all of them leaves the list."""
        event.stop()
        place = event.get_content_offset(self)
        key = ""
        if place is not None and place.y >= _TITLE:
            column, rest = divmod(place.x, self._column)
            index = column * self._rows(self.content_size.width) + place.y - _TITLE
            if index < len(self._cells) and rest < self._cells[index].cell_length:
                key = self._keys[index]
        self.post_message(KeyPressed(key or "escape"))


def _cell(key: str, word: str) -> Content:
    return Content.assemble((key, "bold"), (f" {word}", "$calm"))
