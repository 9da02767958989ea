"""Network failures as long as they are in life: nothing is scaled down. ``PSTUI_FULL_TIMES=1`` runs it, for minutes."""

from __future__ import annotations

import asyncio
import os
import time

import pytest
from pstui.backends.errors import SessionDisconnected
from pstui.backends.records import PipelineState, RunspaceState
from pstui.backends.sessions.manager import SessionManager

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import WinRMEndpoint, winrm_endpoint
from tests.support.winrm_runs import a_new_run
from tests.support.wsman_calls import call

__all__ = ["a_new_run", "winrm_endpoint"]

pytestmark = [
    pytest.mark.skipif(not os.environ.get("PSTUI_FULL_TIMES"), reason="takes minutes; PSTUI_FULL_TIMES=1 runs it"),
    pytest.mark.timeout(900),
]


@pytest.mark.parametrize("after", [100_000, 1_000_000])
async def test_twenty_seconds_without_a_network_lose_no_line_of_ten_thousand(
    winrm_endpoint: WinRMEndpoint, after: int
) -> None:
    console, manager = ScriptedConsole(), SessionManager()
    opened = manager.create(call(winrm_endpoint), console)
    try:
        await opened.open()
        began = time.monotonic()
        winrm_endpoint.cut_after(after, 20.0)
        result = await opened.invoke_script("1..10000", console)
        assert time.monotonic() - began > 20
        assert result.state is PipelineState.COMPLETED
        assert [int(line) for line in console.shown() if line.isdigit()] == list(range(1, 10_001))
        assert any("restored" in line for line in console.shown())
    finally:
        await manager.close_all()


async def test_after_four_minutes_the_session_is_disconnected_and_can_be_taken_up(
    winrm_endpoint: WinRMEndpoint,
) -> None:
    console, quiet, manager = ScriptedConsole(), ScriptedConsole(), SessionManager()
    lost, kept = manager.create(call(winrm_endpoint), console), manager.create(call(winrm_endpoint), quiet)
    try:
        await lost.open()
        running = asyncio.create_task(lost.invoke_script("1; Start-Sleep 250; 2", console))
        while "1" not in console.shown():
            await asyncio.sleep(0.1)
        began = time.monotonic()
        winrm_endpoint.cut(-1)
        with pytest.raises(SessionDisconnected):
            await running
        assert 235 < time.monotonic() - began < 260
        assert lost.state is RunspaceState.DISCONNECTED
        winrm_endpoint.clear()
        await kept.open()
        await kept.invoke_script("'undisturbed'", quiet)
        assert quiet.shown() == ["undisturbed"]
        await lost.open()
        assert lost.state is RunspaceState.OPENED
    finally:
        await manager.close_all()
