"""What the keys do that concern logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.log.place import Keeping, index_file, root_of
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.log.search import RunAgain


class LogActions:
    """Acts on the logs of all sessions."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, keeping: Keeping) -> None:
        self._screen, self._tabs, self._keeping = screen, tabs, keeping

    def action_logs(self) -> None:
        """Search what was logged."""
        from pstui.tui.log.search import LogsScreen

        app = self._screen.app
        logs = self._keeping.always or any(pane.console.log is not None for pane in self._tabs.sessions)
        app.push_screen(
            LogsScreen(index_file(), root_of(self._keeping.template), app.copy_to_clipboard, logs=logs), self._answered
        )

    def _answered(self, wish: RunAgain | None) -> None:
        front = self._tabs.front
        if front is None:
            return
        front.focus_main()
        if wish is not None and (session := self._tabs.session) is not None:
            session.editor.put(wish.line)
