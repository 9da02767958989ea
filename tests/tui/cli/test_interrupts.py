"""Signals of a run without a screen."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from pstui.tui.cli.interrupts import signals_taken


async def test_where_loops_take_no_handlers_a_signal_comes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, whose loops are woken by a signal and take no handler."""

    def none(*_: object) -> None:
        raise NotImplementedError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_signal_handler", none)
    monkeypatch.setattr(loop, "remove_signal_handler", none)
    before = signal.getsignal(signal.SIGTERM)
    came: asyncio.Queue[int] = asyncio.Queue()
    with signals_taken(came.put_nowait):
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(came.get(), 30) == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
