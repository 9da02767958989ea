"""One session's pane: text, bars, question, note and editor one below the other, as in a shell, and what drives them.

How this works: the pane itself only joins its parts. ``Conversation`` opens the session and runs what is typed,
``PaneConsole`` brings text, progress and questions of the far end into ``Transcript``, ``ProgressArea`` and
``QuestionArea``. They say by messages that something is another; the pane then shows it, and says ``Changed`` to
whoever shows the pane elsewhere. The editor calls its pane directly, while a key is handled: of two keys typed in a
burst the second must find what the first has done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pstui.backends.connection import ORIGIN, ConnectionInfo, ParameterSet
from pstui.backends.errors import SessionStateError
from pstui.backends.language.simple_lines import exit_code
from pstui.backends.pace import Pace
from pstui.backends.records import Stream, Write
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.prompt import CONTINUATION
from pstui.backends.sessions.session import PSSession
from pstui.tui.editor.editor import EditorRow, LineEditor
from pstui.tui.editor.history import LineHistory
from pstui.tui.editor.paste import PasteRow
from pstui.tui.guard.guards import Guard
from pstui.tui.once import Once
from pstui.tui.pane.console import PaneConsole
from pstui.tui.pane.conversation import Conversation
from pstui.tui.pane.progress import ProgressArea
from pstui.tui.pane.question import AnyAsking, QuestionArea
from pstui.tui.pane.selection import copied
from pstui.tui.pane.state import PaneState, TypedLines, Unseen, WaitingLines, give_back
from pstui.tui.pane.texts import CLOSING, NO_SESSION, Hint, busy_sign, hint_for, note_for
from pstui.tui.profiles.pane_settings import PaneSettings
from pstui.tui.profiles.vault import Vault
from pstui.tui.still import Note
from pstui.tui.transcript import messages
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.transcript import Transcript
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

#: columns of the pane that text cannot use: the scrollbar
SCROLLBAR = 1
#: least width told to the far end
MIN_WIDTH = 20
#: seconds of an opening from which they are shown
PATIENCE = 3.0
#: seconds of a command whose end is told
WORTH_TELLING = 1.0
#: times that Enter alone is remembered while a command runs
MAX_BLANK = 100


class PaneMessage(Message):
    """Something about one pane."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane


class Pane(Vertical):
    """A tab's content. What is typed here goes to this session, waits for it, or stays: it goes nowhere else."""

    is_terminal, as_terminal = False, None  # the other kind of tab (terminal/pane.py)

    #: is given each line that is typed here and taken, where it goes to other tabs as well
    shares: Callable[[Pane, str], None] | None = None
    #: what holds lines that are typed here, None for nothing
    guard: Guard | None = None
    #: what copies of the tab's files do, as a sign, and how the key is written that opens a terminal; empty for nothing
    files_badge = terminal_key = ""

    class Changed(PaneMessage):
        """Something that the tab, the footer or the sidebar shows has changed."""

    class FooterChanged(PaneMessage):
        """Something has changed that only the footer shows, and only of the pane in front."""

    class Opened(PaneMessage):
        """The session has shown its first prompt."""

    class LineEnded(Message):
        """A line that was typed has run, for so many ``seconds``, which are WORTH_TELLING."""

        def __init__(self, pane: Pane, seconds: float) -> None:
            super().__init__()
            self.pane, self.seconds = pane, seconds

    class Ended(Message):
        """The conversation ended; ``state`` says how, ``exit_code`` is that of an ``exit`` that was typed alone."""

        def __init__(self, pane: Pane, state: PaneState, exit_code: int | None = None) -> None:
            super().__init__()
            self.pane, self.state, self.exit_code = pane, state, exit_code

    class Done(Message):
        """``exit`` or Ctrl+D where there is no session any more: the tab is not wanted either."""

        def __init__(self, pane: Pane, exit_code: int = 0) -> None:
            super().__init__()
            self.pane, self.exit_code = pane, exit_code

    def __init__(
        self,
        sessions: SessionManager,
        info: ConnectionInfo,
        *,
        id: str,
        pace: Pace,
        vault: Vault | None = None,
        dormant: bool = False,
        text: TextBuffer | None = None,
    ) -> None:
        super().__init__(id=id)
        self._sessions, self._vault, self._pace = sessions, vault, pace
        self.info, self.as_session = info, self
        #: whether it has still to connect, once, when it is first brought to the front
        self.dormant = dormant
        self.active = self.is_beside = False
        #: what happened while the pane was in the background
        self.unseen = Unseen()
        #: what the user calls the tab, empty for the connection's own name; its colour, empty for none
        self.title = ""
        self.color = ""
        self.history = LineHistory()
        self._typed = TypedLines(self.history)
        #: what was typed last if it needs a terminal
        self.for_terminal = Hint("")
        # A width that a profile fixes is wider than most panes: its lines run out sideways instead of being broken.
        self.transcript = Transcript(text, wrap=not self.info.settings.get("width"))
        self.progress = ProgressArea()
        self.note = Note()
        #: what the editor's keys do while it searches or asks
        self.aside = PasteRow()
        self.row = EditorRow(self, self.history)
        self.lines = WaitingLines()
        self.questions = QuestionArea(
            self.row,
            lambda: self.lines.typed is not None,
            lambda asking: self._typed.question_came(self.lines, self.editor, secret=asking.secret),
        )
        self.console = PaneConsole(self, self.transcript, self.progress, self.questions, pace)
        self._filled = self._opened = False
        self.conversation = self._conversation(info)
        if dormant:
            self.conversation.state = PaneState.CANCELLED
        self._left = Once()
        #: counts the seconds of an opening
        self._clock: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield self.questions
        yield self.progress
        yield self.note
        yield self.aside
        yield self.row

    def configure(self, settings: PaneSettings) -> None:
        """Follow the configuration."""
        self.history.predicts = settings.predictions
        self.editor.edit_mode = settings.edit_mode
        self.transcript.buffer.bound(settings.scrollback)

    # -- what others show of it -------------------------------------------------------------------------------

    @property
    def caption(self) -> str:
        """What the tab is called."""
        return self.title or self.info.label

    @property
    def state(self) -> PaneState:
        """Where the session is."""
        return self.conversation.state

    @property
    def session(self) -> PSSession | None:
        """The session that the pane is in, or was in last."""
        return self.conversation.session

    @property
    def pending(self) -> str | None:
        """The line that was typed while another runs."""
        return self.lines.typed

    @property
    def asking(self) -> AnyAsking | None:
        """The question that is asked."""
        return self.questions.asking

    @property
    def editor(self) -> LineEditor:
        """Where lines are typed."""
        return self.row.editor

    # -- the session ------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Open the session once the pane has its size; what its name was taken for is said first."""
        if origin := self.info.settings.get(ORIGIN):
            self.console.write(Write(str(origin), stream=Stream.NOTICE))
        if not self.dormant:
            self.call_after_refresh(self._run)

    def enter(self) -> None:
        """Open (or open again) the pane's session; nothing happens while one is live."""
        if self.state.live:
            return
        info, before = self.info, self.session
        if before is not None and not before.temporary and before in self._sessions.sessions:
            # It was kept: that one is entered again, not a new one.
            info = ConnectionInfo(ParameterSet.SESSION, {"Session": before}, self.info.label)
        self._begin(info)

    def lead_to(self, info: ConnectionInfo) -> None:
        """Open another connection in this pane, whose session is over; its text stays."""
        self.info = info
        self._begin(info)

    def _begin(self, info: ConnectionInfo) -> None:
        self.dormant = False
        self.conversation = self._conversation(info)
        self.conversation.marks_session = self._opened
        self._run()

    def _conversation(self, info: ConnectionInfo) -> Conversation:
        parts = self._sessions, info, self.console, self.lines, self._vault
        return Conversation(self, *parts, runs=self._typed.ran, guard=lambda: self.guard)

    def _run(self) -> None:
        self.editor.completing.describe = self.conversation.help_texts.about
        self.run_worker(self._converse(self.conversation), group="conversation", exclusive=True)

    async def _converse(self, conversation: Conversation) -> None:
        state = await conversation.converse()
        give_back(self.lines, self.editor)
        self._left.ended()
        self.post_message(self.Ended(self, state, conversation.exit_code))

    async def leave(self) -> None:
        """Close the session because the tab or the program closes."""
        self.questions.refuse()
        await self.conversation.leave()
        if self.console.log is not None:
            await self.console.log.close()

    # -- what its parts say -----------------------------------------------------------------------------------

    def changed(self, *, only_footer: bool = False) -> None:
        """Show the note that fits, and say that what others show of this pane, or the footer alone, has changed."""
        aside = CLOSING if self.conversation.closing else self.conversation.step or self.conversation.hint
        if since := self.conversation.opening_since:
            seconds = time.monotonic() - since
            aside = f"{aside}   {seconds:.0f} s".strip() if seconds >= PATIENCE else aside
            self._clock = self._clock or self.set_interval(1.0, self.changed)
        elif self._clock is not None:
            self._clock.stop()
            self._clock = None
        self.note.show(note_for(self.state, self.info, self.lines.shown, aside, self.content_size.width))
        self._refit()
        self.post_message(self.FooterChanged(self) if only_footer else self.Changed(self))

    def on_conversation_moved(self, event: Conversation.Moved) -> None:
        """Show the prompt, or that there is none."""
        event.stop()
        if event.conversation is not self.conversation:
            return
        ready = self.state is PaneState.PROMPT
        took = self.conversation.took or 0.0
        if self.unseen.look(self.conversation.ran, seen=self.active) and took >= WORTH_TELLING:
            self.post_message(self.LineEnded(self, took))
        if ready:
            self._pace.urge()
            self.questions.release_keys()
        self.row.show_prompt(self.conversation.prompt if ready else busy_sign(self.state), ready=ready)
        self.changed(only_footer=self._opened and self.active and self.state in (PaneState.PROMPT, PaneState.BUSY))
        if ready and not self._opened:
            self._opened = True
            self.post_message(self.Opened(self))

    def on_pane_console_shown(self, event: PaneConsole.Shown) -> None:
        """Text came: the pane grows with it, or its badge does."""
        event.stop()
        if self.active or self.is_beside:
            if not self._filled:
                self._fit()
        elif event.lines:
            self.unseen.came(event.lines, errors=event.errors)
            # Only the badge is another: what nobody sees is laid out when it comes to the front.
            self.post_message(self.Changed(self))

    def on_conversation_given_back(self, event: Conversation.GivenBack) -> None:
        """Lines were pasted after one that was not run."""
        event.stop()
        self.editor.put(event.text)

    @on(PaneConsole.Titled)
    @on(QuestionArea.Changed)
    def _show_what_changed(self, event: Message) -> None:
        event.stop()
        self.changed()

    @on(PaneConsole.Cleared)
    @on(messages.RowsChanged)
    def _fit_what_changed(self, event: Message) -> None:
        """The text is longer or shorter: it was cleared, a fold was made, or the width is another."""
        event.stop()
        self._refit()

    @on(messages.NewOutput)
    @on(messages.Followed)
    def _tell_what_changed(self, event: Message) -> None:
        """Text came below what is read, or the way back to the end is worth a key in the footer, or no longer."""
        event.stop()
        self.post_message(self.FooterChanged(self))

    def on_descendant_focus(self) -> None:
        """The keys go elsewhere: to the editor, and a question that waits may have them; or to the question."""
        self.questions.offer()
        self.post_message(self.FooterChanged(self))

    def on_text_area_changed(self, event: Message) -> None:
        """The editor has grown or shrunk, or is empty now: a question may come."""
        event.stop()
        self._refit()
        self.questions.offer()

    def on_paste_row_picked(self, event: PasteRow.Picked) -> None:
        """A way to run pasted lines was clicked."""
        event.stop()
        self.editor.run_pasted(event.way)

    async def on_key(self, event: events.Key) -> None:
        """What is typed while the text has the focus, and means nothing there, belongs to the editor."""
        event.stop()
        event.prevent_default()
        self.focus_editor()
        await self.editor.take_key(event.key, event.character)

    def on_paste(self, event: events.Paste) -> None:
        """So does what is pasted then, in copy mode, too."""
        event.stop()
        self.focus_editor()
        self.editor.paste_text(event.text)

    # -- what the editor hands on (EditorOwner) ---------------------------------------------------------------

    def submit_line(self, line: str) -> bool:
        """Give the line to the session, or let it wait; False leaves it in the editor."""
        if not self.state.live:
            if (code := exit_code(line)) is not None:
                # Opening again, to send it then, is the last thing meant by it.
                self.post_message(self.Done(self, code))
                return True
            if line.strip():
                # A login is not repeated because of a line that was meant for the session before: servers count them.
                self.conversation.hint = NO_SESSION
                self.changed()
                self.app.bell()
            else:
                self.enter()
            return False
        if self.questions.secret and line.strip():
            self._typed.private = line
            self.app.bell()
            self.app.notify("A secret is asked for: F4 leads there. This line was not run.", markup=False)
            return False
        if not self.questions.painted:
            return False
        if not self.conversation.submit(line):
            if not line.strip():
                if self.state is not PaneState.BUSY or self.lines:
                    return False
                self.lines.blank = min(self.lines.blank + 1, MAX_BLANK)
                return True
            if self.lines.typed is not None:
                self.app.bell()
                if self.editor.cursor_at_end_of_text and not self.editor.text.endswith("\n"):
                    # What is typed after it, as by a terminal that pastes key by key, is another line.
                    self.editor.action_new_line()
                return False
            self.lines.typed = line
        else:
            self._pace.expect_answer()
        self._typed.submitted(line.rstrip("\n"), runs=self.lines.typed is None and self.conversation.free)
        if self.shares is not None:
            self.shares(self, line)
        self.for_terminal = hint_for(line, self.info, self.terminal_key)
        self.conversation.hint = self.for_terminal.said or self.history.complaint()
        self.transcript.scroll_to_end()
        if self.lines.typed is not None:  # of one that runs at once the conversation tells
            self.changed(only_footer=True)
        return True

    def submit_lines(self, lines: Sequence[str]) -> bool:
        """Run pasted lines one after the other, each at a prompt of its own."""
        if not self.state.live or self.lines:
            self.app.bell()
            return False
        self.lines.pasted = list(lines)
        if self.conversation.submit(self.lines.pasted[0], pasted=True):
            self._pace.expect_answer()
            del self.lines.pasted[0]
        self.transcript.scroll_to_end()
        self.changed()
        return True

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the session for completions. Raises SessionStateError when it cannot be asked now."""
        if not self.state.live:
            raise SessionStateError("there is no session")
        return await self.conversation.complete(text, cursor)

    def wants_finished_text(self) -> bool:
        """Return whether Enter opens another row while a text is not finished; a block is continued at the far end."""
        return self.state.live and self.row.prompt != CONTINUATION

    def end_of_input(self) -> None:
        """Ctrl+D in an empty editor: leave, as at the console, while a line is awaited; then the tab itself."""
        if not self.state.live:
            if self._left.begin(self):
                self.post_message(self.Done(self))
        elif self.conversation.submit("exit") and self._left.begin(self):
            self._typed.unkept("exit")
        else:
            self.app.bell()
        self.transcript.scroll_to_end()

    def interrupt(self, *, opening: bool = False) -> None:
        """Cancel a question, call the waiting line back, stop what runs, copy, or a new prompt; or end an opening."""
        if opening and self.state is not PaneState.OPENING:
            return
        if self.questions.has_keys:
            self.questions.refuse()
        elif self.lines.typed is not None and not self.lines.pasted:
            give_back(self.lines, self.editor)
            self.changed()
        elif self.asking is not None:
            self.questions.refuse()
        elif self.state in (PaneState.OPENING, PaneState.BUSY):
            self.lines.drop()
            self.changed()
            self.conversation.stop()
        elif not copied(self.editor, self.transcript):
            if self.state is PaneState.PROMPT:
                text = self.editor.text
                self.console.echo(self.conversation.prompt, "" if self._typed.leaves(text) else text, runs=False)
                self.conversation.new_prompt()
            self.history.settle()
            self.editor.empty()

    def clear_screen(self) -> None:
        """Begin an empty screen; what was there stays in the scrollback."""
        self.transcript.clear_screen()
        self._refit()

    def tab_pressed(self) -> None:
        """Tab leads to a question that waits."""
        self.questions.take()

    def scroll_pages(self, pages: int) -> None:
        """Scroll the text by pages."""
        self.transcript.scroll_relative(y=pages * max(self.transcript.size.height - 1, 1), animate=False)

    def show_aside(self, content: Content | None) -> None:
        """Show a row for what the editor's keys do now; None removes it."""
        self.aside.show(content)
        self._refit()

    def set_active(self, active: bool) -> None:
        """The pane has come to the front or gone behind."""
        self.active = active
        if active:
            self.unseen.forget()
            if self.dormant:
                self.dormant = False
                self.call_after_refresh(self.enter)
        self.changed()

    def focus_main(self) -> None:
        """Give the keys to the editor, or to a question that may have them."""
        self.questions.leave()
        self.questions.offer(again=True)

    def focus_editor(self) -> None:
        """Let the next key go to the editor; at once, for it may be on its way already."""
        self.questions.leave()

    # -- layout -----------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lay out again and tell the console its size; a hidden pane keeps its size."""
        width, height = self.size
        if width and height:
            self.console.resized(max(width - SCROLLBAR, MIN_WIDTH), height)
            self.transcript.buffer.columns = int(self.info.settings.get("width") or self.console.size.width)
            self.changed()

    def _refit(self) -> None:
        """Let the text end where the editor begins, once the layout is known."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Make the text as high as its rows until the pane is full, and from then on all that is left."""
        below = (child for child in self.children if child is not self.transcript and child.display)
        room = self.size.height - sum(child.outer_size.height for child in below)
        self._filled = (rows := self.transcript.row_count) >= room
        self.transcript.view.fits = not self._filled
        self.transcript.styles.height = "1fr" if self._filled else rows
