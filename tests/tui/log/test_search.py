"""Logs are searched by Ctrl+] L and by ``pstui log``."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.cli.main import main
from pstui.tui.log.search import LogsScreen, PlaceScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.workspace.screen import Workspace

from tests.support.pilot import screen
from tests.tui.log.test_index import log

DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "lab")


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_a_line_of_an_earlier_session_is_found_opened_and_taken_again(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    template = f"{tmp_path}/logs/{{host}}/{{date}}-{{time}}"
    async with screen(DEMO, settings={"log": template}, size=size) as s:
        await s.run("Write-Output amber")
        await s.run("Write-Error beryl")
    async with screen(DEMO, settings={"log": template}, size=size) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys("ctrl+right_square_bracket", "L")
        await s.until(lambda: isinstance(s.app.screen, LogsScreen), "the search")
        await s.type("beryl", enter=False)
        await s.until(lambda: s.shows("1 hit in 1 session"), "the hit")
        assert s.shows("Write-Error beryl") and s.shows("✗") and s.shows("demo")
        assert s.shows("Enter opens there   ↓ Tab to the list   Esc closes")
        await s.keys(*["backspace"] * 5)
        await s.type("amb", enter=False)
        await s.until(lambda: s.shows("Write-Output amber") and not s.shows("beryl"), "another")
        await s.keys("enter")
        await s.until(lambda: isinstance(s.app.screen, PlaceScreen) and s.shows("Write-Error: beryl"), "the place")
        await s.keys("escape", "down", "r")
        await s.until(lambda: isinstance(s.app.screen, Workspace), "back")
        assert s.pane.editor.text == "Write-Output amber", "it is not run by itself"


async def test_where_nothing_is_logged_it_says_how() -> None:
    async with screen(DEMO) as s:
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys("ctrl+right_square_bracket", "L")
        await s.until(lambda: s.shows("No log is kept. [settings] log ="), "the way")
        assert s.shows("Esc closes") and not s.shows("Enter opens there"), "a key is told where it does something"
        await s.type("x", enter=False)
        await s.until(lambda: s.shows("Nothing was logged with these words."), "the answer")
        await s.keys("escape")
        await s.until(lambda: isinstance(s.app.screen, Workspace), "back")


def test_the_command_line_searches_too(tmp_path: Path, isolated_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log(isolated_home / ".local/state/pstui/logs", ("Remove-Item ./old", "gone"), ("Get-Date", "Monday"))
    assert main(["log", "remove", "gone"]) == 0
    told = capsys.readouterr().out
    assert "db  root  Remove-Item ./old\n    completed after 0.0 s, " in told and "Get-Date" not in told
    assert main(["log", "nothing-like-it"]) == 1
    assert "No log is kept. [settings] log =" in capsys.readouterr().err
    assert main(["log"]) == 2
    assert "Write: pstui log WORD…" in capsys.readouterr().err
