"""Keys are answered at once: floods stand back for them, and what they change is painted soon."""

from __future__ import annotations

import gc
import sys
from typing import Any, Final

from pstui.backends.pace import Pace
from pstui.tui.cli.first_frame import FirstFrame, screen_stream
from pstui.tui.compositor import MendedCompositor
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

    Ctrl+C is not one of these keys: what it stops has to be read to its end.
    """

    class KeysFirst(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Key) and message.key != "ctrl+c":
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


def settle() -> None:
    """Take everything that lives now out of later collections: for when all that is needed has been loaded.

    A full collection of Textual and the protocol libraries takes some 50 ms, three frames in which no key is answered.
    """
    gc.freeze()


class KeysPainted(Screen[None]):
    """A screen that does not let keys wait for its update timer.

    Textual paints by a timer of 60 ticks a second. A tick that comes late, and under a flood every one does, makes it
    wait for up to two more. There is no public way to paint earlier; this is its own way, called when a key was
    pressed a moment ago and everything it has set off has reached the screen.
    """

    #: knows of the keys
    pace: Pace

    def __init__(self) -> None:
        super().__init__()
        self._compositor = MendedCompositor()

    def on_idle(self) -> None:
        """Nothing more to do for now: paint, if there is something and a key was pressed.

        A layout is left to the timer: a widget that is written twice around one keeps the first text's size.
        """
        if self.is_current and not self._layout_required and self.pace.rest > 0:
            self._on_timer_update()
