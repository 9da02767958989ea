"""What groups pass down: where it holds, what is nearer, how it is told, and that edits lose nothing of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.binding.declaration import Option
from pstui.backends.binding.parameters import TARGET_KEYS, profile_options_of
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import CallError
from pstui.config.schema import COMMON_FIELDS
from pstui.tui.cli.main import main
from pstui.tui.dialogs.connect import ConnectScreen
from pstui.tui.dialogs.single_form import SingleForm
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.reading import Profiles, read
from pstui.tui.profiles.schema import schema

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager

FILE = """\
# the machines
[defaults]
width = 100

[groups.Prod]    # everything that matters
credential = "ops"
color = "red"
tags = ["prod"]
session_option = { idle_timeout = 7200000, no_compression = true }
port = 5986

# the front
[groups."Prod/Web"]
port = 2222
via = "gate"
session_option = { idle_timeout = 3600000 }

[credentials.ops]
user_name = "ops"
password = { env = "PW" }

[hosts.web1]
host_name = "web1"
group = "Prod/Web"

[hosts.web2]
host_name = "web2:23"
group = "prod/web/"
tags = []
color = "blue"

[hosts.web3]
computer_name = "web3"
group = "Prod/Web/Old"
port = 80
via = ""
session_option = { max_connection_retry_count = 1 }

[hosts.other]
host_name = "other"
group = "Production"

[hosts.gate]
host_name = "gate"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    return path


def profiles(tmp_path: Path, text: str) -> Profiles:
    path = tmp_path / "profiles.toml"
    path.write_text(text)
    return read(path)


def test_the_nearest_wins_and_session_options_are_merged(file: Path) -> None:
    found = read(file)
    assert found.configuration.problems == ()
    web1, web3 = found.connection("host", "web1"), found.connection("host", "web3")
    assert web1.values["Port"] == 2222 and web1.values["UserName"] == "ops"
    assert found.connection("host", "web2").values["Port"] == 23, "what host_name says is the host's own"
    assert web3.values["Port"] == 80 and "via" not in web3.settings, "an empty text takes something back"
    options = web3.values["SessionOption"]
    assert options["IdleTimeout"] == 3600000 and options["NoCompression"] is True
    assert options["MaxConnectionRetryCount"] == 1
    assert web1.settings["width"] == 100, "the defaults come after every group"
    other = found.connection("host", "other")
    assert "Port" not in other.values and "UserName" not in other.values, "Production is not in Prod"


def test_tags_and_colours_are_passed_down_as_well(file: Path) -> None:
    book = ProfileBook(read(file))
    entries = {entry.name: entry for entry in book.entries()}
    assert entries["web1"].tags == ("prod",) and entries["web2"].tags == ()
    assert book.color(book.connection("host", "web1")) == "red"
    assert book.color(book.connection("host", "web2")) == "blue"


@pytest.mark.parametrize(
    ("group", "host", "expected"),
    [
        ('user_name = "a"', 'host_name = "b@x"', {"UserName": "b"}),
        ('user_name = "a"', 'host_name = "x"\ncredential = "ops"', {"UserName": "ops"}),
        ('credential = "ops"', 'host_name = "x"\nuser_name = "b"', {"UserName": "b"}),
        ('credential = "ops"', 'host_name = "b@x"', {"UserName": "b"}),
        ('credential = "bare"', 'host_name = "b@x"', {"UserName": "b"}),
        ('user_name = "a"', 'host_name = "x"\ncredential = "bare"', {"UserName": "a"}),
        ('certificate_thumbprint = "AB"', 'computer_name = "x"\ncredential = "ops"', {"CertificateThumbprint": None}),
        ('credential = "ops"', 'computer_name = "x"\ncertificate_thumbprint = "AB"', {"Credential": None}),
        (
            'authentication = "NegotiateWithImplicitCredential"',
            'computer_name = "x"\ncredential = "ops"',
            {"Authentication": None},
        ),
    ],
)
def test_what_is_nearer_takes_the_place_of_what_it_excludes(
    group: str, host: str, expected: dict[str, Any], tmp_path: Path
) -> None:
    text = f'[groups.G]\n{group}\n[hosts.h]\ngroup = "G"\n{host}\n'
    text += '[credentials.ops]\nuser_name = "ops"\n[credentials.bare]\npassword = { env = "PW" }\n'
    found = profiles(tmp_path, text)
    assert found.configuration.problems == ()
    values = found.connection("host", "h").values
    assert {name: values.get(name) for name in expected} == expected


def test_an_engine_is_named_in_one_way(tmp_path: Path) -> None:
    text = '[groups.G]\nengine_url = "tcp://a"\n[containers.c]\ngroup = "G"\ncontainer_id = "c"\nengine_context = "b"\n'
    values = profiles(tmp_path, text).connection("container", "c").values
    assert "EngineUrl" not in values and values["EngineContext"] == "b"


def test_every_key_of_a_host_is_a_key_of_a_group(tmp_path: Path) -> None:
    """Also those that are declared later: a group's keys are made of the same declarations."""
    tables = schema().named
    every = {key for kind in ("hosts", "vms", "containers") for key in tables[kind]}
    assert set(tables["groups"]) == every - {"group"} - set(TARGET_KEYS)

    def reached(item: Option, parameter_set: ParameterSet) -> bool:
        return item.key in tables["groups"] or item.key in TARGET_KEYS or item.fixed

    for parameter_set in ParameterSet.opening():
        assert all(reached(item, parameter_set) for item in profile_options_of(parameter_set))
    assert set(COMMON_FIELDS) - {"group"} <= set(tables["groups"])


def test_what_is_wrong_in_a_group_is_named_and_its_hosts_are_not_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
[groups.Prod]
prt = 1
[groups.Lab]
host_name = "x"
group = "Prod"
[groups.Prod.Web]
port = 1
[groups."lab/"]
port = "yes"
credential = "nobody"
[groups.Fine]
color = "rosy"
[groups.fine]
port = 5
[hosts.a]
host_name = "a"
group = "Prod/Web"
[hosts.b]
host_name = "b"
group = "Fine"
"""
    found = profiles(tmp_path, text)
    assert main(["--config", str(found.path), "--check"]) == 1
    said = capsys.readouterr().err.replace(f"{found.path}", "FILE")
    assert "FILE: [groups.Prod] prt: is not known. Did you mean port?" in said
    assert '[groups.Prod] Web: is not known. For the group below write [groups."Prod/Web"].' in said
    assert "[groups.Lab] host_name: is not known." in said and "[groups.Lab] group: is not known." in said
    assert "[groups.lab/] port: must be a whole number" in said
    assert "[groups.Fine] color: rosy is not a colour" in said
    assert "[groups.fine]: is already in FILE as Fine; that one is used." in said
    assert "hosts.a" not in said, "the problem of a group is told once"
    with pytest.raises(CallError, match=r"cannot be opened") as refused:
        found.connection("host", "a")
    assert "[groups.Prod] has a problem" in refused.value.text()
    assert found.connection("host", "b").computer_name == "b"


def test_what_if_names_the_source_of_each_value(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(file), "web1", "-WhatIf"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["Values"]["Port"] == 2222
    sources = said["Sources"]
    assert sources["port"] == "groups.Prod/Web" and sources["credential"] == "groups.Prod"
    assert sources["width"] == "defaults" and "host_name" not in sources
    assert main(["--config", str(file), "icm", "tag:prod", "-ScriptBlock", "1", "-WhatIf"]) == 0
    assert [one["Profile"] for one in json.loads(capsys.readouterr().out)] == ["web1", "web3"]
    assert main(["--config", str(file), "gate", "-WhatIf"]) == 0
    assert json.loads(capsys.readouterr().out)["Sources"] == {"width": "defaults"}


def test_edits_keep_the_text_of_groups_and_a_renamed_credential_is_renamed_there(file: Path) -> None:
    book = ProfileBook(read(file))
    old = book.table("host", "web1")
    book.apply([Change("host", "web1", {**old, "note": "x"}, base=old)], "web1 saved")
    assert file.read_text() == FILE.replace('group = "Prod/Web"\n', 'group = "Prod/Web"\nnote = "x"\n', 1)
    book.undo()
    assert file.read_text() == FILE
    assert ("groups", "Prod") in book.users_of("ops")
    changes = [
        Change("credentials", "boss", book.credentials["ops"], old="ops"),
        *book.renamed_credential("ops", "boss"),
    ]
    book.apply(changes, "renamed")
    assert file.read_text() == FILE.replace('credential = "ops"', 'credential = "boss"').replace(
        "ials.ops", "ials.boss"
    )
    book.apply([Change("groups", "Prod/Web", None)], "deleted")
    assert '[groups."Prod/Web"]' not in file.read_text() and "# everything that matters" in file.read_text()


def test_a_group_of_an_included_file_is_edited_there(tmp_path: Path) -> None:
    other = tmp_path / "more.toml"
    other.write_text("[groups.G]\nport = 1   # one\n")
    book = ProfileBook(profiles(tmp_path, 'include = "more.toml"\n[hosts.a]\nhost_name = "a"\ngroup = "G"\n'))
    assert book.connection("host", "a").values["Port"] == 1
    old = book.table("groups", "G")
    book.apply([Change("groups", "G", {"port": 2}, base=old)], "saved")
    assert other.read_text() == "[groups.G]\nport = 2   # one\n"
    other.write_text("[groups.G]\nport = 33\n")
    assert book.is_stale(), "the file of a group is watched"


async def test_the_form_says_where_a_value_comes_from_and_saves_only_what_is_its_own(file: Path) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), size=(120, 44)) as s:
        s.workspace.set_focus(s.workspace.sidebar)
        while (entry := s.workspace.sidebar.cursor_entry) is None or entry.name != "web1":
            await s.keys("down")
        await s.keys("e")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.screen.focused, "the form")
        form = s.app.screen
        assert isinstance(form, ConnectScreen)
        await s.until(lambda: s.shows("2222, from Prod/Web") and s.shows("ops, from Prod"), "where values are from")
        assert form.line == "Enter-PSSession -HostName web1:2222"
        await form.form.focus_field("Known.Group")
        await s.keys("ctrl+u")
        await s.type("Prod", enter=False)
        await s.until(lambda: s.shows("5986, from Prod"), "another group, other values")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "saved")
    assert file.read_text() == FILE.replace('group = "Prod/Web"', 'group = "Prod"', 1)


async def test_the_form_keeps_what_takes_something_back(file: Path) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), size=(120, 44)) as s:
        s.workspace.set_focus(s.workspace.sidebar)
        while (entry := s.workspace.sidebar.cursor_entry) is None or entry.name != "web3":
            await s.keys("down")
        await s.keys("e")
        await s.until(lambda: isinstance(s.app.screen, ConnectScreen) and s.app.screen.focused, "the form")
        form = s.app.screen
        assert isinstance(form, ConnectScreen)
        assert "gate" not in form.line and "IdleTimeout" in form.line
        await form.form.focus_field("Known.Note")
        await s.type("n", enter=False)
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "saved")
    assert 'via = ""\n' in file.read_text() and 'note = "n"\n' in file.read_text()


async def test_a_group_is_edited_at_its_heading(file: Path) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=ProfileBook(read(file)), size=(110, 40)) as s:
        s.workspace.set_focus(s.workspace.sidebar)
        await s.keys("home")
        while (row := s.workspace.sidebar.cursor_row) is None or row.text != "Prod":
            await s.keys("down")
        await s.keys("e")
        await s.until(lambda: isinstance(s.app.screen, SingleForm) and s.app.screen.focused, "the form of the group")
        form = s.app.screen
        assert isinstance(form, SingleForm) and s.shows("Group Prod")
        row_of = {each.key: each for each in form.rows}
        assert row_of["color"].input.value == "red" and row_of["port"].input.value == "5986"
        form.set_focus(row_of["port"].input)
        await s.keys("ctrl+u")
        await s.type("5987", enter=False)
        await s.keys("ctrl+s")
        await s.until(lambda: s.app.screen is s.workspace, "saved")
    assert file.read_text() == FILE.replace("port = 5986", "port = 5987")
