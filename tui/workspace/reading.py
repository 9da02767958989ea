"""The workspace's actions on the pane in front.

One part is about its text: find, copy, save, fold, go from prompt to prompt. The other is about the line that is
typed: the actions behind the prefix key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.backends.errors import PstuiError
from pstui.tui.keys.contexts import Context
from pstui.tui.pane.selection import copied
from pstui.tui.pane.state import PaneState
from pstui.tui.refusing import NO_SESSION, refuse
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.workspace.find_bar import FindBar, SaveLine, proposed_name
from pstui.tui.workspace.kinds import terminal_of
from pstui.tui.workspace.status_bar import StatusBar
from pstui.tui.workspace.tabs import TabbedPanes
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from pstui.tui.editor.editor import LineEditor
    from pstui.tui.pane.pane import Pane
    from pstui.tui.transcript.transcript import Transcript
    from pstui.tui.workspace.kinds import AnyPane


class ContextChanged(Message):
    """The keys mean something else now: the footer has to say what."""


class Reading:
    """Acts on the transcript in front. Its two rows are below the panes and are shown when they are wanted."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes, status: StatusBar) -> None:
        self._screen, self._tabs, self._status = screen, tabs, status
        self.find_bar = FindBar(self._find_closed)
        self.save_line = SaveLine(self._save_closed)
        tabs.on_leaving, tabs.on_adding = self.leave, self.mount_rows

    async def mount_rows(self) -> None:
        """Mount the rows: not before there is a tab, for the first paint would wait for them."""
        if self.find_bar.parent is None:
            await self._screen.mount(self.find_bar, self.save_line, before=self._status)

    @property
    def key_context(self) -> Context:
        """Where the keys go now."""
        front, focused = self._tabs.front, self._screen.focused
        if self.find_bar.display and self.find_bar.has_keys:
            return Context.TYPING_FIND if self.find_bar.typing else Context.FIND
        if isinstance(focused, Sidebar):
            return Context.FILTER if focused.filtering else Context.SIDEBAR
        text = self._text
        if text is not None and text.copy_mode and focused is text:
            return Context.COPY
        if front is not None and front.is_terminal:
            return Context.TERMINAL if text is None else Context.READING
        session = None if front is None else front.as_session
        if session is None:
            return Context.PROMPT
        if session.asking is not None and session.questions.has_keys:
            return Context.ASKING
        return Context.RUNNING if _runs(session) else Context.PROMPT

    @property
    def _text(self) -> Transcript | None:
        """The text in front; of a terminal there is one only while it is read."""
        front = self._tabs.front
        return None if front is None else front.transcript

    def leave(self, front: AnyPane) -> None:
        """End finding and copy mode in a pane that stays behind: no key would reach them there."""
        self.find_bar.leave()
        if (terminal := terminal_of(front)) is not None:
            terminal.end_reading()
        elif front.transcript is not None and front.transcript.copy_mode:
            front.transcript.end_selection()

    def _back(self) -> None:
        """Give the keys to the pane."""
        if (front := self._tabs.front) is not None:
            front.focus_main()
        self._screen.post_message(ContextChanged())

    # -- moving -----------------------------------------------------------------------------------------------

    def action_newest(self) -> None:
        """Go to the end of the text."""
        if (text := self._text) is not None:
            text.scroll_to_end()

    def action_sideways(self, direction: int) -> None:
        """Show text further left or right of lines that run out of the pane."""
        if (text := self._text) is not None:
            text.scroll_relative(x=direction * max(1, text.size.width // 2), animate=False)

    # -- finding ----------------------------------------------------------------------------------------------

    async def action_find(self) -> None:
        """Find in the text; in the row for it, type another text."""
        if (text := await self._readable()) is not None:
            self.find_bar.open(text)

    async def _readable(self) -> Transcript | None:
        """Return the text in front; that of a terminal is made of its rows first."""
        terminal = terminal_of(self._tabs.front)
        return self._text if terminal is None else await terminal.read()

    def _find_closed(self, copy_mode: bool) -> None:
        """Go back to the pane, or into copy mode; in a terminal's text the match stays where it is."""
        text = self._text
        if copy_mode and text is not None:
            self._select_in(text)
        elif text is not None and terminal_of(self._tabs.front) is not None:
            self._screen.set_focus(text)
            self._screen.post_message(ContextChanged())
        else:
            self._back()

    def find_interrupted(self) -> None:
        """Stop what runs; when nothing does, close the row for finding."""
        front = self._tabs.session
        if front is not None and _runs(front):
            front.interrupt()
        else:
            self.find_bar.close()

    # -- copying ----------------------------------------------------------------------------------------------

    async def action_copy_mode(self) -> None:
        """Put a cursor into the text."""
        if (text := await self._readable()) is not None:
            self._select_in(text)

    def _select_in(self, text: Transcript) -> None:
        text.start_selection()
        self._screen.set_focus(text)
        self._screen.post_message(ContextChanged())

    def action_copy_selection(self) -> None:
        """Copy what is selected, in the text or in the editor; a command keeps running."""
        front, terminal = self._tabs.session, terminal_of(self._tabs.front)
        done = terminal.copy_selected() if terminal else front is not None and copied(front.editor, front.transcript)
        if not done:
            refuse(self._screen.app, "Nothing is selected.")

    def action_copy_output(self) -> None:
        """Copy the output of the marked command, or of the last one."""
        front = self._tabs.session
        text = front.transcript.output_text() if front is not None else ""
        if text:
            self._screen.app.copy_to_clipboard(text)
        else:
            refuse(self._screen.app, NO_SESSION if front is None else "There is no output to copy.")

    def selection_changed(self, transcript: Widget) -> None:
        """Tell that another selection changes what the keys do."""
        if self._text is transcript:
            self._screen.post_message(ContextChanged())

    def leave_copy_mode(self, what: str) -> None:
        """Go where a key of copy mode leads: ``interrupt`` stops what runs, or else copies and leaves."""
        front, text = self._tabs.session, self._text
        if text is None:
            return
        if what == "interrupt" and front is not None and _runs(front):
            front.interrupt()
            return
        if what == "interrupt":
            self._copy_from(text, front)
        if text.copy_mode:
            text.end_selection()
        text.search("")
        self._back()

    def _copy_from(self, text: Transcript, session: Pane | None) -> None:
        if session is not None:
            copied(session.editor, text)
        elif text.selected_text():
            self._screen.app.copy_to_clipboard(text.copy_text())

    def focus_moved(self) -> None:
        """End copy mode when another widget was clicked; not while the row for finding has the keys."""
        text, focused = self._text, self._screen.focused
        if text is None or not text.copy_mode or self.find_bar.has_keys:
            return
        if focused is not None and focused is not text:
            text.end_selection()

    # -- saving -----------------------------------------------------------------------------------------------

    async def action_save_text(self) -> None:
        """Ask where the selection, or the whole text, is to be saved."""
        if (front := self._tabs.front) is None:
            return
        terminal, shown = terminal_of(front), self._text
        text = terminal.selected_text if terminal is not None else shown.selected_text() if shown is not None else ""
        what = "the selection" if text else "the whole text"
        if not text and terminal is not None:
            text = await terminal.whole_text()
        elif not text and shown is not None:
            buffer = shown.buffer
            text = "\n".join(buffer.text(index).rstrip() for index in range(buffer.line_count))
        if text:
            self.save_line.open(text, what, proposed_name(front.info.label))
        else:
            refuse(self._screen.app, "There is no text to save yet.")

    def _save_closed(self, said: str) -> None:
        """Say where the text was saved, and go back to the pane."""
        self._status.say(said)
        self._back()

    # -- commands ---------------------------------------------------------------------------------------------

    def action_previous_prompt(self) -> None:
        """Mark the command before."""
        front = self._tabs.session
        if front is None or not front.transcript.previous_prompt():
            self._screen.app.bell()

    def action_next_prompt(self) -> None:
        """Mark the command after; after the last one follow the end again."""
        front = self._tabs.session
        if front is None or not front.transcript.next_prompt():
            self._screen.app.bell()

    def action_fold(self) -> None:
        """Fold or show the output of one command."""
        front = self._tabs.session
        if front is None or not front.transcript.toggle_fold():
            refuse(self._screen.app, NO_SESSION if front is None else "There is no output to fold.")

    def action_fold_all(self) -> None:
        """Fold every output, or show them all when one is folded."""
        front = self._tabs.session
        if front is None or not front.transcript.buffer.prompts():
            refuse(self._screen.app, NO_SESSION if front is None else "There is no output to fold.")
            return
        front.transcript.fold_all(not front.transcript.any_folded)


def _runs(pane: Pane) -> bool:
    return pane.state in (PaneState.OPENING, PaneState.BUSY)


class Editing:
    """Acts on the editor in front."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs

    @property
    def _editor(self) -> LineEditor | None:
        if (front := self._tabs.session) is None:
            return None
        front.focus_editor()
        return front.editor

    def action_edit_line(self) -> None:
        """Open the line in $VISUAL or $EDITOR."""
        if (editor := self._editor) is not None:
            self._screen.run_worker(self._edit_outside(editor), group="edit_line", exclusive=True)

    async def _edit_outside(self, editor: LineEditor) -> None:
        from pstui.tui.editor.paste import edit_outside

        editor.end_modes()
        try:
            text = await edit_outside(self._screen.app, editor.text)
        except PstuiError as error:
            self._screen.notify(error.text(), severity="warning", timeout=10, markup=False)
            return
        if text != editor.text:
            editor.put(text)

    def action_run_line(self) -> None:
        """Run what is typed, finished or not."""
        if (editor := self._editor) is not None:
            editor.end_modes()
            editor.submit()

    async def action_completions(self) -> None:
        """List completions."""
        await self._run_in_editor("menu")

    async def action_redo(self) -> None:
        """Do again what was undone."""
        await self._run_in_editor("redo")

    async def action_partner(self) -> None:
        """Go to the other bracket."""
        await self._run_in_editor("partner")

    async def action_last_argument(self) -> None:
        """Insert the last argument of the line before."""
        await self._run_in_editor("yank_last_argument")

    async def _run_in_editor(self, action: str) -> None:
        if (editor := self._editor) is not None:
            await editor.perform(action)
