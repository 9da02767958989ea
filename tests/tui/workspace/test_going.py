"""Go: hosts, tabs, found hosts, actions and cmdlets in one list; and what the mouse reaches."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.goals import Goal, Kind, matching
from pstui.tui.dialogs.menu import ContextMenu
from pstui.tui.dialogs.messages import QuitScreen
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read

from tests.support.keyring_memory import keyring_in_memory
from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager

FILE = """\
[credentials.admin]
user_name = "CONTOSO\\\\admin"
password = { prompt = true }

[hosts.lab-web]
computer_name = "lab-web"
credential = "admin"

[hosts.sql1]
host_name = "root@sql1"
group = "Lab/SQL"
tags = ["prod"]

[hosts.db]
computer_name = "db"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def session(file: Path, **options: Any) -> Any:
    return screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), **options)


async def going(s: Screen, *keys: str) -> CommandPalette:
    """Open the list."""
    await s.keys(*(keys or ("alt+g",)))
    await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the list")
    shown = s.app.screen
    assert isinstance(shown, CommandPalette)
    return shown


async def labels(s: Screen, shown: CommandPalette, text: str) -> list[str]:
    """Type a text and return what is listed."""
    await s.keys("ctrl+u")
    await s.type(text, enter=False)
    await s.until(lambda: shown.input.value == text, text)
    return [goal.label for goal in shown._shown]


def noted(s: Screen, text: str) -> bool:
    return any(text in notification.message for notification in s.app._notifications)


@pytest.mark.parametrize("key", ["alt+x", "alt+g", "f2"])
async def test_hosts_and_tabs_come_before_letters_that_only_come_in_the_same_order(key: str, file: Path) -> None:
    async with session(file) as s:
        shown = await going(s, key)
        found = await labels(s, shown, "lab")
        assert found[:2] == ["lab-web", "sql1"], "by its name, then by its group"
        assert "close tab" in found[2:]
        assert (await labels(s, shown, "prod sq"))[0] == "sql1"
        found = await labels(s, shown, "sql1")
        assert found[0] == "sql1"
        assert found[-1] == "Delete sql1", "what destroys stands last"


async def test_a_target_that_is_typed_is_entered_and_an_open_host_is_gone_to(file: Path) -> None:
    async with session(file) as s:
        await going(s, "f2")
        await s.type("root@new")
        await s.until(lambda: s.has_pane and s.pane.info.text("UserName") == "root", "the session")
        await going(s)
        await s.type("sql1")
        await s.until(lambda: s.pane.info.label == "sql1", "the saved host")
        shown = await going(s)
        assert (await labels(s, shown, "root@new"))[0] == "root@new"
        await s.keys("enter")
        await s.until(lambda: s.pane.info.label == "root@new", "its tab")
        assert len(s.workspace.panes) == 2


async def test_a_host_is_saved_from_the_list_and_seen_at_once(file: Path) -> None:
    async with session(file) as s:
        s.burst("f2", *"root@host", "ctrl+s", *"web3", "enter")
        await s.until(lambda: "[hosts.web3]" in file.read_text(), "the profile")
        await s.until(lambda: s.shows("web3 was saved to"), "the word on it")
        await s.keys("escape", "f6")
        await s.until(lambda: s.app.screen is s.workspace and s.shows("○ web3"), "it is in the sidebar")
        assert not s.workspace.panes


async def test_a_click_on_a_row_goes_there(file: Path) -> None:
    async with session(file) as s:
        await going(s)
        await s.type("sql1", enter=False)
        await s.until(lambda: s.shows("Delete sql1"), "the rows")
        await s.pilot.click(offset=s.place("○ sql1"))
        await s.until(lambda: s.has_pane and s.pane.info.label == "sql1", "the host")


async def test_edit_and_delete_of_a_host_are_in_the_list(file: Path) -> None:
    async with session(file) as s:
        shown = await going(s)
        await labels(s, shown, "sql1")
        while shown._shown[shown._list.index].label != "Edit sql1 …":
            await s.keys("down")
        await s.keys("enter")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.shows("Host sql1"), "the form")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "closed")
        shown = await going(s)
        await labels(s, shown, "sql1")
        while shown._shown[shown._list.index].label != "Delete sql1":
            await s.keys("down")
        await s.keys("enter")
        await s.until(lambda: "[hosts.sql1]" not in file.read_text(), "the deletion")


def test_ten_thousand_hosts_are_searched_while_a_key_is_painted() -> None:
    goals = [Goal(Kind.HOST, f"web{n:05}", words=f"Production/Web{n % 50} SSH prod") for n in range(10_000)]
    matching(goals, "w")
    times = []
    for text in ("we", "web0", "web09", "web0999", "prod 42"):
        begun = time.process_time()
        found = matching(goals, text)
        times.append(time.process_time() - begun)
        assert found
    assert min(times) < 0.05, times


# -- the mouse ------------------------------------------------------------------------------------------------------


async def test_a_click_chooses_a_second_one_opens_and_the_footer_can_be_pressed(file: Path) -> None:
    async with session(file) as s:
        await s.pilot.click(offset=s.place("○ db"))
        await s.until(lambda: s.workspace.sidebar.cursor_entry.name == "db", "the choice")
        await s.idle()
        assert not s.workspace.panes
        await s.pilot.click(offset=s.place("a adds a host"))
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen), "what the key opens")
        await s.keys("escape")
        await s.pilot.click(offset=s.place("○ db"), times=2)
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "the session")
        await s.still()
        await s.pilot.click(offset=s.place("F1"))
        await s.until(lambda: s.shows("type to find a key"), "the help")


async def test_the_menu_of_an_entry_does_what_its_keys_do(file: Path) -> None:
    async with session(file) as s:
        await s.pilot.click(offset=s.place("○ sql1"), button=3)
        await s.until(lambda: isinstance(s.app.screen, ContextMenu) and s.shows("Delete"), "the menu")
        assert s.shows("One more session")
        await s.idle()
        await s.pilot.click(offset=s.place("Edit"))
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.shows("Host sql1"), "the form")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace)
        await s.keys("m")
        await s.until(lambda: isinstance(s.app.screen, ContextMenu), "the menu by its key")
        await s.keys("p")
        await s.until(lambda: s.shows("Pinned"), "pinned")
        await s.keys("home", "down")
        await s.keys("m")
        await s.until(lambda: isinstance(s.app.screen, ContextMenu) and s.shows("Unpin"), "the menu of a pinned one")
        await s.pilot.click(offset=(90, 2))
        await s.until(lambda: s.app.screen is s.workspace, "a click elsewhere closes it")


async def test_the_middle_button_closes_a_tab_and_the_right_one_has_its_menu(file: Path) -> None:
    async with session(file) as s:
        for name in ("db", "sql1"):
            await going(s)
            await s.type(name)
            await s.until(lambda name=name: s.has_pane and s.pane.info.label == name, name)
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "a prompt")
        await s.pilot.click(offset=s.place("1 db"), button=2)
        await s.until(lambda: [pane.info.label for pane in s.workspace.panes] == ["sql1"], "the tab gone")
        await s.type("later")
        await s.until(lambda: s.pane.state is PaneState.BUSY, "a command")
        await s.pilot.click(offset=s.place("1 sql1"), button=2)
        await s.until(lambda: isinstance(s.app.screen, QuitScreen), "asked first")
        await s.keys("escape")
        await s.pilot.click(offset=s.place("1 sql1"), button=3)
        await s.until(lambda: isinstance(s.app.screen, ContextMenu) and s.shows("Move left"), "the menu")
        await s.keys("escape")


# -- a password that was typed --------------------------------------------------------------------------------------


async def test_a_typed_password_is_kept_in_the_keyring_after_a_good_login(file: Path) -> None:
    with keyring_in_memory() as kept:
        async with session(file) as s:
            await going(s)
            await s.type("lab-web")
            await s.until(lambda: s.has_pane and s.pane.asking is not None, "the password is asked")
            await s.until(lambda: s.pane.questions.has_keys, "the question has the keys")
            await s.type("S3cret!")
            await s.until(lambda: s.pane.state is PaneState.PROMPT, "the session")
            await s.until(lambda: noted(s, "can be kept in the keyring"), "the offer")
            assert not kept, "only when a person says so"
            await s.keys("ctrl+right_square_bracket", "K")
            await s.until(lambda: noted(s, "is in the keyring as pstui/admin"), "the word on it")
        assert kept == {("pstui", "admin"): "S3cret!"}
    assert read(file).configuration.credentials["admin"]["password"] == {"keyring": "pstui/admin"}
    assert "S3cret!" not in file.read_text()
