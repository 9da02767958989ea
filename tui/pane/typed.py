"""What becomes of a typed line besides running: whether and when it is kept in the history, and what is private."""

from __future__ import annotations

from pstui.tui.editor.editor import LineEditor
from pstui.tui.editor.history import LineHistory
from pstui.tui.pane.conversation import WaitingLines


def give_back(lines: WaitingLines, editor: LineEditor) -> None:
    """Put the lines that wait for their turn into the editor, above what is being typed there."""
    if left := lines.take_all():
        editor.put(f"{left}\n{editor.text}" if editor.text else left)


class TypedLines:
    """Keeps each line once, as soon as it is certain to run; never what was typed while a secret was asked for."""

    def __init__(self, history: LineHistory) -> None:
        self._history = history
        self._settled: str | None = None
        #: what was in the editor while a secret was asked for: it is shown nowhere else and kept nowhere
        self.private = ""

    def submitted(self, line: str, *, runs: bool) -> None:
        """A line was taken: it is kept at once if it ``runs``, for Up may follow Enter; else when it does."""
        if self.leaves(line):
            self._settled = line
        elif runs:
            self._history.add(line)
            self._settled = line

    def unkept(self, line: str) -> None:
        """A line runs that nobody has typed."""
        self._settled = line

    def ran(self, line: str) -> None:
        """A line begins to run."""
        settled, self._settled = self._settled, None
        if line != settled:
            self._history.add(line)

    def question_came(self, lines: WaitingLines, editor: LineEditor, *, secret: bool) -> None:
        """A question comes: the line that waits was typed before it could be seen, and goes back to the editor."""
        if lines.typed is not None and not lines.pasted:
            give_back(lines, editor)
        if secret:
            self.private = editor.text

    def leaves(self, text: str) -> bool:
        """Whether a text that leaves the editor holds what is private; what comes after it is not."""
        private, self.private = self.private.strip(), ""
        return bool(private) and private in text
