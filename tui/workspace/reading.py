"""What the workspace does with the text of the pane in front: find, copy, save, fold, go from prompt to prompt."""

from __future__ import annotations

from pstui.backends.sessions.manager import SessionManager
from pstui.tui.keys.contexts import Context
from pstui.tui.pane.pane import Pane
from pstui.tui.pane.state import PaneState
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.transcript.transcript import Transcript
from pstui.tui.workspace.find_bar import FindBar, SaveLine, proposed_name
from pstui.tui.workspace.tabs import TabbedScreen
from textual.app import ComposeResult
from textual.selection import Selection
from textual.widget import Widget


class ReadingScreen(TabbedScreen):
    """The part of the workspace that reads. Its two rows stand below the panes and are shown when they are wanted."""

    def __init__(self, sessions: SessionManager) -> None:
        super().__init__(sessions)
        self.find_bar = FindBar(self._find_closed)
        self.save_line = SaveLine(self._save_closed)

    def compose_reading(self) -> ComposeResult:
        """The rows for finding and saving."""
        yield self.find_bar
        yield self.save_line

    @property
    def context(self) -> Context:
        """Where the keys go now."""
        front = self.front
        if self.find_bar.display and self.find_bar.has_keys:
            return Context.TYPING_FIND if self.find_bar.typing else Context.FIND
        if isinstance(self.focused, Sidebar):
            return Context.SIDEBAR
        if front is None:
            return Context.PROMPT
        if front.transcript.copy_mode and self.focused is front.transcript:
            return Context.COPY
        if front.asking is not None and front.questions.has_keys:
            return Context.ASKING
        return Context.RUNNING if _runs(front) else Context.PROMPT

    def bring_to_front(self, pane: Pane) -> None:
        """Show a pane; finding and copy mode stay behind with no keys, so they end."""
        front = self.front
        if front is not None and front is not pane:
            self.find_bar.leave()
            if front.transcript.copy_mode:
                front.transcript.end_selection()
        super().bring_to_front(pane)

    def validate_selections(self, selections: dict[Widget, Selection]) -> dict[Widget, Selection]:
        """Only the text of sessions can be selected by the mouse: what is around it would be copied by nobody."""
        return {widget: selection for widget, selection in selections.items() if isinstance(widget, Transcript)}

    # -- finding ----------------------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Find in the text; in the row for it, type another text."""
        if (front := self.front) is not None:
            self.find_bar.open(front.transcript)

    def on_find_bar_changed(self, event: FindBar.Changed) -> None:
        """Its keys mean something else."""
        event.stop()
        self.refresh_frame()

    def _find_closed(self, copy_mode: bool) -> None:
        """Back to the pane, or into copy mode."""
        if copy_mode:
            self.action_copy_mode()
        else:
            self._back()

    def on_find_bar_interrupted(self, event: FindBar.Interrupted) -> None:
        """Ctrl+C stops what runs, and closes the row when nothing does."""
        event.stop()
        front = self.front
        if front is not None and _runs(front):
            front.interrupt()
        else:
            self.find_bar.close()

    # -- copying ----------------------------------------------------------------------------------------------

    def action_copy_mode(self) -> None:
        """Put a cursor into the text."""
        if (front := self.front) is not None:
            front.transcript.start_selection()
            self.set_focus(front.transcript)
            self.refresh_frame()

    def action_copy_selection(self) -> None:
        """Copy what is selected, in the text or in the editor; a command goes on running."""
        front = self.front
        if front is None or not front.copy_selection():
            self.app.bell()

    def action_copy_output(self) -> None:
        """Copy the output of the marked command, or of the last one."""
        text = self.front.transcript.output_text() if self.front is not None else ""
        if text:
            self.app.copy_to_clipboard(text)
        else:
            self.app.bell()

    def on_transcript_copied(self, event: Transcript.Copied) -> None:
        """Keys of copy mode have copied."""
        event.stop()
        if event.text:
            self.app.copy_to_clipboard(event.text)

    def on_transcript_selected(self, event: Transcript.Selected) -> None:
        """Another selection changes what the keys do."""
        event.stop()
        front = self.front
        if front is not None and front.transcript is event.transcript:
            front.post_message(Pane.Changed(front))

    def on_transcript_wanted(self, event: Transcript.Wanted) -> None:
        """A key of copy mode leads elsewhere."""
        event.stop()
        front = self.front
        if front is None:
            return
        if event.what == "interrupt" and _runs(front):
            front.interrupt()
        else:
            if event.what == "interrupt":
                front.copy_selection()
            if front.transcript.copy_mode:
                front.transcript.end_selection()
            front.transcript.search("")
            self._back()

    def on_descendant_focus(self) -> None:
        """Copy mode ends when another widget is clicked; not while the row for finding has the keys."""
        front = self.front
        if front is None or not front.transcript.copy_mode or self.find_bar.has_keys:
            return
        if self.focused is not None and self.focused is not front.transcript:
            front.transcript.end_selection()

    # -- saving -----------------------------------------------------------------------------------------------

    def action_save_text(self) -> None:
        """Ask where the selection, or the whole text, is to be saved."""
        if (front := self.front) is None:
            return
        text = front.transcript.selected_text()
        what = "the selection" if text else "the whole text"
        if not text:
            buffer = front.transcript.buffer
            text = "\n".join(buffer.text(index).rstrip() for index in range(buffer.line_count))
        if text:
            self.save_line.open(text, what, proposed_name(front.info.label))
        else:
            self.app.bell()

    def _save_closed(self, said: str) -> None:
        """Back to the pane."""
        self.say(said)
        self._back()

    def say(self, text: str) -> None:
        """Tell the user something in passing."""

    # -- commands ---------------------------------------------------------------------------------------------

    def action_previous_prompt(self) -> None:
        """Mark the command before."""
        if self.front is None or not self.front.transcript.previous_prompt():
            self.app.bell()

    def action_next_prompt(self) -> None:
        """Mark the command after; after the last one follow the end again."""
        if self.front is None or not self.front.transcript.next_prompt():
            self.app.bell()

    def action_fold(self) -> None:
        """Fold or show the output of one command."""
        if self.front is None or not self.front.transcript.toggle_fold():
            self.app.bell()

    def action_fold_all(self) -> None:
        """Fold every output, or show them all when one is folded."""
        if (front := self.front) is not None:
            front.transcript.fold_all(not front.transcript.any_folded)

    def _back(self) -> None:
        if (front := self.front) is not None:
            front.focus_main()
        self.refresh_frame()


def _runs(pane: Pane) -> bool:
    return pane.state in (PaneState.OPENING, PaneState.BUSY)
