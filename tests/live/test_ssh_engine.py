"""The engine ssh to a real PowerShell: a line, and much output."""

from __future__ import annotations

from pstui.backends.connection import ConnectionInfo
from pstui.backends.sessions.interactive import Outcome

from tests.support.powershell import entered, real_info, real_server
from tests.support.scripted_console import ScriptedConsole

__all__ = ["real_info", "real_server"]


async def test_a_real_server_answers_through_ssh(real_info: ConnectionInfo) -> None:
    info = ConnectionInfo(real_info.parameter_set, {**real_info.values, "Engine": ("ssh",)})
    console = ScriptedConsole()
    async with entered(info, console) as interactive:
        assert await interactive.run("'a' + 'b'") is Outcome.READY
        assert console.shown()[-1] == "ab"
        assert await interactive.run("1..3000") is Outcome.READY
        assert console.shown()[-1] == "3000"
