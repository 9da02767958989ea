"""The far end's debugger beside the real client's: what stops, what is shown, every way on and out."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.records import RunspaceAvailability
from pstui.backends.sessions.interactive import InteractiveSession, Outcome

from tests.support.dialogue import SIZE, typed_at_the_real_client, typed_here
from tests.support.parts import requires
from tests.support.powershell import entered, process_info, real_client, real_info, real_server
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd

__all__ = ["real_info", "real_server"]

SCRIPT = """\
function inner($n) {
\t$inside = $n * 2
    return $inside
}
$alpha = 1
$sum = inner 5; $other = 'a long text that goes on and on'; $third = 'more'; $fourth = inner 7; $fifth = 'the end'
if ($true) { $beta = 2 }
Get-Date -Date '2024-01-02' | Out-Null
"sum $sum"
"""
STOPS = (
    "Set-PSBreakpoint -Script {0} -Line 6",
    "Set-PSBreakpoint -Script {0} -Variable beta",
    "Set-PSBreakpoint -Command Get-Date",
    "{0}",
    "s",
    "",
    "k",
    "l",
    "$n",
    "o",
    *("v", "v", "v"),
    "$PSDebugContext",
    "Get-PSBreakpoint",
    "Get-Item /nosuch",
    "c",
    "$beta = 7; $beta",
    "c",
    "c",
    "Get-PSBreakpoint | Remove-PSBreakpoint",
    "Wait-Debugger; 'again'",
    "h",
    "q",
    "'left'",
)


async def test_stops_are_shown_as_the_real_client_shows_them(
    real_server: Sshd, real_info: ConnectionInfo, tmp_path: Path
) -> None:
    script = tmp_path / "f.ps1"
    script.write_text(SCRIPT)
    lines = [text.format(script) for text in STOPS]
    with real_client(tmp_path, real_server, SIZE.width, SIZE.height) as t:
        theirs = typed_at_the_real_client(t, real_server.host, lines)
    ours = await typed_here(real_info, lines)
    unlike = {text: (a, b) for text, a, b in zip(lines, theirs, ours, strict=True) if a != b}
    assert unlike == {}


async def typed(interactive: InteractiveSession, line: str) -> Outcome:
    return await asyncio.wait_for(interactive.run(line), 20)


async def stopped_while(interactive: InteractiveSession, console: ScriptedConsole, line: str) -> None:
    """Run a line that would not end and press Ctrl+C once it runs at the far end, which it shows by writing.

    A stop that comes before that ends what the debugger stands in: the far end has no command to stop yet.
    """
    before = len(console.shown())
    running = asyncio.create_task(interactive.run(line))
    async with asyncio.timeout(30):
        while len(console.shown()) == before:
            await asyncio.sleep(0.01)
        await interactive.stop()
        assert await running is Outcome.READY


async def test_ctrl_c_stops_what_runs_and_no_more() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        await typed(interactive, "Wait-Debugger; Write-Host going; while ($true) { }")
        await stopped_while(interactive, console, "Write-Host here; while ($true) { }")
        assert interactive.session.availability is RunspaceAvailability.REMOTE_DEBUG
        assert interactive.prompt.startswith("[localhost]: [DBG]: PS ")
        await stopped_while(interactive, console, "yes")  # a native program floods
        assert interactive.session.availability is RunspaceAvailability.REMOTE_DEBUG
        await stopped_while(interactive, console, "c")
        assert interactive.session.availability is RunspaceAvailability.AVAILABLE
        assert console.shown()[-1] == "Error: The pipeline has been stopped."
        assert not [row for row in console.shown() if "closed" in row]


async def test_an_error_at_a_stop_is_shown_and_it_stays() -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        await typed(interactive, "Wait-Debugger; 'on'")
        await typed(interactive, "throw 'no'")
        assert console.shown()[-1] == "Error: no"
        assert interactive.session.availability is RunspaceAvailability.REMOTE_DEBUG
        await typed(interactive, "c")
        assert console.shown()[-1] == "on"


async def test_a_session_entered_late_stands_at_the_stop() -> None:
    first, late = ScriptedConsole(), ScriptedConsole()
    async with entered(process_info(), first) as interactive:
        interactive.session.temporary = False
        running = asyncio.create_task(interactive.run("Start-Sleep 1; Wait-Debugger; 'on'"))
        await asyncio.sleep(0.3)
        other = InteractiveSession(interactive.session, late)
        await asyncio.wait_for(other.enter(), 20)
        assert await asyncio.wait_for(running, 20) is Outcome.READY
        assert "+ Start-Sleep 1; Wait-Debugger; 'on'" in late.shown()
        assert other.prompt.startswith("[localhost]: [DBG]: PS ")
        await typed(other, "c")
        assert late.shown()[-1] == "on"


@pytest.mark.parametrize("leaving", ["exit", "leave"])
async def test_a_stopped_script_goes_on(leaving: str) -> None:
    console = ScriptedConsole()
    async with entered(process_info(), console) as interactive:
        interactive.session.temporary = False
        await typed(interactive, "Wait-Debugger; 'on'")
        if leaving == "exit":
            assert await typed(interactive, "exit") is Outcome.READY  # at a stop it lets the script go on
            assert console.shown()[-1] == "on"
        else:
            await asyncio.wait_for(interactive.leave(), 20)
        await asyncio.wait_for(interactive.session.available(), 20)


async def test_the_picture_of_the_docs_shows_a_dialogue(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.screenshots import REAL, draw

    requires("pwsh")
    with tempfile.TemporaryDirectory(dir="/tmp") as home:  # a short name, as in the picture
        monkeypatch.setenv("HOME", home)
        drawn = await draw(REAL["debugger"])
    for text in ("Hit&#160;Line&#160;breakpoint", "[DBG]", "Measure-Free&#160;{disk=", "120"):
        assert text in drawn, text
