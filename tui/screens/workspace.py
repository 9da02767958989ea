"""The first screen: tabs above, sidebar at the left, the panes, the keys below."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from pstui.backends.connection import ConnectionInfo
from pstui.backends.session import SessionManager
from pstui.tui.keys import after_prefix, bindings
from pstui.tui.screens.help import HelpScreen
from pstui.tui.screens.leaving import LeavingScreen
from pstui.tui.transcript_sink import TranscriptSink
from pstui.tui.widgets.connect_line import Bind, ConnectLine
from pstui.tui.widgets.conversation import PaneState
from pstui.tui.widgets.pane import Pane
from pstui.tui.widgets.sidebar import Sidebar, SidebarEntry, SidebarStrip
from pstui.tui.widgets.status_bar import StatusBar
from pstui.tui.widgets.welcome import Welcome
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

#: columns from which the sidebar stands beside the panes
WIDE = 90
#: least seconds between two repaints of tabs and footer
FRAME_INTERVAL = 1 / 30


class Workspace(LeavingScreen):
    """Everything there is to see. ``single`` ends the program when its only session is left by exit."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        sessions: SessionManager,
        *,
        opening: Sequence[ConnectionInfo],
        entries: Sequence[SidebarEntry],
        bind: Bind | None,
        single: bool,
        sink: TranscriptSink | None = None,
    ) -> None:
        super().__init__(sessions)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._opening = opening
        self._single = single
        self._sink = sink
        self._prefixed = False
        self._frame_due = False
        self._frame_time = 0.0
        self.sidebar = Sidebar(entries)
        self.strip = SidebarStrip()
        self.connect_line = ConnectLine(bind)
        self.status = StatusBar()

    def compose(self) -> ComposeResult:
        yield self.tab_bar
        with Horizontal(id="body"):
            yield self.strip
            yield self.sidebar
            with self.switcher:
                yield Welcome()
        yield self.connect_line
        yield self.status

    async def on_mount(self) -> None:
        """Open what was asked for; without that the sidebar has the keys."""
        self.set_class(self._single, "-single")
        for info in self._opening:
            await self.open(info)
        if self.panes:
            self.bring_to_front(self.panes[0])
        else:
            self.add_class("-unfolded")
            self.set_focus(self.sidebar)
        self.refresh_frame()

    async def open(self, info: ConnectionInfo) -> Pane:
        """Open a new tab; the text of the first one goes to the transcript, too."""
        pane = await super().open(info)
        if self._sink is not None:
            pane.transcript.buffer.on_line = self._sink.line
            self._sink = None
        return pane

    # -- keys behind the prefix -------------------------------------------------------------------------------

    @property
    def prefixed(self) -> bool:
        """Whether the prefix key was pressed and waits for its second key."""
        return self._prefixed

    def begin_prefix(self) -> None:
        """The prefix key was pressed."""
        self._prefixed = True
        self.status.show_prefix()

    async def end_prefix(self, key: str) -> None:
        """The key after the prefix; one without a meaning, such as Esc, only ends it."""
        self._prefixed = False
        self.refresh_frame()
        if (action := after_prefix(key)) is not None:
            await self.run_action(action.action)

    # -- what panes, sidebar and connect line say -------------------------------------------------------------

    def refresh_frame(self) -> None:
        """Write tabs, footer and sidebar anew."""
        self._frame_due = False
        self._frame_time = time.monotonic()
        self.tab_bar.show(self.panes)
        if not self._prefixed:
            self.status.show(self.front, self.panes)
        states = {pane.info.label: _state(pane) for pane in self.panes if pane.state is not PaneState.LEFT}
        self.sidebar.mark(states)
        self.strip.show([self.sidebar.state_of(entry) for entry in self.sidebar.entries])

    def on_pane_body_changed(self, event: Pane.Changed) -> None:
        """Show the new state of a pane: at once, but not more often than FRAME_INTERVAL while text pours in."""
        event.stop()
        if event.pane not in self.panes or self._frame_due:
            return
        since = time.monotonic() - self._frame_time
        if since >= FRAME_INTERVAL:
            self.refresh_frame()
        else:
            self._frame_due = True
            self.set_timer(FRAME_INTERVAL - since, self.refresh_frame)

    def on_pane_ended(self, event: Pane.Ended) -> None:
        """A session was left or died; the only one of a single call ends the program as ssh does."""
        event.stop()
        if self._single and event.state is PaneState.LEFT and self.panes == [event.pane]:
            self.app.exit(0)

    async def on_sidebar_chosen(self, event: Sidebar.Chosen) -> None:
        """Go to the tab of what was chosen, or open one."""
        event.stop()
        info = event.entry.info
        if info is None:
            return
        self.remove_class("-unfolded")
        there = next((pane for pane in self.panes if pane.info == info), None)
        if there is None or event.again:
            await self.open(info)
        else:
            self.bring_to_front(there)
            if not there.state.live:
                there.enter()

    def on_sidebar_closed(self, event: Sidebar.Closed) -> None:
        """Esc in the sidebar: back to the pane."""
        event.stop()
        self.remove_class("-unfolded")
        self._focus_front()

    async def on_connect_line_bound(self, event: ConnectLine.Bound) -> None:
        """Open what was typed."""
        event.stop()
        await self.open(event.info)

    def on_connect_line_closed(self, event: ConnectLine.Closed) -> None:
        """Back to the pane."""
        event.stop()
        self._focus_front()

    # -- actions ----------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """List the keys."""
        self.app.push_screen(HelpScreen())

    def action_connect(self) -> None:
        """Show the connect line, or leave it."""
        if self.connect_line.display:
            self.connect_line.close()
            self._focus_front()
        else:
            self.connect_line.open()

    def action_answer(self) -> None:
        """Go between question and editor; from elsewhere to the editor."""
        if (front := self.front) is not None:
            front.answer_or_edit()

    def action_again(self) -> None:
        """Enter again."""
        if (front := self.front) is not None:
            front.enter()

    def action_newest(self) -> None:
        """Go to the end of the text."""
        if (front := self.front) is not None:
            front.transcript.scroll_to_end()

    def action_details(self) -> None:
        """Write the details of the last failure."""
        front = self.front
        if front is None or not front.show_details():
            self.app.bell()

    def action_interrupt(self) -> None:
        """Ctrl+C, wherever the keys are."""
        if self.connect_line.has_keys:
            self.connect_line.close()
            self._focus_front()
        elif (front := self.front) is not None:
            front.interrupt()

    def action_sidebar(self) -> None:
        """From the pane to the sidebar, from the sidebar back; where there is room, away with it and back."""
        narrow = self.size.width < WIDE
        shown = self.has_class("-unfolded") if narrow else not self.has_class("-folded")
        if shown and self.focused is self.sidebar:
            self.set_class(not narrow, "-folded")
            self.remove_class("-unfolded")
            self._focus_front()
            return
        self.remove_class("-folded")
        self.add_class("-unfolded")
        self.set_focus(self.sidebar)

    def _focus_front(self) -> None:
        if (front := self.front) is not None:
            front.focus_main()
        else:
            self.set_focus(self.sidebar)


def _state(pane: Pane) -> str:
    if pane.state in (PaneState.FAILED, PaneState.BROKEN):
        return "broken"
    return "open" if pane.state.live else "saved"
