"""The rows of the sidebar on the screen: a cursor, scrolling, painting, and the row of the filter below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pstui.tui.sidebar.model import Row, SidebarEntry, SidebarModel
from pstui.tui.sidebar.paint import Styles, cut, paint
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class SidebarView(ScrollView, can_focus=True):
    """Shows what the model lists. The last row of the widget is the filter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sidebar--cursor",
        "sidebar--calm",
        "sidebar--open",
        "sidebar--broken",
    }

    def __init__(self, entries: Iterable[SidebarEntry]) -> None:
        super().__init__()
        self.model = SidebarModel(entries)
        self.filtering = False
        self._rows: list[Row] = []
        self._cursor = 0
        self._states: dict[str, str] = {}
        self._styles: tuple[Styles, Styles] | None = None

    # -- what is listed ---------------------------------------------------------------------------------------

    @property
    def entries(self) -> Sequence[SidebarEntry]:
        """Every entry, saved ones first."""
        return self.model.entries

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they stand."""
        return self._rows

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._cursor < len(self._rows) else None

    @property
    def cursor_entry(self) -> SidebarEntry | None:
        """The entry under the cursor, None on a heading."""
        return None if (row := self.cursor_row) is None else row.entry

    def build(self, *, to_first: bool = False) -> None:
        """List everything anew. ``to_first`` puts the cursor on the first entry, else it stays where it is."""
        path = "" if (row := self.cursor_row) is None else row.path
        self._rows = self.model.rows()
        there = next((index for index, row in enumerate(self._rows) if row.path == path), None)
        if to_first or not path:
            self._cursor = next((index for index, row in enumerate(self._rows) if row.entry is not None), 0)
        elif there is not None:
            self._cursor = there
        else:
            self._cursor = min(self._cursor, max(len(self._rows) - 1, 0))
        self.virtual_size = Size(max(self.size.width, 1), len(self._rows) + 1)
        self.show_cursor()
        self.refresh()

    def mark(self, states: dict[str, str]) -> bool:
        """Show which entries are open or broken, by identity; tell whether that is news."""
        if states == self._states:
            return False
        self._states = dict(states)
        self.refresh()
        return True

    def state_of(self, entry: SidebarEntry) -> str:
        """Return the state to show for an entry."""
        return self._states.get(entry.identity, entry.state)

    # -- cursor -----------------------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        """Move the cursor by rows, at most to the ends."""
        self._cursor = max(0, min(self._cursor + rows, len(self._rows) - 1))
        self.show_cursor()
        self.refresh()

    def move_to(self, entry: SidebarEntry) -> None:
        """Put the cursor on an entry, if it is listed."""
        place = next((index for index, row in enumerate(self._rows) if row.entry is entry), self._cursor)
        self.move(place - self._cursor)

    def to_heading(self) -> None:
        """Put the cursor on the heading above."""
        row = self.cursor_row
        above = [] if row is None else [i for i in range(self._cursor) if row.path.startswith(self._rows[i].path + "/")]
        if above:
            self.move(above[-1] - self._cursor)

    def show_cursor(self) -> None:
        """Scroll so that the cursor is in sight, above the row of the filter, and the headings right above it, too."""
        room = self.size.height - 1
        if room < 1:
            return  # not laid out yet
        top, first = self.scroll_offset.y, self._cursor
        while first and self._rows[first - 1].entry is None and self._cursor - first + 1 < room:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, force=True, immediate=True)

    # -- painting ---------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.virtual_size = Size(max(self.size.width, 1), len(self._rows) + 1)
        self.show_cursor()

    def notify_style_update(self) -> None:
        """Forget the styles: theme or focus are others."""
        self._styles = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw a row; the last one of the widget is the filter."""
        width = self.scrollable_content_region.width
        plain_row, cursor_row = self._row_styles()
        if y == self.size.height - 1:
            return self._filter_row(plain_row, width)
        index = y + self.scroll_offset.y
        if index >= len(self._rows):
            return Strip.blank(width, plain_row.base)
        row = self._rows[index]
        state = self.state_of(row.entry) if row.entry is not None else ""
        return paint(row, state, cursor_row if index == self._cursor else plain_row, width)

    def _row_styles(self) -> tuple[Styles, Styles]:
        if self._styles is None:

            def part(name: str) -> Style:
                return self.get_component_rich_style(f"sidebar--{name}", partial=True)

            states = {name: part(name) for name in ("open", "broken")}
            bases = (self.rich_style, self.get_component_rich_style("sidebar--cursor"))
            first, second = (Styles(base, part("calm"), states) for base in bases)
            self._styles = first, second
        return self._styles

    def _filter_row(self, styles: Styles, width: int) -> Strip:
        base, calm = styles.base, styles.base + styles.calm
        text = self.model.filter
        if not self.filtering and not text:
            said = "/ filter" + ("   by last use" if self.model.by_use else "")
            return Strip([Segment(cut(said, width), calm)]).adjust_cell_length(width, base)
        segments = [Segment("/ ", calm), Segment(cut(text, width - 3), base)]
        if self.filtering:
            segments.append(Segment("▏", base))
        return Strip(segments).adjust_cell_length(width, base)
