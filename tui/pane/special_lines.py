"""Lines that are not only sent: a script in the place of one, one into a grid, one that opens files here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pstui.backends.records import Stream, Write
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.tui.pane.console import PaneConsole
from textual.widget import Widget

if TYPE_CHECKING:
    from pstui.backends.psrp.invocation import Script
    from pstui.tui.pane.remote_editing import RemoteEditing

#: what a line with Out-GridView has in it, or one of its aliases
_GRID = re.compile(r"ogv|ocgv|gridview", re.IGNORECASE)


class SpecialLines:
    """Runs such lines of one conversation, and all after the first of them."""

    def __init__(self, pane: Widget, console: PaneConsole, stop: Callable[[], None]) -> None:
        self._pane, self._console, self._stop = pane, console, stop
        self._editing: RemoteEditing | None = None

    async def prepare(self, interactive: InteractiveSession, line: str) -> None:
        """See to it that a line which may open files of the far end for editing can do so."""
        if self._editing is None:
            if "psedit" not in line.casefold():
                return
            from pstui.tui.editor.paste import run_editor
            from pstui.tui.pane.remote_editing import RemoteEditing

            self._editing = RemoteEditing(self._console, lambda file: run_editor(self._pane.app, file))
        await self._editing.prepare(interactive.session, line)

    async def run(self, interactive: InteractiveSession, line: str, script: Script | None = None) -> Outcome:
        """Run a line to its end, or a script in its place; a line with Out-GridView opens a grid."""
        if script is not None:
            return await interactive.run(line, script=script)
        if _GRID.search(line) and not interactive.above and interactive.session.stopped is None:
            from pstui.tui.grid.line import grid_call, is_inside
            from pstui.tui.grid.run import INSIDE, run_in_grid
            from pstui.tui.grid.shown import shown_by

            if (call := grid_call(line)) is not None:
                return await run_in_grid(interactive, call, shown_by(self._pane, self._stop))
            if is_inside(line):
                self._console.write(Write(INSIDE, stream=Stream.NOTICE))
        return await interactive.run(line)

    async def edit(self) -> None:
        """Open what the line that has ended opened for editing."""
        if self._editing is not None:
            await self._editing.edit()
