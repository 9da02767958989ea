"""The body of a pane: text, bars, note and editor, one below the other as in a shell; what a console needs of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import ProgressRecord, Stream, Write
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.prompt import CONTINUATION
from pstui.tui.editor.editor import EditorRow, LineEditor
from pstui.tui.editor.history import LineHistory
from pstui.tui.editor.paste import PasteRow
from pstui.tui.pane.console import PaneConsole
from pstui.tui.pane.progress import ProgressArea
from pstui.tui.pane.question import AnyAsking
from pstui.tui.pane.state import PaneState
from pstui.tui.pane.texts import Note, error_records, note_for
from pstui.tui.profiles.settings import PaneSettings
from pstui.tui.transcript.transcript import Transcript
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

#: columns of the pane that text cannot use: the scrollbar
SCROLLBAR = 1
#: least width told to the far end
MIN_WIDTH = 20


class PaneBody(Vertical):
    """What a pane shows. ``Changed`` says that its state, badge, title or question is another."""

    class Changed(Message):
        """Something that the tab, the footer or the sidebar shows has changed."""

        def __init__(self, pane: PaneBody) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, info: ConnectionInfo, *, id: str) -> None:
        super().__init__(id=id)
        self.info = info
        self.state = PaneState.OPENING
        self.active = False
        #: lines that came while the pane was in the background, and whether an error was among them
        self.unseen = 0
        self.unseen_errors = False
        #: what the user calls the tab, empty for the connection's own name; its colour, empty for none
        self.title = ""
        self.color = ""
        self.pending: str | None = None
        #: pasted lines that run one after the other, before the pending one
        self.waiting: list[str] = []
        self.step = ""
        #: what is worth knowing about the line typed last
        self.hint = ""
        self.error: PstuiError | None = None
        self.asking: AnyAsking | None = None
        self.history = LineHistory()
        # A width that a profile fixes is wider than most panes: its lines run out sideways instead of being broken.
        self.transcript = Transcript(wrap=not self.info.settings.get("width"))
        self.progress = ProgressArea()
        self.note = Note()
        #: what the editor's keys do while it searches or asks
        self.aside = PasteRow()
        self.row = EditorRow(self, self.history)
        self._filled = False

    def configure(self, settings: PaneSettings) -> None:
        """Follow the configuration."""
        self.history.predicts = settings.predictions
        self.transcript.buffer.bound(settings.scrollback)

    @property
    def caption(self) -> str:
        """What the tab is called."""
        return self.title or self.info.label

    @property
    def editor(self) -> LineEditor:
        """Where lines are typed."""
        return self.row.editor

    def compose(self) -> ComposeResult:
        yield self.transcript
        yield self.progress
        yield self.note
        yield self.aside
        yield self.row

    @property
    def waits(self) -> str | None:
        """What the note says of lines that wait: the pending one, or the next of pasted ones and their number."""
        if not self.waiting:
            return self.pending
        return self.waiting[0] if len(self.waiting) == 1 else f"{len(self.waiting)} lines, next: {self.waiting[0]}"

    # -- what the editor hands on -----------------------------------------------------------------------------

    def submit_line(self, line: str) -> bool:
        """Leave a typed line in the editor: a body has no session to give it to."""
        return False

    def submit_lines(self, lines: Sequence[str]) -> bool:
        """Leave pasted lines in the editor, too."""
        return False

    async def complete(self, text: str, cursor: int) -> Completion:
        """Refuse to complete: a body has no session to ask."""
        raise SessionStateError("there is no session")

    def show_aside(self, content: Content | None) -> None:
        """Show a row for what the editor's keys do now; None takes it away."""
        self.aside.show(content)
        self.refit()

    def on_paste_row_picked(self, event: PasteRow.Picked) -> None:
        """A way to run pasted lines was clicked."""
        event.stop()
        self.editor.run_pasted(event.way)

    def wants_finished_text(self) -> bool:
        """Return whether Enter goes on in another row while a text is not finished; a block goes on at the far end."""
        return self.state.live and self.row.prompt != CONTINUATION

    def end_of_input(self) -> None:
        """Ctrl+D: a body has nothing to leave."""

    def interrupt(self) -> None:
        """Ctrl+C: nothing runs in a body."""

    def tab_pressed(self) -> None:
        """Tab: a body has nowhere to go."""

    def scroll_pages(self, pages: int) -> None:
        """Scroll the text by pages."""
        self.transcript.scroll_relative(y=pages * max(self.transcript.size.height - 1, 1), animate=False)

    # -- what the far end says --------------------------------------------------------------------------------

    def append(self, records: Sequence[Write]) -> None:
        """Add records to the text."""
        self.transcript.extend(records)
        if not self.active:
            before = self.unseen
            self.unseen += sum(r.text.count("\n") + r.newline for r in records)
            self.unseen_errors = self.unseen_errors or any(r.stream is Stream.ERROR for r in records)
            if before != self.unseen:
                # Only the badge is another: what nobody sees is laid out when it comes to the front.
                self.post_message(self.Changed(self))
        elif not self._filled:
            self.fit()

    def text_column(self) -> int:
        """Return the column after the last character of the text."""
        return self.transcript.buffer.column()

    def clear_screen(self) -> None:
        """Begin an empty screen; what was there stays in the scrollback."""
        self.transcript.clear_screen()
        self.refit()

    def show_progress(self, record: ProgressRecord) -> None:
        """Note a progress record."""
        self.progress.take(record)

    def title_changed(self) -> None:
        """The far end named its window anew."""
        self.changed()

    def schedule(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call back after ``seconds`` in the pane's own turn."""
        if seconds <= 0:
            self.call_next(callback)
        else:
            self.set_timer(seconds, callback)

    # -- what pstui says --------------------------------------------------------------------------------------

    def show_error(self, console: PaneConsole, error: PstuiError) -> None:
        """Show an error in the text and keep its details."""
        self.error = error
        for record in error_records(error, self.transcript.columns):
            console.write(record)

    def show_details(self) -> bool:
        """Write the details of the last failure into the text; False when there are none."""
        if self.error is None or not self.error.details:
            return False
        self.append([Write(self.error.details, stream=Stream.NOTICE)])
        return True

    def changed(self) -> None:
        """Say that what others show of this pane has changed, and show the note that fits."""
        aside = self.step or self.hint
        self.note.show(note_for(self.state, self.info.label, self.waits, aside, self.content_size.width))
        self.refit()
        self.post_message(self.Changed(self))

    # -- layout -----------------------------------------------------------------------------------------------

    def refit(self) -> None:
        """Let the text end where the editor begins, once the layout is known."""
        self.call_after_refresh(self.fit)

    def fit(self) -> None:
        """Make the text as high as its rows until the pane is full, and from then on all that is left."""
        below = (child for child in self.children if child is not self.transcript and child.display)
        room = self.size.height - sum(child.outer_size.height for child in below)
        rows = self.transcript.row_count
        self._filled = rows >= room
        self.transcript.styles.height = "1fr" if self._filled else rows

    def on_transcript_rows_changed(self) -> None:
        """A fold or another width made the text longer or shorter."""
        self.refit()

    def on_transcript_new_output(self) -> None:
        """Text came below what is read."""
        self.post_message(self.Changed(self))

    def on_transcript_followed(self) -> None:
        """The way back to the end is worth a key in the footer, or no longer."""
        self.post_message(self.Changed(self))

    def on_resize(self) -> None:
        """Lay out anew; a hidden pane keeps its size."""
        width, height = self.size
        if width and height:
            self.resized(max(width - SCROLLBAR, MIN_WIDTH), height)
            self.changed()

    def resized(self, width: int, height: int) -> None:
        """The text has another size in cells."""
