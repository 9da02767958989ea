"""Ctrl+C while nobody has taken it yet, or any longer: the process ends at once, without Python's traceback.

So it is while modules are imported and on the way out. A run without a screen takes the signal for itself, and the
screen gets Python's own handler back.
"""

from __future__ import annotations

import os
import signal

from pstui.tui.cli.exit_codes import EXIT_INTERRUPTED


def end_at_interrupt() -> None:
    """Let Ctrl+C end the process, unless it is ignored or somebody has taken it already."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_at_interrupt() -> None:
    """Undo ``end_at_interrupt``, if it was done."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: object) -> None:
    os._exit(EXIT_INTERRUPTED)
