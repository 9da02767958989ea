"""The list of actions and the command bar."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.goals import action_goal, matching
from pstui.tui.dialogs.help import HelpScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.keys.actions import ACTIONS
from pstui.tui.pane.state import PaneState

from tests.support.nobody import NobodyConsole
from tests.support.parts import requires
from tests.support.pilot import Screen, screen
from tests.support.tmux import environment, terminal

DEMO = ConnectionInfo(ParameterSet.DEMO)


async def bar(s: Screen, *keys: str) -> CommandPalette:
    await s.keys(*(keys or ("alt+x",)))
    await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the command bar")
    shown = s.app.screen
    assert isinstance(shown, CommandPalette)
    return shown


@pytest.mark.parametrize("keys", [("alt+x",), ("ctrl+right_square_bracket", "colon")], ids="+".join)
async def test_it_opens_by_both_ways_and_lists_every_action(keys: tuple[str, ...]) -> None:
    async with screen(size=(120, 40)) as s:
        shown = await bar(s, *keys)
        listed = {each.name for each in shown._shown}
        assert listed >= {each.name for each in ACTIONS} - {"commands", "connect", "switch_tab"}
        assert s.shows("F1") and s.shows("every key that works here")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "the workspace")


async def test_a_few_letters_and_enter_do_the_action() -> None:
    async with screen() as s:
        await bar(s)
        await s.type("hel")
        await s.until(lambda: isinstance(s.app.screen, HelpScreen), "the help")


async def test_up_and_down_choose_among_what_fits() -> None:
    async with screen() as s:
        shown = await bar(s)
        await s.type("tab", enter=False)
        await s.until(lambda: shown._shown and "tab" in shown._shown[0].label, "the filter")
        second = shown._shown[1]
        await s.keys("down")
        assert shown._list.index == 1
        await s.keys("tab")
        assert shown.input.value == second.label


async def test_what_fits_nothing_is_a_computer_and_two_words_are_nothing() -> None:
    async with screen() as s:
        await bar(s)
        await s.type("zzzz", enter=False)
        await s.until(lambda: s.shows("Enter zzzz") and s.shows("WinRM") and s.shows("SSH"), "the two ways there")
        await s.type(" q")
        await s.until(lambda: s.shows("Nothing has that name"), "the word")
        assert isinstance(s.app.screen, CommandPalette)


async def test_a_cmdlet_that_does_not_bind_shows_its_id_and_the_next_one_works() -> None:
    async with screen(size=(120, 40)) as s:
        shown = await bar(s)
        await s.type("Get-PSSession -Nope x")
        await s.until(lambda: s.shows("NamedParameterNotFound,Microsoft.PowerShell.Commands.GetPSSessionCommand"), "id")
        await s.type("gsn")
        await s.until(lambda: s.shows("No session is kept open."), "the list")
        await s.keys("up", "up")
        assert shown.input.value == "Get-PSSession -Nope x"


async def test_enter_pssession_opens_a_tab_and_closes_the_bar() -> None:
    async with screen(size=(120, 40)) as s:
        await bar(s)
        await s.type("etsn -Demo")
        await s.until(lambda: s.app.screen is s.workspace and s.workspace.front is not None, "the tab")
        await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")


async def test_a_call_that_lacks_a_value_opens_the_dialog_on_it() -> None:
    async with screen(size=(110, 34)) as s:
        await bar(s)
        await s.type("Enter-PSSession -VMName win11")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen), "the dialog")
        dialog = s.app.screen
        assert isinstance(dialog, ConnectScreen)
        await s.until(lambda: dialog.focused is dialog.form.rows["Credential"].control, "the missing field")
        assert dialog.draft.text("VMName") == "win11"


async def test_session_options_and_credentials_can_be_kept_in_variables() -> None:
    async with screen(size=(120, 40)) as s:
        await bar(s)
        await s.type("$o = New-PSSessionOption -SkipCACheck")
        await s.type("$c = Get-Credential CONTOSO\\admin")
        await s.until(lambda: s.shows("Password for user CONTOSO\\admin"), "asked once, and now")
        await s.type("pw")
        await s.until(lambda: {"o", "c"} <= set(s.workspace.context.variables), "the variables")
        await s.type("New-PSSession -ComputerName web1 -Port 99999 -SessionOption $o -Credential $c")
        await s.until(lambda: s.shows("ParameterArgumentValidationError"), "the refusal of the port alone")


async def test_a_cmdlet_is_found_by_its_first_letters_and_typed_on() -> None:
    async with screen() as s:
        shown = await bar(s)
        await s.type("get-p")
        await s.until(lambda: shown.input.value == "Get-PSSession ", "its name, with the rest to type")
        await s.keys("enter")
        await s.until(lambda: s.shows("No session is kept open."), "its answer")


async def test_the_line_stays_in_its_place_and_a_table_fits_80_columns() -> None:
    manager = SessionManager()
    kept = manager.create(DEMO, NobodyConsole(), name="Web", temporary=False)
    kept.status.set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)
    async with screen(sessions=manager, size=(80, 24)) as s:
        shown = await bar(s)
        place = shown.input.region.y
        await s.type("quit", enter=False)
        assert shown.input.region.y == place
        await s.keys("ctrl+u")
        await s.type("Get-PSSession")

        def one_row() -> bool:
            return any("Web" in row and "Opened" in row and "Available" in row for row in s.shown().splitlines())

        await s.until(one_row, "a session on one row")
        assert shown.input.region.y == place


def test_letters_mean_the_action_whose_name_begins_so_first() -> None:
    goals = [action_goal(each, each.shown) for each in ACTIONS]

    def first(text: str) -> str:
        return matching(goals, text)[0].name

    assert first("quit") == "quit"
    assert first("newest") == "newest"
    assert "close_tab" in [goal.name for goal in matching(goals, "clt")]
    assert first("close tab") == "close_tab"
    assert first("clo") == "reopen_tab", "what ends something is not first while another fits"
    assert matching(goals, "")[-1].name == "close_tab" and len(matching(goals, "")) == len(goals)
    assert matching(goals, "qqqqq") == []


def test_the_keys_of_dialog_and_bar_arrive_from_an_ordinary_terminal(tmp_path: Path) -> None:
    requires("tmux")
    import sys

    pstui = str(Path(sys.executable).with_name("pstui"))
    with terminal([pstui], environment(tmp_path), tmp_path, 110, 34) as person:
        person.wait("No session is open.")
        person.keys("M-x")
        person.wait("an action, or a cmdlet")
        person.keys("Escape")
        person.wait(lambda rows: not any("an action, or" in row for row in rows))
        person.keys("C-]")
        person.keys(":")
        person.line("gsn")
        person.wait("No session is kept open.")
        person.keys("Escape")
        person.wait(lambda rows: not any("No session is kept" in row for row in rows))
        person.keys("F2")
        person.wait("user@host, a tab")
        person.text("-Demo")
        person.keys("Tab")
        person.wait("Enter-PSSession -Demo")
        person.keys("C-t")
        person.wait("The connection works")
        person.keys("C-y")
        person.wait("The line was copied")
        person.keys("C-s")
        person.wait("Name                   demo")
        person.keys("Enter")
        person.wait("demo was saved to")
        person.keys("Enter")
        person.wait("ready")


def test_a_call_of_the_command_line_that_lacks_a_value_is_asked_for(tmp_path: Path) -> None:
    requires("tmux")
    import sys

    pstui = str(Path(sys.executable).with_name("pstui"))
    argv = [pstui, "Enter-PSSession", "-UserName", "root"]
    with terminal(argv, environment(tmp_path), tmp_path, 80, 24) as person:
        person.wait("needed")
        person.text("db.example")
        person.wait("Enter-PSSession -HostName root@db.example")
