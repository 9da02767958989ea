"""The screen of many hosts: marked in the sidebar or meant in the list of Go, one line for all, answers grouped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.tui.dialogs.palette import CommandPalette
from pstui.tui.fanout.screen import FanOutScreen
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.reading import read
from pstui.tui.workspace.context import AppContext

from tests.support.fan_hosts import FakeSessions, target
from tests.support.pilot import Screen, screen
from tests.support.stand_in import StandInManager

FILE = """
[groups.Prod]
guard = "confirm"
[hosts.web1]
host_name = "web1"
group = "Prod/Web"
tags = ["front"]
[hosts.web2]
host_name = "web2"
group = "Prod/Web"
[hosts.db]
host_name = "db"
group = "Prod"
tags = ["front"]
[hosts.lab]
host_name = "lab"
[hosts.wrong]
computer_name = "wrong"
group = "Prod"
certificate_thumbprint = "AB"
authentication = "Basic"
"""


@pytest.fixture
def book(tmp_path: Path) -> ProfileBook:
    file = tmp_path / "profiles.toml"
    file.write_text(FILE)
    return ProfileBook(read(file))


async def shown(s: Screen) -> FanOutScreen:
    await s.until(lambda: isinstance(s.app.screen, FanOutScreen) and s.app.screen.focused, "the screen of many hosts")
    found = s.app.screen
    assert isinstance(found, FanOutScreen)
    return found


def names(fan: FanOutScreen) -> list[str]:
    return [host.name for host in fan.fan.hosts]


async def test_hosts_are_marked_one_by_one_by_their_heading_and_by_a_filter(book: ProfileBook) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=book) as s:
        sidebar = s.workspace.sidebar

        async def on(text: str) -> None:
            await s.keys("home")
            while (row := sidebar.cursor_row) is None or row.text != text:
                await s.keys("down")

        s.workspace.set_focus(sidebar)
        await on("lab")
        await s.keys("space")
        await on("Web")
        await s.keys("space")
        await s.until(lambda: s.shows("■ web1") and s.shows("■ lab") and s.shows("3 marked: x runs a line"), "marks")
        await s.keys("space")
        await s.until(lambda: s.shows("○ web1") and s.shows("1 marked"), "the marks of the group are gone")
        await s.keys("x")
        assert names(await shown(s)) == ["lab"]
        await s.keys("escape")
        await s.until(lambda: s.app.screen is s.workspace, "closed")
        await on("lab")
        await s.keys("space", "slash", *"front", "down")
        await s.keys("escape")
        sidebar.model.filter = "front"
        sidebar.build()
        await s.keys("asterisk", "x")
        fan = await shown(s)
        assert names(fan) == ["web1", "db"] and fan.guard is not None
        await s.until(lambda: s.shows("One line on 2 hosts") and s.shows(" Prod "), "how many, and their guard")


async def test_a_heading_without_marks_is_meant_itself_and_what_cannot_be_opened_is_told(book: ProfileBook) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=book) as s:
        s.workspace.set_focus(s.workspace.sidebar)
        await s.keys("home")
        while (row := s.workspace.sidebar.cursor_row) is None or row.text != "Prod":
            await s.keys("down")
        await s.keys("x")
        assert names(await shown(s)) == ["web1", "web2", "db"]
        await s.until(lambda: s.shows("1 host left out:") and s.shows("wrong: "), "the one that is left out")


async def test_the_list_of_go_takes_a_group_a_tag_and_a_wildcard(book: ProfileBook) -> None:
    async with screen(sessions=StandInManager().as_manager(), book=book) as s:
        for text, wanted in (("tag:front", ["web1", "db"]), ("group:Prod/Web,la*,!web2", ["web1", "lab"])):
            await s.keys("f2")
            await s.until(lambda: isinstance(s.app.screen, CommandPalette) and s.app.screen.focused, "the list")
            await s.type(text, enter=False)
            said = f"Run a line on {len(wanted)} hosts"
            await s.until(lambda said=said: s.shows(said), "the row")
            await s.keys("enter")
            assert names(await shown(s)) == wanted
            await s.keys("escape")
            await s.until(lambda: s.app.screen is s.workspace, "closed")


@asynccontextmanager
async def fan_out(sessions: FakeSessions, *hosts: str) -> AsyncIterator[Screen]:
    async def enter(info: ConnectionInfo) -> None:
        """Nothing is entered here."""

    async with screen(size=(100, 28)) as s:
        context = AppContext(cast(Any, sessions))
        s.app.push_screen(FanOutScreen(context, [target(name) for name in hosts], enter))
        await shown(s)
        yield s


async def test_answers_are_grouped_compared_run_again_and_asked_for(tmp_path: Path) -> None:
    sessions = FakeSessions()
    async with fan_out(sessions, "same-1", "same-2", "other-1", "refuse-1", "slow-1", "ask-1") as s:
        await s.type("Get-Thing")
        await s.until(lambda: s.shows("1 running   1 asking   3 done   1 failed"), "each host's state")
        await s.until(lambda: s.shows("✓ 2 hosts  ▸ same-1, same-2") and s.shows("✓ 1 differs  ▸ other-1"), "groups")
        assert s.shows("✗ 1 failed: port 22 refuses  ▸ refuse-1") and s.shows("Password of ask-1")
        s.burst(*"12345", "enter")
        await s.until(lambda: s.shows("this host alone"), "whose answer it is")
        await s.until(lambda: s.app.typeahead.idle, "keys go to that question at once, though the first is followed", 5)
        await s.keys("enter")
        await s.until(lambda: s.shows("✓ 1 differs  ▸ ask-1"), "its answer")
        sessions.go.set()
        await s.until(lambda: s.shows("✓ 3 hosts  ▸ same-1, same-2, slow-1"), "the slow one is among them")
        await s.keys("home", "down")
        await s.until(lambda: s.shows("-two") and s.shows("+2"), "the difference")
        sessions.mended = True
        await s.keys("r")
        await s.until(lambda: s.shows("6 done"), "the failed has run again")
        await s.keys("home", "right", "down")
        await s.until(lambda: s.shows("▶ ✓   same-1"), "the hosts of a group")
        await s.keys("x")
        await s.type(str(tmp_path / "a.txt"))
        await s.until(lambda: s.shows("a.txt was written"), "written")


async def test_what_runs_is_stopped_and_closing_asks() -> None:
    sessions = FakeSessions()
    async with fan_out(sessions, "hang-1", "hang-2") as s:
        await s.type("x")
        await s.until(lambda: s.shows("2 running   0:0"), "they run, and how long")
        await s.until(lambda: s.shows("2 running   0:01"), "time goes by though nothing comes")
        await s.keys("s")
        await s.until(lambda: s.shows("1 running   1 stopped"), "one is stopped")
        await s.keys("escape")
        await s.until(lambda: s.shows("Stop them and close?"), "the question")
        await s.keys("enter")
        await s.until(lambda: s.app.screen is s.workspace, "closed")
        assert sessions.made == [], "no session is left behind"
