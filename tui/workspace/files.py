"""The file screens of the tabs: opened by a key, kept while their tab is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.backends.files.queue import Job
    from pstui.tui.files.desk import Desk
    from pstui.tui.files.screen import FilesScreen

#: seconds between two looks for tabs that were closed
TIDY = 1.0


class FileActions:
    """Opens the file screen of the tab in front; its copies go on when it is closed, until the tab is."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, context: AppContext) -> None:
        self._screen, self._tabs, self._context = screen, tabs, context
        self._desks: dict[str, Desk] = {}

    def action_files(self) -> None:
        """Open the file screen of the tab in front."""
        from pstui.tui.files.desk import Desk
        from pstui.tui.files.screen import FilesScreen

        pane = self._tabs.session
        if pane is None or pane.session is None:
            self._screen.notify("Open a session first: its files are shown beside those here.", markup=False)
            return
        if not self._desks:
            self._screen.set_interval(TIDY, self._tidy)
        desk = self._desks.setdefault(pane.id or "", Desk(pane, self._context.sessions))

        async def edit_near(file: Path) -> None:
            from pstui.tui.editor.paste import run_editor

            await run_editor(self._screen.app, file)

        shown = FilesScreen(desk, edit_near)
        desk.ended = lambda job: self._ended(shown, job)
        self._screen.app.push_screen(shown)

    def _ended(self, shown: FilesScreen, job: Job) -> None:
        if shown.is_attached:
            shown.job_ended(job)
        else:
            self._screen.notify(f"{job.destination.label or 'here'}: {job.state.value}", markup=False)

    def _tidy(self) -> None:
        """Give back the files of tabs that were closed."""
        open_ids = {pane.id for pane in self._tabs.panes}
        for key in [key for key in self._desks if key not in open_ids]:
            self._screen.run_worker(self._desks.pop(key).close(), group="files-close")
