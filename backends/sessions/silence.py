"""Telling what is waited for, where a far end that was started says nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.records import ProgressRecord

#: seconds of silence that are usual: PowerShell starts in less, on most machines
USUAL = 5.0
#: the id of the line that tells it, among those of the far end's own progress (source -1 is nobody's there)
_SOURCE, _ACTIVITY = -1, 0


@contextlib.contextmanager
def told(info: ConnectionInfo, console: Console, usual: float | None = None) -> Iterator[None]:
    """Show as progress what is waited for, from some seconds on until the block ends."""
    shown = False

    def show(*, over: bool = False) -> None:
        nonlocal shown
        shown = True
        console.progress(
            ProgressRecord(_SOURCE, _ACTIVITY, -1, f"Waiting for {info.label}", _status(info), "", -1, -1, over)
        )

    timer = asyncio.get_running_loop().call_later(USUAL if usual is None else usual, show)
    try:
        yield
    finally:
        timer.cancel()
        if shown:
            show(over=True)


def _status(info: ConnectionInfo) -> str:
    if info.parameter_set is ParameterSet.SSH_HOST:
        subsystem = info.text("Subsystem", "powershell") or "powershell"
        return f"its subsystem {subsystem} was started and says nothing yet; Ctrl+C gives up"
    return "it says nothing yet; Ctrl+C gives up"
