"""The tabs of the workspace: opening, going from one to another, closing."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo
from pstui.backends.pace import Pace
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.editor.history import KeptLines
from pstui.tui.pane.pane import Pane
from pstui.tui.profiles.settings import PaneSettings
from pstui.tui.profiles.vault import Vault
from pstui.tui.workspace.bars import TabBar
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Tabs


class TabbedScreen(Screen[None]):
    """A screen that holds panes behind tabs. Exactly one is in front, and only that one has the keys."""

    def __init__(self, sessions: SessionManager) -> None:
        super().__init__()
        self.sessions = sessions
        self.panes: list[Pane] = []
        self.tab_bar = TabBar()
        self.switcher = ContentSwitcher(initial="welcome")
        self._made = 0
        #: fetches the passwords that profiles name
        self.vault: Vault | None = None
        #: who gives way to a key
        self.pace = Pace()
        #: keeps what is typed for the next run
        self.kept: KeptLines | None = None
        #: what holds for every pane
        self.pane_settings = PaneSettings()

    @property
    def front(self) -> Pane | None:
        """The pane in front, None while there is none."""
        return next((pane for pane in self.panes if pane.active), None)

    async def open(self, info: ConnectionInfo) -> Pane:
        """Open a new tab on ``info`` and bring it to the front; its session opens behind."""
        pane = await self.add(info)
        self.bring_to_front(pane)
        self.keep_tabs()
        return pane

    async def add(self, info: ConnectionInfo, *, dormant: bool = False) -> Pane:
        """Add a tab behind the others. A dormant one connects when it is first brought to the front."""
        self._made += 1
        pane = Pane(self.sessions, info, id=f"pane-{self._made}", pace=self.pace, vault=self.vault, dormant=dormant)
        pane.configure(self.pane_settings)
        self._dress(pane)
        self.panes.append(pane)
        await self.tab_bar.add_pane(pane)
        await self.switcher.add_content(pane, set_current=False)
        return pane

    def lead_to(self, pane: Pane, info: ConnectionInfo) -> None:
        """Open another connection in a tab whose session is over."""
        pane.lead_to(info)
        self._dress(pane)
        self.bring_to_front(pane)
        self.keep_tabs()

    def _dress(self, pane: Pane) -> None:
        pane.color = self.pane_color(pane.info)
        if self.kept is not None:
            pane.history.keep(self.kept, pane.info.label)

    def pane_color(self, info: ConnectionInfo) -> str:
        """Return the colour of a tab, empty for none."""
        return ""

    def keep_tabs(self) -> None:
        """Write down which tabs there are."""

    def bring_to_front(self, pane: Pane) -> None:
        """Show a pane and give it the keys."""
        for other in self.panes:
            if other.active and other is not pane:
                other.set_active(False)
        self.remove_class("-unfolded")  # on a narrow screen the sidebar would lie over the pane
        self.switcher.current = pane.id
        self.tab_bar.tabs.active = self.tab_bar.tab_id(pane)
        pane.set_active(True)
        pane.focus_main()

    async def close(self, pane: Pane) -> None:
        """Leave a pane's session and take the tab away; its neighbour comes to the front."""
        await pane.leave()
        place = self.panes.index(pane)
        self.panes.remove(pane)
        if self.panes:
            self.bring_to_front(self.panes[min(place, len(self.panes) - 1)])
        else:
            self.switcher.current = "welcome"
        await self.tab_bar.remove_pane(pane)
        await pane.remove()
        self.refresh_frame()

    def refresh_frame(self) -> None:
        """Write tabs, footer and sidebar anew."""

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """A tab was clicked."""
        event.stop()
        pane = next((each for each in self.panes if self.tab_bar.tab_id(each) == event.tab.id), None)
        # a tab that has just been made is active before its pane stands behind it; who made it brings it to the front
        ready = pane is not None and pane.is_attached and not pane.active
        if pane is not None and ready and self.tab_bar.tabs.active == event.tab.id:
            self.bring_to_front(pane)

    def action_tab(self, number: int) -> None:
        """Go to the tab with a number, from 1."""
        if number <= len(self.panes):
            self.bring_to_front(self.panes[number - 1])

    def action_next_tab(self) -> None:
        """Go one tab to the right, from the last to the first."""
        self._step(1)

    def action_previous_tab(self) -> None:
        """Go one tab to the left, from the first to the last."""
        self._step(-1)

    def _step(self, by: int) -> None:
        front = self.front
        if front is not None:
            self.bring_to_front(self.panes[(self.panes.index(front) + by) % len(self.panes)])
