"""The part of the workspace that opens sessions: by the dialog, by a typed call, from the lists."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo
from pstui.backends.powershell.binding_errors import MissingMandatory
from pstui.backends.session import PSSession
from pstui.tui.screens.connect import ConnectScreen
from pstui.tui.screens.connect_draft import Draft
from pstui.tui.screens.connect_world import World
from pstui.tui.screens.workspace_tabs import TabbedScreen
from pstui.tui.widgets.pane import Pane


class ConnectingScreen(TabbedScreen):
    """What can be done to open sessions. ``world`` is set by the workspace."""

    world: World

    def action_connect(self) -> None:
        """Open the connection dialog."""
        self.ask_connection()

    def ask_connection(self, lacking: MissingMandatory | None = None) -> None:
        """Open the connection dialog, filled with a call that lacks values."""
        call = None if lacking is None else lacking.call
        draft = None if call is None else Draft.of_call(call)
        missing = () if lacking is None else lacking.missing

        def answered(info: ConnectionInfo | None) -> None:
            if info is None:
                self.focus_pane()
            else:
                self.run_worker(self.go_to(info), group="opening")

        self.app.push_screen(ConnectScreen(self.world, draft, missing), answered)

    async def go_to(self, info: ConnectionInfo) -> Pane:
        """Open a tab; where ``info`` names a session that a tab is in already, go to that tab."""
        if info.parameter_set.is_lookup:
            there = self.pane_of(self.world.sessions.find(info))
            if there is not None:
                self.bring_to_front(there)
                if not there.state.live:
                    there.enter()
                return there
        return await self.open(info)

    def pane_of(self, session: PSSession) -> Pane | None:
        """Return the tab that is, or was last, in a session."""
        return next((p for p in self.panes if p.conversation is not None and p.conversation.session is session), None)

    def focus_pane(self) -> None:
        """Give the keys back to the pane in front."""
        if (front := self.front) is not None:
            front.focus_main()
