"""What lies over the text of a transcript.

The transcript is a text with layers over it: commands with their marks and folds, the matches of a search, the
selection and the cursor of copy mode. Each is an object of its own that says what it has to show on a line. None of
them knows the others' business, and a line that no layer covers is painted once and remembered.
"""

from __future__ import annotations

from pstui.tui.transcript.messages import Selected
from pstui.tui.transcript.view import View

#: A component class of the transcript (``transcript--match``) over part of a text: first index, one after the last.
Overlay = tuple[int, int, str]
#: Text behind a line that is not part of it, and its component class.
Tail = tuple[str, str]


class Layer:
    """A layer that shows nothing. Lines are given by number (see ``TextBuffer``)."""

    def __init__(self, view: View) -> None:
        """Lie over what ``view`` shows."""
        self.view = view
        self.buffer = view.buffer

    def covers(self, number: int) -> bool:
        """Return whether there may be anything on a line, or behind it; asked for every row that is painted."""
        return False

    def overlays(self, number: int, text: str, part: tuple[int, int]) -> list[Overlay]:
        """Return what lies over a ``part`` (first index, one after the last) of a line; later ones win."""
        return []

    def tails(self, number: int, text: str) -> list[Tail]:
        """Return what is shown behind a line."""
        return []

    def line_in_hand(self) -> int | None:
        """Return the line that the user is at by this layer's keys, if there is one."""
        return None

    def tell(self) -> None:
        """Repaint, and tell those around that something else is marked or selected."""
        self.view.widget.refresh()
        self.view.widget.post_message(Selected(self.view.widget))
