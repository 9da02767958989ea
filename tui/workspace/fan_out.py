"""One line on many hosts, from the workspace: which hosts are meant, and the screen for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.tui.plain import plain
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.sessions import SessionActions
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.runbooks.call import RunbookCall


#: entries from which on their connections are worked out in a thread: on the loop that would hold up a key
MANY = 300


class FanOutActions:
    """Opens the screen of many hosts. It is imported when it is opened."""

    def __init__(self, screen: Screen[None], sidebar: Sidebar, sessions: SessionActions, context: AppContext) -> None:
        self._screen, self._sidebar, self._sessions, self._context = screen, sidebar, sessions, context

    @property
    def marked(self) -> Sequence[SidebarEntry]:
        """The hosts that are marked in the sidebar."""
        return self._sidebar.model.marked_entries

    def action_run_on_hosts(self) -> None:
        """Run one line on what is marked."""
        self.open(self.marked)

    def of_sidebar(self) -> None:
        """Run one line on what is marked, or on what the cursor is on."""
        model, row = self._sidebar.model, self._sidebar.cursor_row
        self.open(model.marked_entries or ([] if row is None else model.below(row)))

    def open(self, entries: Sequence[SidebarEntry], runbook: RunbookCall | None = None) -> None:
        """Show the screen for entries, for a line or for a runbook."""
        if len(entries) > MANY:
            self._screen.run_worker(self._open_many(entries, runbook), group="fan-out", exclusive=True)
        else:
            self._show(*_connections(entries), runbook)

    async def _open_many(self, entries: Sequence[SidebarEntry], runbook: RunbookCall | None) -> None:
        self._show(*await in_thread(lambda: _connections(entries)), runbook)

    def _show(
        self, targets: list[tuple[str, ConnectionInfo]], left_out: list[str], runbook: RunbookCall | None
    ) -> None:
        if not targets:
            said = "\n".join(left_out) or "No host is marked. Space in the sidebar marks one, * all that are listed."
            self._screen.app.notify(said, severity="warning", markup=False)
            return
        from pstui.tui.fanout.screen import FanOutScreen

        self._screen.app.push_screen(FanOutScreen(self._context, targets, self._sessions.enter, left_out, runbook))


def _connections(entries: Sequence[SidebarEntry]) -> tuple[list[tuple[str, ConnectionInfo]], list[str]]:
    """Return the name and the connection of entries, and of those that cannot be opened why."""
    targets, left_out = [], []
    for entry in entries:
        try:
            info = entry.connection()
        except PstuiError as error:
            left_out.append(f"{plain(entry.name, limit=60)}: {error.text()}")
        else:
            if info is not None:
                targets.append((entry.name, info))
    return targets, left_out
