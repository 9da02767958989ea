"""The sessions of this window as Get-PSSession lists them, and what can be done with each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from pstui.backends.binding.members import spelled
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.run import SessionUI
from pstui.tui.cmdlets.table import header, row
from pstui.tui.dialogs.fields import PickList
from pstui.tui.dialogs.forward_list import ForwardsScreen, summary
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.session_rows import columns_of, layout_for, texts_of
from pstui.tui.dialogs.table_form import clickable
from pstui.tui.dialogs.verb_list import VerbList
from pstui.tui.once import Once
from pstui.tui.plain import plain, plain_lines
from pstui.tui.workspace.context import AppContext
from textual.content import Content

#: seconds between two looks at the states of the sessions
LOOK = 0.5
#: cells of the screen beside the table: border, padding, the mark of the row chosen
_FRAME = 6


class SessionsScreen(VerbList):
    """The list, on the session in ``front`` at first. Closed by Esc, and when a session is entered."""

    TITLE_TEXT, BOX, ROWS = "Sessions", "sessions-box", "session-rows"
    FIRST, LAST = "Enter", "remove"
    VERBS: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("Enter", "Enter", "Enter"),
        ("d", "disconnect", "Disconnect"),
        ("c", "connect", "Connect"),
        ("r", "receive", "Receive"),
        ("k", "keep", "Keep"),
        ("x", "remove", "Remove"),
    )

    def __init__(self, context: AppContext, ui: SessionUI, front: PSSession | None = None) -> None:
        super().__init__(empty="No session is open. F2 opens one in a tab.")
        self.context, self._ui, self._front = context, ui, front
        self._sessions: list[PSSession] = []
        self._drawn: list[str] = []
        self._once = Once()
        #: whether something was told that stays until the next key
        self._told = False

    def on_mount(self) -> None:
        """List them, and keep the list current."""
        self._look()
        if self._front in self._sessions:
            self.list.put(self._sessions.index(self._front))
            self._allow()
        self.set_interval(LOOK, self._look)
        self.set_focus(self.list)

    @property
    def chosen(self) -> PSSession | None:
        """The session that the verbs are about."""
        index = self.list.index
        return self._sessions[index] if 0 <= index < len(self._sessions) else None

    def _look(self) -> None:
        self._sessions = list(self.context.sessions.sessions)
        layout, tabs = layout_for(self.size.width - _FRAME), self._ui.tabs_of_sessions()
        columns = columns_of(layout)
        self.captions.say(Content.styled(f"  {header(columns)}", "$calm"))
        drawn = [row(texts_of(each, layout, tabs), columns) for each in self._sessions]
        if drawn != self._drawn or not drawn:
            self._drawn = drawn
            self.list.put_rows(drawn)
        self._allow()

    def _allow(self) -> None:
        for action, verb in self.verbs.items():
            verb.allow(self._why_not(action))
        session = self.chosen
        if self._told:
            return
        if session is not None and session.temporary:
            kept = "Temporary: closed when it is left. Keep lets it stay open and be named by its Id."
        else:
            kept = ""
        forwards = session.link.forwards if session is not None else None
        below = Content("") if forwards is None else clickable(summary(forwards.listed()), "forwards")
        between = "\n" if kept and forwards is not None else ""
        self.message.say(Content.assemble((f"{kept}{between}", "$calm"), below))

    def action_forwards(self) -> None:
        """Show the forwards of the connection of the session chosen."""
        self.do("forwards")

    def dialog_key(self, key: str) -> bool:
        """Act on the keys of the list; that of the forwards stands in the line about them, where there is room."""
        if key == "f":
            self.action_forwards()
            return True
        return super().dialog_key(key)

    def _why_not(self, action: str) -> str:
        session = self.chosen
        if session is None:
            return "There is no session."
        match action:
            case "Enter" if session.state not in (RunspaceState.OPENED, RunspaceState.DISCONNECTED):
                return f"It is {spelled(session.state)}, and only an open session can be entered. x removes it."
            case "disconnect":
                temporary = "It is temporary, closed when it is left. Keep it first (k)." if session.temporary else ""
                return session.link.why_not_disconnect() or temporary
            case "connect":
                return session.link.why_not_connect()
            case "receive":
                return session.link.why_not_receive()
            case "keep" if not session.temporary:
                return "It is kept already."
            case "forwards" if session.link.forwards is None:
                return "Only an open session over SSH forwards ports."
        return ""

    # -- keys -------------------------------------------------------------------------------------------------

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Show what can be done with the session."""
        event.stop()
        self._told = False
        self._allow()

    def do(self, action: str) -> None:
        """Do what a verb says, or say why not."""
        self._told = False
        session, why = self.chosen, self._why_not(action)
        if session is None or why:
            self._tell(f"{action.title()}: {why}")
            return
        if action == "forwards":
            self.app.push_screen(ForwardsScreen(session))
            return
        if action == "remove" and not self._once.begin(self):
            return
        verbs: dict[str, Callable[[PSSession], Awaitable[None]]] = {
            "Enter": self._enter,
            "disconnect": lambda each: self._ui.disconnect(each, None, ""),
            "connect": self._ui.connect,
            "receive": self._receive,
            "keep": self._keep,
            "remove": self._remove,
        }
        verb = verbs[action]

        def answered(go: bool | None) -> None:
            if go:
                self.run_worker(self._run(verb, session), group="verb", exclusive=action != "remove")
            elif action == "remove":
                self._once.ended(happened=False)

        if action == "remove" and session.availability is RunspaceAvailability.BUSY:
            line = f"{plain(session.name, limit=60)}: a command runs"
            self.app.push_screen(QuitScreen("Remove this session?", [line], verb="removes it"), answered)
        else:
            answered(True)

    async def _run(self, verb: Callable[[PSSession], Awaitable[None]], session: PSSession) -> None:
        try:
            await verb(session)
        except PstuiError as error:
            self._tell(error.text())
            return
        if self.is_attached:
            self._look()

    def _tell(self, text: str) -> None:
        self._told = True
        self.message.say(Content(plain_lines(f"! {text}")))

    async def _enter(self, session: PSSession) -> None:
        self.dismiss(None)
        await self._ui.enter(ConnectionInfo(ParameterSet.SESSION, {"Session": session}))

    async def _receive(self, session: PSSession) -> None:
        self.dismiss(None)
        await self._ui.receive(session)

    async def _keep(self, session: PSSession) -> None:
        self.context.sessions.keep(session)

    async def _remove(self, session: PSSession) -> None:
        try:
            await self._ui.let_go(session, "You removed it in the list of sessions.")
            await self.context.sessions.remove(session)
        finally:
            self._once.ended()
