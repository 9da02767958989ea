"""The first screen: tabs above, sidebar at the left, the panes, the keys below."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.model import Sources
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.cli.streams import TranscriptSink
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.keys.keymap import Keymap
from pstui.tui.pane.face import PaneState
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.texts import Welcome
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.responsive import KeysPainted
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.workspace.sessions import ConnectingScreen
from pstui.tui.workspace.context import Bind, World
from pstui.tui.workspace.profiles import ProfileWork
from pstui.tui.workspace.reading import ReadingScreen
from pstui.tui.workspace.state import StateFile
from pstui.tui.workspace.status_bar import StatusBar
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

#: columns from which the sidebar stands beside the panes
WIDE = 90
#: least seconds between two repaints of tabs and footer
FRAME_INTERVAL = 1 / 30


class Workspace(ProfileWork, ReadingScreen, ConnectingScreen, KeysPainted):
    """Everything there is to see. ``single`` ends the program when its only session is left by exit."""

    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+c", "interrupt", "stop")]

    def __init__(
        self,
        sessions: SessionManager,
        *,
        opening: Sequence[ConnectionInfo],
        entries: Sequence[SidebarEntry],
        bind: Bind | None,
        single: bool,
        sink: TranscriptSink | None = None,
        sources: Sources = (),
        book: ProfileBook | None = None,
        keymap: Keymap | None = None,
        memory: StateFile | None = None,
        restore: bool = False,
    ) -> None:
        super().__init__(sessions, entries=entries, sources=sources, book=book, memory=memory)
        self.keeps_tabs = not single
        self._restore = restore and not opening
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._opening = opening
        self._single = single
        self._sink = sink
        self._prefixed = self._alt = False
        self._frame_due = False
        self._frame_time = 0.0
        self.world = World(sessions, bind, book, self.preparer.ready if self.preparer is not None else None)
        self.keymap = keymap or Keymap()
        self.status = StatusBar(self.keymap)

    def compose(self) -> ComposeResult:
        yield self.tab_bar
        with Horizontal(id="body"):
            yield self.strip
            yield self.sidebar
            with self.switcher:
                yield Welcome()
        yield from self.compose_reading()
        yield self.status

    async def on_mount(self) -> None:
        """Open what was asked for; without that the sidebar has the keys."""
        self.set_class(self._single, "-single")
        for info in self._opening:
            await self.open(info)
        if self._restore:
            await self.restore_tabs(lambda tab: self.connect_saved(tab, self.world.bind))
        elif self.panes:
            self.bring_to_front(self.panes[0])
        if not self.panes:
            self.add_class("-unfolded")
            self.set_focus(self.sidebar)
        self.refresh_frame()
        self.show_strip()
        self.begin_profiles()

    async def open(self, info: ConnectionInfo) -> Pane:
        """Open a new tab; the text of the first one goes to the transcript, too."""
        pane = await super().open(info)
        if self._sink is not None:
            pane.transcript.buffer.on_line = self._sink.line
            self._sink = None
        return pane

    def say(self, text: str) -> None:
        """Tell the user something in passing."""
        self.status.say(text)

    # -- keys behind the prefix -------------------------------------------------------------------------------

    @property
    def prefixed(self) -> bool:
        """Whether the prefix key was pressed and waits for its second key."""
        return self._prefixed

    def begin_prefix(self) -> None:
        """The prefix key was pressed."""
        self._prefixed = True
        self.status.show_prefix()

    async def end_prefix(self, key: str) -> str:
        """The key after the prefix; one without a meaning, such as Esc, only ends it.

        Return the key that was meant where it is one with Alt, else an empty text.
        """
        alt, self._alt = self._alt, False
        self._prefixed = False
        action = None if alt else self.keymap.after_prefix(key)
        if action is not None and action.name == "alt":
            self._prefixed = self._alt = True
            self.status.show_alt()
            return ""
        self.refresh_frame()
        if action is not None:
            await self.run_action(action.action)
        return f"alt+{key}" if alt and key != "escape" else ""

    # -- what panes and sidebar say --------------------------------------------------------------------------

    def refresh_frame(self) -> None:
        """Write tabs, footer and sidebar anew."""
        self._frame_due = False
        self._frame_time = time.monotonic()
        self.set_class(bool(self.panes), "-tabs")
        self.tab_bar.show(self.panes)
        if not self._prefixed:
            self.status.show(self.front, self.panes, self.context)
        self.mark_sidebar()

    def on_resize(self) -> None:
        """The footer has room for more keys, or for fewer."""
        self.call_after_refresh(self.refresh_frame)

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
        ended = event.state is PaneState.LEFT and self.panes == [event.pane]
        if self._single and ended and not self.world.kept:
            self.app.exit(0)

    def on_pane_done(self, event: Pane.Done) -> None:
        """A tab without a session is not wanted any more; the only one of a single call ends the program."""
        event.stop()
        if self._single and self.panes == [event.pane] and not self.world.kept:
            self.end(0)
        elif event.pane in self.panes:
            self.run_worker(self.close(event.pane), group="closing")

    def on_sidebar_closed(self, event: Sidebar.Closed) -> None:
        """Esc in the sidebar: back to the pane."""
        event.stop()
        self.remove_class("-unfolded")
        self._focus_front()

    # -- actions ----------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """List the keys."""
        self.app.push_screen(HelpScreen(self.context, self.keymap))

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

    def action_sideways(self, direction: int) -> None:
        """Show text further left or right of lines that run out of the pane."""
        if (front := self.front) is not None:
            front.transcript.scroll_relative(x=direction * max(1, front.transcript.size.width // 2), animate=False)

    def action_details(self) -> None:
        """Write the details of the last failure."""
        front = self.front
        if front is None or not front.show_details():
            self.app.bell()

    def action_interrupt(self) -> None:
        """Ctrl+C, wherever the keys are."""
        if (front := self.front) is not None:
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
