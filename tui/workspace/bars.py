"""The top row: the program's name, a tab for each session with its badge, what the session in front calls itself."""

from __future__ import annotations

from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.profiles.schema import is_color
from pstui.tui.still import Still
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, Tab, Tabs

#: width of the row in columns below which only the tab in front keeps its name
NARROW = 90
_NAME_LIMIT = 24


def badge(pane: Pane) -> tuple[str, str]:
    """Return a tab's badge and its colour: a question, then a failure, then what came unseen, then that it is busy."""
    if pane.asking is not None and not pane.active:
        return "?", "$warning"
    if pane.state in (PaneState.FAILED, PaneState.BROKEN):
        return "✗", "$error"
    if pane.state in (PaneState.LEFT, PaneState.CANCELLED):
        return "left" if pane.state is PaneState.LEFT else "○", "$calm"
    if pane.active:
        return "", ""
    if pane.unseen_errors:
        return f"!{min(pane.unseen, 999)}", "$error"
    if pane.unseen:
        return f"●{min(pane.unseen, 999)}", "$primary"
    return ("…", "$calm") if pane.state in (PaneState.BUSY, PaneState.OPENING) else ("", "")


def tab_label(number: int, pane: Pane, *, short: bool) -> Content:
    """Return a tab's text; a short one leaves the name out. A profile's colour is a bar before it."""
    sign, colour = badge(pane)
    name = plain(pane.caption, limit=_NAME_LIMIT)
    text = f"{number}" if short and not pane.active else f"{number} {name}"
    bar = ("▌", pane.color) if is_color(pane.color) else ""
    return Content.assemble(bar, text, (f" {sign}" if sign else "", colour))


class SessionTab(Tab):
    """A tab: the middle button closes it, the right one opens its menu."""

    class Pressed(Message):
        """Another button than the left one was pressed on a tab; ``at`` is the cell of the screen."""

        def __init__(self, tab_id: str, button: int, at: tuple[int, int]) -> None:
            super().__init__()
            self.tab_id, self.button, self.at = tab_id, button, at

    def _on_click(self, event: events.Click) -> None:
        event.prevent_default()
        if event.button == 1:
            self.post_message(self.Clicked(self))
        else:
            event.stop()
            self.post_message(self.Pressed(self.id or "", event.button, (event.screen_x, event.screen_y)))


class SessionTabs(Tabs, can_focus=False):
    """Tabs in one row, without the moving line below."""


class TabBar(Horizontal):
    """The tabs, kept equal to the panes."""

    def __init__(self) -> None:
        super().__init__()
        self.tabs = SessionTabs()
        self._labels: dict[str, Tab] = {}
        self._aside = Still(classes="aside")

    def compose(self) -> ComposeResult:
        yield Static("pstui", classes="name", markup=False)
        yield self.tabs
        yield self._aside

    async def add_pane(self, pane: Pane) -> None:
        """Add the tab of a new pane."""
        tab = self._labels[self.tab_id(pane)] = SessionTab(Content(""), id=self.tab_id(pane))
        await self.tabs.add_tab(tab)

    async def remove_pane(self, pane: Pane) -> None:
        """Remove a pane's tab."""
        del self._labels[self.tab_id(pane)]
        await self.tabs.remove_tab(self.tab_id(pane))

    def move_pane(self, pane: Pane, panes: list[Pane]) -> None:
        """Put a pane's tab where the pane now is among ``panes``."""
        tab, place = self._labels[self.tab_id(pane)], panes.index(pane)
        parent = tab.parent
        if isinstance(parent, Widget) and len(panes) > 1:
            if place:
                parent.move_child(tab, after=self._labels[self.tab_id(panes[place - 1])])
            else:
                parent.move_child(tab, before=self._labels[self.tab_id(panes[1])])

    @staticmethod
    def tab_id(pane: Pane) -> str:
        """Return the id of a pane's tab."""
        return f"tab-{pane.id}"

    def show(self, panes: list[Pane]) -> None:
        """Update every label and name the session in front."""
        short = self.app.size.width < NARROW
        front = None
        for number, pane in enumerate(panes, 1):
            tab = self._labels.get(self.tab_id(pane))
            if tab is None:
                continue
            label = tab_label(number, pane, short=short)
            if tab.label != label:
                tab.label = label
            # As Content: a plain text would be read as markup, and the title is the far end's.
            title = Content(pane.console.title)
            if title and tab.tooltip != title:
                tab.tooltip = title
            front = pane if pane.active else front
        self._aside.say(Content(front.console.title if front is not None else ""))
