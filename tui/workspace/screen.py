"""The first screen: tabs above, the sidebar at the left, the panes, the keys below.

How this works: the screen lays out the widgets and has parts, each with a concern of its own: ``tabs`` (opening,
switching, closing), ``reading`` (the text of a session), ``editing`` (the line that is typed), ``sessions``,
``profiles`` and ``leaving``. An action such as ``tabs.close_tab`` names its part and is the method
``action_close_tab`` there (see ``keys/actions.py``). What widgets say bubbles up to the screen, which hands it to the
part it concerns. A part that changes what the frame shows posts a message; the screen then updates tabs, footer
and sidebar.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.model import Sources
from pstui.tui.cli.transcript_file import TranscriptSink
from pstui.tui.keys.keymap import Keymap
from pstui.tui.pane.state import PaneState
from pstui.tui.pane.texts import Welcome
from pstui.tui.profiles.pane_settings import PaneSettings
from pstui.tui.responsive import PaintedWhenIdle
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.terminal.messages import TerminalChanged
from pstui.tui.transcript import messages
from pstui.tui.workspace.attention import Attention
from pstui.tui.workspace.bars import SessionTab
from pstui.tui.workspace.beside import Beside
from pstui.tui.workspace.blocks import BlockActions
from pstui.tui.workspace.command_help import CommandHelpActions
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.fan_out import FanOutActions
from pstui.tui.workspace.files import FileActions
from pstui.tui.workspace.find_bar import FindBar
from pstui.tui.workspace.going import Going
from pstui.tui.workspace.grid import GridActions
from pstui.tui.workspace.keeping import Keeping
from pstui.tui.workspace.kept import KeptSessions
from pstui.tui.workspace.leaving import Leaving
from pstui.tui.workspace.logs import LogActions
from pstui.tui.workspace.menus import Menus
from pstui.tui.workspace.prefix_keys import PrefixKeys
from pstui.tui.workspace.profiles import ProfileActions
from pstui.tui.workspace.reading import ContextChanged, Editing, Reading
from pstui.tui.workspace.restoring import RestoreOffer
from pstui.tui.workspace.runbooks import RunbookActions
from pstui.tui.workspace.sessions import SessionActions
from pstui.tui.workspace.state import Memory, StateFile
from pstui.tui.workspace.status_bar import StatusBar
from pstui.tui.workspace.tabs import TabbedPanes
from pstui.tui.workspace.terminals import Terminals
from pstui.tui.workspace.together import Together
from textual import events, on
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Tabs

if TYPE_CHECKING:
    from pstui.backends.binding.errors import MissingMandatory
    from pstui.tui.editor.history import KeptLines
    from pstui.tui.pane.pane import Pane
    from pstui.tui.workspace.kinds import AnyPane

#: columns from which the sidebar is beside the panes
WIDE = 90
#: least seconds between two repaints of tabs and footer
FRAME_INTERVAL = 1 / 30
#: seconds until the footer shows what only it shows
FOOTER_TIME = 0.1

#: the attributes of the workspace whose actions the keymap names, as in "tabs.close"
_PARTS = frozenset(
    (
        "tabs",
        "reading",
        "editing",
        "sessions",
        "profiles",
        "going",
        "keeping",
        "fan_out",
        "runbooks",
        "leaving",
        "together",
        "beside",
        "logs",
        "files",
        "grid",
        "terminals",
        "blocks",
        "command_help",
    )
)


class Workspace(PaintedWhenIdle):
    """The main screen.

    ``opening`` is opened at once, the first in front; without it ``restore`` opens the tabs of the last run.
    ``entries`` and ``sources`` fill the sidebar. ``single`` ends the program when its only session is left by exit;
    the next run has the tabs of the last one, and its own. ``sink`` gets the text of the first session, ``history``
    what is typed; ``memory`` keeps tabs and the sidebar's order for the next run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+c", "interrupt", "stop")]
    #: a call of the command line that lacks values: it is asked for first
    lacking: MissingMandatory | None = None
    #: a line of the command line that the command bar runs first
    first_line = ""

    def __init__(
        self,
        context: AppContext,
        *,
        opening: Sequence[ConnectionInfo],
        entries: Sequence[SidebarEntry],
        single: bool,
        sink: TranscriptSink | None = None,
        sources: Sources = (),
        keymap: Keymap | None = None,
        memory: StateFile | None = None,
        restore: bool = False,
        history: KeptLines | None = None,
        settings: PaneSettings | None = None,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self.context, self.pace = context, context.pace
        settings = settings or PaneSettings()
        self.keymap = keymap or Keymap()
        self._opening, self._single = opening, single
        self._restore = restore and not opening
        self._prefixed = self._alt = self._was_in_front = self._frame_due = self._footer_due = False
        self._frame_time = 0.0
        remembered = Memory(memory)
        self.status, self.prefix_keys = StatusBar(self.keymap), PrefixKeys(self.keymap)
        self.sidebar = Sidebar(entries, sources, None if context.book is None else context.book.found_connection)
        self.tabs = TabbedPanes(context, remembered, history=history, settings=settings, sink=sink, adds_tabs=single)
        self.reading = Reading(self, self.tabs, self.status)
        self.editing = Editing(self, self.tabs)
        self.kept = KeptSessions(None if memory is None else memory.file.with_name("kept.json"))
        self.kept.watch(context.sessions)
        self.sessions = SessionActions(self, self.tabs, context, self.kept)
        self.profiles = ProfileActions(self, self.tabs, self.sidebar, context, remembered)
        self.fan_out = FanOutActions(self, self.sidebar, self.sessions, context)
        self.runbooks = RunbookActions(self, self.tabs, self.fan_out, context)
        self.going = Going(self, self.tabs, self.sessions, self.profiles, context, self.keymap, self.fan_out)
        self.keeping = Keeping(self, self.tabs, context, self.keymap)
        self.files, self.grid = FileActions(self, self.tabs, context), GridActions(self, self.tabs)
        self.terminals = Terminals(self, self.tabs, self.status, context, self.keymap)
        self.menus = Menus(self, self.tabs, self.sidebar, self.keymap)
        self.command_help = CommandHelpActions(self, self.tabs)
        self.blocks = BlockActions(self, self.tabs, self.menus, self.reading.save_line, self.keymap)
        offer = None if single else RestoreOffer(context.book, remembered)
        self.together, self.beside = Together(self, self.tabs), Beside(self, self.tabs)
        self.leaving = Leaving(self, self.tabs, context.sessions, offer)
        self.logs = LogActions(self, self.tabs, settings.log)
        self.attention = Attention(self, self.tabs, self.profiles, settings)

    def compose(self) -> ComposeResult:
        # What is mounted has its styles at once: a class that comes later has them all looked up again.
        wide, opens = self.app.size.width >= WIDE, bool(self._opening)
        first = {"-wide": wide, "-narrow": not wide, "-single": self._single, "-tabs": opens}
        self.update_classes({**first, "-unfolded": not (opens or self._restore)}, update=False)
        yield self.tabs.bar
        yield self.together.bar
        with Horizontal(id="body"):
            yield self.profiles.strip
            yield self.sidebar
            with self.tabs:
                yield Welcome()
        yield self.status
        yield self.prefix_keys

    async def on_mount(self) -> None:
        """Open what was asked for; without that the sidebar has the keys."""
        self.context.garbage.settle(session=self.context.sessions.has_any)
        for info in self._opening:
            await self.tabs.open(info)
        if self._restore and not self.profiles.is_reading:
            await self.tabs.restore()
        elif self.panes:
            self.tabs.bring_to_front(self.panes[0])
        if not self.panes:
            self.add_class("-unfolded")
            self.set_focus(self.sidebar)
        self.refresh_frame()
        self.profiles.begin(restores=self._restore)
        self.attention.begin()

        def show_kept() -> None:
            self.sidebar.set_kept(self.kept.counted())

        self.kept.on_change = show_kept
        show_kept()
        if not (self._opening or self.lacking or self.first_line):
            self.sessions.offer_kept()
        if self.lacking is not None:
            self.sessions.ask_connection(self.lacking)
        if self.first_line:
            self.going.run_line(self.first_line)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """The screen has come to the front. The first time all its styles have just been looked up."""
        event.refresh_styles = event.refresh_styles and self._was_in_front
        self._was_in_front = True

    @property
    def panes(self) -> Sequence[AnyPane]:
        """The panes in the order of their tabs."""
        return self.tabs.panes

    @property
    def front(self) -> AnyPane | None:
        """The pane in front, None while there is none."""
        return self.tabs.front

    def say(self, text: str) -> None:
        """Show a short notice in the status bar."""
        self.status.say(text)

    def end(self, code: int) -> None:
        """Close every session and leave with an exit code."""
        self.leaving.end(code)

    async def run_action(self, action: str, namespaces: Mapping[str, DOMNode] | None = None) -> None:
        """Run an action. One with the name of a part before it is done by that part."""
        part, name, parameters = parse(action)
        if part not in _PARTS:
            await super().run_action(action, namespaces)
            return
        done = getattr(getattr(self, part), f"action_{name}")(*parameters)
        if inspect.isawaitable(done):
            await done

    # -- keys after the prefix -------------------------------------------------------------------------------

    @property
    def prefixed(self) -> bool:
        """Whether the prefix key was pressed and waits for its second key."""
        return self._prefixed

    def begin_prefix(self) -> None:
        """The prefix key was pressed."""
        self._prefixed = self.prefix_keys.display = True

    async def end_prefix(self, key: str) -> str:
        """The key after the prefix; one without a meaning, such as Esc, only ends it.

        Return the key that was meant where it is one with Alt, else an empty text.
        """
        alt, self._alt = self._alt, False
        self._prefixed = self.prefix_keys.display = False
        action = None if alt else self.keymap.after_prefix(key)
        self.terminals.prefix_followed_by(key)
        if action is not None and action.name == "alt":
            self._prefixed = self._alt = True
            self.status.show_alt()
            return ""
        self.refresh_frame()
        if action is not None:
            await self.run_action("help(True)" if action.name == "help" else action.action)
        return f"alt+{key}" if alt and key != "escape" else ""

    # -- the frame around the panes ---------------------------------------------------------------------------

    @on(ContextChanged)
    @on(TerminalChanged)
    @on(FindBar.Changed)
    @on(Sidebar.KeysChanged)
    @on(Sidebar.FoundChanged)
    def refresh_frame(self) -> None:
        """Update tabs, footer and sidebar."""
        self._frame_due = False
        self._frame_time = time.monotonic()
        self.set_class(bool(self.panes), "-tabs")
        self.attention.show()
        if self.together.marked:
            self.together.show()
        if not self._prefixed:
            self.status.show(self.front, self.panes, self.reading.key_context)

    def on_resize(self) -> None:
        """The footer has room for more keys, or for fewer."""
        self.call_after_refresh(self.refresh_frame)
        self.call_after_refresh(self.beside.resized)

    def on_pane_changed(self, event: Pane.Changed) -> None:
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

    def on_pane_footer_changed(self, event: Pane.FooterChanged) -> None:
        """Show what the keys do now in the pane in front, and how far its line is: in a moment.

        Most lines have ended by then, and nobody reads as fast; painting it at once would hold the answer up.
        """
        event.stop()
        if event.pane.active and not self._footer_due:
            self._footer_due = True
            self.set_timer(FOOTER_TIME, self._show_footer)

    def _show_footer(self) -> None:
        self._footer_due = False
        if not self._prefixed:
            self.status.show(self.front, self.panes, self.reading.key_context)

    # -- tabs and sessions ------------------------------------------------------------------------------------

    @on(TabbedPanes.Opened)
    def tab_opened(self, event: TabbedPanes.Opened) -> None:
        """Remember what was opened."""
        self.profiles.used(event.info)

    @on(TabbedPanes.Changed)
    def tabs_changed(self) -> None:
        """Show the tabs; after the last one the keys go to the sidebar."""
        self.refresh_frame()
        if not self.panes:
            self._unfold_sidebar()

    @on(Tabs.TabActivated)
    def tab_activated(self, event: Tabs.TabActivated) -> None:
        """A tab was clicked."""
        self.tabs.tab_activated(event.tab.id)

    def on_pane_opened(self, event: Pane.Opened) -> None:
        """A session has its first prompt."""
        self.keeping.opened(event.pane.info)

    def on_pane_ended(self, event: Pane.Ended) -> None:
        """A session was left or died; an ``exit`` typed in the only one of a single call ends the program as in ssh.

        Any other end, such as that of a pasted script, leaves the text and the keys where they are.
        """
        self.tabs.save()
        was_typed = event.exit_code is not None and event.state is PaneState.LEFT
        if was_typed and self._single and self._is_last(event.pane):
            self.end((event.exit_code or 0) & 0xFF)  # the files of the tab have a session of their own

    def on_pane_line_ended(self, event: Pane.LineEnded) -> None:
        """A command that took its time has ended."""
        self.attention.ended(event.pane, event.seconds)

    def on_pane_done(self, event: Pane.Done) -> None:
        """A tab without a session is not wanted any more; the only one of a single call ends the program."""
        if self._single and self._is_last(event.pane):
            self.end(event.exit_code & 0xFF)
        elif event.pane in self.panes:
            self.leaving.close(event.pane)

    def _is_last(self, pane: Pane) -> bool:
        """Whether nothing is open beside a pane, in a tab or kept."""
        return self.panes == [pane] and not self.context.kept

    # -- the text of a session --------------------------------------------------------------------------------

    def validate_selections(self, selections: dict[Widget, Selection]) -> dict[Widget, Selection]:
        """Only the text of sessions can be selected by the mouse: what is around it would be copied by nobody."""
        if not selections:
            return selections  # as from the start, when nothing of a transcript is loaded
        from pstui.tui.terminal.screen import TerminalScreen
        from pstui.tui.transcript.transcript import Transcript

        text = (Transcript, TerminalScreen)
        return {widget: selection for widget, selection in selections.items() if isinstance(widget, text)}

    @on(FindBar.Interrupted)
    def find_interrupted(self) -> None:
        """Ctrl+C in the row for finding."""
        self.reading.find_interrupted()

    @on(messages.Copied)
    def text_copied(self, event: messages.Copied) -> None:
        """Keys of copy mode have copied."""
        if event.text:
            self.app.copy_to_clipboard(event.text)

    @on(messages.Selected)
    def text_selected(self, event: messages.Selected) -> None:
        """Another selection changes what the keys do."""
        self.reading.selection_changed(event.transcript)

    @on(messages.Wanted)
    def copy_mode_left(self, event: messages.Wanted) -> None:
        """A key of copy mode leads elsewhere."""
        self.reading.leave_copy_mode(event.what)

    def on_descendant_focus(self) -> None:
        """Another widget has the keys."""
        self.reading.focus_moved()
        if self.beside.other is not None:
            self.beside.focus_moved()

    async def action_find(self) -> None:
        """Find in the text: a key of copy mode also does it."""
        await self.reading.action_find()

    def action_edit_line(self) -> None:
        """Open the line in an editor: a key of the line also does it."""
        self.editing.action_edit_line()

    # -- the sidebar ------------------------------------------------------------------------------------------

    @on(Sidebar.Chosen)
    async def entry_chosen(self, event: Sidebar.Chosen) -> None:
        """Go to the tab of what was chosen, or open one."""
        there = None if event.again else self.profiles.marks.tab_of(event.entry)
        await self.sessions.choose(event.entry, there)

    @on(Sidebar.Wanted)
    def profile_wanted(self, event: Sidebar.Wanted) -> None:
        """Do to the profiles what was asked for."""
        if event.verb == "help":
            self.action_help()
        elif event.verb == "run":
            self.fan_out.of_sidebar()
        elif event.verb == "edit" and event.group:
            self.profiles.edit_group(event.group)
        else:
            self.profiles.do(event.verb, event.entry)

    @on(Sidebar.MenuWanted)
    @on(SessionTab.Pressed)
    @on(messages.MenuWanted)
    def button_pressed(self, event: Sidebar.MenuWanted | SessionTab.Pressed | messages.MenuWanted) -> None:
        """The right mouse button in the sidebar or in a text, or another one than the left on a tab."""
        if isinstance(event, messages.MenuWanted):
            self.blocks.menu_wanted(event)
        elif isinstance(event, Sidebar.MenuWanted):
            self.menus.of_row(event.row, event.at)
        else:
            self.menus.of_tab(event, self.leaving.ask_close)

    @on(Sidebar.Closed)
    def sidebar_closed(self) -> None:
        """Esc in the sidebar: back to the pane."""
        self.remove_class("-unfolded")
        self._focus_front()

    def action_sidebar(self) -> None:
        """From the pane to the sidebar, from the sidebar back; where there is room, away with it and back."""
        narrow = self.size.width < WIDE
        shown = self.has_class("-unfolded") if narrow else not self.has_class("-folded")
        if shown and self.focused is self.sidebar and self.panes:  # without a tab nothing would be left
            self.set_class(not narrow, "-folded")
            self.remove_class("-unfolded")
            self._focus_front()
        else:
            self._unfold_sidebar()

    def _unfold_sidebar(self) -> None:
        self.remove_class("-folded")
        self.add_class("-unfolded")
        self.profiles.marks.begin_at(self.tabs.session)
        self.set_focus(self.sidebar)

    def _focus_front(self) -> None:
        if (front := self.front) is not None:
            front.focus_main()
        else:
            self.set_focus(self.sidebar)

    def action_interrupt(self) -> None:
        """Ctrl+C, wherever the keys are."""
        if (front := self.tabs.session) is not None:
            front.interrupt()

    def action_help(self, keys: bool = False) -> None:
        """Show the help of the word in the editor; without one, or if the ``keys`` are asked for, list these."""
        if not keys and self.command_help.of_word():
            return
        from pstui.tui.dialogs.help import HelpScreen

        self.app.push_screen(HelpScreen(self.reading.key_context, self.keymap))
