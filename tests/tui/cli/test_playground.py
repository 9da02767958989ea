"""``pstui demo``: three hosts, one unlike the others, far files, a runbook; nothing of the user's is touched."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pstui.backends.connection import ORIGIN, ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.sessions.manager import SessionManager
from pstui.config.paths import profile_file, state_folder
from pstui.tui.cli.calls import resolve
from pstui.tui.cli.main import main
from pstui.tui.cli.playground import make, playground, welcome
from pstui.tui.profiles.reading import check, load

from tests.support.nobody import NobodyConsole
from tests.support.pilot import screen

Captured = pytest.CaptureFixture[str]


def test_it_lies_in_a_folder_of_its_own_and_goes_with_it(isolated_home: Path) -> None:
    own = profile_file(), state_folder()
    before = sorted(isolated_home.rglob("*"))
    with playground() as file:
        folder = file.parent
        assert profile_file() == file and state_folder().is_relative_to(folder)
        assert not folder.is_relative_to(isolated_home)
        if os.name == "posix":
            assert folder.stat().st_mode & 0o077 == 0
    assert (profile_file(), state_folder()) == own
    assert not folder.exists()
    assert sorted(isolated_home.rglob("*")) == before


def test_its_profiles_are_right(tmp_path: Path, capsys: Captured) -> None:
    assert check(str(make(tmp_path))) == 0, capsys.readouterr().out


def test_its_group_answers_alike_but_for_one(tmp_path: Path, capsys: Captured) -> None:
    file = make(tmp_path)
    assert main(["--config", str(file), "icm", "group:Demo", "--group", "-ScriptBlock", "Get-Content app.conf"]) == 0
    told = capsys.readouterr().out
    assert told.count("workers = 4") == told.count("workers = 2") == 1, told
    assert " (2)\n" in told and "\nweb3\n" in told


def test_its_runbook_runs_with_what_is_given_and_its_defaults(tmp_path: Path, capsys: Captured) -> None:
    config = ("--config", str(make(tmp_path)))
    assert main([*config, "run", "Show-Log", "web1", "-Lines", "2", "-Level", "warn"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2 and all(" warn request " in line for line in told)
    assert main([*config, "run", "Show-Log", "web3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 10 and told[-1].endswith("request 59")


async def test_a_host_begins_in_its_own_folder_and_shows_it_as_home(tmp_path: Path) -> None:
    info = resolve("web1", load(str(make(tmp_path))))
    said = replace(info, settings={**info.settings, ORIGIN: "Five things\nto try:"})
    async with screen(said) as s:
        for line in ("Get-Content app.conf", "cd /", "cd", "exit"):
            await s.run(line)
        shown = s.text()
        assert shown[:3] == ["Five things", "to try:", "[web1]: PS(demo) ~> Get-Content app.conf"]
        assert "workers = 4" in shown
        assert shown[-2:] == ["[web1]: PS(demo) /> cd", "[web1]: PS(demo) ~> exit"]


async def test_a_home_that_is_not_there_is_refused(tmp_path: Path) -> None:
    info = ConnectionInfo(ParameterSet.DEMO, settings={"demo_home": str(tmp_path / "none")})
    with pytest.raises(OpenError, match="has no home"):
        await SessionManager().create(info, NobodyConsole()).open()


def test_the_welcome_fits_a_small_terminal_and_names_keys() -> None:
    lines = welcome().splitlines()
    assert max(map(len, lines)) <= 72 and len(lines) < 16, "beside the sidebar"
    assert "{" not in welcome() and "Ctrl+]" in welcome()
    assert "F12" in welcome({"sidebar": "f12"})
