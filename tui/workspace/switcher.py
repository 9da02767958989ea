"""The small screens of the tabs: a list of them that filters, and a line for a tab's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pstui.tui.dialogs.table_form import TypedInput, TypingScreen
from pstui.tui.pane.glance import badge, glance
from pstui.tui.pane.pane import Pane
from pstui.tui.plain import plain
from pstui.tui.sidebar.widget import cut
from pstui.tui.workspace.status_bar import state_text, target
from rich.cells import set_cell_size
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Input, Static

#: rows of tabs shown; typing finds the others
ROWS = 12
#: columns of a tab's name
_NAME = 38


class TabSwitcher(TypingScreen[Pane | None]):
    """Type a part of a name, Enter goes there; Up and Down choose, Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "stay", "Stay")]

    def __init__(self, panes: Sequence[Pane]) -> None:
        super().__init__()
        self._panes = list(panes)
        self._chosen = next((index for index, pane in enumerate(panes) if pane.active), 0)
        self._shown: list[tuple[int, Pane]] = []
        self._text = ""
        self._input = TypedInput(placeholder="name or number", classes="line-input")
        self._list = Static(classes="tab-list", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tabs-box"):
            yield Static("Go to a tab", classes="title", markup=False)
            yield self._input
            yield self._list

    def on_mount(self) -> None:
        """List every tab."""
        self.set_focus(self._input)
        self._filter("")
        self.set_interval(1.0, self._write)

    def on_input_changed(self, event: Input.Changed) -> None:
        """List the tabs that hold every word."""
        event.stop()
        self._catch_up()

    @property
    def typed_into(self) -> Input:
        """The name to look for."""
        return self._input

    async def on_key(self, event: events.Key) -> None:
        """Choose another one, or type."""
        self._catch_up()
        step = {"up": -1, "down": 1, "shift+tab": -1, "tab": 1}.get(event.key)
        if step is not None and self._shown:
            self._chosen = (self._chosen + step) % len(self._shown)
            self._write()
            event.stop()
            event.prevent_default()
        else:
            await super().on_key(event)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there."""
        event.stop()
        self._catch_up()
        if self._shown:
            self.dismiss(self._shown[min(self._chosen, len(self._shown) - 1)][1])
        else:
            self.app.bell()

    def action_stay(self) -> None:
        """Stay."""
        self.dismiss(None)

    def action_pick(self, index: int) -> None:
        """A row was clicked."""
        self.dismiss(self._shown[index][1])

    def _catch_up(self) -> None:
        """List what fits the text; keys may come faster than the messages about it."""
        if self._input.value != self._text:
            self._text = self._input.value
            self._chosen = 0
            self._filter(self._text)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        self._shown = [
            (number, pane)
            for number, pane in enumerate(self._panes, 1)
            if all(word in f"{number} {pane.caption} {target(pane)} {pane.state.value}".casefold() for word in words)
        ]
        self._write()

    def _write(self) -> None:
        first = max(0, min(self._chosen - ROWS + 1, len(self._shown) - ROWS))
        rows = [self._row(index) for index in range(first, min(first + ROWS, len(self._shown)))]
        self._list.update(Content("\n").join(rows) if rows else Content.styled("no tab has that in its name", "$calm"))

    def _row(self, index: int) -> Content:
        number, pane = self._shown[index]
        sign, colour = badge(pane)
        lines, lines_colour = glance(pane).news
        name = cut(plain(pane.caption, limit=200), _NAME)
        # The state is never long; where it leads may be, and is cut at the end of the row.
        aside = f"{state_text(pane)}  {target(pane)}"
        row = Content.assemble(
            "▸ " if index == self._chosen else "  ",
            f"{number:>2} {set_cell_size(name, _NAME)} ",
            (f"{sign:<5}", colour),
            (f"{lines} " if lines else "", lines_colour),
            (aside, "$calm"),
        )
        row = row.stylize("bold") if index == self._chosen else row
        return row.stylize(Style.from_meta({"@click": f"screen.pick({index})"}))


class LineScreen(TypingScreen[str | None]):
    """Asks for one line, beginning with what there is; an empty one is also an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,ctrl+c", "cancel", "Cancel")]

    def __init__(self, title: str, text: str, *, keys: str) -> None:
        super().__init__()
        self._title, self._keys = title, keys
        self._input = TypedInput(text, classes="line-input", limit=60)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box tabs-box"):
            yield Static(self._title, classes="title", markup=False)
            yield self._input
            yield Static(Content.styled(self._keys, "$calm"), classes="form-said", markup=False)

    def on_mount(self) -> None:
        """Type here, in place of what there is."""
        self.set_focus(self._input)
        self._input.action_select_all()

    @property
    def typed_into(self) -> Input:
        """The line."""
        return self._input

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the line."""
        event.stop()
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)
