"""The forms over the profile file: profiles, credentials, defaults. What is typed is checked, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ParameterSet
from pstui.config.problems import ConfigError
from pstui.config.sources import fetch_password, store_password
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.credential_form import CredentialForm
from pstui.tui.dialogs.credential_list import CredentialsScreen
from pstui.tui.dialogs.single_form import SessionOptionsForm, SingleForm
from pstui.tui.dialogs.table_form import TableForm
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.reading import read

from tests.support.keyring_memory import keyring_in_memory
from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager
from tests.tui.dialogs.test_connect import choose

FILE = """\
# my machines
[defaults]
port = 5999   # the firewall's

[credentials.admin]   # the domain's
user_name = 'CONTOSO\\admin'
password = { env = "ADMIN" }   # set at login

[hosts.web1]   # the front
computer_name = "web1"
credential = "admin"

[hosts.web2]
computer_name = "web2"
session_option = { proxy_credential = "admin" }
"""
SECRET = "Tr0ub4dor&3"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def ring() -> Iterator[dict[tuple[str, str], str]]:
    with keyring_in_memory() as kept:
        yield kept


def session(file: Path, **options: Any) -> Any:
    return screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), **options)


async def on(s: Screen, name: str) -> None:
    """Put the sidebar's cursor on an entry."""
    s.workspace.set_focus(s.workspace.sidebar)
    await s.keys("home")
    while (entry := s.workspace.sidebar.cursor_entry) is None or entry.name != name:
        await s.keys("down")


async def form(s: Screen, kind: type[TableForm]) -> TableForm:
    """Wait for a form and return it."""
    await s.until(lambda: isinstance(s.app.screen, kind) and s.app.screen.rows, f"the {kind.__name__}")
    assert isinstance(s.app.screen, kind)
    return s.app.screen


async def host_form(s: Screen) -> ConnectScreen:
    """Wait for the form of a host and return it."""
    await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.screen.focused, "the form")
    assert isinstance(s.app.screen, ConnectScreen)
    return s.app.screen


async def at(s: Screen, key: str) -> None:
    """Go to the row of a key, as a person does: down until it has the keys."""
    here = s.app.screen
    if isinstance(here, ConnectScreen):
        await here.form.focus_field(key)
        return
    for _ in range(60):
        here = s.app.screen
        assert isinstance(here, TableForm)
        if here.row_with_keys is not None and here.row_with_keys.key == key:
            return
        await s.keys("down")
    raise AssertionError(f"no row {key}\n{s.shown()}")


async def put(s: Screen, key: str, text: str) -> None:
    """Type a text over that of a key."""
    await at(s, key)
    await s.keys("ctrl+u")
    await s.type(text, enter=False)


def painted_bold(s: Screen, text: str) -> bool:
    """Whether a text stands on the screen in bold."""
    segments = (segment for strip in s.app.screen._compositor.render_strips() for segment in strip)
    return any(segment.text.strip() == text and segment.style and segment.style.bold for segment in segments)


async def closed(s: Screen, kind: type[Any]) -> None:
    await s.until(lambda: not isinstance(s.app.screen, kind), f"the end of {kind.__name__}")


async def click_on(s: Screen, text: str) -> None:
    """Click on a text where it stands."""
    y, row = next((y, row) for y, row in enumerate(s.shown().splitlines()) if text in row)
    await s.pilot.click(offset=(row.index(text) + 2, y))


# -- credentials ----------------------------------------------------------------------------------------------------


async def test_a_credential_is_added_behind_the_prefix_key_and_the_file_keeps_its_words(file: Path) -> None:
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "C")
        await s.until(lambda: s.shows("CONTOSO\\admin") and s.shows("2 profiles"), "the list")
        await s.keys("a")
        await form(s, CredentialForm)
        assert not s.shows("✗"), "nothing was typed yet"
        await s.keys("enter")
        await s.until(lambda: s.shows("It needs a name."), "what is missing")
        await put(s, "name", "ops")
        await put(s, "user_name", "ops@contoso.com")
        await put(s, "password", "command")
        await s.until(lambda: s.shows("command needs a text."), "what is missing")
        await put(s, "command", "pass show 'the ops'")
        await s.keys("enter")
        await closed(s, CredentialForm)
        assert s.shows("command pass show 'the ops'")
    text = file.read_text()
    assert text.startswith(FILE.split("[credentials", maxsplit=1)[0])
    assert 'password = {command = ["pass", "show", "the ops"]}' in text
    assert "# set at login" in text


async def test_a_profile_names_a_credential_that_is_made_behind_its_row(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        await host_form(s)
        await put(s, "Credential", "root")
        await s.keys("ctrl+o")
        made = await form(s, CredentialForm)
        assert made.text("name") == "root"
        await s.keys("enter")
        await closed(s, CredentialForm)
        await s.until(lambda: s.shows("-Credential root"), "the account in the line")
        await s.keys("enter")
        await closed(s, ConnectScreen)
    profiles = read(file)
    assert profiles.tables["host"]["web1"]["credential"] == "root"
    assert profiles.configuration.credentials["root"] == {"password": {"prompt": True}}


async def test_a_password_goes_into_the_keyring_and_nowhere_else(file: Path, ring: dict[tuple[str, str], str]) -> None:
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "C", "enter")
        await form(s, CredentialForm)
        await s.until(lambda: s.shows("used by 2 profiles"), "who uses it")
        await at(s, "password")
        await s.keys("ctrl+u", "space")
        await s.until(lambda: s.shows("pstui/admin"), "an entry named after it")
        await put(s, "store", SECRET)
        assert SECRET not in s.shown()
        await s.keys("shift+home", "ctrl+x")
        assert s.app.clipboard == ""
        await s.keys("end")
        await put(s, "store", SECRET)
        await s.keys("enter")
        await closed(s, CredentialForm)
        assert SECRET not in s.shown()
    assert ring == {("pstui", "admin"): SECRET}
    assert SECRET not in "".join(path.read_text() for path in file.parent.iterdir() if path.is_file())
    source = read(file).configuration.credentials["admin"]["password"]
    assert fetch_password(dict(source)) == SECRET


async def test_without_a_keyring_none_is_offered_and_what_it_does_not_keep_is_told(file: Path) -> None:
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "C", "enter")
        await form(s, CredentialForm)
        await put(s, "password", "keyring")
        await s.until(lambda: s.shows("The keyring of this system is switched off."), "the word on it")
        await s.keys("down", "down")
        assert s.app.screen.row_with_keys.key == "name", "there is no row for a password"
    with pytest.raises(ConfigError) as caught:
        store_password("pstui/admin", SECRET)
    assert "has not kept" in caught.value.what
    assert SECRET not in f"{caught.value!r} {caught.value.hint}"


async def test_a_renamed_credential_is_followed_by_everything_that_names_it(file: Path) -> None:
    file.write_text(FILE.replace("port = 5999", 'credential = "admin"\nport = 5999'))
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "C", "enter")
        await form(s, CredentialForm)
        await put(s, "name", "chief")
        await s.keys("enter")
        await closed(s, CredentialForm)
        profiles = read(file)
        assert profiles.tables["host"]["web1"]["credential"] == "chief"
        assert profiles.tables["host"]["web2"]["session_option"] == {"proxy_credential": "chief"}
        assert profiles.defaults["credential"] == "chief"
        assert not profiles.configuration.problems
        assert "[credentials.chief]   # the domain's" in file.read_text()
        await s.keys("u")
        await s.until(lambda: s.shows("Taken back: credential chief saved"), "all of it back at once")
        assert "chief" not in file.read_text()


async def test_a_credential_in_use_is_not_deleted_another_is_and_comes_back(file: Path) -> None:
    file.write_text(FILE + '\n[credentials.spare]   # for later\nuser_name = "x"\n')
    before = file.read_text()
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "C", "d")
        await s.until(lambda: s.shows("admin is used by web1, web2"), "why not")
        await s.keys("down", "d")
        await s.until(lambda: s.shows("spare was deleted"), "the deletion")
        assert "spare" not in file.read_text()
        await s.keys("u")
        await s.until(lambda: s.shows("Taken back"), "undone")
        assert file.read_text() == before
        await s.keys("escape")
        await closed(s, CredentialsScreen)


# -- defaults and session options -----------------------------------------------------------------------------------


async def test_the_defaults_are_edited_with_their_comments_kept(file: Path) -> None:
    async with session(file) as s:
        await s.keys("ctrl+right_square_bracket", "D")
        await form(s, SingleForm)
        await put(s, "port", "5998")
        await put(s, "session_option", "idle_timeout = 1")
        await s.keys("ctrl+o")
        options = await form(s, SessionOptionsForm)
        assert options.text("idle_timeout") == "1"
        assert s.shows("take effect over WinRM")
        await put(s, "idle_timeout", "7200000")
        await put(s, "no_compression", "")
        await s.keys("space", "enter")
        await closed(s, SessionOptionsForm)
        await s.keys("enter")
        await closed(s, SingleForm)
    assert read(file).defaults == {
        "port": 5998,
        "session_option": {"idle_timeout": 7200000, "no_compression": True},
    }
    assert "port = 5998 # the firewall's" in file.read_text() or "port = 5998   # the firewall's" in file.read_text()


async def test_at_80_columns_the_longest_key_is_whole(file: Path) -> None:
    async with session(file, size=(80, 24)) as s:
        await s.keys("ctrl+right_square_bracket", "D")
        await form(s, SingleForm)
        await at(s, "session_option")
        await s.keys("ctrl+o")
        await form(s, SessionOptionsForm)
        await s.until(lambda: s.shows("maximum_connection_redirection_count "), "the key, with a gap behind it")
        await put(s, "maximum_connection_redirection_count", "x")
        await s.until(lambda: s.shows("✗ maximum_connection_redirection_count "), "marked, and whole as well")


async def test_the_palette_finds_them_and_settings_are_a_form_too(file: Path) -> None:
    async with session(file) as s:
        await s.keys("alt+x")
        await s.type("settings")
        await form(s, SingleForm)
        await put(s, "restore", "maybe")
        await s.until(lambda: s.shows("restore must be yes or no"), "the refusal")
        await s.keys("ctrl+u", "space", "enter")
        await closed(s, SingleForm)
    assert read(file).settings == {"restore": True}
    async with session(file, size=(100, 120)) as s:
        await s.keys("f1")
        await s.until(lambda: s.shows("accounts that profiles name"), "F1 tells it")


# -- nothing typed is lost ------------------------------------------------------------------------------------------


async def test_what_somebody_else_changes_while_the_form_is_open_is_kept(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        await host_form(s)
        await put(s, "Port", "1234")
        file.write_text(file.read_text().replace('computer_name = "web1"', 'computer_name = "web9"\nnote = "theirs"'))
        await s.keys("enter")
        await closed(s, ConnectScreen)
    assert read(file).tables["host"]["web1"] == {
        "computer_name": "web9",
        "note": "theirs",
        "credential": "admin",
        "port": 1234,
    }


async def test_a_key_that_both_changed_is_told_and_saving_again_decides(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        await host_form(s)
        await put(s, "ComputerName", "mine")
        file.write_text(file.read_text().replace('computer_name = "web1"', 'computer_name = "theirs"'))
        await s.keys("enter")
        await s.until(lambda: s.shows("computer_name was changed in the file meanwhile"), "the word on it")
        assert read(file).tables["host"]["web1"]["computer_name"] == "theirs"
        await s.keys("enter")
        await closed(s, ConnectScreen)
    assert read(file).tables["host"]["web1"]["computer_name"] == "mine"


async def test_a_form_stays_open_with_everything_typed_when_the_file_does_not_take_it(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        here = await host_form(s)
        await put(s, "Known.Note", "typed at length")
        good = file.read_text()
        file.write_text(good + "\n[hosts.broken\n")
        await s.keys("enter")
        await s.until(lambda: s.shows("is not overwritten") and s.shows("[ Save ]"), "why not")
        assert here.draft.text("Known.Note") == "typed at length"
        file.write_text(good)
        await s.keys("enter")
        await closed(s, ConnectScreen)
    assert read(file).tables["host"]["web1"]["note"] == "typed at length"


async def test_a_switch_that_is_off_stays_in_the_file(file: Path) -> None:
    file.write_text(FILE.replace("port = 5999", "use_ssl = true\nport = 5999"))
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        await host_form(s)
        await at(s, "UseSSL")
        await s.keys("left")
        await s.keys("enter")
        await closed(s, ConnectScreen)
    book = ProfileBook(read(file))
    assert book.table("host", "web1")["use_ssl"] is False
    assert not book.connection("host", "web1").values.get("UseSSL")


async def test_enter_goes_to_what_is_wrong(file: Path) -> None:
    async with session(file) as s:
        await on(s, "web1")
        await s.keys("e")
        here = await host_form(s)
        await put(s, "Port", "70000")
        await at(s, "Known.Note")
        await s.keys("enter")
        await s.until(lambda: here.form.rows["Port"].control.has_focus, "the wrong row")
        assert s.shows("✗ Port")


async def test_the_first_profile_of_all_makes_the_file_and_has_the_cursor(tmp_path: Path) -> None:
    file = tmp_path / "new" / "profiles.toml"
    async with session(file) as s:
        await s.keys("a")
        await choose(s, await host_form(s), ParameterSet.SSH_HOST)
        await put(s, "Known.Name", "web1")
        await put(s, "HostName", "web1.contoso.com")
        await s.keys("enter")
        await closed(s, ConnectScreen)
        entry = s.workspace.sidebar.cursor_entry
        assert entry is not None and entry.name == "web1"
    assert file.read_text() == '[hosts.web1]\nhost_name = "web1.contoso.com"\n'


async def test_an_open_tab_follows_its_profile_to_another_name(file: Path) -> None:
    file.write_text(FILE + '\n[hosts.web3]\ncomputer_name = "web3"\n')
    async with session(file) as s:
        await on(s, "web3")
        await s.keys("enter")
        await s.until(lambda: s.shows("● web3"), "the session")
        s.workspace.profiles.edit("host", "web3", dict(s.workspace.context.book.table("host", "web3")))
        await host_form(s)
        await put(s, "Known.Name", "front")
        await s.keys("enter")
        await s.until(lambda: s.shows("● front") and s.shows("1 front"), "mark and tab under the new name")
        await on(s, "front")
        await s.keys("enter")
        await s.idle()
        assert len(s.workspace.panes) == 1, "Enter goes to its tab"


async def test_the_key_that_is_typed_for_stands_out_and_no_other(file: Path) -> None:
    async with session(file) as s:
        s.workspace.profiles.action_settings()
        here = await form(s, SingleForm)
        await s.until(lambda: painted_bold(s, "theme"), "the first one")
        s.burst("down", "down", "down")
        await s.until(lambda: painted_bold(s, "predictions"), "the third after it")
        bold = [key for key in (row.key for row in here.rows) if painted_bold(s, key)]
        assert bold == ["predictions"]


async def test_a_form_can_be_used_with_the_mouse_alone(file: Path) -> None:
    async with session(file) as s:
        s.workspace.profiles.action_settings()
        here = await form(s, SingleForm)
        row = here.row("restore")
        assert row is not None
        await s.pilot.click(row.query_one(".form-key"))
        await s.until(lambda: here.row_with_keys is row, "the row that was clicked")
        await click_on(s, "Space next choice")
        await s.until(lambda: here.text("restore") == "yes", "the choice")
        await click_on(s, "Esc cancels")
        await s.until(lambda: s.shows("neither saved nor used"), "the question")
        await s.keys("enter")
        await closed(s, SingleForm)
        s.workspace.profiles.edit("host", "", {}, like="new")
        shown = await host_form(s)
        await click_on(s, "URI")
        await s.until(lambda: "ConnectionUri" in shown.form.rows, "another kind")
        await click_on(s, "Container ")
        await s.until(lambda: "ContainerId" in shown.form.rows, "another kind")
        await s.pilot.click(shown.form.rows["Known.Group"].query_one(".label"))
        await s.type("Lab", enter=False)
        await s.pilot.click(shown.verb("save"))
        await s.until(lambda: s.shows("needed"), "what is missing")


# -- files ----------------------------------------------------------------------------------------------------------


def test_an_edit_goes_to_the_file_in_which_the_table_stands(file: Path) -> None:
    other = file.with_name("team.toml")
    other.write_text(
        '[credentials.team]   # ours\nuser_name = "team"\n\n[hosts.shared]   # theirs\ncomputer_name = "shared"\n'
        'credential = "team"\n'
    )
    file.write_text('include = ["team.toml"]\n' + FILE)
    mine, book = file.read_text(), ProfileBook(read(file))
    book.apply([Change("host", "shared", {**book.table("host", "shared"), "pinned": True})], "pinned")
    assert file.read_text() == mine
    assert "pinned = true" in other.read_text()
    book.apply(
        [Change("credentials", "crew", {"user_name": "team"}, "team"), *book.renamed_credential("team", "crew")], "x"
    )
    assert "[credentials.crew]   # ours" in other.read_text()
    assert not book.problems
    book.apply([Change("host", "shared", None), Change("host", "web2", None)], "both deleted")
    assert "shared" not in other.read_text() and "web2" not in file.read_text()
    step = book.undo()
    assert step is not None and step.said == "both deleted"
    assert file.read_text() == mine
    assert "[hosts.shared]   # theirs" in other.read_text()


def test_a_new_profile_never_replaces_one_that_is_wrong_and_therefore_not_offered(file: Path) -> None:
    file.write_text(FILE + '\n[hosts.odd]\ncomputr_name = "odd"\nnote = "precious"\n')
    before, book = file.read_text(), ProfileBook(read(file))
    with pytest.raises(Exception, match="already"):
        book.apply([Change("host", "odd", {"computer_name": "x"}, new=True)], "added")
    assert file.read_text() == before


def test_two_windows_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text("# ours\n")

    def window(letter: str) -> None:
        book = ProfileBook(read(file))
        for number in range(12):
            book.apply([Change("host", f"{letter}{number}", {"computer_name": "x"}, new=True)], "added")

    windows = [threading.Thread(target=window, args=(letter,)) for letter in "abc"]
    for each in windows:
        each.start()
    for each in windows:
        each.join(60)
    assert len(read(file).tables["host"]) == 36
    assert file.read_text().startswith("# ours\n")
