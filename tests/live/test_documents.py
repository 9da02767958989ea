"""What the pages say to give a real PowerShell is given to one, as it stands there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from pstui.tui.grid.screen import GridScreen
from pstui.tui.pane.state import PaneState

from tests.support.documents import FOR_USERS, blocks
from tests.support.pilot import Screen, screen
from tests.support.powershell import QUIET, entered, process_info, pwsh
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import make_home, running_sshd

TYPED = [line for page in FOR_USERS for text in blocks(page, "powershell") for line in text.splitlines()]
LINES = [line.partition("  #")[0].rstrip() for line in TYPED]
SUBSYSTEMS = [line for page in FOR_USERS for line in "".join(blocks(page, "sshd_config")).splitlines()]
#: a PowerShell of Linux has no services
SERVICES = "function Get-Service { [pscustomobject]@{ Name = 'ssh'; Status = 'Running' } }"


async def see_its_grid(s: Screen, line: str) -> None:
    """Type a line, see the grid with rows, and close it without handing anything on."""
    await s.type(line)
    await s.until(lambda: isinstance(s.app.screen, GridScreen), line)
    shown = s.app.screen
    assert isinstance(shown, GridScreen)
    await s.until(lambda: shown.grid.settled and shown.grid.view.current and shown.grid.view.order, line)
    await s.keys("escape")
    await s.until(lambda: s.app.screen is s.workspace and s.pane.state is PaneState.PROMPT, "the prompt")


async def test_each_line_at_a_prompt_opens_its_grid(isolated_home: Path) -> None:
    assert len(LINES) >= 4
    (isolated_home / "a file").touch()
    async with screen(process_info(), size=(100, 26)) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "the prompt")
        await s.run(SERVICES)
        for line in LINES:
            await see_its_grid(s, line)


@pytest.mark.parametrize("line", SUBSYSTEMS)
async def test_the_line_for_the_server_makes_one(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PowerShell stands elsewhere on this computer, its place is put in."""
    keyword, name, program, *arguments = line.split()
    assert (keyword, name, Path(program).name) == ("Subsystem", "powershell", "pwsh")
    here = shlex.join(["env", *(f"{key}={value}" for key, value in QUIET.items()), pwsh(), *arguments])
    with running_sshd(tmp_path / "sshd", subsystems={name: ""}, more_config=f"{keyword} {name} {here}") as server:
        make_home(tmp_path / "client", monkeypatch, known=server.known_hosts_line)
        console = ScriptedConsole()
        async with entered(server.info(), console) as interactive:
            await interactive.run("6 * 7")
        assert "42" in console.shown()
