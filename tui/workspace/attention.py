"""What goes on where nobody looks: seconds counted on tabs and in the sidebar, the end of a long command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.pane.glance import glance
from pstui.tui.plain import plain
from pstui.tui.profiles.pane_settings import PaneSettings, Telling
from pstui.tui.workspace.leaving import one_line
from pstui.tui.workspace.profiles import ProfileActions
from pstui.tui.workspace.status_bar import took
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane

#: seconds between two looks at what takes long
TICK = 1.0
#: seconds that a notice of a command's end is shown
_SHOWN = 10.0


class Attention:
    """Counts what takes long, on tabs and in the sidebar, and tells of its end as the settings want it."""

    def __init__(
        self, screen: Screen[None], tabs: TabbedPanes, profiles: ProfileActions, settings: PaneSettings
    ) -> None:
        self._screen, self._tabs, self._profiles, self._settings = screen, tabs, profiles, settings

    def begin(self) -> None:
        """Count from now on."""
        self._screen.set_interval(TICK, self.show)

    def show(self) -> None:
        """Show on tabs and in the sidebar what every session does."""
        self._tabs.bar.show(self._tabs.panes)
        self._profiles.mark_sidebar()

    def ended(self, pane: Pane, seconds: float) -> None:
        """A command has run for so many seconds: tell of it if nobody sees that by himself."""
        telling, app = self._settings.tell, self._screen.app
        unseen = not pane.active or not app.app_focus
        if telling is Telling.NOTHING or not unseen or seconds < self._settings.tell_after:
            return
        if telling is not Telling.NOTICE:
            app.bell()
        if telling is not Telling.BELL:
            failed = glance(pane).state in ("failed", "broken")
            said = f"{plain(pane.caption, limit=60)}: {one_line(pane.conversation.ran_last)}"
            app.notify(
                f"{'✗' if failed else '✓'} {said}   {took(seconds)}",
                severity="warning" if failed else "information",
                timeout=_SHOWN,
                markup=False,
            )
