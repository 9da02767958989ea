"""The keys that bring back lines typed before: Up and Down, F8, the oldest and the newest, one line after the other."""

from __future__ import annotations

from typing import Any, ClassVar

from pstui.tui.editor.changes import ChangingKeys
from pstui.tui.editor.line_history import LineHistory
from textual.binding import BindingType


class HistoryKeys(ChangingKeys):
    """Walks the lines typed before; what was being typed is kept for the way back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+p", "cursor_up", "Line before"),
        ("ctrl+n", "cursor_down", "Line after"),
        ("f8", "older", "Line before"),
        ("shift+f8", "newer", "Line after"),
        ("alt+less_than_sign", "oldest", "Oldest line"),
        ("alt+greater_than_sign", "newest", "Back from the lines before"),
        ("ctrl+o", "submit_and_go_on", "Run, and the line after"),
    ]

    def __init__(self, history: LineHistory, **options: Any) -> None:
        self._before = history
        super().__init__(**options)

    def lines_before(self) -> tuple[str, ...]:
        """Return the lines typed before, oldest first."""
        return self._before.lines

    def put(self, text: str) -> None:
        """Replace what is in the editor and stand at its end; can be undone."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def submit(self) -> bool:
        """Give the text away; False when it stays."""
        return False

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up; from the first row to the line typed before."""
        if select or not self.cursor_at_first_line:
            super().action_cursor_up(select)
        else:
            self.action_older()

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; from the last row to the line typed after."""
        if select or not self.cursor_at_last_line:
            super().action_cursor_down(select)
        else:
            self.action_newer()

    def action_older(self) -> None:
        """Take the line typed before; of those that begin like what was typed, if there are any."""
        self._settle()
        self._recall(self._before.older(self.text))

    def action_newer(self) -> None:
        """Take the line typed after, at the end what was being typed."""
        self._settle()
        self._recall(self._before.newer())

    def action_oldest(self) -> None:
        """Take the first line known."""
        self._settle()
        self._recall(self._before.oldest(self.text))

    def action_newest(self) -> None:
        """Go back to what was being typed."""
        self._settle()
        self._recall(self._before.newest())

    def action_submit_and_go_on(self) -> None:
        """Run a line of before and take the one that followed it: the same steps once more, one key each."""
        self._settle()
        place = self._before.place
        if self.submit():
            self._recall(self._before.go(place + 1))

    def _settle(self) -> None:
        """A recalled line that was edited is a new one."""
        if self.recalled is not None and self.recalled != self.text:
            self._before.settle()
            self.recalled = None

    def _recall(self, line: str | None) -> None:
        if line is not None:
            self.put(line)
            self.recalled = line
