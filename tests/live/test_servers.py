"""Every way to a real PowerShell server, and the real client: each answers one line."""

from __future__ import annotations

from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.sessions.interactive import Outcome

from tests.support.powershell import entered, process_info, real_client, real_info, real_server, waiting_powershell
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]


async def answers(info: ConnectionInfo) -> None:
    console = ScriptedConsole()
    async with entered(info, console) as interactive:
        assert await interactive.run("'a' + 'b'") is Outcome.READY
        assert console.shown()[-1] == "ab"


async def test_behind_sshd(real_info: ConnectionInfo) -> None:
    await answers(real_info)


async def test_as_a_process() -> None:
    await answers(process_info())


async def test_on_a_named_pipe(tmp_path: Path) -> None:
    with waiting_powershell(tmp_path) as pid:
        await answers(ConnectionInfo(ParameterSet.HOST_PROCESS, {"ProcessId": pid}))


def test_the_real_client(real_server: Sshd, tmp_path: Path) -> None:
    with real_client(tmp_path, real_server) as t:
        t.line("'a' + 'b'")
        t.wait(lambda rows: "ab" in rows)
