"""The screen of a grid: what it is, the filter, the table, and a row for what is told; the last row has the keys.

The table has the keys at first; ``/`` leads to the filter, which acts with every letter. Names of files and columns are
typed in the row of the filter, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar

from pstui.backends.errors import PstuiError, Unreadable
from pstui.backends.threads import in_thread
from pstui.tui.clipboard import copied
from pstui.tui.cut import cut
from pstui.tui.dialogs.fields import DialogInput
from pstui.tui.grid.cells import BETWEEN
from pstui.tui.grid.columns import Column
from pstui.tui.grid.export import FORMATS, write
from pstui.tui.grid.grid import Grid
from pstui.tui.grid.line import OutputMode
from pstui.tui.grid.rows import document_of
from pstui.tui.grid.table import GridTable
from pstui.tui.grid.tree import TreeScreen, title_of
from pstui.tui.key_row import KeyRow
from pstui.tui.plain import plain
from pstui.tui.still import Still
from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

#: seconds between two looks at the session's question and at the counts
LOOK = 0.2
#: rows that are copied at most
MOST_COPIED = 10_000
_KEYS = "/ filters  s sorts  c columns  Space picks  Enter object  y copies  x exports  p {pass_}  F1 keys  Esc closes"
_SHORT = "/ filters  s sorts  Space picks  Enter object  p {pass_}  F1 keys  Esc closes"
#: columns that the line keeps beside the counts
_LEAST_NAME = 12
_FIND, _COLUMNS, _FILE = "filter", "columns", "file"
#: the keys while a line is typed
_TYPING = {
    _FIND: "Enter to the rows  Esc clears it",
    _COLUMNS: "Enter shows them  Esc cancels",
    _FILE: "Enter writes it  Esc cancels",
}
_HINTS = {
    _FIND: "web   Name~web   CPU>10   Size>=1MB   !text",
    _COLUMNS: "names with commas, * for all",
    _FILE: f"a new file: NAME{', '.join(FORMATS)}",
}


class GridScreen(ModalScreen[None]):
    """Shows a grid until it is closed, or until ``asked`` says that the session has a question."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["../dialogs/dialogs.tcss", "grid.tcss"]
    AUTO_FOCUS = None
    #: columns from which all keys are named
    WIDE: ClassVar[int] = 118

    def __init__(self, grid: Grid, title: str, asked: Callable[[], bool], stop: Callable[[], None]) -> None:
        super().__init__()
        self.grid, self._name_of_it = grid, title
        self._asked, self._stop = asked, stop
        self.table = GridTable(grid)
        self.input = DialogInput(id="grid-input")
        self._title = Still(id="grid-title")
        self._label = Static(id="grid-label", markup=False)
        self._told = Still(id="grid-told")
        self._foot = KeyRow(id="grid-keys")
        self._typing = _FIND
        self._said: tuple[str, str] = ("", "")

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="grid-row"):
            yield self._label
            yield self.input
        yield self.table
        yield self._told
        yield self._foot

    def on_mount(self) -> None:
        """Show what there is."""
        self.grid.changed = self._show
        self._type(_FIND, self.grid.view.text)
        self.set_focus(self.table)
        self.set_interval(LOOK, self._look)
        self._show()

    def on_unmount(self) -> None:
        """The grid goes on without a screen, or is over."""
        self.grid.changed = lambda: None

    def _look(self) -> None:
        if self.app.screen is self and (self.grid.is_closed or self._asked()):
            self.dismiss(None)
        else:
            self._show_title()

    # -- what is seen -----------------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.is_attached:
            self.table.update()
            self._show_title()
            self._show_told()
            self._show_keys()

    @on(events.DescendantFocus)
    def _show_keys(self) -> None:
        word = "hands on" if self.grid.hands_on else "to $pst"
        keys = (_KEYS if self.size.width >= self.WIDE else _SHORT).format(pass_=word)
        self._foot.say(_TYPING[self._typing] if self.focused is self.input else keys)

    def _show_title(self) -> None:
        rows, view = self.grid.rows, self.grid.view
        came = f"{rows.came:,} row{'' if rows.came == 1 else 's'}"
        said = [f"{len(view.order):,} of {came}" if len(view.order) != rows.came else came]
        if rows.unread > 1_000:
            said.append(f"reading {len(rows.cells) * 100 // max(len(rows.bodies), 1)} %")
        if self.grid.running:
            said.append("running, Ctrl+C stops")
        if self.grid.picked:
            said.append(f"{len(self.grid.picked):,} picked")
        counts = f"   {'   '.join(said)}"
        room = max(self._title.content_size.width - cell_len(counts), _LEAST_NAME)
        name = cut(plain(self._name_of_it, limit=200), room)
        self._title.say(Content.assemble((name, "bold"), (counts, "$calm")))

    def _show_told(self) -> None:
        text, style = self._said
        if not text and (problem := self.grid.view.filter.problem):
            text, style = problem, "$warning"
        elif not text and self.grid.rows.left_out:
            kept = len(self.grid.rows.bodies)
            text, style = f"{kept:,} objects are kept; {self.grid.rows.left_out:,} more came and are not.", "$warning"
        elif not text and 0 <= (row := self.table.row) < len(self.grid.rows.cells):
            place, cells = self.table.column, self.grid.rows.cells[row].split(BETWEEN)
            name = self.grid.rows.columns[place].label if place < len(self.grid.rows.columns) else ""
            text, style = f"{name}: {cells[place][1:] if place < len(cells) else ''}", "$calm"
        self._told.say(Content.styled(plain(text, limit=1000), style))

    def say(self, text: str, style: str = "") -> None:
        """Tell something in the row below the table, until the next key."""
        self._said = (text, style)
        self._show_told()

    # -- keys -------------------------------------------------------------------------------------------------

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the screen."""
        self._said = ("", "")
        if key == "ctrl+c" and self.grid.running:
            self._stop()
        elif self.focused is self.input:
            return self._input_key(key)
        elif key in ("escape", "q", "ctrl+c"):
            self.grid.close()
            self.dismiss(None)
        elif (act := self._acts.get(key)) is not None:
            act()
        else:
            return False
        return True

    @property
    def _acts(self) -> dict[str, Callable[[], None]]:
        return {
            "slash": partial(self._type, _FIND, None),
            "ctrl+f": partial(self._type, _FIND, None),
            "tab": partial(self._type, _FIND, None),
            "s": self._sort,
            "c": partial(self._type, _COLUMNS, None),
            "x": partial(self._type, _FILE, ""),
            "less_than_sign": partial(self._move_column, -1),
            "<": partial(self._move_column, -1),
            "greater_than_sign": partial(self._move_column, 1),
            ">": partial(self._move_column, 1),
            "minus": self._hide_column,
            "space": self._pick,
            "a": self._pick_all,
            "enter": self._open,
            "y": self._copy,
            "Y": self._copy_cell,
            "upper_y": self._copy_cell,
            "p": self._hand_back,
        }

    def pasted(self, text: str) -> bool:
        """A paste goes into the line, if that has the keys."""
        return self.focused is not self.input

    def _input_key(self, key: str) -> bool:
        match key:
            case "enter" | "tab" | "down" if self._typing == _FIND:
                self.set_focus(self.table)
            case "enter":
                self._typed(self.input.value)
            case "escape" | "ctrl+c":
                if self._typing == _FIND:
                    self._look_for("")  # now: what the line says of its change comes later
                self._back()
            case "tab" | "down" | "up":
                pass
            case _:
                return False
        return True

    def _type(self, what: str, value: str | None) -> None:
        """Give the keys to the line; ``value`` is what stands in it, None what is there for this purpose."""
        self._typing = what
        if value is None:
            value = self.grid.view.text if what == _FIND else ", ".join(each.name for each in self.grid.rows.columns)
        self.input.value = value
        self.input.placeholder = _HINTS[what]
        self.input.cursor_position = len(value)
        self._label.update(f"{what} ")
        self.set_focus(self.input)
        if what == _COLUMNS:
            self.say(f"There are: {', '.join(self.grid.rows.names)}")

    def _back(self) -> None:
        self._type(_FIND, self.grid.view.text)
        self.set_focus(self.table)

    def on_input_changed(self) -> None:
        """Filter while it is typed."""
        if self._typing == _FIND:
            self._look_for(self.input.value)

    def _look_for(self, text: str) -> None:
        if text != self.grid.view.text:
            self.grid.view.look_for(text)
            self.grid.wake()
            self._show_told()

    def _typed(self, text: str) -> None:
        if self._typing == _FILE:
            if text.strip():
                self.run_worker(self._export(Path(text.strip())), group="export", exclusive=True)
            return
        names = {name.casefold(): name for name in self.grid.rows.names}
        wanted = [part.strip().casefold() for part in text.split(",") if part.strip()]
        if "*" in wanted:
            wanted = list(names)
        unknown = [part for part in wanted if part not in names]
        if unknown or not wanted:
            self.say(f"No object here has {', '.join(unknown) or 'no column'}.", "$warning")
            return
        labels = {column.name.casefold(): column for column in self.grid.rows.columns}
        self._show_columns([labels.get(part) or Column.of(names[part]) for part in dict.fromkeys(wanted)])
        self._back()

    # -- what can be done -------------------------------------------------------------------------------------

    def _sort(self) -> None:
        view, place = self.grid.view, self.table.column
        if view.column != place:
            view.sort(place, downwards=False)
        elif not view.downwards:
            view.sort(place, downwards=True)
        else:
            view.sort(-1, downwards=False)
        self.grid.wake()

    def _show_columns(self, columns: Sequence[Column]) -> None:
        self.grid.show(columns, own=True)

    def _move_column(self, by: int) -> None:
        columns, place = list(self.grid.rows.columns), self.table.column
        if 0 <= place + by < len(columns):
            columns[place], columns[place + by] = columns[place + by], columns[place]
            self.table.column += by
            self._show_columns(columns)

    def _hide_column(self) -> None:
        columns, place = list(self.grid.rows.columns), self.table.column
        if len(columns) > 1 and place < len(columns):
            del columns[place]
            self._show_columns(columns)

    def _pick(self) -> None:
        if (row := self.table.row) >= 0:
            self.grid.pick([row], picked=row not in self.grid.picked)
            self.table.move(1)
            self._show_title()

    def _pick_all(self) -> None:
        order = self.grid.view.order
        if self.grid.call.mode is OutputMode.SINGLE:
            self.say("One row can be picked here: -OutputMode Single.")
            return
        self.grid.pick(order, picked=not all(row in self.grid.picked for row in order))
        self._show()

    @property
    def chosen(self) -> list[int]:
        """The rows that are picked, as they are sorted, or the one under the cursor."""
        picked = self.grid.picked
        seen = dict.fromkeys(row for row in self.grid.view.order if row in picked)
        return [*seen, *(row for row in picked if row not in seen)] or [row for row in [self.table.row] if row >= 0]

    def _open(self) -> None:
        if (row := self.table.row) >= 0:
            self.run_worker(self._show_object(row), group="opening", exclusive=True)

    async def _show_object(self, row: int) -> None:
        try:
            document = await in_thread(lambda: document_of(self.grid.rows.bodies[row]))
        except Unreadable as error:
            self.say(error.text(), "$error")
            return
        await self.app.push_screen(TreeScreen(document, title_of(document)))

    def _copy(self) -> None:
        rows = self.chosen
        if len(rows) > MOST_COPIED:
            self.say(f"{len(rows):,} rows are too many for the clipboard: x writes them to a file.", "$warning")
            return
        lines = ["\t".join(column.label for column in self.grid.rows.columns)] if len(rows) > 1 else []
        for row in rows:
            lines.append("\t".join(cell[1:] for cell in self.grid.rows.cells[row].split(BETWEEN)))
        self._copy_text("\n".join(lines))

    def _copy_cell(self) -> None:
        cells = self.grid.rows.cells[self.table.row].split(BETWEEN) if self.table.row >= 0 else []
        if self.table.column < len(cells):
            self._copy_text(cells[self.table.column][1:])

    def _copy_text(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.say(copied(text))

    async def _export(self, path: Path) -> None:
        rows = self.chosen if self.grid.picked else list(self.grid.view.order)
        self.say(f"writing {len(rows):,} objects …")
        try:
            warnings = await in_thread(lambda: write([self.grid.rows.body(row) for row in rows], path))
        except PstuiError as error:
            self.say(error.text(), "$error")
            return
        self._back()
        self.say(" ".join((f"{len(rows):,} objects were written to {path}.", *warnings)))

    def _hand_back(self) -> None:
        if not self.grid.keeps:
            self.say("This endpoint has no variables (no language): objects cannot go back there.", "$warning")
        elif self.grid.running:
            self.say("It still runs: Ctrl+C stops it, and what came can go back.", "$warning")
        elif rows := self.chosen:
            self.grid.close(rows)
            self.dismiss(None)

    def on_grid_table_moved(self, event: GridTable.Moved) -> None:
        """Show the cell in full."""
        event.stop()
        self._show_told()

    def on_grid_table_opened(self, event: GridTable.Opened) -> None:
        """Open the object."""
        event.stop()
        self._open()

    def on_grid_table_sorted(self, event: GridTable.Sorted) -> None:
        """Sort by the column that was clicked."""
        event.stop()
        self._sort()

    def on_resize(self) -> None:
        """Name as many keys as fit."""
        self._show()
