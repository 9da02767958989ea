"""Mends what Textual does when the program goes on (SIGCONT) that was not suspended by SIGTSTP.

Textual takes the terminal a second time then: two threads read its keys, quitting waits for the first for ever, and the
terminal is not given back. The handlers of both signals write, perhaps in the middle of another write, then waiting for
its lock for ever.
``tests/tui/mends/test_resume.py`` fails when it no longer does.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from textual.driver import Driver


def taken_once(base: type[Driver]) -> type[Driver]:
    """Return a driver as ``base`` that takes a terminal which it has already by setting its modes anew.

    Whoever stopped the program may have changed them. Everything is painted again; what was typed is not lost.
    """

    class TakenOnce(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def start_application_mode(self) -> None:
            reader = getattr(self, "_key_thread", None)
            if reader is None or not reader.is_alive():
                super().start_application_mode()
                return
            _set_modes(self)
            loop = asyncio.get_running_loop()
            asyncio.run_coroutine_threadsafe(self._app._post_message(self.SignalResume()), loop=loop)

        # A signal comes between any two steps, also in the middle of a write, whose lock would then be taken twice.
        def _sigtstp_application(self, *_: object) -> None:
            asyncio.get_running_loop().call_soon_threadsafe(super()._sigtstp_application)

        def _sigcont_application(self, *_: object) -> None:
            asyncio.get_running_loop().call_soon_threadsafe(super()._sigcont_application)

    made: Any = TakenOnce
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for


def _set_modes(driver: Any) -> None:
    """Set the modes of a terminal as Textual's driver for Unix sets them when it takes one."""
    if sys.platform == "win32":
        return
    import termios
    import tty

    try:
        modes = termios.tcgetattr(driver.fileno)
    except termios.error:
        return  # the window was closed: the system lets the program go on so that it can end
    modes[tty.LFLAG] = driver._patch_lflag(modes[tty.LFLAG])
    modes[tty.IFLAG] = driver._patch_iflag(modes[tty.IFLAG])
    modes[tty.CC][termios.VMIN] = 1
    termios.tcsetattr(driver.fileno, termios.TCSANOW, modes)
    driver.write("\x1b[?1049h\x1b[?25l\x1b[?1004h")
    driver._enable_mouse_support()
    driver._enable_bracketed_paste()
    driver._disable_line_wrap()
    driver.flush()
