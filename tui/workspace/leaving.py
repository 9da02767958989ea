"""Closing a tab and quitting: what is still open is named, and asked once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from pstui.backends.records import RunspaceState
from pstui.backends.timeouts import timeout
from pstui.tui.cut import cut
from pstui.tui.pane.state import PaneState
from pstui.tui.plain import plain
from pstui.tui.typeahead import was_read_before
from pstui.tui.workspace.kinds import terminal_of
from pstui.tui.workspace.restoring import RestoreOffer
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.backends.sessions.manager import SessionManager
    from pstui.backends.sessions.session import PSSession
    from pstui.tui.pane.pane import Pane
    from pstui.tui.workspace.kinds import AnyPane

#: seconds that quitting waits for sessions to close in order
CLOSE_LIMIT = 5.0


class Leaving:
    """Closes tabs and ends the program."""

    def __init__(
        self, screen: Screen[None], tabs: TabbedPanes, sessions: SessionManager, offer: RestoreOffer | None = None
    ) -> None:
        self._screen, self._tabs, self._sessions, self._offer = screen, tabs, sessions, offer

    def close(self, pane: AnyPane) -> None:
        """Close a tab, without a question."""
        self._screen.run_worker(self._tabs.close(pane), group="closing")

    def action_close_tab(self) -> None:
        """Close the tab in front; asks when a command runs in it, or a question or a line is waiting."""
        front = self._tabs.front
        gone = was_read_before(self._screen, self._tabs.closed_at)  # the tab that the key was pressed for
        if front is not None and not gone:
            self.ask_close(front)

    def ask_close(self, pane: AnyPane) -> None:
        """Close a tab; asks when a command runs in it, or a question or a line is waiting."""
        if self._tabs.is_closing(pane):
            return
        if not would_lose(pane):
            self.close(pane)
            return

        from pstui.tui.dialogs.messages import QuitScreen

        def answered(go: bool | None) -> None:
            if go and pane in self._tabs.panes:
                self.close(pane)

        self._screen.app.push_screen(QuitScreen("Close this tab?", [described(pane)], verb="closes it"), answered)

    def action_quit(self) -> None:
        """Leave pstui; asks once when sessions are open."""
        lines = self._open_sessions()
        if not lines:
            self.end(0)
            return

        from pstui.tui.dialogs.messages import QuitScreen

        offer = self._offer if self._offer is not None and self._offer.is_due else None
        title = "A session is still open" if len(lines) == 1 else f"{len(lines)} sessions are still open"
        also = "" if offer is None else "quits, and opens these tabs again at the next start"
        can_live_on = [each for each in self._sessions.sessions if not each.link.why_not_disconnect()]
        keeps = "quits, and disconnects what is over WinRM: it runs on there" if can_live_on else ""
        asked = QuitScreen(title, lines, verb="closes and quits", also=also, keeps=keeps)

        def answered(go: bool | None) -> None:
            if go:
                if offer is not None:
                    offer.made()
                self.end(0, restore=asked.also_wanted, keeps=asked.keeps)

        self._screen.app.push_screen(asked, answered)

    def _open_sessions(self) -> list[str]:
        """Return a line for each open session, with the number of its tab."""
        panes = self._tabs.panes
        live = [(number, pane) for number, pane in enumerate(panes, 1) if pane.state.live]
        # What would be lost comes first: a long list is cut at its end.
        live.sort(key=lambda each: not would_lose(each[1]))
        width = len(str(len(panes)))
        entered = [pane.session for pane in self._tabs.sessions if pane.state.live]
        kept = [
            each
            for each in self._sessions.sessions
            if not each.temporary and each.state is RunspaceState.OPENED and each not in entered
        ]
        return [
            *(f"{number:>{width}}  {described(pane)}" for number, pane in live),
            *(f"{'–':>{width}}  {plain(each.name, limit=60)}: kept open, not in a tab" for each in kept),
        ]

    def end(self, code: int, *, restore: bool = False, keeps: bool = False) -> None:
        """Close every session within CLOSE_LIMIT and leave with an exit code; the rest is what was chosen.

        ``keeps`` disconnects those that their computers keep.
        """
        self._screen.run_worker(self._end(code, restore, keeps), group="end", exclusive=True)

    async def _end(self, code: int, restore: bool, keeps: bool) -> None:
        if restore and self._offer is not None:
            await self._offer.accept()
        with contextlib.suppress(TimeoutError):
            async with timeout(CLOSE_LIMIT):
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


def would_lose(pane: AnyPane) -> bool:
    """Whether closing a tab ends more than an idle session: a command, a question, a waiting line, a program."""
    if (terminal := terminal_of(pane)) is not None:
        return terminal.runs
    pane = cast("Pane", pane)
    return pane.state is PaneState.BUSY or pane.asking is not None or pane.pending is not None


def one_line(text: str) -> str:
    """Return a command in one row that is not too long."""
    return cut(plain(text.replace("\n", " ⏎ ")), 80)


def described(pane: AnyPane) -> str:
    """Return one line naming a session, or a terminal, and what it does."""
    name = plain(pane.caption, limit=60)
    if pane.is_terminal:
        return f"{name}: a terminal in which something may run" if would_lose(pane) else f"{name}: a terminal"
    pane = cast("Pane", pane)
    if pane.asking is not None:
        return f"{name}: asks a question"
    if pane.state is PaneState.BUSY:
        running = one_line(pane.conversation.running)
        return f"{name}: running {running}" if running else f"{name}: running"
    if pane.pending is not None:
        return f"{name}: a line is waiting"
    return f"{name}: {pane.state.value}"
