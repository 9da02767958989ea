"""Runbooks on the screen: listed, filled in, shown before they are sent, run in the tab or on the marked hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.language.number_types import Number
from pstui.config.paths import state_folder
from pstui.tui.dialogs.text import TextScreen
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.runbooks.folder import MAX_DEPTH, folders, runbooks
from pstui.tui.runbooks.form import RunbookForm
from pstui.tui.runbooks.screens import RunbooksScreen, SecretsScreen
from pstui.tui.workspace.context import AppContext

from tests.support.fan_hosts import FakeSessions
from tests.support.param_blocks import param_blocks
from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager, host

FILE = """
[settings]
runbooks = ["team", "missing"]
[credentials.admin]
user_name = "CONTOSO\\\\admin"
password = { env = "ADMIN_WORD" }
[groups.Prod]
guard = "confirm"
[hosts.web1]
host_name = "web1"
group = "Prod"
[hosts.web2]
host_name = "web2"
group = "Prod"
"""
GREET = """
# .SYNOPSIS
# Says hello.
param(
    [Parameter(Mandatory)] [ValidateLength(2, 10)] [string] $Who,
    [ValidateSet('Loud', 'Low')] [string] $Voice = 'Low',
    [ValidateRange(1, 3)] [int] $Times
)
Remove-Item x
"""
LOGIN = "param([Parameter(Mandatory)] [pscredential] $Login, [securestring] $Pin, [string] $ApiToken)\n'x'\n"
CTRL_R = ("ctrl+right_square_bracket", "R")


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileBook:
    monkeypatch.setenv("ADMIN_WORD", "Kx1!")
    (tmp_path / "runbooks" / "Web").mkdir(parents=True)
    (tmp_path / "team").mkdir()
    (tmp_path / "runbooks" / "greet.ps1").write_text(GREET)
    (tmp_path / "runbooks" / "Web" / "sets.ps1").write_text(param_blocks()["two sets"])
    (tmp_path / "runbooks" / "notes.txt").write_text("no script")
    (tmp_path / "team" / "login.ps1").write_text(LOGIN)
    (tmp_path / "team" / "cut.ps1").write_text("param([string]$x")
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    return ProfileBook(read(file))


@asynccontextmanager
async def listed(book: ProfileBook, manager: StandInManager, *names: str) -> AsyncIterator[Screen]:
    async with screen(*map(host, names), sessions=manager.as_manager(), book=book) as s:
        if names:
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.keys(*CTRL_R)
        await s.until(lambda: isinstance(s.app.screen, RunbooksScreen) and s.app.screen.focused, "the list")
        yield s


async def test_without_runbooks_the_whole_name_of_their_folder_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "a folder whose name is longer than a row of a small screen has room for" / "below it"
    folder.mkdir(parents=True)
    (folder / "profiles.toml").write_text("")
    book = ProfileBook(read(folder / "profiles.toml"))
    async with listed(book, StandInManager()) as s:
        told = "".join(row.strip("│ ") for row in s.shown().split("\n") if row.startswith("│"))
        assert "There are no runbooks yet." in told
        assert str(folder / "runbooks").replace(" ", "") in told.replace(" ", "")


async def form_of(s: Screen, name: str) -> RunbookForm:
    shown = s.app.screen
    assert isinstance(shown, RunbooksScreen)
    while not s.shows(f"▶ {name}"):
        await s.keys("down")
    await s.keys("enter")
    await s.until(lambda: isinstance(s.app.screen, RunbookForm) and s.app.screen.focused, "the form")
    return cast(RunbookForm, s.app.screen)


async def test_a_form_is_filled_shown_and_run_in_the_tab(book: ProfileBook) -> None:
    manager = StandInManager()
    async with listed(book, manager, "web9") as s:
        await s.until(lambda: s.shows("Says hello.") and s.shows("✗ its param() block is not finished"), "synopses")
        await s.until(
            lambda: s.shows("Web/sets") and "missing does not exist" in " ".join(s.shown().replace("│", " ").split()),
            "the rest",
        )
        assert not s.shows("notes")
        form = await form_of(s, "greet")
        await s.keys("enter")
        await s.until(lambda: s.shows("✗ Who is mandatory."), "what lacks")
        await s.type("x", enter=False)
        await s.until(lambda: s.shows("Who must have 2 to 10 characters"), "what is wrong")
        await s.keys(*"iu", "down", "space", "down", "9")
        await s.until(lambda: s.shows("Times must be from 1 to 3"), "the range")
        await s.keys("backspace", "3")
        await s.until(lambda: s.shows("This can run here: web9"), "all is well")
        await s.keys("ctrl+p")
        await s.until(lambda: isinstance(s.app.screen, TextScreen), "the preview")
        assert s.shows("greet.ps1 -Who xiu -Voice Loud -Times 3") and s.shows("Remove-Item x")
        await s.keys("escape")
        assert s.app.screen is form
        await s.keys("enter")
        await s.until(lambda: s.sees("the script ran"), "it ran")
        ran = manager.interactive[0].scripts
        assert [one.text for one in ran] == [GREET]
        assert ran[0].parameters == {"Who": "xiu", "Voice": "Loud", "Times": Number(3, "Int32")}
        assert any(line.endswith("greet.ps1 -Who xiu -Voice Loud -Times 3") for line in s.text())
        await s.keys(*CTRL_R)
        await s.until(lambda: isinstance(s.app.screen, RunbooksScreen) and s.app.screen.focused, "the list again")
        again = await form_of(s, "greet")
        assert again.texts == {"Who": "xiu", "Voice": "Loud", "Times": "3"}


async def test_rows_of_another_parameter_set_are_hidden(book: ProfileBook) -> None:
    async with listed(book, StandInManager(), "web9") as s:
        form = await form_of(s, "Web/sets")
        assert [row.key for row in form.rows if row.display] == ["parameter set", "Name", "Exact", "Quiet"]
        await s.keys("up", "space", "space")
        await s.until(lambda: [row.key for row in form.rows if row.display][1:] == ["Id", "Quiet"], "the other set")


async def test_secrets_are_fetched_or_asked_for_and_never_kept(book: ProfileBook) -> None:
    manager = StandInManager()
    async with listed(book, manager, "web9") as s:
        await form_of(s, "login")
        await s.keys(*"nobody", "enter")
        await s.until(lambda: s.shows("Login: there is no credential of that name"), "an unknown one")
        await s.keys(*["backspace"] * 6, *"admin", "down", "question_mark", "down", *"Kx3!")
        assert not s.shows("Kx3!")
        await s.keys("enter")
        await s.until(lambda: isinstance(s.app.screen, SecretsScreen) and s.shows("Pin: "), "the question")
        await s.until(lambda: s.app.screen.focused, "the keys")
        await s.type("Kx2!")
        await s.until(lambda: s.sees("the script ran"), "it ran")
        ran = manager.interactive[0].scripts[0]
        assert ran.parameters == {
            "Login": PSCredential("CONTOSO\\admin", Secret("Kx1!")),
            "Pin": Secret("Kx2!"),
            "ApiToken": "Kx3!",
        }
        assert "Kx" not in "\n".join(s.text()) + repr(ran)
        kept = (state_folder() / "runbooks.json").read_text()
        assert "admin" in kept and "Kx" not in kept


async def test_a_runbook_runs_on_the_marked_hosts_and_their_guard_reads_its_text(book: ProfileBook) -> None:
    fakes = FakeSessions()
    async with screen(sessions=StandInManager().as_manager(), book=book) as s:
        s.workspace.set_focus(s.workspace.sidebar)
        await s.keys("asterisk", *CTRL_R)
        await s.until(lambda: isinstance(s.app.screen, RunbooksScreen) and s.app.screen.focused, "the list")
        await form_of(s, "greet")
        await s.type("everybody")
        await s.until(lambda: s.shows("greet on ") and s.shows("greet.ps1 -Who everybody"), "the hosts")
        shown = cast(FanOutScreen, s.app.screen)
        assert shown.runbook is not None and {"web1", "web2"} <= {each.name for each in shown.fan.hosts}
        targets = [(each.name, each.info) for each in shown.fan.hosts if each.name.startswith("web")]
        context = AppContext(cast(Any, fakes), book=book)
        s.app.push_screen(FanOutScreen(context, targets, s.workspace.sessions.enter, (), shown.runbook))
        await s.until(lambda: s.app.screen is not shown and s.app.screen.focused, "sessions that stand in")
        await s.keys(*"zz", "enter")
        await s.until(lambda: s.shows("It goes to 2 hosts") and s.shows("Remove-Item"), "the guard")
        await s.until(lambda: s.app.screen.focused is not None, "the keys")
        await s.type("2")
        await s.until(lambda: s.shows("▸ web1, web2"), "equal answers")
        assert sorted(fakes.ran) == [("web1", GREET), ("web2", GREET)]
        assert fakes.given == [{"Who": "everybody"}] * 2


async def test_without_a_session_or_a_mark_it_says_what_to_do(book: ProfileBook) -> None:
    async with listed(book, StandInManager()) as s:
        form = await form_of(s, "greet")
        await s.type("nobody")
        await s.until(lambda: s.shows("No session is at its prompt"), "why not")
        await s.keys("ctrl+r")
        await s.until(lambda: s.shows("No host is marked"), "why not there")
        assert s.app.screen is form


def test_folders_are_looked_through_within_bounds(tmp_path: Path) -> None:
    deep = tmp_path / "runbooks"
    for number in range(MAX_DEPTH + 2):
        deep = deep / str(number)
        deep.mkdir(parents=True)
        (deep / "a.ps1").write_text("")
    (tmp_path / "runbooks" / ".git").mkdir()
    (tmp_path / "runbooks" / ".git" / "x.ps1").write_text("")
    (tmp_path / "runbooks" / "loop").symlink_to(tmp_path / "runbooks")
    (tmp_path / "runbooks" / "B.PS1").write_text("")
    (tmp_path / "file").write_text("")
    found, problems = runbooks(folders(tmp_path / "profiles.toml", {"runbooks": ["file", "runbooks"]}))
    names = [one.name for one in found]
    assert len(names) == MAX_DEPTH + 1 and "B" in names and not any(".git" in name for name in names)
    assert len(problems) == 1 and "file cannot be read" in problems[0]
