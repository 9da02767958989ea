"""One large value costs its command at most, never the session, and Ctrl+C in a flood of bytes is no failure."""

from __future__ import annotations

import asyncio

from pstui.backends.psrp.limits import WHOLE
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.powershell import entered, process_info
from tests.support.scripted_console import ScriptedConsole


async def test_large_values() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        session = interactive.session
        await interactive.run("$kept = 7")
        assert await asyncio.wait_for(interactive.run("'x' * 70mb"), 60) is Outcome.READY
        assert "too large" in console.shown()[-3]
        await interactive.run("$kept")
        assert console.shown()[-1] == "7"
        found: list[object] = []
        await session.invoke_script("'x' * 70mb", console, out_default=False, on_output=found.append, limits=WHOLE)
        assert [len(str(value)) for value in found] == [70 * 1024 * 1024]
        assert session.state is RunspaceState.OPENED


async def test_ctrl_c_on_a_native_flood() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        running = asyncio.create_task(interactive.run("yes"))
        await asyncio.sleep(1)
        await asyncio.wait_for(interactive.stop(), 20)
        assert await asyncio.wait_for(running, 20) is Outcome.READY
        assert console.shown()[-1] == "Error: The pipeline has been stopped."
