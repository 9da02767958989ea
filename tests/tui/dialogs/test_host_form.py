"""One form for a host: added, edited, cloned, from F2 and from F3; what it keeps, asks and says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ParameterSet
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.connect_form import HOME
from pstui.tui.dialogs.credential_form import CredentialForm
from pstui.tui.pane.state import PaneState
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read

from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager
from tests.tui.dialogs.test_connect import choose

FILE = """\
[credentials.b]
user_name = "bob"
password = { env = "PW" }

[hosts.db]   # the database
host_name = "db.lab:2222"
credential = "b"
group = "Lab/SQL"
tags = ["sql", "lab"]
color = "red"
note = "mind the load"
pinned = true
options = { ProxyJump = "bastion" }

[hosts.web1]
computer_name = "web1"
use_ssl = false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def session(file: Path, **options: Any) -> Any:
    return screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), **options)


async def on(s: Screen, name: str) -> None:
    """Put the sidebar's cursor on an entry."""
    s.workspace.set_focus(s.workspace.sidebar)
    await s.keys("home")
    while (entry := s.workspace.sidebar.cursor_entry) is None or entry.name != name:
        await s.keys("down")


async def form(s: Screen, *keys: str) -> ConnectScreen:
    """Press keys and wait for the form."""
    if keys:
        await s.keys(*keys)
    await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.screen.focused, "the form")
    shown = s.app.screen
    assert isinstance(shown, ConnectScreen)
    return shown


def hosts(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(file.read_text())["hosts"]
    return found


async def test_all_of_a_profile_is_in_it_and_saving_what_was_not_touched_changes_nothing(file: Path) -> None:
    async with session(file, size=(110, 36)) as s:
        await on(s, "db")
        shown = await form(s, "e")
        for text in ("Host db", "db.lab:2222", "Lab/SQL", "sql, lab", "red", "mind the load", "2222, from HostName"):
            assert s.shows(text), text
        assert shown.draft.text("Credential") == "b" and shown.draft.text("Options") == "ProxyJump=bastion"
        assert not s.shows("✗")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "the end of the form")
    assert file.read_text() == FILE


async def test_a_clone_has_a_free_name_and_keeps_what_the_form_does_not_show(file: Path) -> None:
    async with session(file) as s:
        await on(s, "db")
        shown = await form(s, "c")
        assert shown.draft.text("Known.Name") == "db-2"
        await shown.form.focus_field("HostName")
        await s.keys("ctrl+u")
        await s.type("other.lab")
        await s.until(lambda: "db-2" in hosts(file), "the copy")
        entry = s.workspace.sidebar.cursor_entry
        assert entry is not None and entry.name == "db-2", "it is seen at once, and has the cursor"
    assert hosts(file)["db-2"] == {**hosts(file)["db"], "host_name": "other.lab"}


async def test_nothing_is_complained_about_before_a_key_was_typed_and_a_changed_form_asks(file: Path) -> None:
    async with session(file) as s:
        await form(s, "a")
        assert not s.shows("✗")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "closed, without a question")
        await form(s, "a")
        await s.type("x", enter=False)
        await s.keys("escape")
        await s.until(lambda: s.shows("neither saved nor used"), "the question")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "closed")
        await form(s, "a")
        await s.keys("enter")
        await s.until(lambda: s.shows(f"✗ Still needed: {HOME.target}"), "what is missing, once it was tried")
    assert file.read_text() == FILE


async def test_f3_shows_the_saved_host_of_the_tab_and_saves_it_there(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("enter")
        await s.until(lambda: s.has_pane and s.pane.state is PaneState.PROMPT, "the session")
        shown = await form(s, "f3")
        assert s.shows("Host web1") and shown.draft.text("UseSSL") == "off"
        await shown.form.focus_field("Port")
        await s.type("5999", enter=False)
        await s.keys("ctrl+s")
        await s.until(lambda: hosts(file)["web1"].get("port") == 5999, "saved")
        await s.until(lambda: s.shows("web1 was saved to"), "the word")
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "closed, without a question")
        assert len(s.workspace.panes) == 1
    assert hosts(file)["web1"] == {"computer_name": "web1", "use_ssl": False, "port": 5999}


async def test_a_host_of_ssh_has_an_account_with_the_source_of_its_password(file: Path) -> None:
    async with session(file) as s:
        shown = await form(s, "a")
        await choose(s, shown, ParameterSet.SSH_HOST)
        await shown.form.focus_field("HostName")
        await s.type("new.lab", enter=False)
        await shown.form.focus_field("Credential")
        await s.type("deploy", enter=False)
        await s.keys("ctrl+o")
        await s.until(lambda: isinstance(s.app.screen, CredentialForm), "the account")
        await s.type("ops", enter=False)
        await s.keys("down")
        await s.type("env", enter=False)
        await s.keys("down")
        await s.type("OPS_PW")
        await form(s)
        await s.keys("enter")
        await s.until(lambda: s.shows("Name                   new"), "the name that is proposed")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "saved")
    assert hosts(file)["new"] == {"host_name": "new.lab", "credential": "deploy"}
    made = tomllib.loads(file.read_text())["credentials"]["deploy"]
    assert made == {"user_name": "ops", "password": {"env": "OPS_PW"}}


async def test_a_colour_that_is_none_is_told_and_not_saved(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        shown = await form(s, "e")
        await shown.form.focus_field("Known.Color")
        await s.type("blurple", enter=False)
        await s.until(lambda: s.shows("✗ Color"), "the mark")
        await s.keys("enter")
        assert s.shows("is not a colour")
    assert file.read_text() == FILE
