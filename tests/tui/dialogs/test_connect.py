"""The connection dialog: ten sets and pstui's own, fields and line in step, what is missing, tried and saved."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.declaration import OptionKind
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.parameters import option, options_of
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.doctor.checks import absent, good
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.connect_draft import Draft
from pstui.tui.dialogs.connect_form import ENTRIES, HOME, LOOKUPS, SetEntry, entry_of
from pstui.tui.dialogs.connect_test import AskingArea, ConnectTest
from pstui.tui.dialogs.fields import ChoiceField, step_focus
from pstui.tui.dialogs.host_profile import profile_keys, suggested
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.workspace.context import AppContext
from textual import events

from tests.support.nobody import NobodyConsole
from tests.support.pilot import Screen, screen
from tests.support.sshd import running_sshd

S = ParameterSet
VM = "12345678-1234-1234-1234-123456789abc"
#: what a person types into the fields of each set, and the line that must come of it
FILLED: dict[ParameterSet, tuple[dict[str, str], str]] = {
    S.COMPUTER_NAME: (
        {"ComputerName": "web1.contoso.com", "Credential": "CONTOSO\\admin", "Port": "5986", "TrustedHosts": "web1"},
        "Enter-PSSession -ComputerName web1.contoso.com -Credential CONTOSO\\admin -Port 5986 -TrustedHosts 'web1'",
    ),
    S.SSH_HOST: (
        {"HostName": "root@db:2222", "Subsystem": "pwsh", "ConnectingTimeout": "3000", "Options": "ProxyJump=bastion"},
        "Enter-PSSession -HostName root@db:2222 -Subsystem pwsh -ConnectingTimeout 3000 "
        "-Options @{ProxyJump = 'bastion'}",
    ),
    S.URI: (
        {"ConnectionUri": "https://web1:5986/wsman", "Authentication": "Kerberos", "AllowRedirection": "on"},
        "Enter-PSSession -ConnectionUri https://web1:5986/wsman -Authentication Kerberos -AllowRedirection",
    ),
    S.VM_NAME: ({"VMName": "win 11", "Credential": "admin"}, "Enter-PSSession -VMName 'win 11' -Credential admin"),
    S.VM_ID: ({"VMId": VM, "Credential": "admin"}, f"Enter-PSSession -VMId '{VM}' -Credential admin"),
    S.CONTAINER_ID: (
        {"ContainerId": "api", "RunAsAdministrator": "on", "Engine": "sudo podman"},
        "Enter-PSSession -ContainerId api -RunAsAdministrator -Engine 'sudo', 'podman'",
    ),
    S.PROCESS: ({"Command": "pwsh -s"}, "Enter-PSSession -Command 'pwsh', '-s'"),
    S.HOST_PROCESS: ({"ProcessId": "4711"}, "Enter-PSSession -ProcessId 4711"),
    S.DEMO: ({"Width": "100", "LoadProfile": "on"}, "Enter-PSSession -Demo -Width 100 -LoadProfile"),
}
ANSWERS = list[ConnectionInfo | None]


@asynccontextmanager
async def dialog(
    context: AppContext | None = None, draft: Draft | None = None, missing: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[tuple[Screen, ConnectScreen, ANSWERS]]:
    """The dialog alone over an empty workspace, with what it answers."""
    answers: ANSWERS = []
    async with screen(**options) as s:
        shown = ConnectScreen(context or AppContext(SessionManager()), draft, missing)
        s.app.push_screen(shown, answers.append)
        await s.until(lambda: s.app.screen is shown and shown.focused is not None, "the dialog")
        yield s, shown, answers


def kept() -> SessionManager:
    """A manager with two sessions that stay open when they are left."""
    manager = SessionManager()
    for name in ("Web", "Db"):
        info = ConnectionInfo(S.COMPUTER_NAME, {"ComputerName": name.lower()})
        session = manager.create(info, NobodyConsole(), name=name, temporary=False)
        session.instance_id, session.status.state = uuid.uuid4(), RunspaceState.OPENED
    return manager


async def choose(s: Screen, shown: ConnectScreen, parameter_set: ParameterSet) -> None:
    """Choose a set with the mouse."""
    await click_on(s, ENTRIES[entry_of(parameter_set)].caption, "URI")
    await s.until(lambda: shown.draft.parameter_set in ENTRIES[entry_of(parameter_set)].sets, "the fields")
    await s.idle()


async def click_on(s: Screen, text: str, beside: str = "") -> None:
    """Click on a text where it stands first, in a row that also holds ``beside``."""
    y, row = next((y, row) for y, row in enumerate(s.shown().splitlines()) if text in row and beside in row)
    await s.pilot.click(offset=(row.index(text) + 1, y))


async def unfold(s: Screen, shown: ConnectScreen) -> None:
    """Open every group."""
    for fold in shown.form.folds:
        fold.toggle()
    await s.idle()


async def fill(s: Screen, shown: ConnectScreen, texts: dict[str, str]) -> None:
    """Type texts into fields."""
    for name, text in texts.items():
        await shown.form.focus_field(name)
        control = shown.form.rows[name].control
        await s.until(lambda control=control: control.has_focus, name)
        if isinstance(control, ChoiceField):
            while control.value != text:
                await s.keys("right")
        else:
            await s.type(text, enter=False)
            await s.until(lambda control=control, text=text: control.value == text, text)


@pytest.mark.parametrize("parameter_set", FILLED, ids=lambda each: each.value)
async def test_each_set_has_its_fields_and_its_line_binds_back(parameter_set: ParameterSet) -> None:
    texts, line = FILLED[parameter_set]
    async with dialog(size=(110, 34)) as (s, shown, answers):
        await choose(s, shown, parameter_set)
        await unfold(s, shown)
        for item in options_of(parameter_set):
            assert item.fixed or item.kind is OptionKind.SESSION_OPTION or item.name in shown.form.rows, item.name
        await fill(s, shown, texts)
        await s.until(lambda: shown.line == line, f"{line}, not {shown.line}")
        made = shown.connection()
        await s.keys("enter")
        if answers:
            assert answers == [made]
        else:
            assert shown.verb("connect").why_not, "it says why it cannot be reached from here"
        assert made.parameter_set is parameter_set
        assert connection_info(bind_line(line)) == made


@pytest.mark.parametrize("parameter_set", LOOKUPS, ids=lambda each: each.value)
async def test_an_open_session_is_named_by_each_of_its_keys(parameter_set: ParameterSet) -> None:
    manager = kept()
    session = manager.sessions[1]
    context = AppContext(manager)
    async with dialog(context, size=(110, 34)) as (s, shown, answers):
        await choose(s, shown, S.ID)
        assert s.shows("Web") and s.shows(str(session.instance_id))
        for _ in range(LOOKUPS.index(parameter_set)):
            step_to(shown, ChoiceField)
            await s.keys("right")
            await s.idle()
        shown.set_focus(shown.form._picker)
        await s.keys("down", "down")
        await s.until(lambda: shown.draft.text(parameter_set.value) != "", "the key of the session")
        line = shown.line
        await s.keys("enter")
        await s.until(lambda: answers, "the answer")
        made = answers[0]
        assert made is not None and made.parameter_set is parameter_set
        again = connection_info(bind_line(line, context=context.bind_context()))
        assert again == made
        assert manager.find(made) is session


def step_to(shown: ConnectScreen, kind: type) -> None:
    """Give the keys to the first widget of a kind."""
    shown.set_focus(shown.sets)
    for _ in range(40):
        step_focus(shown.sets, 1)
        if isinstance(shown.focused, kind):
            return
    raise AssertionError(f"no {kind.__name__} can be reached by Tab")


async def test_session_options_unfold_and_stand_in_the_line() -> None:
    async with dialog(size=(110, 34)) as (s, shown, _):
        await choose(s, shown, S.COMPUTER_NAME)
        await fill(s, shown, {"ComputerName": "web1"})
        await click_on(s, "▸ SessionOption")
        await s.until(lambda: s.shows("MaximumConnectionRedirectionCount"), "the session options")
        await fill(s, shown, {"SessionOption.OpenTimeout": "30000", "SessionOption.SkipCACheck": "on"})
        wanted = "-SessionOption (New-PSSessionOption -OpenTimeout 30000 -SkipCACheck)"
        await s.until(lambda: wanted in shown.line, "the options in the line")
        shown.set_focus(next(fold for fold in shown.form.folds if fold.group.title == "SessionOption"))
        await s.until(lambda: s.shows("2 set   Enter closes"), "the count")


async def test_a_wrong_value_is_marked_while_it_is_typed_and_does_not_connect() -> None:
    async with dialog(draft=Draft(S.COMPUTER_NAME)) as (s, shown, answers):
        await fill(s, shown, {"ComputerName": "web1", "Port": "99999"})
        await s.until(lambda: s.shows("✗ Port"), "the mark")
        assert s.shows("must lie between 1 and 65535")
        assert shown.line == "Enter-PSSession -ComputerName web1"
        await s.keys("enter")
        assert answers == []
        await s.keys(*["backspace"] * 2)
        await s.until(lambda: not s.shows("✗ Port"), "no mark")
        await s.keys("enter")
        await s.until(lambda: answers, "the answer")


async def test_values_that_do_not_go_together_say_so() -> None:
    async with dialog(draft=Draft(S.COMPUTER_NAME)) as (s, shown, _):
        await fill(s, shown, {"ComputerName": "web1", "Credential": "admin", "CertificateThumbprint": "AA"})
        await s.until(lambda: s.shows("✗ -"), "the refusal")
        assert shown.verb("connect").why_not


async def test_help_and_caution_of_the_field_in_focus_are_shown() -> None:
    async with dialog(draft=Draft(S.COMPUTER_NAME)) as (s, shown, _):
        await shown.form.focus_field("Port")
        await s.until(lambda: s.shows("listener."), "the help")
        await shown.form.focus_field("Authentication")
        await s.until(lambda: s.shows("CredSSP hands your password"), "the risk")


async def test_user_and_port_written_in_the_host_name_are_shown_beside_their_fields() -> None:
    async with dialog() as (s, shown, _):
        await choose(s, shown, S.SSH_HOST)
        await fill(s, shown, {"HostName": "root@db:22"})
        await s.until(lambda: s.shows("root, from HostName") and s.shows("22, from HostName"), "the values")


async def test_a_pasted_line_fills_the_dialog_from_any_field() -> None:
    pasted = "PS C:\\> etsn -HostName root@db:22 `\n  -Options @{ProxyJump='bastion'}"
    async with dialog() as (s, shown, answers):
        await choose(s, shown, S.COMPUTER_NAME)
        await shown.form.focus_field("ComputerName")
        s.app.post_message(events.Paste(pasted))
        await s.until(lambda: shown.draft.parameter_set is S.SSH_HOST, "the other set")
        line = "Enter-PSSession -HostName root@db:22 -Options @{ProxyJump = 'bastion'}"
        await s.until(lambda: shown.line == line, "its line")
        await s.keys("enter")
        await s.until(lambda: answers, "the answer")
        assert answers[0] == connection_info(bind_line(shown.line))


async def test_what_is_typed_first_is_the_host() -> None:
    async with dialog() as (s, shown, answers):
        assert shown.draft.parameter_set is HOME is (S.COMPUTER_NAME if sys.platform == "win32" else S.SSH_HOST)
        await s.type("db", enter=False)
        await s.until(lambda: shown.line == f"Enter-PSSession -{HOME.target} db", "the line")
        await s.keys("enter")
        await s.until(lambda: answers, "the answer")
        assert answers[0] is not None and answers[0].parameter_set is HOME


async def test_a_call_that_lacks_a_value_leads_to_the_missing_field() -> None:
    async with dialog() as (s, shown, answers):
        await s.type("Enter-PSSession -VMName win11", enter=True)
        await s.until(lambda: shown.form.rows["Credential"].control.has_focus, "the missing field")
        assert shown.draft.text("VMName") == "win11"
        assert s.shows("needed")
        assert answers == []


async def test_f2_and_tab_lead_to_it_and_escape_asks_only_when_something_was_typed_there() -> None:
    async with screen() as s:
        await s.keys("f2")
        await s.until(lambda: isinstance(s.app.screen, CommandPalette), "the list")
        await s.type("root@half", enter=False)
        await s.keys("tab")
        await s.until(lambda: s.shows("-HostName root@half"), "the form, filled")
        assert not s.shows("✗")
        await s.type(":22", enter=False)
        await s.keys("escape")
        await s.until(lambda: s.shows("neither saved nor used"), "the question")
        await s.keys("escape")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen), "the form again")
        assert s.shows("root@half:22")
        await s.keys("backspace", "backspace", "backspace", "escape")
        await s.until(lambda: s.app.screen is s.workspace, "the workspace")
        assert s.workspace.panes == []


async def test_keys_in_one_burst_reach_the_fields_in_order() -> None:
    async with dialog() as (s, shown, answers):
        await choose(s, shown, S.SSH_HOST)
        await shown.form.focus_field("HostName")
        s.burst(*"web1", "tab", *"5986", "tab", *"admin", "enter")
        await s.until(lambda: answers, "the answer")
        made = answers[0]
        assert made is not None
        assert (made.text("HostName"), made.text("UserName"), made.number("Port")) == ("web1", "admin", 5986)


async def test_the_connection_is_tested_step_by_step_and_closed_again() -> None:
    manager = SessionManager()
    async with dialog(AppContext(manager)) as (s, shown, answers):
        await choose(s, shown, S.DEMO)
        await s.keys("ctrl+t")
        await s.until(lambda: s.shows("✓ The connection works"), "the result")
        assert s.shows("✓ session")
        assert manager.sessions == ()
        assert answers == []


async def test_the_first_step_that_fails_is_explained(tmp_path: object) -> None:
    async with dialog() as (s, shown, _):
        await choose(s, shown, S.PROCESS)
        await fill(s, shown, {"Command": "no-such-program-anywhere"})
        await s.keys("ctrl+t")
        await s.until(lambda: s.shows("✗ ") and s.shows("no-such-program-anywhere"), "the failure")
        assert not s.shows("✓ The connection works")


async def test_a_question_of_the_test_is_seen_at_80_columns_and_each_step_is_told_once(tmp_path: Path) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        async with dialog(size=(80, 24)) as (s, _, answers):
            line = f"-HostName {server.user}@127.0.0.1:{server.port} -KeyFilePath {server.user_key}"
            s.app.post_message(events.Paste(line))
            await s.until(lambda: s.shows(f":{server.port}"), "the fields")
            await s.keys("ctrl+t")
            await s.until(lambda: s.shows("[Y] yes") and s.shows("Answer:"), "the whole question")
            assert s.shows("is not known yet"), "with what it is about"
            await s.type("o")
            await s.until(lambda: s.shows("✓ The connection works"), "the result")
            for step in ("engine asyncssh", "name 127.0.0.1", f"port {server.port}", "PowerShell", "protocol"):
                assert s.shows(f"✓ {step}"), step
            assert s.shown().count("✓ name") == 1
            assert not answers


async def test_a_pasted_line_with_the_prompts_and_line_ends_of_a_terminal_fills_the_fields(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text("[defaults]\nsession_option = { idle_timeout = 7200000 }\n")
    text = "PS C:\\> Enter-PSSession `\r>>   -ComputerName web1 `\r>>   -UseSSL -Port 5986\r"
    async with dialog(AppContext(SessionManager(), book=ProfileBook(read(file)))) as (s, shown, answers):
        s.app.post_message(events.Paste(text))
        await s.until(lambda: shown.draft.text("ComputerName") == "web1", "the fields")
        assert shown.line == "Enter-PSSession -ComputerName web1 -Port 5986 -UseSSL", "what was pasted, no more"
        await s.keys("enter")
        await s.until(lambda: answers, "the connection")
        assert answers[0] is not None
        assert answers[0].values["SessionOption"] == {"IdleTimeout": 7200000}, "the defaults come in when it opens"


async def test_the_line_is_copied() -> None:
    async with dialog() as (s, shown, _):
        await choose(s, shown, S.SSH_HOST)
        await fill(s, shown, {"HostName": "web1"})
        await s.keys("ctrl+y")
        await s.until(lambda: s.shows("The line was copied"), "the word")
        assert s.app.clipboard == "Enter-PSSession -HostName web1"


async def test_at_80_columns_everything_fits_and_the_mouse_chooses() -> None:
    async with dialog(size=(80, 24)) as (s, shown, answers):
        assert s.shows("[ Connect ]")
        assert max(map(len, s.shown().splitlines())) <= 80
        await choose(s, shown, S.DEMO)
        await s.until(lambda: shown.draft.parameter_set is S.DEMO, "the demo")
        await s.pilot.click(shown.verb("connect"))
        await s.until(lambda: answers, "the answer")


@pytest.mark.parametrize("entry", [each for each in ENTRIES if each.sets != LOOKUPS], ids=lambda each: each.caption)
async def test_at_80_columns_no_default_is_cut_off(entry: SetEntry) -> None:
    async with dialog(draft=Draft(entry.sets[0]), size=(80, 24)) as (s, shown, _):
        await unfold(s, shown)
        await s.until(lambda: shown.form.rows, "the fields")
        for name, row in shown.form.rows.items():
            text = "" if row.must else row.option.default_text
            assert len(text) < row.control.size.width, name


async def test_an_open_session_takes_one_row_at_80_columns_and_a_click_names_it() -> None:
    async with dialog(AppContext(kept()), size=(80, 24)) as (s, shown, _):
        await choose(s, shown, S.ID)
        await s.until(lambda: s.shows("Web") and s.shows("Db"), "the sessions")
        rows = s.shown().splitlines()
        web, db = (next(y for y, row in enumerate(rows) if name in row) for name in ("  Web ", "  Db "))
        assert db == web + 1
        await s.pilot.click(offset=(40, db))
        await s.until(lambda: s.shows("Enter-PSSession -Id 2"), "the one that was clicked")


async def test_what_must_be_given_has_no_default_in_its_help() -> None:
    async with dialog(draft=Draft(S.VM_NAME), missing=("Credential",)) as (s, _, _):
        await s.until(lambda: s.shows("its password is asked"), "the help")
        assert not s.shows("the current user")


def test_every_option_of_every_set_has_a_field() -> None:
    for parameter_set in ParameterSet.all():
        names = {item.name for _, item in Draft(parameter_set).fields()}
        wanted = {item.name for item in options_of(parameter_set) if item.kind is not OptionKind.SESSION_OPTION}
        assert wanted <= names
    assert option("Authentication").caution


@pytest.mark.parametrize(
    ("field", "text", "name"),
    [
        ("ComputerName", "web1.contoso.com", "web1"),
        ("HostName", "root@db.example:2222", "db"),
        ("HostName", "root@10.20.30.40:22", "10.20.30.40"),
        ("HostName", "root@[fe80::1%eth0]:22", "fe80--1"),
        ("ComputerName", "2001:db8::7", "2001-db8--7"),
        ("ConnectionUri", "https://10.0.0.7:5986/wsman", "10.0.0.7"),
        ("ConnectionUri", "http://web1.contoso.com/wsman", "web1"),
    ],
)
def test_the_name_that_is_proposed_says_which_machine(field: str, text: str, name: str) -> None:
    assert suggested(Draft(S.SSH_HOST, {field: text})) == name


async def test_it_is_saved_as_a_profile_that_leads_to_the_same_connection(tmp_path: Path) -> None:
    book = ProfileBook(read(tmp_path / "profiles.toml"))
    async with dialog(AppContext(SessionManager(), book=book), size=(110, 34)) as (s, shown, answers):
        await choose(s, shown, S.COMPUTER_NAME)
        await fill(s, shown, {"ComputerName": "web1.contoso.com", "Credential": "CONTOSO\\admin", "UseSSL": "on"})
        made = shown.connection()
        await s.keys("ctrl+s")
        name = shown.form.rows["Known.Name"]
        await s.until(lambda: name.text == "web1" and name.control.has_focus, "a name")
        await s.keys("tab")
        await s.type("Production/Web")
        await s.until(lambda: s.shows("web1 was saved to"), "the word")
        assert shown.tells_saved, "the form says so: no notice covers its buttons"
        assert book.table("host", "web1") == {
            "computer_name": "web1.contoso.com",
            "credential": "admin",
            "use_ssl": True,
            "group": "Production/Web",
        }
        saved = book.connection("host", "web1")
        assert (saved.parameter_set, saved.values) == (made.parameter_set, made.values)
        assert book.profiles.configuration.credentials["admin"]["password"] == {"prompt": True}

        assert not shown.is_changed
    async with dialog(
        AppContext(SessionManager(), book=book), Draft(S.SSH_HOST, {"HostName": "web1"}), size=(110, 34)
    ) as (s, shown, answers):
        await s.keys("ctrl+s", "enter")
        await s.until(lambda: s.shows("There is a host named web1 already"), "the question")
        assert "computer_name" in book.table("host", "web1")
        await s.pilot.click(shown.verb("save_and_connect"))
        await s.until(lambda: answers, "saved and connected")
        assert answers[0] is not None and answers[0].label == "web1"
        assert book.table("host", "web1") == {"host_name": "web1"}


@pytest.mark.parametrize("parameter_set", FILLED, ids=lambda each: each.value)
def test_the_keys_of_every_set_lead_back_to_its_connection(parameter_set: ParameterSet) -> None:
    draft = Draft(parameter_set, dict(FILLED[parameter_set][0]))
    made = draft.connection()
    table = profile_keys(draft, AppContext(SessionManager()))
    kind = {S.VM_ID: "vm", S.VM_NAME: "vm", S.CONTAINER_ID: "container"}.get(parameter_set, "host")
    saved = profile_connection(kind, "x", table)
    assert (saved.parameter_set, dict(saved.values)) == (made.parameter_set, dict(made.values))


def test_a_check_is_named_once_and_what_is_cut_is_told() -> None:
    async def prepared(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        return info

    test = ConnectTest(SessionManager(), ConnectionInfo(S.DEMO), AskingArea(), lambda content: None, prepared)
    told = "Kerberos needs the Python packages gssapi and krb5: pip install 'pstui-remoting[kerberos]'"
    test._changed([absent("Kerberos", told), good("port", "5985 open")])
    row = test.content().plain
    assert row.startswith("– Kerberos needs the Python packages")
    assert "…  ✓ port 5985" in row
