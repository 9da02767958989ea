"""Inventories beside the profiles: in the profile file, in the sidebar, under the guard of their groups."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.config.problems import Problem
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.sidebar.found import default_sources, found_entries
from pstui.tui.sidebar.model import SidebarEntry, without_saved

from tests.support.pilot import screen
from tests.support.stand_in import StandInManager

WINDOWS = {"ansible_connection": "psrp", "ansible_user": "ops"}
ANSIBLE = {
    "_meta": {"hostvars": {"win1": WINDOWS, "win2": WINDOWS, "lin1": {}, "odd": {"ansible_connection": "local"}}},
    "all": {"children": ["windows"]},
    "windows": {"hosts": ["win1", "win2"]},
}


def book(tmp_path: Path, text: str) -> ProfileBook:
    file = tmp_path / "profiles.toml"
    file.write_text(text)
    return ProfileBook(read(file))


def command(code: str) -> str:
    return json.dumps([sys.executable, "-c", code])


async def test_hosts_stand_below_their_inventory_and_are_marked_by_their_groups(tmp_path: Path) -> None:
    prints = command(f"print({json.dumps(ANSIBLE)!r})")
    fails = command("import sys; sys.exit('no route to the database, which is far away')")
    found = book(
        tmp_path,
        f"""
        [tags.windows]
        guard = "confirm"
        [inventory.estate]
        command = {prints}
        [inventory.cmdb]
        command = {fails}
        """,
    )
    sources = [
        source for source in default_sources([], found.watched_inventories()) if source.name in ("estate", "cmdb")
    ]
    async with screen(sessions=StandInManager().as_manager(), book=found, sources=sources) as s:
        sidebar = s.workspace.sidebar
        s.workspace.set_focus(sidebar)
        await s.until(lambda: s.shows("⌁ estate (3)") and s.shows("⌁ cmdb: "), "what was found")
        context = s.workspace.context
        for line in ("icm tag:windows { 1 }", "icm -ComputerName win1,'win2' { 1 }"):
            infos = context.opened(context.call(line))
            assert [info.settings["listed_as"] for info in infos] == ["win1", "win2"]
            assert all(context.guard(info) is not None for info in infos)
        assert context.entered(context.call("Enter-PSSession lin1")).computer_name == "lin1"
        await s.keys("f2", *"group:windows")
        await s.until(lambda: s.shows("Run a line on 2 hosts"), "the goal of both")
        await s.keys("escape")
        s.workspace.set_focus(sidebar)
        await s.keys("slash", *"windows", "down", "escape")
        sidebar.model.filter = "windows"
        sidebar.build()
        await s.until(lambda: s.shows("▾ windows") and s.shows("win2") and not s.shows("lin1"), "the group")
        await s.keys("asterisk", "x")
        await s.until(lambda: isinstance(s.app.screen, FanOutScreen) and s.app.screen.focused, "a line on them")
        shown = s.app.screen
        assert isinstance(shown, FanOutScreen) and [host.name for host in shown.fan.hosts] == ["win1", "win2"]
        assert shown.guard is not None and shown.guard.word == "windows"
        await s.keys("escape")
        sidebar.model.filter = ""
        sidebar.build()
        await s.keys("home")
        while (entry := sidebar.cursor_entry) is None or not entry.name.startswith("cmdb: "):
            await s.keys("down")
        await s.keys("enter")
        said = [notification.message for notification in s.app._notifications]
        assert any("no route to the database, which is far away" in message for message in said)


async def test_ten_thousand_hosts_come_without_holding_up_the_screen(tmp_path: Path) -> None:
    code = "import json; print(json.dumps([{'name': f'host{n:05}', 'group': f'g{n % 40}'} for n in range(10_000)]))"
    found = book(tmp_path, f"[inventory.estate]\ncommand = {command(code)}\n")
    (source,) = [source for source in default_sources([], found.watched_inventories()) if source.name == "estate"]
    async with screen(sessions=StandInManager().as_manager(), book=found, sources=[source]) as s:
        await s.until(lambda: s.shows("⌁ estate (10000)"), "all of them", 30)
        s.workspace.set_focus(s.workspace.sidebar)
        await s.keys("slash", *"host0777")
        await s.until(lambda: s.shows("host07770") and not s.shows("host07769"), "those that fit")
        await s.keys("escape")
        s.workspace.fan_out.open(s.workspace.sidebar.model.found)
        await s.until(lambda: s.shows("One line on 10000 hosts"), "the screen for all of them", 30)


def test_what_the_file_says_of_an_inventory_is_checked(tmp_path: Path) -> None:
    def problems(text: str) -> list[Problem]:
        return list(book(tmp_path, text).problems)

    assert not problems("[inventory.a]\nansible = 'hosts.ini'\nrefresh = 60\n")
    assert "needs ansible or csv or command or ssh_config" in str(problems("[inventory.a]\nrefresh = 60\n")[0])
    assert "one of them decides" in str(problems("[inventory.a]\ncsv = 'a'\nssh_config = 'b'\n")[0])
    (unknown,) = problems("[inventory.a]\ncsv = 'a'\nrefesh = 60\n")
    assert unknown.nearest == "refresh"
    assert "credentials.nobody" in str(problems("[inventory.a]\ncsv = 'a'\ncredential = 'nobody'\n")[0])
    (one,) = book(tmp_path, "[inventory.a]\nansible = 'hosts.ini'\n").inventories()
    assert one.ansible == ("hosts.ini",) and one.folder == tmp_path
    assert not found_entries([])


def test_hosts_behind_one_address_are_told_apart_by_their_ports(tmp_path: Path) -> None:
    found = book(
        tmp_path,
        """
        [hosts.box1]
        host_name = "me@127.0.0.1:2222"
        tags = ["lab"]
        [hosts.box2]
        host_name = "192.0.2.1"
        [hosts.box3]
        host_name = "192.0.2.3"
        port = 2200
        """,
    )

    def left(host: str, port: int | None) -> bool:
        values = {"HostName": host} | ({} if port is None else {"Port": port})
        entry = SidebarEntry("host", "x", info=ConnectionInfo(ParameterSet.SSH_HOST, values))
        return without_saved([entry], found.entries()) != []

    rows = [("127.0.0.1", 2222), ("127.0.0.1", 2200), ("127.0.0.1", None), ("192.0.2.1", 22), ("192.0.2.1", 23)]
    assert [left(*row) for row in rows] == [False, True, False, False, True]
    assert [left("192.0.2.3", port) for port in (2200, 22, 2201)] == [False, False, True]
