"""Closing a tab and quitting: what is still open is named, and asked once."""

from __future__ import annotations

import asyncio
import contextlib

from pstui.backends.records import RunspaceState
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.workspace.editing import EditingScreen

#: seconds that quitting waits for sessions to close in order
CLOSE_LIMIT = 5.0


class LeavingScreen(EditingScreen):
    """The part of the workspace that ends things."""

    def action_close_tab(self) -> None:
        """Close the tab in front; asks when a command runs in it, or a question or a line waits."""
        front = self.front
        if front is None:
            return
        if not would_lose(front):
            self.run_worker(self.close(front), group="closing")
            return

        def answered(go: bool | None) -> None:
            if go and front in self.panes:
                self.run_worker(self.close(front), group="closing")

        self.app.push_screen(QuitScreen("Close this tab?", [described(front)], verb="closes it"), answered)

    def action_quit(self) -> None:
        """Leave pstui; asks once when sessions are open."""
        live = [(number, pane) for number, pane in enumerate(self.panes, 1) if pane.state.live]
        # What would be lost stands first: a long list is cut at its end.
        live.sort(key=lambda each: not would_lose(each[1]))
        wide = len(str(len(self.panes)))
        lines = [f"{number:>{wide}}  {described(pane)}" for number, pane in live]
        entered = [pane.session for pane in self.panes if pane.state.live]
        lines += [
            f"{'–':>{wide}}  {plain(each.name, limit=60)}: kept open, in no tab"
            for each in self.sessions.sessions
            if not each.temporary and each.state is RunspaceState.OPENED and each not in entered
        ]
        if not lines:
            self.end(0)
            return

        def answered(go: bool | None) -> None:
            if go:
                self.end(0)

        title = "A session is still open" if len(lines) == 1 else f"{len(lines)} sessions are still open"
        self.app.push_screen(QuitScreen(title, lines, verb="closes and quits"), answered)

    def end(self, code: int) -> None:
        """Close every session within CLOSE_LIMIT and leave with an exit code."""
        self.run_worker(self._end(code), group="end", exclusive=True)

    async def _end(self, code: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                await asyncio.gather(*(pane.leave() for pane in self.panes), return_exceptions=True)
                await self.sessions.close_all()
        self.app.exit(code)


def would_lose(pane: Pane) -> bool:
    """Whether closing a tab ends more than an idle session: a command, a question, a line that waits."""
    return pane.state is PaneState.BUSY or pane.asking is not None or pane.pending is not None


def described(pane: Pane) -> str:
    """Return one line naming a session and what it does."""
    name = plain(pane.caption, limit=60)
    if pane.asking is not None:
        return f"{name}: asks something"
    if pane.state is PaneState.BUSY:
        running = plain(pane.conversation.running.replace("\n", " ⏎ "), limit=80)
        return f"{name}: running {running}" if running else f"{name}: running"
    if pane.pending is not None:
        return f"{name}: a line waits"
    return f"{name}: {pane.state.value}"
