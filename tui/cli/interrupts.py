"""Ctrl+C while nobody has taken it yet, or any longer: the process ends at once, without Python's traceback.

So it is while modules are imported and on the way out. A run without a screen takes the signal for itself, and the
screen gets Python's own handler back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from pstui.tui.cli.exit_codes import EXIT_INTERRUPTED


def end_at_interrupt() -> None:
    """Let Ctrl+C end the process, unless it is ignored or somebody has taken it already."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_at_interrupt() -> None:
    """Undo ``end_at_interrupt``, if it was done."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def signals_taken(act: Callable[[int], object]) -> Iterator[None]:
    """Call ``act`` with the exit code of a signal that is to end the run; afterwards they mean what they meant."""
    loop = asyncio.get_running_loop()
    taken = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None or (before := signal.getsignal(number)) is signal.SIG_IGN:
            continue  # nohup, and a shell's background, have it ignored
        try:
            loop.add_signal_handler(number, act, 128 + number)
        except NotImplementedError:  # Windows: a signal wakes its loops, which take no handlers
            signal.signal(number, lambda came, _: loop.call_soon_threadsafe(act, 128 + came))
        except (RuntimeError, ValueError):
            continue  # outside the main thread
        taken[number] = before
    try:
        yield
    finally:
        for number, before in taken.items():
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before)


def _end(number: int, frame: object) -> None:
    os._exit(EXIT_INTERRUPTED)
