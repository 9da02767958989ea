"""The questions of a pane: shown at once, given the keys only when nobody is typing."""

from __future__ import annotations

import time

from pstui.backends.connection import ConnectionInfo
from pstui.tui.pane.asking import AnyAsking, Asking
from pstui.tui.pane.body import PaneBody
from pstui.tui.pane.question import QuestionBox
from pstui.tui.pane.read_key import KeyBox

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
