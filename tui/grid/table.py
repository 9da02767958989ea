"""The rows of a grid on the screen: only those that are seen are drawn."""

from __future__ import annotations

from typing import ClassVar, Final

from pstui.tui.cut import cut
from pstui.tui.dialogs.fields import deliver
from pstui.tui.grid.cells import BETWEEN, NUMBER, OTHER, SECRET, SPAN
from pstui.tui.grid.grid import Grid
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

#: columns of a cell at most and at least, and rows whose width is looked at
WIDEST, NARROWEST, SAMPLE = 50, 3, 200
_GAP: Final = "  "


class GridTable(ScrollView, can_focus=True):
    """The table: a head, and rows below it. The cursor is on a row and in a column."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--head", "grid--cursor", "grid--calm", "grid--column"}

    class Moved(Message):
        """The cursor is on another row or column."""

    class Opened(Message):
        """A row was clicked twice."""

    class Sorted(Message):
        """The name of a column was clicked."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(id="grid-table")
        self.grid = grid
        #: the place of the cursor among the rows that are seen, and among the columns
        self.cursor = self.column = 0
        self._widths: list[int] = []
        self._measured = (-1, 0, 0)

    # -- what is where ----------------------------------------------------------------------------------------

    @property
    def row(self) -> int:
        """The row under the cursor, -1 where there is none."""
        order = self.grid.view.order
        return order[self.cursor] if self.cursor < len(order) else -1

    @property
    def room(self) -> int:
        """The rows that fit below the head."""
        return max(self.size.height - 1, 1)

    def update(self) -> None:
        """Show what there is by now; the cursor stays on its row where that is still seen."""
        order, columns = self.grid.view.order, self.grid.rows.columns
        self.cursor = max(0, min(self.cursor, len(order) - 1))
        self.column = max(0, min(self.column, len(columns) - 1))
        self._measure()
        size = Size(sum(self._widths) + len(_GAP) * len(self._widths) + 2, len(order) + 1)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def _measure(self) -> None:
        """Make each column as wide as the first rows need it; one beyond WIDEST only where there is room left."""
        rows, room = self.grid.rows, self.size.width
        looked, most = min(len(rows.cells), SAMPLE), max(room, WIDEST)
        if self._measured == (rows.version, looked, room):
            return
        self._measured = (rows.version, looked, room)
        widths = [max(min(cell_len(column.label) + 2, WIDEST), NARROWEST) for column in rows.columns]
        for cells in rows.cells[:looked]:
            for place, cell in enumerate(cells.split(BETWEEN)[: len(widths)]):
                widths[place] = max(widths[place], min(cell_len(cell[1 : most + 1]), most))
        self._widths = [min(width, WIDEST) for width in widths]
        spare = room - 2 - sum(self._widths) - len(_GAP) * len(widths)
        for place, width in enumerate(widths):
            more = max(min(width - self._widths[place], spare), 0)
            self._widths[place] += more
            spare -= more

    def move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.cursor + rows, len(self.grid.view.order) - 1))
        top = round(self.scroll_offset.y)
        if not top <= self.cursor < top + self.room:
            y = self.cursor if self.cursor < top else self.cursor - self.room + 1
            self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self._moved()

    def move_column(self, columns: int) -> None:
        """Move the cursor by columns."""
        self.column = max(0, min(self.column + columns, len(self._widths) - 1))
        start = 2 + sum(width + len(_GAP) for width in self._widths[: self.column])
        end = start + (self._widths[self.column] if self._widths else 0)
        left, width = round(self.scroll_offset.x), self.size.width
        if start < left or end > left + width:
            x = 0 if not self.column else start if start < left else min(end - width + len(_GAP), start)
            self.scroll_to(x=x, animate=False, force=True, immediate=True)
        self._moved()

    def _moved(self) -> None:
        self.refresh()
        self.post_message(self.Moved())

    # -- drawing ----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw the head, or a row."""
        left, top = round(self.scroll_offset.x), round(self.scroll_offset.y)
        width, order = self.size.width, self.grid.view.order
        if y == 0:
            strip = Strip(self._head())
        elif y == 1 and not order and (said := self._why_empty):
            calm = self.rich_style + self.get_component_rich_style("grid--calm", partial=True)
            return Strip([Segment(f"  {cut(said, width - 2)}", calm)]).adjust_cell_length(width, self.rich_style)
        elif (place := top + y - 1) < len(order) and order[place] < len(self.grid.rows.cells):
            strip = Strip(self._row(place, order[place]))
        else:
            return Strip.blank(width, self.rich_style)
        base = strip._segments[-1].style or self.rich_style
        return strip.adjust_cell_length(max(left + width, strip.cell_length), base).crop(left, left + width)

    @property
    def _why_empty(self) -> str:
        """Why there is no row; nothing while one may still come."""
        if not self.grid.view.current or (self.grid.running and not self.grid.rows.came):
            return ""
        return "Nothing fits: / changes the filter, Esc there drops it." if self.grid.rows.came else "No object came."

    def _head(self) -> list[Segment]:
        base = self.get_component_rich_style("grid--head")
        chosen = base + self.get_component_rich_style("grid--column", partial=True)
        view, found = self.grid.view, [Segment("  ", base)]
        for place, column in enumerate(self.grid.rows.columns):
            sign = "" if place != view.column else "▼" if view.downwards else "▲"
            text = column.label + sign
            style = chosen if place == self.column and self.has_focus else base
            found += [Segment(self._fit(text, place, right=self._is_right(place)), style), Segment(_GAP, base)]
        return found

    def _row(self, place: int, row: int) -> list[Segment]:
        base = self.rich_style
        calm = base + self.get_component_rich_style("grid--calm", partial=True)
        if place == self.cursor:
            base = calm = self.get_component_rich_style("grid--cursor")
        found = [Segment("● " if row in self.grid.picked else "  ", base)]
        for at, cell in enumerate(self.grid.rows.cells[row].split(BETWEEN)[: len(self._widths)]):
            kind = cell[:1]
            text = self._fit(cell[1:], at, right=kind in (NUMBER, SPAN))
            found += [Segment(text, calm if kind in (OTHER, SECRET) else base), Segment(_GAP, base)]
        return found

    def _is_right(self, place: int) -> bool:
        cells = self.grid.rows.cells[:1]
        return any(cell.split(BETWEEN)[place][:1] in (NUMBER, SPAN) for cell in cells if cell.count(BETWEEN) >= place)

    def _fit(self, text: str, place: int, *, right: bool) -> str:
        width = self._widths[place] if place < len(self._widths) else NARROWEST
        text = text[: width * 2]
        length = cell_len(text)
        if length > width:
            return set_cell_size(text, width - 1) + "…"
        return " " * (width - length) + text if right else text + " " * (width - length)

    # -- keys and mouse ---------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """The screen acts on the keys."""
        await deliver(self, event)

    async def take_key(self, key: str, character: str | None) -> None:
        """Move."""
        page = max(self.room - 1, 1)
        moves = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -page, "pagedown": page}
        far = 1 << 30
        moves |= {"home": -far, "g": -far, "end": far, "G": far, "upper_g": far}
        if key in moves:
            self.move(moves[key])
        elif key in ("left", "h", "right", "l"):
            self.move_column(-1 if key in ("left", "h") else 1)

    def on_resize(self) -> None:
        """Other rows fit."""
        self.update()

    def on_focus(self) -> None:
        """The head says so."""
        self.refresh()

    def on_blur(self) -> None:
        """The head says so."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click chooses a row and a column; the second opens the object; one on the head sorts by the column."""
        x, y = event.x + round(self.scroll_offset.x) - 2, event.y
        for place, width in enumerate(self._widths):
            if x < width + len(_GAP):
                self.column = place
                break
            x -= width + len(_GAP)
        if y > 0:
            self.cursor = max(0, min(round(self.scroll_offset.y) + y - 1, len(self.grid.view.order) - 1))
        self._moved()
        if not y:
            self.post_message(self.Sorted())
        elif event.chain == 2:
            self.post_message(self.Opened())
