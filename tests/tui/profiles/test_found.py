"""What groups and the defaults say holds for everything that can be entered, by whatever road it is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.writer import line_of
from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.ssh_config import SSHConfigSource
from pstui.backends.errors import CallError
from pstui.tui.cli.calls import from_text, resolve
from pstui.tui.cli.targets import entered, targets
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.listed import groups_text, in_groups
from pstui.tui.profiles.reading import Profiles, read
from pstui.tui.sidebar.found import found_entries
from pstui.tui.sidebar.model import SidebarEntry
from pstui.tui.sidebar.places import Places
from pstui.tui.workspace.state import SavedTab, StateFile, WorkspaceState

FILE = """
[defaults]
credential = "ops"
width = 99
session_option = { operation_timeout = 7000 }
[credentials.ops]
user_name = 'CONTOSO\\ops'
[groups."Prod"]
guard = "confirm"
color = "red"
port = 5999
[groups."Prod/Web"]
session_option = { skip_ca_check = true }
[hosts.saved]
computer_name = "saved.example.com"
group = "Prod/Web"
[inventory.rows]
csv = "rows.csv"
"""
ROWS = """name,host_name,computer_name,group,port
linux,192.0.2.7,,Prod/Web,
windows,,win.example.com,Prod/Web,
own,,own.example.com,Prod/Web,5986
"""

Road = Callable[[str, Profiles], ConnectionInfo]


@pytest.fixture
def book(tmp_path: Path, isolated_home: Path) -> ProfileBook:
    (tmp_path / "profiles.toml").write_text(FILE)
    (tmp_path / "rows.csv").write_text(ROWS)
    (isolated_home / ".ssh").mkdir(mode=0o700, exist_ok=True)
    (isolated_home / ".ssh" / "config").write_text("Host alias\n  HostName 192.0.2.9\n")
    return ProfileBook(read(tmp_path / "profiles.toml"))


def entries(book: ProfileBook) -> list[SidebarEntry]:
    """Return what the sidebar lists."""

    async def looked() -> list[SidebarEntry]:
        sections = [await source.look() for source in (*book.watched_inventories(), SSHConfigSource())]
        return found_entries([section for section in sections if section is not None], book.found_connection)

    return [*book.entries(), *asyncio.run(looked())]


def by_line(name: str, profiles: Profiles) -> ConnectionInfo:
    way = "-HostName" if name in ("linux", "alias") else "-ComputerName"
    return entered(bind_line(f"Enter-PSSession {way} {name}"), profiles)


ROADS: dict[str, Road] = {
    "pstui NAME, cp, doctor, run": resolve,
    "typed in the screen": from_text,
    "a line": by_line,
    "icm, -WhatIf": lambda name, profiles: targets([name], profiles, lambda one: resolve(one, profiles))[0],
    "a wildcard": lambda name, profiles: targets([f"{name[:-1]}?"], profiles, lambda one: resolve(one, profiles))[0],
}


OPTIONS = {"OperationTimeout": 7000, "SkipCACheck": True}
#: what holds for each: its port, the account of WinRM with its options, and whose guard
HOLDS: dict[str, tuple[int | None, str, object, str]] = {
    "saved": (5999, "CONTOSO\\ops", OPTIONS, "Prod"),
    "linux": (5999, "", None, "Prod"),
    "windows": (5999, "CONTOSO\\ops", OPTIONS, "Prod"),
    "own": (5986, "CONTOSO\\ops", OPTIONS, "Prod"),
    "alias": (None, "", None, ""),
}


@pytest.mark.parametrize(
    ("name", "road"),
    # a pattern means no host of ssh_config, only those of profiles and inventories
    [each for each in product(HOLDS, [*ROADS, "the sidebar"]) if each != ("alias", "a wildcard")],
)
def test_what_groups_and_defaults_say_holds_by_every_road(name: str, road: str, book: ProfileBook) -> None:
    port, user, options, guard = HOLDS[name]
    listed = entries(book)
    entry = next(entry for entry in listed if entry.name == name)
    info = ROADS[road](name, book.profiles) if road in ROADS else entry.connection()
    assert info is not None and info.values.get("Port") == port and info.settings["width"] == 99
    assert (info.values["Credential"].user_name if user else "Credential" not in info.values) == (user or True)
    assert info.values.get("SessionOption") == options
    assert info.label.endswith(name), "its tab is called as it is listed"
    held = book.guards.of(info)
    assert ("" if held is None else held.word) == guard
    assert book.color(info) == ("red" if guard else "")
    places = Places()
    places.among([one for one in listed if one.saved], [one for one in listed if not one.saved])
    assert places.of(info) == entry.identity, "its tab and its entry are one"
    if road != "a line" or name != "alias":
        assert book.profiles.origins(info)["width"] == "defaults"


def test_a_found_host_whose_group_is_damaged_is_not_opened(book: ProfileBook) -> None:
    book.path.write_text(FILE.replace('guard = "confirm"', 'guard = "confrim"'))
    book.reread()
    (entry,) = (entry for entry in entries(book) if entry.name == "linux")
    with pytest.raises(CallError, match="'linux' cannot be opened"):
        entry.connection()


def test_a_tab_that_is_opened_again_has_the_guard_of_the_inventorys_groups(book: ProfileBook, tmp_path: Path) -> None:
    info = next(entry for entry in entries(book) if entry.name == "windows").connection()
    assert info is not None
    file = StateFile(tmp_path / "workspace.json")
    file.save(WorkspaceState([SavedTab(line=line_of(info), groups=groups_text(info))]))
    (tab,) = file.load().tabs
    again = in_groups(from_text(tab.line, book.profiles), tab.groups)
    assert again.values["Port"] == 5999 and (guard := book.guards.of(again)) is not None and guard.word == "Prod"
