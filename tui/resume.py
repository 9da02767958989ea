"""Mends what Textual does when the program goes on (SIGCONT) that was not suspended by SIGTSTP.

Textual takes the terminal a second time then: two threads read its keys, quitting waits for the first for ever, and the
terminal is not given back. ``tests/tui/test_resume.py`` fails when it no longer does.
"""

from __future__ import annotations

from typing import Any

from textual.driver import Driver


def taken_once(base: type[Driver]) -> type[Driver]:
    """Return a driver as ``base`` that gives the terminal back before it takes it again, and has it painted then.

    Whoever stopped the program may have changed the terminal's modes: they are set anew.
    """

    class TakenOnce(base):  # type: ignore[misc, valid-type]  # which driver it is, is known at run time only
        def start_application_mode(self) -> None:
            reader = getattr(self, "_key_thread", None)
            if reader is not None and reader.is_alive():
                self._must_signal_resume = True
                self.stop_application_mode()
            super().start_application_mode()

    made: Any = TakenOnce
    return made  # type: ignore[no-any-return]  # a class made here, of the type asked for
