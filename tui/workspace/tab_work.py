"""What can be done to tabs: name, order, bring back, go to by name; and the workspace of last time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pstui.backends.binding.writer import line_of
from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.pane.pane import Pane
from pstui.tui.sidebar.model import kind_of
from pstui.tui.workspace.leaving import LeavingScreen
from pstui.tui.workspace.state import SavedTab, StateFile, WorkspaceState
from pstui.tui.workspace.switcher import LineScreen, TabSwitcher

#: closed tabs that can be brought back
MOST_CLOSED = 20


@dataclass(frozen=True, slots=True)
class _Closed:
    info: ConnectionInfo
    title: str
    place: int


class TabWork(LeavingScreen):
    """The part of the workspace that orders tabs and remembers them. ``memory`` is None where nothing is kept."""

    def __init__(self, sessions: SessionManager, *, memory: StateFile | None = None) -> None:
        super().__init__(sessions)
        self.memory = memory
        self.remembered = WorkspaceState() if memory is None else memory.load()
        #: whether the tabs of this run are those of the next one
        self.keeps_tabs = True
        self._gone: list[_Closed] = []
        self._kept_tabs: tuple[list[SavedTab], int] = ([], 0)

    # -- names and order --------------------------------------------------------------------------------------

    def action_rename_tab(self) -> None:
        """Ask for another name of the tab in front."""
        front = self.front
        if front is None:
            return

        def named(text: str | None) -> None:
            if text is not None and front in self.panes:
                front.title = text if text != front.info.label else ""
                self.refresh_frame()
                self.keep_tabs()

        keys = f"Enter takes it, empty is {front.info.label} again   Esc cancels"
        self.app.push_screen(LineScreen("Name of this tab", front.caption, keys=keys), named)

    def action_move_tab_left(self) -> None:
        """Move the tab in front to the left."""
        self._move(-1)

    def action_move_tab_right(self) -> None:
        """Move the tab in front to the right."""
        self._move(1)

    def _move(self, by: int) -> None:
        front = self.front
        if front is None:
            return
        place = self.panes.index(front)
        there = place + by
        if 0 <= there < len(self.panes):
            self.panes.insert(there, self.panes.pop(place))
            self.tab_bar.move_pane(front, self.panes)
            self.refresh_frame()
            self.keep_tabs()

    def action_switch_tab(self) -> None:
        """Show the tabs as a list that filters."""
        if not self.panes:
            self.app.bell()
            return

        def chosen(pane: Pane | None) -> None:
            if pane is not None and pane in self.panes:
                self.bring_to_front(pane)

        self.app.push_screen(TabSwitcher(self.panes), chosen)

    # -- closing and opening again ----------------------------------------------------------------------------

    async def close(self, pane: Pane) -> None:
        """Close a tab, and remember it."""
        self._gone = [*self._gone, _Closed(pane.info, pane.title, self.panes.index(pane))][-MOST_CLOSED:]
        await super().close(pane)
        self.keep_tabs()

    async def action_reopen_tab(self) -> None:
        """Open the tab that was closed last, where it was."""
        if not self._gone:
            self.app.bell()
            return
        closed = self._gone.pop()
        pane = await self.open(closed.info)
        pane.title = closed.title
        self.panes.remove(pane)
        self.panes.insert(min(closed.place, len(self.panes)), pane)
        self.tab_bar.move_pane(pane, self.panes)
        self.refresh_frame()
        self.keep_tabs()

    # -- the workspace of last time ---------------------------------------------------------------------------

    async def restore_tabs(self, connect: Callable[[SavedTab], ConnectionInfo | None]) -> None:
        """Lay out the tabs of last time. Each connects once, when it is first brought to the front; others wait.

        ``connect`` returns where a tab leads, None or PstuiError where it leads nowhere any more.
        """
        found: list[Pane] = []
        front = 0
        for index, tab in enumerate(self.remembered.tabs):
            try:
                info = connect(tab)
            except PstuiError:
                info = None
            if info is None:
                continue
            pane = await self.add(info, dormant=True)
            pane.title = tab.title
            found.append(pane)
            front = len(found) - 1 if index == self.remembered.front else front
        if found:
            self.bring_to_front(found[front])

    def keep_tabs(self) -> None:
        """Write down which tabs there are, if that is news."""
        if self.memory is None or not self.keeps_tabs:
            return
        tabs = [tab for pane in self.panes if (tab := saved_tab(pane)) is not None]
        front = next((index for index, pane in enumerate(self.panes) if pane.active), 0)
        if (tabs, front) != self._kept_tabs:
            self._kept_tabs = (tabs, front)
            self.remembered.tabs, self.remembered.front = tabs, front
            self.keep()

    def keep(self) -> None:
        """Write down everything that is remembered."""
        if self.memory is not None:
            self.memory.save(self.remembered)


def saved_tab(pane: Pane) -> SavedTab | None:
    """Return what is written down of a tab; None for one that is a look-up of a session of this run."""
    if pane.info.parameter_set.is_lookup:
        return None
    if pane.info.profile:
        return SavedTab(f"{kind_of(pane.info)}:{pane.info.profile}", title=pane.title)
    return SavedTab(line=line_of(pane.info), title=pane.title)
