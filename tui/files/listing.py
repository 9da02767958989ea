"""One side of the file screen: a folder as rows, one of them chosen, some of them marked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from pstui.backends.files.base import Entry, FileSystem, Kind, Space
from pstui.tui.colors import chosen_style
from pstui.tui.cut import column, cut
from pstui.tui.dialogs.fields import DialogStatic
from pstui.tui.plain import plain, typed_text
from pstui.tui.sizes import size_text
from rich.cells import set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message

#: the orders of a list, in the order in which a key goes through them
ORDERS = ("name", "size", "time")
_UP = Entry("..", Kind.FOLDER)
_SIZE, _TIME = 10, 12


class Listing(DialogStatic):
    """The rows of a folder. ``chosen`` is the entry under the cursor, ``marked`` the names that are marked."""

    class Opened(Message):
        """Enter or a second click on a row."""

        def __init__(self, listing: Listing) -> None:
            super().__init__()
            self.listing = listing

    class Moved(Message):
        """Another row is chosen, or marks are others."""

    def __init__(self, files: FileSystem | None, id: str) -> None:
        super().__init__(markup=False, id=id)
        self.files = files
        self.folder = files.here if files is not None else ""
        self.marked: set[str] = set()
        self.order, self.shows_hidden, self.filter = ORDERS[0], False, ""
        self.space: Space | None = None
        self.told = "…"
        self._entries: list[Entry] = []
        self._rows: list[Entry] = []
        self._index = self._top = 0

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        return self._rows[self._index] if 0 <= self._index < len(self._rows) else None

    @property
    def meant(self) -> list[Entry]:
        """What a key acts on: the marked entries, else the chosen one."""
        marked = [each for each in self._entries if each.name in self.marked]
        if marked:
            return marked
        return [self.chosen] if self.chosen is not None and self.chosen is not _UP else []

    def path(self, entry: Entry) -> str:
        """Return the path of an entry."""
        assert self.files is not None
        return self.files.names.join(self.folder, entry.name)

    async def load(self, folder: str = "", choose: str = "") -> None:
        """Read a folder, by default the one that is shown; ``choose`` is where the cursor goes. Raises FileError."""
        if self.files is None:
            return
        place = self.files.names.absolute(folder, self.folder) if folder else self.folder
        entries = await self.files.entries(place)
        if place != self.folder:
            self.filter, self.marked = "", set()
        here = choose or (self.chosen.name if self.chosen is not None and place == self.folder else "")
        self.folder, self._entries, self.told = place, entries, ""
        self.marked &= {each.name for each in entries}
        self.lay_out_rows(here)
        self.space = await self.files.space(place)
        self.draw()

    def lay_out_rows(self, choose: str = "") -> None:
        """Put the rows in order after the filter or the order has changed."""
        choose = choose or (self.chosen.name if self.chosen is not None else "")
        rows = [each for each in self._entries if self.shows_hidden or not each.is_hidden]
        if self.filter:
            rows = [each for each in rows if self.filter.casefold() in each.name.casefold()]
        if self.order == "size":
            rows.sort(key=lambda each: -each.size)
        elif self.order == "time":
            rows.sort(key=lambda each: -(each.modified or 0))
        else:
            rows.sort(key=lambda each: (each.name.casefold(), each.name))
        rows.sort(key=lambda each: each.kind is not Kind.FOLDER)
        is_root = self.files is None or self.files.names.is_root(self.folder)
        self._rows = rows if is_root else [_UP, *rows]
        names = [each.name for each in self._rows]
        self._index = names.index(choose) if choose in names else min(self._index, max(len(names) - 1, 0))
        self.draw()

    def mark(self) -> None:
        """Mark the chosen row, or unmark it, and go on to the next."""
        entry = self.chosen
        if entry is not None and entry is not _UP:
            self.marked ^= {entry.name}
        self.go(1)

    def mark_all(self) -> None:
        """Mark every row, or none where all are marked."""
        names = {each.name for each in self._rows if each is not _UP}
        self.marked = set() if names <= self.marked else names
        self.go(0)

    def go(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self._index = min(max(self._index + by, 0), max(len(self._rows) - 1, 0))
        self.draw()
        self.post_message(self.Moved())

    async def take_key(self, key: str, character: str | None) -> None:
        """Move the cursor by the keys of movement; the others are the screen's."""
        screen: Any = self.screen
        if text := typed_text(character):
            screen.type_text(text)
        page = max(self.size.height - 2, 1)
        by = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -len(self._rows), "end": len(self._rows)}
        if key in by:
            self.go(by[key])

    def on_click(self, event: events.Click) -> None:
        """Choose a row; the second click on it opens."""
        self.focus()
        index = self._top + event.y - 1
        if event.y > 0 and 0 <= index < len(self._rows):
            again = index == self._index and event.chain > 1
            self.go(index - self._index)
            if again:
                self.post_message(self.Opened(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the wheel."""
        self.go(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by the wheel."""
        self.go(-3)

    def on_resize(self) -> None:
        """There is room for other rows."""
        self.draw()

    def draw(self) -> None:
        """Draw what can be seen."""
        if not self.is_attached or not self.size.width:
            return
        width, height = self.size.width, self.size.height - 1
        self._top = min(max(self._top, self._index - height + 1), max(self._index, 0))
        lines = [self._head(width)]
        told = plain(self.told)
        if not told:
            lines += [self._row(place, width) for place in range(self._top, min(self._top + height, len(self._rows)))]
            told = self._why_empty()
        if told:
            lines.append(Content.styled(cut(told, width), "$calm"))
        self.update(Content("\n").join(lines))

    def _why_empty(self) -> str:
        """Say why no file is listed; nothing where one is."""
        if any(each is not _UP for each in self._rows):
            return ""
        if any(self.shows_hidden or not each.is_hidden for each in self._entries):
            return "  Nothing fits: / changes the filter."
        return "  Only hidden files: . shows them." if self._entries else "  The folder is empty."

    def _head(self, width: int) -> Content:
        label = f"{self.files.label}:" if self.files is not None and self.files.label else ""
        found = f" /{self.filter}" if self.filter else ""
        room = "" if self.space is None else f"{size_text(self.space.free)} free"
        left = plain(f"{label}{self.folder}{found}")
        space = max(width - len(room) - 1, 8)
        if len(left) > space:
            left = "…" + left[-(space - 1) :]
        style = "bold" if self.keyed else ""
        return Content.assemble((set_cell_size(left, space), style), (room.rjust(max(width - space, 0)), "$calm"))

    def _row(self, place: int, width: int) -> Content:
        entry = self._rows[place]
        sign = "▪ " if entry.name in self.marked else "  "
        name = plain(entry.name, limit=300)
        name += {Kind.FOLDER: "/", Kind.LINK: " →", Kind.OTHER: " !"}.get(entry.kind, "") if entry is not _UP else ""
        columns: Sequence[str] = ()
        size = (size_text(entry.size) if entry.kind is Kind.FILE else "").rjust(_SIZE)
        if width >= 48:
            columns = (size, _when(entry.modified).rjust(_TIME + 1))
        elif width >= 28:
            columns = (size,)
        room = max(width - sum(map(len, columns)) - 2, 4)
        text = column(name, room)
        line = Content.assemble(sign, (text, "bold" if entry.kind is Kind.FOLDER else ""), ("".join(columns), "$calm"))
        if place != self._index:
            return line
        if not self.keyed:
            return line.stylize("underline")
        return line.stylize(chosen_style())


def _when(modified: float | None) -> str:
    if modified is None:
        return ""
    try:
        there, now = time.localtime(modified), time.localtime()
    except (OverflowError, OSError, ValueError):
        return "?"
    if there[:3] == now[:3]:
        return time.strftime("today %H:%M", there)
    return time.strftime("%d %b %H:%M" if there[0] == now[0] else "%d %b %Y", there)
