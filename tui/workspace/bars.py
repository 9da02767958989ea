"""The top row: the program's name, a tab for each session with its state, what the session in front calls itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pstui.tui.cut import cut, cut_name
from pstui.tui.mends.watchers import keep_last_found
from pstui.tui.pane.glance import badge, glance
from pstui.tui.plain import plain
from pstui.tui.still import Still
from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, Tab, Tabs

if TYPE_CHECKING:
    from pstui.tui.workspace.kinds import AnyPane

#: most columns of a tab's name, and least of one that is cut so that all tabs fit
_NAME_LIMIT, _LEAST_NAME = 24, 4
#: columns that a tab needs beside its text
_PADDING = 2
#: columns of the program's name, and of a mark beside the tabs
_NAME, _MARK = 7, 1
#: least columns of what the session in front calls itself
_LEAST_TITLE = 10


@dataclass(frozen=True, slots=True)
class TabLabel:
    """What a tab says: a bar in the profile's colour, number and name, and the signs of its state."""

    bar: Content
    number: int
    name: str
    signs: Content
    is_front: bool

    @classmethod
    def of(cls, number: int, pane: AnyPane) -> TabLabel:
        """Return the label of a pane, with its whole name."""
        sign, colour = badge(pane)
        lines, lines_colour = glance(pane).news
        session = pane.as_session
        files = session.files_badge if session is not None else ""
        signs = Content.assemble(
            (f" {sign}" if sign else "", colour),
            (f" {lines}" if lines else "", lines_colour),
            (f" {files}" if files else "", "$calm"),
        )
        bar = Content.assemble(("▌", pane.color) if pane.color else "")
        return cls(bar, number, cut_name(plain(pane.caption), _NAME_LIMIT), signs, pane.active)

    def _words(self, limit: int) -> str:
        return f"{self.number} {cut_name(self.name, limit)}".rstrip()

    def width(self, limit: int) -> int:
        """Return the columns of the text with a name of at most ``limit`` columns."""
        return self.bar.cell_length + cell_len(self._words(limit)) + self.signs.cell_length

    def text(self, limit: int = _NAME_LIMIT) -> Content:
        """Return the text with a name of at most ``limit`` columns."""
        return Content.assemble(self.bar, self._words(limit), self.signs)


def tab_labels(panes: Sequence[AnyPane], room: int) -> list[Content]:
    """Return the text of every tab, with names as long as ``room`` columns allow.

    The name of the tab in front is cut last. Where there is no room for all, the others keep number and signs.
    """
    labels = [TabLabel.of(number, pane) for number, pane in enumerate(panes, 1)]
    room -= _PADDING * len(labels)

    def limit(label: TabLabel, others: int) -> int:
        return max(others, _NAME_LIMIT // 2) if label.is_front else others

    longest = max([_LEAST_NAME, *(cell_len(label.name) for label in labels)])
    limits = range(min(_NAME_LIMIT, longest), _LEAST_NAME - 1, -1)
    fits = (others for others in limits if sum(label.width(limit(label, others)) for label in labels) <= room)
    others = next(fits, 0)
    return [label.text(limit(label, others)) for label in labels]


def _far_title(pane: AnyPane) -> str:
    if (terminal := pane.as_terminal) is not None:
        return terminal.far_title
    return "" if pane.as_session is None else pane.as_session.console.title


class SessionTab(Tab):
    """A tab: the middle button closes it, the right one opens its menu."""

    class Pressed(Message):
        """Another button than the left one was pressed on a tab; ``at`` is the cell of the screen."""

        def __init__(self, tab_id: str, button: int, at: tuple[int, int]) -> None:
            super().__init__()
            self.tab_id, self.button, self.at = tab_id, button, at

    async def _on_click(self, event: events.Click) -> None:  # type: ignore[override]  # Textual passes the event
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
        keep_last_found(self.tabs)
        self._labels: dict[str, Tab] = {}
        self._aside = Still(classes="aside")
        #: shown where tabs are out of sight at the left and at the right
        self._marks = Still(classes="cut"), Still(classes="cut")

    def compose(self) -> ComposeResult:
        yield Static("pstui", classes="name", markup=False)
        yield self._marks[0]
        yield self.tabs
        yield self._marks[1]
        yield self._aside

    def on_mount(self) -> None:
        """Follow what is in sight of the tabs."""
        scroll = self.tabs.query_one("#tabs-scroll")
        self.watch(scroll, "scroll_x", self._mark_cut, init=False)
        self.watch(scroll, "virtual_size", self._widened, init=False)

    def on_resize(self) -> None:
        """There is room for more tabs, or for fewer."""
        self.call_after_refresh(self._mark_cut)

    def _widened(self) -> None:
        self.call_after_refresh(self._show_whole)

    def _show_whole(self) -> None:
        """Show the whole tab in front, where labels beside it have grown and pushed it half out of sight."""
        scroll, tab = self.tabs.query_one("#tabs-scroll"), self.tabs.active_tab
        if tab is not None and scroll.region.overlaps(tab.region) and not scroll.region.contains_region(tab.region):
            scroll.scroll_to_widget(tab, animate=False, force=True)
        self._mark_cut()

    def _mark_cut(self) -> None:
        """Tell where tabs are out of sight."""
        scroll = self.tabs.query_one("#tabs-scroll")
        hidden = scroll.scroll_x > 0, scroll.scroll_x + scroll.size.width < scroll.virtual_size.width
        for mark, sign, is_cut in zip(self._marks, "‹›", hidden, strict=True):
            mark.say(Content(sign if is_cut else " "))

    async def add_pane(self, pane: AnyPane) -> None:
        """Add the tab of a new pane."""
        tab = self._labels[self.tab_id(pane)] = SessionTab(Content(""), id=self.tab_id(pane))
        await self.tabs.add_tab(tab)

    async def remove_pane(self, pane: AnyPane) -> None:
        """Remove a pane's tab."""
        del self._labels[self.tab_id(pane)]
        await self.tabs.remove_tab(self.tab_id(pane))

    def move_pane(self, pane: AnyPane, panes: list[AnyPane]) -> None:
        """Put a pane's tab where the pane now is among ``panes``."""
        tab, place = self._labels[self.tab_id(pane)], panes.index(pane)
        parent = tab.parent
        if isinstance(parent, Widget) and len(panes) > 1:
            if place:
                parent.move_child(tab, after=self._labels[self.tab_id(panes[place - 1])])
            else:
                parent.move_child(tab, before=self._labels[self.tab_id(panes[1])])

    @staticmethod
    def tab_id(pane: AnyPane) -> str:
        """Return the id of a pane's tab."""
        return f"tab-{pane.id}"

    def show(self, panes: list[AnyPane]) -> None:
        """Update every label and name the session in front."""
        room = self.app.size.width - _NAME - 2 * _MARK
        front, used = None, 0
        for pane, label in zip(panes, tab_labels(panes, room), strict=True):
            tab = self._labels.get(self.tab_id(pane))
            if tab is None:
                continue
            used += label.cell_length + _PADDING
            if tab.label != label:
                tab.label = label
            # As Content: a plain text would be read as markup, and the title is the far end's.
            tip = Content(_far_title(pane))
            if tip and tab.tooltip != tip:
                tab.tooltip = tip
            front = pane if pane.active else front
        left = min(room - used - _PADDING, self.app.size.width * 2 // 5)
        title = _far_title(front) if front is not None and left >= _LEAST_TITLE else ""
        self._aside.say(Content(cut(title, left)))
