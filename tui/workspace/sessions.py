"""The part of the workspace that opens sessions and works on them: the dialog, typed calls, the lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.sessions import disconnection as links
from pstui.tui.editor.history import LineHistory
from pstui.tui.pane.face import PaneState
from pstui.tui.workspace.tabs import TabbedScreen

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory
    from pstui.backends.sessions.session import PSSession
    from pstui.tui.dialogs.connect_draft import Draft
    from pstui.tui.keys.actions import KeyAction
    from pstui.tui.keys.keymap import Keymap
    from pstui.tui.pane.pane import Pane
    from pstui.tui.workspace.context import World


class ConnectingScreen(TabbedScreen):
    """What can be done to open sessions. ``world`` and ``keymap`` are set by the workspace.

    The screens are imported when they are opened: the first paint does not wait for them.
    """

    world: World
    keymap: Keymap
    #: a call of the command line that lacks values: it is asked for first
    lacking: MissingMandatory | None = None
    _typed: LineHistory | None = None

    async def on_mount(self) -> None:
        """Ask for what the command line left out."""
        if self.lacking is not None:
            self.ask_connection(self.lacking)

    # -- the screens ------------------------------------------------------------------------------------------

    def action_connect(self) -> None:
        """Open the connection dialog."""
        self.ask_connection()

    def action_edit_connection(self) -> None:
        """Show the connection of the tab in front in the dialog; a tab whose session is over leads there then."""
        from pstui.tui.dialogs.connect_draft import Draft

        front = self.front
        if front is None:
            self.ask_connection()
            return

        async def open_it(info: ConnectionInfo) -> None:
            if front in self.panes and not front.state.live and not info.parameter_set.is_lookup:
                self.lead_to(front, info)
            else:
                await self.enter(info)

        self._show_dialog(Draft.of(front.info), (), open_it)

    def ask_connection(self, lacking: MissingMandatory | None = None) -> None:
        """Open the connection dialog, filled with a call that lacks values."""
        from pstui.tui.dialogs.connect_draft import Draft

        call = None if lacking is None else lacking.call
        missing = () if lacking is None else lacking.missing
        self._show_dialog(None if call is None else Draft.of_call(call), missing, self.enter)

    def _show_dialog(
        self, draft: Draft | None, missing: Sequence[str], open_it: Callable[[ConnectionInfo], Awaitable[None]]
    ) -> None:
        from pstui.tui.dialogs.connect import ConnectScreen

        def answered(info: ConnectionInfo | None) -> None:
            if info is None:
                self._focus_pane()
            else:
                self.run_worker(self._open_or_say(open_it(info)), group="opening")

        self.app.push_screen(ConnectScreen(self.world, draft, missing), answered)

    def action_commands(self) -> None:
        """Open the list of actions, where cmdlets can be typed, too."""
        from pstui.backends.binding.errors import MissingMandatory
        from pstui.tui.dialogs.palette import CommandScreen

        self._typed = self._typed or LineHistory()
        actions = [(each, self.keymap.shown(each.name)) for each in self.keymap.actions if each.action != "commands"]

        async def answered(chosen: KeyAction | MissingMandatory | None) -> None:
            if isinstance(chosen, MissingMandatory):
                self.ask_connection(chosen)
            elif chosen is not None:
                await self.run_action(chosen.action)
            else:
                self._focus_pane()

        self.app.push_screen(CommandScreen(self.world, self, actions, self._typed), answered)

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        from pstui.tui.dialogs.verb_list import SessionsScreen

        self.app.push_screen(SessionsScreen(self.world, self, self.front.session if self.front else None))

    def action_errors(self) -> None:
        """Open the list of the errors of the session in front."""
        from pstui.tui.dialogs.messages import ErrorsScreen

        front = self.front
        session = None if front is None else front.session
        if front is None or session is None:
            self.app.bell()
            return
        self.app.push_screen(ErrorsScreen(front.info.label, lambda: session.errors))

    # -- what typed calls and the list of sessions want -------------------------------------------------------

    async def enter(self, info: ConnectionInfo) -> None:
        """Open a tab; where ``info`` names a session that a tab is or was in, go to that tab. Raises PstuiError."""
        if not info.parameter_set.is_lookup:
            await self.open(info)
            return
        session = self.sessions.find(info)
        await self._go_to(session)

    async def exit(self) -> str:
        """Leave the session in front, as ``exit`` typed in it does. Raises PstuiError."""
        front = self.front
        if front is None or not front.state.live:
            return "No session is entered."
        if front.conversation is None or not front.conversation.submit("Exit-PSSession"):
            raise SessionStateError("A command runs in the session in front", "", "Stop it with Ctrl+C first.")
        return ""

    async def let_go(self, session: PSSession) -> None:
        """Leave the tabs that are in a session, without closing it."""
        for pane in self.panes:
            if pane.session is session and pane.conversation is not None:
                pane.conversation.let_go()

    async def disconnect(self, session: PSSession, idle_timeout: float | None = None, buffering: str = "") -> None:
        """Disconnect a session; who is in it leaves it first, with a word. Raises PstuiError."""
        if session.temporary and not links.why_not_disconnect(session):
            raise SessionStateError(
                f"{session.name} is temporary", "It is closed when it is left.", "Keep it first, then disconnect it."
            )
        if not links.why_not_disconnect(session) and (pane := self._pane_of(session)) is not None and pane.state.live:
            await self.let_go(session)
            self.app.notify(f"{pane.info.label} was left: its session is disconnected", markup=False)
        await links.disconnect(session, idle_timeout, buffering)

    async def connect(self, session: PSSession) -> None:
        """Connect to a disconnected session. Raises PstuiError."""
        await links.connect(session)

    async def receive(self, session: PSSession) -> None:
        """Connect to a session and enter it: what runs in it is followed there. Raises PstuiError."""
        if why := links.why_not_receive(session):
            raise SessionStateError(f"{session.name}: there is nothing to receive", why)
        await self._go_to(session)

    async def _go_to(self, session: PSSession) -> None:
        there = self._pane_of(session)
        if there is None:
            await self.open(ConnectionInfo(ParameterSet.SESSION, {"Session": session}, session.name))
            return
        self.bring_to_front(there)
        if there.state not in (PaneState.OPENING, PaneState.PROMPT, PaneState.BUSY):
            there.enter()

    async def _open_or_say(self, opening: Awaitable[None]) -> None:
        try:
            await opening
        except PstuiError as error:
            self.app.notify(error.text(), severity="error", markup=False, timeout=10)

    def _pane_of(self, session: PSSession) -> Pane | None:
        return next((pane for pane in self.panes if pane.session is session), None)

    def _focus_pane(self) -> None:
        if (front := self.front) is not None:
            front.focus_main()
