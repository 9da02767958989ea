"""The terminal lent to another program: the screen waits, the sessions go on.

The questions of a pane: shown at once, given the keys only when nobody is typing.

One session's pane: the body, its questions, and the conversation that what is typed goes to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.records import Write
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.pane.body import PaneBody
from pstui.tui.pane.console import PaneConsole
from pstui.tui.pane.conversation import Conversation
from pstui.tui.pane.question import AnyAsking, Asking, KeyBox, QuestionBox
from pstui.tui.pane.state import PaneState, Preparer
from pstui.tui.pane.texts import busy_sign, first_hint, hint_for
from pstui.tui.responsive import settle
from textual import events
from textual.app import App, SuspendNotSupported
from textual.message import Message


async def lend_terminal(app: App[Any], command: Sequence[str]) -> None:
    """Run ``command`` in the terminal until it ends. Raises PstuiError when it cannot be started or lent."""
    try:
        with app.batch_update(), app.suspend():
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
    except SuspendNotSupported as error:
        raise PstuiError("This terminal cannot be lent to a program") from error
    except OSError as error:
        raise PstuiError(f"{command[0]} could not be started", error.strerror or "") from error


#: seconds without a key before a question may take the keys from an editor that is empty but was typed in
GRACE = 0.5


class AskingPane(PaneBody):
    """A pane that can be asked. A question in the background waits."""

    def __init__(self, info: ConnectionInfo, *, id: str) -> None:
        super().__init__(info, id=id)
        self._box: QuestionBox | KeyBox | None = None
        #: the user went back from the question to the editor: it waits until it is called
        self._put_off = False

    @property
    def question_has_keys(self) -> bool:
        """Whether what is typed goes to the question."""
        return self._box is not None and self._box.has_keys

    def present(self, asking: AnyAsking) -> None:
        """Show a question."""
        self.asking = asking
        self._put_off = False
        stray = self.editor.take_key
        self._box = QuestionBox(asking, stray) if isinstance(asking, Asking) else KeyBox(asking, stray)
        self.mount(self._box, before=self.progress)
        self.changed()
        self.call_after_refresh(self.offer_question)

    def withdraw(self, asking: AnyAsking) -> None:
        """Take a question away and go back to the editor."""
        if self.asking is not asking:
            return
        box, self._box, self.asking = self._box, None, None
        self.row.display = True
        if box is not None:
            if box.has_keys:
                self.focus_editor()
            box.remove()
        self.changed()

    def refuse_question(self) -> None:
        """Cancel the question, if there is one."""
        if self.asking is not None:
            self.asking.refuse()

    def answer_or_edit(self) -> None:
        """F4: from the editor to the question, from the question back."""
        if self._box is None or self._box.has_keys:
            self._put_off = True
            self.focus_editor()
            self.changed()
        else:
            self._take_question()

    def focus_main(self) -> None:
        """Give the keys to the editor, or to a question that may have them."""
        self._put_off = False
        self.focus_editor()
        self.offer_question()

    def focus_editor(self) -> None:
        """Let the next key go to the editor; at once, for it may be on its way already."""
        self.row.display = True
        self.screen.set_focus(self.editor)

    def on_descendant_focus(self) -> None:
        """The keys go elsewhere: to the editor, and a question that waits may have them; or to the question."""
        self.offer_question()
        self.post_message(self.Changed(self))

    def offer_question(self) -> None:
        """Give the keys to the question unless somebody is typing: never in the middle of a line."""
        if self._box is None or not self.active or self._put_off or self.screen.focused is not self.editor:
            return
        if self.editor.text or self.pending is not None:
            return
        wait = self.editor.last_typed + GRACE - time.monotonic()
        if self.editor.last_typed and wait > 0:
            self.set_timer(wait + 0.01, self.offer_question)
            return
        self._take_question()

    def tab_pressed(self) -> None:
        """Tab leads to a question that waits."""
        if self._box is not None:
            self._take_question()

    def _take_question(self) -> None:
        if self._box is not None and self._box.is_mounted:
            self._put_off = False
            self._box.take_focus()
            self.row.display = bool(self.editor.text)
            self.changed()


class Pane(AskingPane):
    """A tab's content. What is typed here goes to this session, waits for it, or stays: it goes nowhere else."""

    class Ended(Message):
        """The conversation ended; ``state`` says how."""

        def __init__(self, pane: Pane, state: PaneState) -> None:
            super().__init__()
            self.pane, self.state = pane, state

    class Done(Message):
        """``exit`` or Ctrl+D where there is no session any more: the tab is not wanted either."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    def __init__(
        self,
        sessions: SessionManager,
        info: ConnectionInfo,
        *,
        id: str,
        preparer: Preparer | None = None,
        dormant: bool = False,
    ) -> None:
        super().__init__(info, id=id)
        self._sessions, self._preparer = sessions, preparer
        #: whether it has still to connect, once, when it is first brought to the front
        self.dormant = dormant
        #: seconds that the last line took, None before the first one
        self.took: float | None = None
        self._timed = False
        if dormant:
            self.state = PaneState.CANCELLED
        #: monotonic time since when a line runs, 0.0 while none does
        self.busy_since = 0.0
        self.console = PaneConsole(self)
        self.conversation: Conversation | None = None

    @property
    def running(self) -> str:
        """The line that runs, empty while none does."""
        return self.conversation.running if self.conversation is not None else ""

    def on_mount(self) -> None:
        """Open the session once the pane has its size."""
        if not self.dormant:
            self.call_after_refresh(self.enter)

    def enter(self) -> None:
        """Open (or open again) the pane's session; nothing happens while one is live."""
        if self.conversation is not None and self.state.live:
            return
        self.error = None
        self.step, self.hint = "", first_hint(self.info)
        self.conversation = Conversation(self, self._sessions, self._way_back(), self.console, self._preparer)
        self.run_worker(self._converse(self.conversation), group="conversation", exclusive=True)

    def lead_to(self, info: ConnectionInfo) -> None:
        """Open another connection in this pane, whose session is over; its text stays."""
        self.info, self.conversation, self.dormant = info, None, False
        self.enter()

    def _way_back(self) -> ConnectionInfo:
        """Return what to enter: the session of before where it was kept and can be entered, else a new one."""
        before = self.session
        if before is None or before.temporary or before not in self._sessions.sessions:
            return self.info
        return ConnectionInfo(ParameterSet.SESSION, {"Session": before}, self.info.label)

    @property
    def session(self) -> PSSession | None:
        """The session that the pane is in, or was in last."""
        return None if self.conversation is None else self.conversation.session

    async def leave(self) -> None:
        """Close the session because the tab or the program closes."""
        self.refuse_question()
        if self.conversation is not None:
            await self.conversation.leave()

    async def _converse(self, conversation: Conversation) -> None:
        state = await conversation.converse()
        await self.console.shown()
        self.progress.clear()
        left: list[str] = []
        while (line := self.next_pending()) is not None:
            left.append(line)
        if left:
            self.give_back("\n".join(left))
        self.enter_state(state)
        self.post_message(self.Ended(self, state))

    # -- what the conversation says ---------------------------------------------------------------------------

    def enter_state(self, state: PaneState) -> None:
        """Show where the session is."""
        if self.busy_since and self._timed:
            self.took = time.monotonic() - self.busy_since
        self._timed = self._timed and state is PaneState.BUSY
        self.state = state
        self.step = "" if state is not PaneState.OPENING else self.step
        self.busy_since = time.monotonic() if state is PaneState.BUSY else 0.0
        if state is not PaneState.OPENING:
            self.progress.clear()
        if state is not PaneState.PROMPT:
            self.row.show_prompt(busy_sign(state), ready=False)
        self.changed()

    def show_step(self, step: str) -> None:
        """Name the step the opening has come to."""
        self.step = step
        self.changed()

    def show_prompt(self, prompt: str) -> None:
        """Show the prompt; a line may be typed."""
        self.row.show_prompt(prompt, ready=True)
        settle()
        self.refit()

    def echo(self, prompt: str, line: str) -> None:
        """Leave prompt and line in the text as one, further lines behind the continuation prompt."""
        self.transcript.buffer.mark_prompt()
        self.append([Write(prompt + line.replace("\n", "\n>> "))])
        self._timed = bool(line.strip())
        self.transcript.buffer.mark_output()

    def give_back(self, line: str) -> None:
        """Put a line that was not run before what is in the editor."""
        text = self.editor.text
        self.editor.put(f"{line}\n{text}" if text else line)

    def next_pending(self) -> str | None:
        """Take the line that runs next: of pasted lines the first, then the pending one."""
        line: str | None
        if self.waiting:
            line = self.waiting.pop(0)
        else:
            line, self.pending = self.pending, None
        if line is not None:
            self.changed()
        return line

    def hint_at(self, text: str) -> None:
        """Say something about the line run last, until the next one."""
        self.hint = text
        self.changed()

    def failed(self, error: PstuiError) -> None:
        """Show why the session could not be opened or died."""
        self.show_error(self.console, error)

    async def lend_terminal(self, command: Sequence[str]) -> None:
        """Give the terminal to a program until it ends; the sessions go on meanwhile."""
        await lend_terminal(self.app, command)

    # -- what is typed ----------------------------------------------------------------------------------------

    def submit_line(self, line: str) -> bool:
        """Give the line to the session, or let it wait; False leaves it in the editor."""
        if self.conversation is None or not self.state.live:
            if line.strip().casefold() == "exit":
                # Opening again, to send it then, is the last thing meant by it.
                self.post_message(self.Done(self))
                return True
            self.enter()
            return False
        if not self.conversation.submit(line):
            if not line.strip():
                return False
            if self.pending is not None:
                self.app.bell()
                if self.editor.cursor_at_end_of_text and not self.editor.text.endswith("\n"):
                    # What is typed behind it, as by a terminal that pastes key by key, is another line.
                    self.editor.action_new_line()
                return False
            self.pending = line
        self.history.add(line)
        self.hint = hint_for(line) or self.history.complaint()
        self.transcript.scroll_to_end()
        self.changed()
        return True

    def submit_lines(self, lines: Sequence[str]) -> bool:
        """Run pasted lines one after the other, each at a prompt of its own."""
        if self.conversation is None or not self.state.live or self.waiting or self.pending is not None:
            self.app.bell()
            return False
        for line in lines:
            self.history.add(line)
        self.waiting = list(lines)
        if self.conversation.submit(self.waiting[0]):
            del self.waiting[0]
        self.transcript.scroll_to_end()
        self.changed()
        return True

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the session for completions. Raises SessionStateError when it cannot be asked now."""
        if self.conversation is None or not self.state.live:
            raise SessionStateError("there is no session")
        return await self.conversation.complete(text, cursor)

    def on_text_area_changed(self) -> None:
        """The editor has grown or shrunk, or is empty now: a question may come."""
        self.refit()
        self.offer_question()

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

    def end_of_input(self) -> None:
        """Ctrl+D in an empty editor: leave, as at the console, while a line is awaited; then the tab itself."""
        if not self.state.live:
            self.post_message(self.Done(self))
        elif self.conversation is None or not self.conversation.submit("exit"):
            self.app.bell()
        self.transcript.scroll_to_end()

    def interrupt(self) -> None:
        """Ctrl+C: cancel the question in focus, drop the pending line, stop what runs, copy, or begin a new prompt."""
        if self.question_has_keys:
            self.refuse_question()
        elif self.pending is not None and not self.waiting:
            self.next_pending()
        elif self.asking is not None:
            self.refuse_question()
        elif self.state in (PaneState.OPENING, PaneState.BUSY):
            self.waiting.clear()
            self.changed()
            if self.conversation is not None:
                self.conversation.stop()
        elif not self.copy_selection():
            self._new_prompt()

    def copy_selection(self) -> bool:
        """Copy what is selected in the editor or in the text, and select nothing; False when nothing is."""
        if text := self.editor.selected_text:
            self.app.copy_to_clipboard(text)
            self.editor.move_cursor(self.editor.cursor_location)
            return True
        if self.transcript.selected_text():
            self.app.copy_to_clipboard(self.transcript.copy_text())
            return True
        return False

    def _new_prompt(self) -> None:
        if self.state is PaneState.PROMPT and self.conversation is not None:
            self.echo(self.row.prompt, self.editor.text)
            self.conversation.new_prompt()
        self.history.add(self.editor.text, keep=False)
        self.editor.empty()

    # -- front and size ---------------------------------------------------------------------------------------

    def set_active(self, active: bool) -> None:
        """The pane has come to the front or gone behind."""
        self.active = active
        if active:
            self.unseen, self.unseen_errors = 0, False
            if self.dormant:
                self.dormant = False
                self.call_after_refresh(self.enter)
        self.changed()

    def resized(self, width: int, height: int) -> None:
        """Tell the console its new size."""
        self.console.size.width, self.console.size.height = width, height
