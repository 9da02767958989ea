"""SIGTERM and SIGHUP: the sessions are closed and the screen is given back, as when a person quits."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

#: the exit code of a program that a signal ended is this more than the signal's number, as shells write it
_BY_SIGNAL = 128
#: seconds for an orderly end; then the signal does what it does by itself
PATIENCE = 8.0


def end_by_signals(loop: asyncio.AbstractEventLoop, end: Callable[[int], object]) -> None:
    """Let ``end`` be called in ``loop`` with the exit code when a signal to end comes; a second one ends at once.

    Nothing is changed where the signals are ignored already (nohup), and outside the main thread, which takes none.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    numbers = [int(getattr(signal, name)) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def came(number: int, _: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_DFL)
        _let_go_of_a_lost_terminal()
        watch = threading.Timer(PATIENCE, os.kill, (os.getpid(), number))
        watch.daemon = True
        watch.start()
        with suppress(RuntimeError):  # the loop has ended, and the program with it
            loop.call_soon_threadsafe(end, _BY_SIGNAL + number)

    for each in numbers:
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, came)


def _let_go_of_a_lost_terminal() -> None:
    """Let what is still written to a terminal that is gone go nowhere: an error there would hold up the end."""
    if sys.platform == "win32":
        return
    import termios

    try:
        termios.tcgetattr(2)
    except termios.error:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.close(nothing)
