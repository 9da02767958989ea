"""A trace of a session with a real PowerShell holds no secret, and the stand-in server plays it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.psrp.tracing import Tracer
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager

from tests.backends.psrp.test_tracing import clean
from tests.support.powershell import START, process_info, real_info, real_server
from tests.support.replay_log import install, report
from tests.support.scripted_console import ScriptedConsole

__all__ = ["real_info", "real_server"]

SECRET = "Zq9<planted>&_x0041_Xw7"
#: what is typed, and what is answered then
DIALOGUE: Sequence[tuple[str, tuple[str, ...]]] = (
    ("$s = Read-Host -AsSecureString word", (SECRET,)),
    ("$s.Length; [Net.NetworkCredential]::new('', $s).Password", ()),
    ("$c = Get-Credential -Message please -UserName ann; $c.Password.Length", (SECRET,)),
    ("$c | Select-Object UserName", ()),
    ("Write-Warning careful; Get-Item /no/such/place", ()),
    ("Read-Host -Prompt name", ("\u00fcber",)),
    ("1..3 | ForEach-Object { Write-Progress -Activity go -PercentComplete $_; $_ }", ()),
)


async def talked(interactive: InteractiveSession, console: ScriptedConsole) -> list[str]:
    """Type the dialogue; return what is shown."""
    async with asyncio.timeout(START):
        await interactive.enter()
    for line, answers in DIALOGUE:
        running = asyncio.create_task(interactive.run(line))
        for answer in answers:
            asked = await console.question()
            asked.set_result(answer)
            await console.settled(asked)
        assert await running is Outcome.READY
    return console.shown()


async def traced(info: ConnectionInfo, file: Path) -> list[str]:
    """Talk, with a trace."""
    manager, console, tracer = SessionManager(), ScriptedConsole(), Tracer(str(file))
    manager.tracer = tracer
    try:
        return await talked(manager.interact(manager.create(info, console), console), console)
    finally:
        await manager.close_all()
        tracer.close()


@pytest.mark.parametrize("way", ["process", "ssh"])
async def test_a_trace_is_played(
    way: str, real_info: ConnectionInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "trace.jsonl"
    shown = await traced(process_info() if way == "process" else real_info, file)
    assert SECRET in shown, "the far end said it"
    assert clean(file, SECRET)

    log = tmp_path / "replay.log"
    install(tmp_path, file, log)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(ConnectionInfo(ParameterSet.PROCESS), console)
    again = await talked(manager.interact(session, console), console)
    await manager.close_all()
    assert again == [row.replace(SECRET, "[secret]").replace("127.0.0.1", "LOCALHOST") for row in shown]
    noted = report(log)
    differences = [text for text in noted.of("difference") if "[secret]" not in text]
    assert (noted.violations, differences, noted.of("unrecorded")) == ([], [], [])
