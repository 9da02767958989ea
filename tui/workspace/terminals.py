"""Terminals beside sessions: one key leads from a session to its terminal, and the same key back."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.keys.actions import PREFIX_KEY, PREFIX_SHOWN
from pstui.tui.keys.keymap import Keymap
from pstui.tui.pane.state import PaneState
from pstui.tui.pane.texts import Hint
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.kinds import terminal_of
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.backends.console import Console
    from pstui.tui.pane.pane import Pane
    from pstui.tui.terminal.pane import Origin, TerminalPane
    from pstui.tui.workspace.status_bar import StatusBar

#: seconds that a command has to end which gives way to a terminal
_STOPPED = 3.0


class Terminals:
    """Opens terminals where sessions are, and goes to and fro."""

    def __init__(
        self, screen: Screen[None], tabs: TabbedPanes, status: StatusBar, context: AppContext, keymap: Keymap
    ) -> None:
        self._screen, self._tabs, self._status, self._context = screen, tabs, status, context
        #: which session's tab each terminal was opened from
        self._owners: weakref.WeakKeyDictionary[TerminalPane, Pane] = weakref.WeakKeyDictionary()
        tabs.terminal_key = keymap.shown("terminal")

    async def action_terminal(self) -> None:
        """Go to the terminal of the session in front, or open one; from a terminal, back to its session."""
        here = terminal_of(self._tabs.front)
        if here is not None:
            owner = self._owners.get(here)
            if owner is None or owner not in self._tabs.panes:
                self._screen.app.bell()
            else:
                self._tabs.bring_to_front(owner)
            return
        session = self._tabs.session
        wanted, there = Hint(""), None
        if session is not None:
            wanted, session.for_terminal = session.for_terminal, Hint("")
            mine = [pane for pane, owner in self._owners.items() if owner is session and pane in self._tabs.panes]
            there = next((pane for pane in mine if pane.state.live and not pane.origin.line), mine[0] if mine else None)
        if there is not None and not wanted.line:
            self._tabs.bring_to_front(there)
        else:
            await self._open(session, wanted.line)
        shown = terminal_of(self._tabs.front)
        every_key = f"Every key goes to the terminal, but {PREFIX_SHOWN}"
        self._status.say(every_key, lambda: shown is not None and shown is self._tabs.front and shown.state.live)

    def prefix_followed_by(self, key: str) -> None:
        """The prefix key, pressed twice, is sent to the program once."""
        if key == PREFIX_KEY and (terminal := terminal_of(self._tabs.front)) is not None:
            terminal.screen_area.send_key(key, None)

    async def _open(self, session: Pane | None, line: str) -> None:
        origin = self._here() if session is None else self._of(session, line)
        if session is not None and line:
            if session.state is PaneState.BUSY and session.conversation.running.strip() == line:
                session.interrupt()  # it waits there for a terminal that it does not get
            session.conversation.hint = ""
            session.changed()
        pane = await self._tabs.open_terminal(origin, session)
        if session is not None:
            self._owners[pane] = session

    def _here(self) -> Origin:
        """Return where a terminal of this computer comes from."""
        from pstui.tui.dialogs.connect_test import BareConsole
        from pstui.tui.terminal.pane import Origin

        info = ConnectionInfo(ParameterSet.PROCESS)

        async def ready() -> ConnectionInfo:
            return info

        async def directory() -> str:
            return ""

        return Origin(info, BareConsole(None), ready, directory)

    def _of(self, session: Pane, line: str) -> Origin:
        """Return where the terminal of a session comes from."""
        from pstui.tui.terminal.pane import Origin

        entered = session.session
        info = session.info if entered is None else replace(entered.info, profile=session.info.profile)
        console: Console = session.console

        async def ready() -> ConnectionInfo:
            # What a session was opened with has its password already.
            return info if entered is not None else await self._context.prepared(info, console)

        async def directory() -> str:
            from pstui.backends.sessions.location import location

            if session.session is None or not session.state.live:
                return ""
            return await location(session.session, waits=_STOPPED if line else 0)

        return Origin(info, console, ready, directory, line)
