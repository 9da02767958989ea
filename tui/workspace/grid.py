"""The last line again, as objects in a grid."""

from __future__ import annotations

from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen


class GridActions:
    """Runs the last line of the tab in front for a grid; what may change something is asked about first."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs

    def action_grid(self) -> None:
        """Run it, or ask before."""
        from pstui.tui.grid.line import as_grid_line

        pane = self._tabs.session
        line = "" if pane is None else pane.conversation.ran_last.strip()
        if pane is None or not line or pane.state is not PaneState.PROMPT:
            said = "No line has run here that a grid could show." if not line else "A command runs: wait for its end."
            self._screen.notify(said, markup=False)
            return
        again = as_grid_line(line)
        held = self._held(line)
        if not held:
            pane.submit_line(again)
            return
        from pstui.tui.dialogs.messages import QuitScreen

        lines = [plain(again, limit=200), *held]

        def answered(go: bool | None) -> None:
            if go:
                pane.submit_line(again)

        self._screen.app.push_screen(QuitScreen("Run it once more?", lines, verb="runs it"), answered)

    @staticmethod
    def _held(line: str) -> list[str]:
        from pstui.tui.guard.rules import Mode, Rules

        found = Rules(let_through=_SHOWING).judge(line, Mode.READ)
        return [f"{plain(each.text, limit=60)}: {each.why}" for each in found]


#: what only shows, besides what the guard knows
_SHOWING = ("out-consolegridview", "ocgv", "ogv")
