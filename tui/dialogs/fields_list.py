"""A short list in a dialog, of which one row is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from pstui.tui.dialogs.fields_keys import DialogStatic
from textual import events
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.geometry import Region
from textual.message import Message


class PickList(DialogStatic):
    """Rows of text; Up and Down choose at once, so does a click. ``index`` is -1 while there are none."""

    class Picked(Message):
        """Another row was chosen."""

        def __init__(self, picker: PickList, index: int) -> None:
            super().__init__()
            self.picker, self.index = picker, index

        @property
        def control(self) -> PickList:
            """The list, for handlers that ask for one by its id."""
            return self.picker

    def __init__(self, rows: Sequence[str] = (), *, index: int = 0, empty: str = "", id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._rows = list(rows)
        self._empty = empty
        self.index = index if rows else -1

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def put_rows(self, rows: Sequence[str]) -> None:
        """Show other rows; the choice stays at its place as far as there is one."""
        self._rows = list(rows)
        self.index = min(max(self.index, 0), len(rows) - 1)
        self.draw()

    def put(self, index: int) -> None:
        """Choose a row without saying so."""
        self.index = index
        self.draw()
        self.call_after_refresh(self.reveal)

    async def take_key(self, key: str, character: str | None) -> None:
        """Choose by Home, End or the page keys; Up and Down come by way of the dialog."""
        last = len(self._rows) - 1
        match key:
            case "home" | "pageup":
                self.pick(0)
            case "end" | "pagedown":
                self.pick(last)

    def step(self, by: int) -> bool:
        """Choose the next row or the one before; False at the end of the list."""
        place = self.index + by
        if not 0 <= place < len(self._rows):
            return False
        self.pick(place)
        return True

    def pick(self, index: int) -> None:
        """Choose a row and say so."""
        if 0 <= index < len(self._rows) and index != self.index:
            self.index = index
            self.draw()
            self.reveal()
            self.post_message(self.Picked(self, index))

    def reveal(self) -> None:
        """Bring the chosen row to where it is seen, in a list that is longer than its place."""
        if self.is_attached and isinstance(place := self.parent, ScrollableContainer):
            row = Region(0, self.virtual_region.y + max(self.index, 0), 1, 1)
            place.scroll_to_region(row, animate=False, force=True, immediate=True)
        elif self.is_attached:
            self.scroll_visible()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        self.pick(event.y)

    def draw(self) -> None:
        """Draw the rows, the chosen one with its sign."""
        if not self.is_attached:
            return
        if not self._rows:
            self.update(Content.styled(self._empty, "$calm"))
            return
        lines = []
        for index, row in enumerate(self._rows):
            chosen = index == self.index
            style = ("bold $primary" if self.keyed else "bold") if chosen else "$calm"
            lines.append(Content.styled(f"{'▶' if chosen else ' '} {row}", style))
        self.update(Content("\n").join(lines))
