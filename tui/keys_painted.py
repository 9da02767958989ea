"""Painting what a key has changed at once, instead of with the next tick of a clock."""

from __future__ import annotations

from pstui.backends.pace import standing_back
from textual.screen import Screen


class KeysPainted(Screen[None]):
    """A screen that does not let keys wait for its update timer.

    Textual paints by a timer of 60 ticks a second. A tick that comes late, and under a flood every one does, makes it
    wait for up to two more. There is no public way to paint earlier; this is its own way, called when a key was
    pressed a moment ago and everything it has set off has reached the screen.
    """

    def on_idle(self) -> None:
        """Nothing more to do for now: paint, if there is something and a key was pressed.

        A layout is left to the timer: a widget that is written twice around one keeps the first text's size.
        """
        if self.is_current and not self._layout_required and standing_back() > 0:
            self._on_timer_update()
