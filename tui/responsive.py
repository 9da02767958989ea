"""Keys are answered at once: floods stand back for them, and what they change is painted soon."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, Final

from pstui.backends.pace import Pace
from pstui.tui.cli.first_frame import FirstFrame, screen_stream
from pstui.tui.mends.compositing import ChangesCompositor
from pstui.tui.typed import Typed
from textual import events
from textual.driver import Driver
from textual.message import Message
from textual.screen import Screen

#: seconds after which a thread that waits gets the interpreter; Python's own 0.005 make a key, which passes two threads
#: on its way in and out, wait for several frames while the loop is busy
SWITCH: Final = 0.0005


#: seconds that a flood stands back for a key: what it takes until its letter is on the screen
KEY_TIME: Final = 0.045


def keys_first(base: type[Driver], pace: Pace) -> type[Driver]:
    """Return a driver as ``base`` that lets floods stand back as soon as a key is read, in the thread that reads it.

    Ctrl+C is not one of these keys: what it stops has to be read to its end. Nor is Enter: what it sends is answered.
    """

    class KeysFirst(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def process_message(self, message: Message) -> None:
            if isinstance(message, Typed) or (
                isinstance(message, events.Key) and message.key not in ("ctrl+c", "enter")
            ):
                pace.stand_back(KEY_TIME)
            super().process_message(message)

    made: Any = KeysFirst
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for


def behind_frame(base: type[Driver], frame: FirstFrame) -> type[Driver]:
    """Return a driver as ``base`` that takes the terminal over from the frame painted first, without a gap."""

    class BehindFrame(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def start_application_mode(self) -> None:
            if (stream := screen_stream()) is not None and hasattr(self, "_file"):
                self._file = stream
            # The terminal has to be found as the user left it: so it is given back at the end.
            frame.lower()
            super().start_application_mode()
            # Textual clears the screen now and paints when everything is laid out. After $EDITOR it has all to show.
            if text := frame.text:
                frame.text = ""
                self.write(text)
                self.flush()

    made: Any = BehindFrame
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for


def share_the_interpreter() -> None:
    """Let the threads that read keys and write the screen have their turn soon."""
    sys.setswitchinterval(SWITCH)


#: least seconds between two paintings, and how many times as long as a painting took the next one waits: what happens
#: meanwhile needs the loop as well
GAP, REST = 0.008, 2
#: the same while keys are pressed
KEY_GAP, KEY_REST = 0.004, 1


class PaintedWhenIdle(Screen[None]):
    """A screen that does not wait for its update timer once everything that happened has reached it.

    Textual paints by a timer of 60 ticks a second. A tick that comes late, and under a flood every one does, makes it
    wait for up to two more; so what a key has changed is not left to it, if it comes too soon after a painting. There
    is no public way to paint earlier, or later; this is its own way, called when there is nothing else to do for the
    screen and, after a line was sent, when it was answered.
    """

    #: knows of keys, and of answers that are due
    pace: Pace
    #: monotonic time of the end of the last painting, and the seconds it took
    _painted = _took = 0.0

    def __init__(self) -> None:
        super().__init__()
        self._compositor = ChangesCompositor()

    def on_idle(self) -> None:
        """Nothing more to do for now: paint, if there is something, and the last time was not just now."""
        if self.is_current:
            self._on_timer_update()

    def _on_timer_update(self) -> None:
        pace, start = self.pace, time.monotonic()
        if self._layout_required or self._scroll_required or self._repaint_required or self._dirty_widgets:
            least, times = (KEY_GAP, KEY_REST) if pace.rest > 0 else (GAP, REST)
            too_soon = 0.0 if pace.urgent else self._painted + max(least, times * self._took) - start
            if too_soon > 0 and pace.rest > 0:
                asyncio.get_running_loop().call_later(too_soon, self.call_next, self.on_idle)
            if too_soon > 0 or pace.answer_is_due:
                return  # the timer goes on
            super()._on_timer_update()
            self._painted = time.monotonic()
            self._took, pace.urgent = self._painted - start, False
        else:
            super()._on_timer_update()
