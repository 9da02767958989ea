"""When the transcript is painted: at most once a frame, more rarely under a flood, not at all while it is hidden."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pstui.tui.transcript.render.buffer import TextBuffer
from textual.widget import Widget

#: Seconds between two repaints while text comes.
FRAME: Final = 1 / 60
#: Lines in a frame that nobody can read any more, and the seconds between two repaints then: the event loop is for
#: the keys.
FLOOD: Final = 120
FLOOD_FRAME: Final = 1 / 20


class Frames:
    """The next repaint of a widget that shows a buffer.

    Attributes:
        shown: Whether the widget is seen.
        pending: Whether a repaint is on its way.
    """

    def __init__(self, widget: Widget, buffer: TextBuffer, settle: Callable[[], None]) -> None:
        """``settle`` is called before each repaint, for the size and the scroll position."""
        self.shown = False
        self.pending = False
        self._widget = widget
        self._buffer = buffer
        self._settle = settle
        self._last = 0.0
        #: The end of the text at the last frame.
        self._end = 0
        self._flooded = False

    def changed(self) -> None:
        """Repaint with the next frame, if the widget is seen."""
        if self.pending or not self.shown:
            return
        self.pending = True
        wait = self._last + (FLOOD_FRAME if self._flooded else FRAME) - time.monotonic()
        if wait <= 0:
            self._widget.call_next(self._paint)
        else:
            self._widget.set_timer(wait, self._paint)

    def show(self) -> None:
        """The widget is seen (again): paint what came meanwhile."""
        self.shown = True
        self._paint()

    def hide(self) -> None:
        """The widget is not seen any longer: paint no more."""
        self.shown = False

    def _paint(self) -> None:
        self.pending = False
        self._last = time.monotonic()
        self._flooded = self._buffer.end - self._end > FLOOD
        self._end = self._buffer.end
        if self.shown:
            self._settle()
            self._widget.refresh()
