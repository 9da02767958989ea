"""What is closed, removed or deleted twice in haste ends once: the second key was pressed for what has gone already."""

from __future__ import annotations

from typing import Final

from pstui.tui.typeahead import now, was_read_before
from textual.widget import Widget

#: seconds after an end in which the same key is taken for a slip: who presses a key twice takes a quarter of a second
SLIP: Final = 0.3


class Once:
    """Guards one way of ending things: from ``begin`` until a moment after ``ended`` nothing else is ended by it."""

    def __init__(self) -> None:
        self._until = 0.0
        self._is_ending = False

    def begin(self, widget: Widget) -> bool:
        """Whether the key that is acted on may end something now; ``ended`` has to be called then.

        Where it was pressed for what ended last, the bell rings, and a key that is held down waits ever longer.
        """
        if self._is_ending or was_read_before(widget, self._until):
            self._until = now() + SLIP
            widget.app.bell()
            return False
        self._is_ending = True
        return True

    def ended(self, *, happened: bool = True) -> None:
        """It has ended, or will not; nothing happens where nothing has begun."""
        if self._is_ending:
            self._is_ending, self._until = False, now() + SLIP if happened else 0.0
