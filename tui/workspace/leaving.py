"""Closing a tab and quitting: what is still open is named, and asked once."""

from __future__ import annotations

import asyncio
import contextlib

from pstui.backends.records import RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.typeahead import was_read_before
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

#: seconds that quitting waits for sessions to close in order
CLOSE_LIMIT = 5.0


class Leaving:
    """Closes tabs and ends the program."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, sessions: SessionManager) -> None:
        self._screen, self._tabs, self._sessions = screen, tabs, sessions

    def close(self, pane: Pane) -> None:
        """Close a tab, without a question."""
        self._screen.run_worker(self._tabs.close(pane), group="closing")

    def action_close_tab(self) -> None:
        """Close the tab in front; asks when a command runs in it, or a question or a line is waiting."""
        front = self._tabs.front
        gone = was_read_before(self._screen, self._tabs.closed_at)  # the tab that the key was pressed for
        if front is None or gone or self._tabs.is_closing(front):
            return
        if not would_lose(front):
            self.close(front)
            return

        def answered(go: bool | None) -> None:
            if go and front in self._tabs.panes:
                self.close(front)

        self._screen.app.push_screen(QuitScreen("Close this tab?", [described(front)], verb="closes it"), answered)

    def action_quit(self) -> None:
        """Leave pstui; asks once when sessions are open."""
        lines = self._open_sessions()
        if not lines:
            self.end(0)
            return

        can_live_on = [each for each in self._sessions.sessions if not each.link.why_not_disconnect()]
        keeps = "disconnects what is over WinRM" if can_live_on else ""
        title = "A session is still open" if len(lines) == 1 else f"{len(lines)} sessions are still open"
        question = QuitScreen(title, lines, verb="closes and quits", keeps=keeps)

        def answered(go: bool | None) -> None:
            if go:
                self._leave(0, keeps=question.keeps)

        self._screen.app.push_screen(question, answered)

    def _open_sessions(self) -> list[str]:
        """Return a line for each open session, with the number of its tab."""
        panes = self._tabs.panes
        live = [(number, pane) for number, pane in enumerate(panes, 1) if pane.state.live]
        # What would be lost comes first: a long list is cut at its end.
        live.sort(key=lambda each: not would_lose(each[1]))
        width = len(str(len(panes)))
        entered = [pane.session for _, pane in live]
        kept = [
            each
            for each in self._sessions.sessions
            if not each.temporary and each.state is RunspaceState.OPENED and each not in entered
        ]
        return [
            *(f"{number:>{width}}  {described(pane)}" for number, pane in live),
            *(f"{'–':>{width}}  {plain(each.name, limit=60)}: kept open, not in a tab" for each in kept),
        ]

    def end(self, code: int) -> None:
        """Close every session within CLOSE_LIMIT and leave with an exit code."""
        self._leave(code)

    def _leave(self, code: int, *, keeps: bool = False) -> None:
        self._screen.run_worker(self._end(code, keeps), group="end", exclusive=True)

    async def _end(self, code: int, keeps: bool) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                if keeps:
                    await asyncio.gather(*map(self._let_live, self._sessions.sessions), return_exceptions=True)
                await asyncio.gather(*(pane.leave() for pane in self._tabs.panes), return_exceptions=True)
                await self._sessions.close_all()
        self._screen.app.exit(code)

    async def _let_live(self, session: PSSession) -> None:
        """Disconnect a session that its computer keeps; what runs in it runs on there."""
        if not session.link.why_not_disconnect():
            self._sessions.keep(session)
            await session.link.disconnect()


def would_lose(pane: Pane) -> bool:
    """Whether closing a tab ends more than an idle session: a command, a question, a waiting line."""
    return pane.state is PaneState.BUSY or pane.asking is not None or pane.pending is not None


def described(pane: Pane) -> str:
    """Return one line naming a session and what it does."""
    name = plain(pane.caption, limit=60)
    if pane.asking is not None:
        return f"{name}: asks a question"
    if pane.state is PaneState.BUSY:
        running = plain(pane.conversation.running.replace("\n", " ⏎ "), limit=80)
        return f"{name}: running {running}" if running else f"{name}: running"
    if pane.pending is not None:
        return f"{name}: a line is waiting"
    return f"{name}: {pane.state.value}"
