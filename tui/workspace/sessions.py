"""What the workspace does with sessions: the connection dialog, typed cmdlets, the lists, the session in front."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError, SessionStateError
from pstui.tui.plain import plain
from pstui.tui.refusing import NO_SESSION, refuse
from pstui.tui.sidebar.model import SidebarEntry, identity, kind_of
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.kept import KeptSession, KeptSessions
from pstui.tui.workspace.kinds import session_of, terminal_of
from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory
    from pstui.backends.sessions.session import PSSession
    from pstui.tui.dialogs.connect import ConnectScreen
    from pstui.tui.dialogs.connect_draft import Draft
    from pstui.tui.pane.pane import Pane


class SessionActions:
    """Opens sessions and works on those that are open; typed cmdlets and the list of sessions act through it.

    The dialogs are imported when they are opened: the first paint does not wait for them.
    """

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, context: AppContext, kept: KeptSessions) -> None:
        self._screen, self._tabs, self._context = screen, tabs, context
        self.kept = kept

    # -- the session in front ---------------------------------------------------------------------------------

    def action_answer(self) -> None:
        """Go between question and editor; from elsewhere to the editor."""
        front = self._tabs.session
        if front is None or (front.asking is None and front.editor.has_focus):
            refuse(self._screen.app, NO_SESSION if front is None else "Nothing is asked in this tab.")
            return
        front.questions.answer_or_edit()

    def action_again(self) -> None:
        """Enter again, or open a terminal again."""
        if (terminal := terminal_of(self._tabs.front)) is not None:
            terminal.open()
        if (front := self._tabs.session) is not None:
            front.enter()

    def action_details(self) -> None:
        """Write the details of the last failure."""
        front = self._tabs.session
        if front is None or not front.conversation.show_details():
            refuse(self._screen.app, NO_SESSION if front is None else "Nothing failed that more is known of.")

    # -- dialogs ----------------------------------------------------------------------------------------------

    def action_edit_connection(self) -> None:
        """Show the host of the tab in front in its form; a tab whose session is over leads there then."""
        from pstui.tui.dialogs.connect import ConnectScreen
        from pstui.tui.dialogs.connect_draft import Draft

        front = self._tabs.session
        if front is None:
            self.ask_connection()
            return

        async def open_it(info: ConnectionInfo) -> None:
            if front in self._tabs.panes and not front.state.live and not info.parameter_set.is_lookup:
                self._tabs.lead_to(front, info)
            else:
                await self.enter(info)

        known, book = None, self._context.book
        if front.info.profile and book is not None:
            from pstui.tui.dialogs.host_profile import Known

            kind = kind_of(front.info)
            known = Known(kind, front.info.profile, dict(book.table(kind, front.info.profile)))
        if known is not None and known.parameter_set is front.info.parameter_set:
            self._show_form(ConnectScreen(self._context, known=known), open_it)
        else:
            self._show_form(ConnectScreen(self._context, Draft.of(front.info)), open_it)

    def ask_connection(self, lacking: MissingMandatory | None = None) -> None:
        """Open the form of a host, filled with a call that lacks values."""
        from pstui.tui.dialogs.connect_draft import Draft

        call = None if lacking is None else lacking.call
        missing = () if lacking is None else lacking.missing
        self.show_form(None if call is None else Draft.of_call(call), missing)

    def show_form(self, draft: Draft | None, missing: Sequence[str] = (), *, asks_name: bool = False) -> None:
        """Show the form of a host and open what it returns; ``missing`` is asked for first."""
        from pstui.tui.dialogs.connect import ConnectScreen

        self._show_form(ConnectScreen(self._context, draft, missing, asks_name=asks_name), self.enter)

    def _show_form(self, form: ConnectScreen, open_it: Callable[[ConnectionInfo], Awaitable[None]]) -> None:
        def answered(info: ConnectionInfo | None) -> None:
            if info is None:
                self.focus_pane()
            else:
                self._screen.run_worker(self.try_open(open_it(info)), group="opening")

        self._screen.app.push_screen(form, answered)

    async def try_open(self, opening: Awaitable[None]) -> None:
        """Open something, or tell why that cannot be."""
        try:
            await opening
        except PstuiError as error:
            self.complain(error)

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        from pstui.tui.dialogs.session_list import SessionsScreen

        front = self._tabs.session
        self._screen.app.push_screen(SessionsScreen(self._context, self, front.session if front else None))

    # -- what computers keep ----------------------------------------------------------------------------------

    def offer_kept(self) -> None:
        """Offer what was let go of in an earlier run."""
        kept = self.kept.sessions
        if not kept:
            return
        lines = [plain(f"{each.name}  {each.label}".strip(), limit=100) for each in kept]
        title = "A session is kept for you" if len(kept) == 1 else f"{len(kept)} sessions are kept for you"

        async def answered(go: bool | None) -> None:
            if go:
                await self.take_up(kept)

        from pstui.tui.dialogs.messages import QuitScreen

        question = QuitScreen(title, lines, verb="takes up what they wrote", stays="leaves them there")
        self._screen.app.push_screen(question, answered)

    async def take_up(self, kept: Sequence[KeptSession]) -> None:
        """Connect to sessions that computers keep, each in a tab: that of the last run, where there is one."""
        free = [pane for pane in self._tabs.sessions if not pane.state.live]
        for each in kept:
            try:
                info = self._context.kept_connection(each)
            except PstuiError as error:
                self.complain(error)
                continue
            pane = next((pane for pane in free if identity(pane.info) == each.place), None)
            if pane is None:
                await self._tabs.open(info)
            else:
                free.remove(pane)
                self._tabs.lead_to(pane, info)

    # -- what is chosen in the sidebar ------------------------------------------------------------------------

    async def choose(self, entry: SidebarEntry, there: Pane | None) -> None:
        """Go to the tab ``there`` that belongs to an entry, or open one."""
        if entry.kept:
            await self.take_up(self.kept.at(entry.place))
            return
        try:
            info = entry.connection()
        except PstuiError as error:
            self.complain(error)
            return
        if info is None:
            return
        self._screen.remove_class("-unfolded")
        if there is None:
            await self._tabs.open(info)
        else:
            self._tabs.bring_to_front(there)
            if not there.state.live:
                there.enter()

    # -- what typed cmdlets and the list of sessions do -------------------------------------------------------

    async def enter(self, info: ConnectionInfo) -> None:
        """Open a tab; where ``info`` names a session that a tab is or was in, go to that tab. Raises PstuiError."""
        if not info.parameter_set.is_lookup:
            await self._tabs.open(info)
            return
        session = self._context.sessions.find(info)
        await self._go_to(session)

    async def exit(self) -> str:
        """Leave the session in front, as ``exit`` typed in it does. Raises PstuiError."""
        front = self._tabs.session
        if front is None or not front.state.live:
            return "No session is entered."
        if not front.conversation.submit("Exit-PSSession"):
            raise SessionStateError("A command runs in the session in front", "", "Stop it with Ctrl+C first.")
        return ""

    def tabs_of_sessions(self) -> Mapping[int, int]:
        """Return the number of the tab that is in a session, by the ``id()`` of that."""
        numbered = enumerate(map(session_of, self._tabs.panes), 1)
        return {id(pane.session): number for number, pane in numbered if pane is not None}

    async def let_go(self, session: PSSession, why: str = "") -> None:
        """Leave the tabs that are in a session, without closing it.

        Where a command runs, ``why`` is told if the session is closed.
        """
        for pane in self._tabs.sessions:
            if pane.session is session and not pane.conversation.let_go() and why:
                pane.conversation.closed_because = why

    async def disconnect(self, session: PSSession, idle_timeout: float | None = None, buffering: str = "") -> None:
        """Disconnect a session; a tab that is in it leaves it first and says so. Raises PstuiError."""
        if session.temporary and not session.link.why_not_disconnect():
            raise SessionStateError(
                f"{session.name} is temporary", "It is closed when it is left.", "Keep it first, then disconnect it."
            )
        if not session.link.why_not_disconnect() and (pane := self._pane_of(session)) is not None and pane.state.live:
            await self.let_go(session)
            self._screen.app.notify(f"{pane.info.label} was left: its session is disconnected", markup=False)
        await session.link.disconnect(idle_timeout, buffering)

    async def connect(self, session: PSSession) -> None:
        """Connect to a disconnected session. Raises PstuiError."""
        await session.link.connect()

    async def receive(self, session: PSSession) -> None:
        """Connect to a session and enter it: what runs in it is followed there. Raises PstuiError."""
        if why := session.link.why_not_receive():
            raise SessionStateError(f"{session.name}: there is nothing to receive", why)
        await self._go_to(session)

    async def _go_to(self, session: PSSession) -> None:
        there = self._pane_of(session)
        if there is None:
            await self._tabs.open(ConnectionInfo(ParameterSet.SESSION, {"Session": session}, session.name))
            return
        self._tabs.bring_to_front(there)
        if not there.state.live:
            there.enter()

    def _pane_of(self, session: PSSession) -> Pane | None:
        return next((pane for pane in self._tabs.sessions if pane.session is session), None)

    def focus_pane(self) -> None:
        """Give the keys to the pane in front."""
        if (front := self._tabs.front) is not None:
            front.focus_main()

    def complain(self, error: PstuiError) -> None:
        """Tell what went wrong."""
        self._screen.app.notify(error.text(), severity="error", markup=False, timeout=10)
