"""The panes behind their tabs: opening, switching, ordering, closing, and the tabs of the last run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.redaction import holds_login
from pstui.tui.cli.transcript_file import TranscriptSink
from pstui.tui.guard.bar import prompt_bar
from pstui.tui.log.logs import Logs
from pstui.tui.mends.stylesheet import OF_PANES, read_once
from pstui.tui.mends.watchers import forget_gone, forget_shown
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.listed import groups_text
from pstui.tui.profiles.pane_settings import PaneSettings, is_color
from pstui.tui.refusing import refuse
from pstui.tui.sidebar.model import kind_of
from pstui.tui.typeahead import now
from pstui.tui.workspace.bars import TabBar
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.kinds import AnyPane, session_of, sessions_of
from pstui.tui.workspace.state import Memory, SavedTab
from textual import events
from textual.message import Message
from textual.widgets import ContentSwitcher

if TYPE_CHECKING:
    from pstui.tui.editor.history import KeptLines
    from pstui.tui.pane.pane import Pane
    from pstui.tui.terminal.pane import Origin, TerminalPane
    from pstui.tui.transcript.render.buffer import TextBuffer

#: closed tabs that can be reopened
MOST_CLOSED = 20


@dataclass(frozen=True, slots=True)
class _ClosedTab:
    info: ConnectionInfo
    title: str
    place: int
    #: its text, None once that of others closed later takes its room
    text: TextBuffer | None


class TabbedPanes(ContentSwitcher):
    """Holds panes behind tabs. Exactly one is in front, and only that one has the keys.

    ``history`` keeps what is typed for the next run, ``settings`` hold for every pane, ``sink`` gets the text of the
    first pane that is opened. The next run begins with the tabs of this one; with ``adds_tabs`` those of the last run
    stay before them, and only those are added whose session is still open.
    """

    class Opened(Message):
        """A tab was opened on ``info``."""

        def __init__(self, info: ConnectionInfo) -> None:
            super().__init__()
            self.info = info

    class Changed(Message):
        """Other tabs, or another order of them."""

    def __init__(
        self,
        context: AppContext,
        memory: Memory,
        *,
        history: KeptLines | None = None,
        settings: PaneSettings | None = None,
        sink: TranscriptSink | None = None,
        adds_tabs: bool = False,
    ) -> None:
        super().__init__(initial="welcome")
        self.panes: list[AnyPane] = []
        #: the pane in front, None while there is none
        self.front: AnyPane | None = None
        self._being_closed: list[AnyPane] = []
        #: when the last tab that was closed had gone, by ``typeahead.now``
        self.closed_at = 0.0
        self.bar = TabBar()
        #: Called with the pane in front before another one comes to the front. No message, for what belongs to the old
        #: pane has to be gone before the next key.
        self.on_leaving: Callable[[AnyPane], None] = lambda pane: None
        #: called before a tab is added
        self.on_adding: Callable[[], Awaitable[None]]
        #: called when a pane has come to the front, with the one before it
        self.on_front: Callable[[AnyPane | None, AnyPane], None] = lambda before, front: None
        #: what was in front before
        self.before: AnyPane | None = None
        self.context, self._memory, self._adds_tabs = context, memory, adds_tabs
        self._last_run = list(memory.state.tabs), memory.state.front
        self._history, self._settings, self._sink = history, settings or PaneSettings(), sink
        self._logs = Logs(self._settings.log, lambda text: self.app.notify(text, severity="warning", markup=False))
        #: how the key is written that opens a terminal
        self.terminal_key = ""
        self._made = 0
        #: whether tabs of the last run are being added: the first is active in the bar, and not the one to look at
        self._is_restoring = False
        self._reopenable: list[_ClosedTab] = []
        self._saved: tuple[list[SavedTab], int] = ([], 0)

    @property
    def session(self) -> Pane | None:
        """The pane in front if it is a session's."""
        return None if self.front is None else self.front.as_session

    @property
    def sessions(self) -> list[Pane]:
        """The panes of sessions, without terminals."""
        return sessions_of(self.panes)

    def on_click(self, event: events.Click) -> None:
        """A click below what a pane shows gives the keys to the pane."""
        if event.widget in self.panes:
            self.bring_to_front(event.widget)

    async def on_unmount(self) -> None:
        """Write the rest of the logs."""
        await self._logs.close()

    # -- opening ----------------------------------------------------------------------------------------------

    async def open(self, info: ConnectionInfo, text: TextBuffer | None = None) -> Pane:
        """Open a new tab on ``info`` and bring it to the front; its session opens meanwhile, below an old ``text``."""
        self.post_message(self.Opened(info))
        pane = await self._add(info, text=text)
        if self._sink is not None:
            pane.transcript.buffer.on_line = self._sink.line
            self._sink = None
        self.bring_to_front(pane)
        self.save()
        return pane

    async def _add(self, info: ConnectionInfo, *, dormant: bool = False, text: TextBuffer | None = None) -> Pane:
        """Add a tab after the others. A dormant one connects when it is first brought to the front."""
        from pstui.tui.pane.pane import Pane

        read_once(self.app.stylesheet, OF_PANES)
        await self.on_adding()
        self._made += 1
        sessions, vault = self.context.sessions, self.context.vault
        name, pace = f"pane-{self._made}", self.context.pace
        pane = Pane(sessions, info, id=name, pace=pace, vault=vault, dormant=dormant, text=text)
        pane.configure(self._settings)
        pane.terminal_key = self.terminal_key
        self._dress(pane)
        self.panes.append(pane)
        await self.bar.add_pane(pane)
        await self.add_content(pane, set_current=False)
        return pane

    async def open_terminal(self, origin: Origin, beside: Pane | None) -> TerminalPane:
        """Open a tab with a terminal, to the right of ``beside``, and bring it to the front."""
        from pstui.tui.terminal.pane import TerminalPane

        read_once(self.app.stylesheet, OF_PANES)
        await self.on_adding()
        self._made += 1
        pane = TerminalPane(origin, id=f"pane-{self._made}", pace=self.context.pace)
        pane.color = "" if beside is None else beside.color
        self._logs.follow_terminal(pane)
        self.panes.append(pane)
        await self.bar.add_pane(pane)
        await self.add_content(pane, set_current=False)
        if beside in self.panes:
            self._put(pane, self.panes.index(beside) + 1)
        self.bring_to_front(pane)
        return pane

    def lead_to(self, pane: Pane, info: ConnectionInfo) -> None:
        """Open another connection in a tab whose session is over."""
        pane.lead_to(info)
        self._dress(pane)
        self.bring_to_front(pane)
        self.save()

    def _dress(self, pane: Pane) -> None:
        """Give a pane the colour and the guard of its profile, the history of its target, and its log."""
        self._mark(pane)
        self._logs.follow(pane)
        if self._history is not None:
            pane.history.keep(self._history, pane.info.label)

    def mark_panes(self) -> None:
        """Give each pane the colour and the guard that its profile has now."""
        for pane in self.sessions:
            self._mark(pane)
            pane.row.show_prompt(pane.row.prompt, ready=pane.state is PaneState.PROMPT)

    def _mark(self, pane: Pane) -> None:
        color = "" if self.context.book is None else self.context.book.color(pane.info)
        pane.color = color if is_color(color) else ""
        pane.guard = self.context.guard(pane.info)
        pane.row.bar = prompt_bar(pane.color, pane.guard)

    async def restore(self) -> None:
        """Open the tabs of the last run. Each connects once, when it is first brought to the front."""
        found: list[Pane] = []
        front = 0
        tabs, in_front = self._memory.state.tabs, self._memory.state.front
        self._is_restoring = True
        try:
            for index, tab in enumerate(tabs):
                try:
                    info = self.context.saved_connection(tab)
                except PstuiError:
                    info = None
                if info is None:
                    continue
                pane = await self._add(info, dormant=True)
                pane.title = tab.title
                found.append(pane)
                front = len(found) - 1 if index == in_front else front
        finally:
            self._is_restoring = False
        if found:
            self.bring_to_front(found[front])

    # -- switching --------------------------------------------------------------------------------------------

    def bring_to_front(self, pane: AnyPane) -> None:
        """Show a pane and give it the keys."""
        front = self.front
        if front is not None and front is not pane:
            self.on_leaving(front)
            front.set_active(False)
        self.screen.remove_class("-unfolded")  # on a narrow screen the sidebar would lie over the pane
        self.current = pane.id
        self.bar.tabs.active = self.bar.tab_id(pane)
        self.front = pane
        self.before = self.before if front is pane else front
        self.on_front(front, pane)
        pane.set_active(True)
        pane.focus_main()
        self.save()

    def tab_activated(self, tab_id: str | None) -> None:
        """Show the pane of a tab that was clicked."""
        pane = next((each for each in self.panes if self.bar.tab_id(each) == tab_id), None)
        # a new tab is active before its pane is there: _add's caller brings that to the front
        ready = pane is not None and pane.is_attached and not pane.active
        if pane is not None and ready and not self._is_restoring and self.bar.tabs.active == tab_id:
            self.bring_to_front(pane)

    def action_tab(self, number: int) -> None:
        """Go to the tab with a number, from 1."""
        if number <= len(self.panes):
            self.bring_to_front(self.panes[number - 1])

    def action_next_tab(self) -> None:
        """Go one tab to the right, from the last to the first."""
        self._step(1)

    def action_previous_tab(self) -> None:
        """Go one tab to the left, from the first to the last."""
        self._step(-1)

    def _step(self, by: int) -> None:
        front = self.front
        if front is None or len(self.panes) < 2:
            refuse(self.app, "There is no other tab.")
            return
        self.bring_to_front(self.panes[(self.panes.index(front) + by) % len(self.panes)])

    # -- names and order --------------------------------------------------------------------------------------

    def action_rename_tab(self) -> None:
        """Ask for another name of the tab in front."""
        front = self.front
        if front is None:
            return

        from pstui.tui.workspace.switcher import LineScreen

        def named(text: str | None) -> None:
            if text is not None and front in self.panes:
                front.title = text if text != front.info.label else ""
                self._changed()

        keys = f"Enter renames it, empty restores {front.info.label}   Esc cancels"
        self.app.push_screen(LineScreen("Name of this tab", front.caption, keys=keys), named)

    def rename_profile(self, kind: str, old: str, new: str) -> None:
        """Let the tabs of a profile follow its new name."""
        for pane in self.sessions:
            if kind_of(pane.info) == kind and pane.info.profile == old:
                pane.info = replace(pane.info, profile=new)
        self.save()

    def action_move_tab_left(self) -> None:
        """Move the tab in front to the left."""
        self._move(-1)

    def action_move_tab_right(self) -> None:
        """Move the tab in front to the right."""
        self._move(1)

    def _move(self, by: int) -> None:
        front = self.front
        if front is None:
            return
        there = self.panes.index(front) + by
        if 0 <= there < len(self.panes):
            self._put(front, there)
        else:
            refuse(self.app, f"There is no tab to the {'left' if by < 0 else 'right'} of it.")

    def _put(self, pane: AnyPane, place: int) -> None:
        """Put a tab at a place among the others."""
        self.panes.remove(pane)
        self.panes.insert(place, pane)
        self.bar.move_pane(pane, self.panes)
        self._changed()

    # -- closing and opening again ----------------------------------------------------------------------------

    async def close(self, pane: AnyPane) -> None:
        """Leave a pane's session and take the tab away, once; if it was in front, its neighbour comes there."""
        if pane not in self.panes or pane in self._being_closed:
            return
        self._being_closed.append(pane)
        if (session := session_of(pane)) is not None:
            session.conversation.closed_because = "You closed its tab."
            session.conversation.closing = True
            session.changed()
        try:
            await pane.leave()
        finally:
            self._being_closed.remove(pane)
        place = self.panes.index(pane)
        if session is not None:
            self._remember(session, place)
        self.panes.remove(pane)
        was_in_front = self.front is pane
        self.front = None if was_in_front else self.front
        self.before = None if self.before is pane else self.before
        if not self.panes:
            self.current = "welcome"
        elif was_in_front:
            self.bring_to_front(self.panes[min(place, len(self.panes) - 1)])
        self.closed_at = now()
        await self.bar.remove_pane(pane)
        await pane.remove()
        forget_gone(self.app, self.screen)
        forget_shown(self)
        self.context.garbage.tab_closed(pane, len(self.panes))
        self._changed()

    def _remember(self, pane: Pane, place: int) -> None:
        """Let a tab be reopened with its text; all texts together take no more room than one tab may."""
        from pstui.tui.transcript.render.buffer import MAX_BYTES

        text = pane.transcript.buffer
        text.flush_partial()
        text.on_line = None
        closed = [*self._reopenable, _ClosedTab(pane.info, pane.title, place, text)][-MOST_CLOSED:]
        room = MAX_BYTES
        for index in range(len(closed) - 1, -1, -1):
            kept = closed[index].text
            room -= 0 if kept is None else kept.size
            closed[index] = closed[index] if room > 0 else replace(closed[index], text=None)
        self._reopenable = closed

    def is_closing(self, pane: AnyPane) -> bool:
        """Whether a tab is being closed."""
        return pane in self._being_closed

    async def action_reopen_tab(self) -> None:
        """Open the tab that was closed last, where it was."""
        if not self._reopenable:
            refuse(self.app, "No tab has been closed.")
            return
        closed = self._reopenable.pop()
        pane = await self.open(closed.info, closed.text)
        pane.title = closed.title
        self._put(pane, min(closed.place, len(self.panes) - 1))

    # -- the tabs of the next run -----------------------------------------------------------------------------

    def _changed(self) -> None:
        self.post_message(self.Changed())
        self.save()

    def save(self) -> None:
        """Write down which tabs there are, if that has changed."""
        if self._is_restoring:
            return
        tabs, front = self._last_run if self._adds_tabs else ([], 0)
        tabs = list(tabs)
        for pane in self.sessions:
            tab = saved_tab(pane)
            if tab is None or (self._adds_tabs and not pane.state.live):
                continue
            if not self._adds_tabs or tab not in tabs:
                tabs.append(tab)
            front = tabs.index(tab) if pane.active else front
        if (tabs, front) != self._saved:
            self._saved = (tabs, front)
            self._memory.state.tabs, self._memory.state.front = tabs, front
            self._memory.keep()


def saved_tab(pane: Pane) -> SavedTab | None:
    """Return what is written down of a tab; None for one of a session of this run, and where a secret may be in it."""
    if pane.info.parameter_set.is_lookup:
        return None
    if pane.info.profile:
        return SavedTab(f"{kind_of(pane.info)}:{pane.info.profile}", title=pane.title)
    from pstui.backends.binding.writer import line_of

    if may_hold_secret(pane.info):
        return None
    return SavedTab("", line_of(pane.info), pane.title, groups_text(pane.info))


def may_hold_secret(info: ConnectionInfo) -> bool:
    """Whether the call of a connection seems to have a password in it; it is written to no file then."""
    from pstui.backends.binding.writer import line_of
    from pstui.backends.language.secrets import looks_secret

    line = line_of(info)
    return looks_secret(line) or holds_login(line) or ":" in info.text("UserName")
