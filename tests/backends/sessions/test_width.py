"""The width that the far end is told: the console's with every command, or a profile's (protocol-notes 3.11)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psrpcore.types import HostMethodIdentifier
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import ConsoleSize
from pstui.backends.records import Write
from pstui.backends.sessions.interactive import InteractiveSession
from pstui.backends.sessions.manager import SessionManager

from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import Meeting, ScriptedPeer, meeting


def told(peer: ScriptedPeer, command: str) -> tuple[int, int] | None:
    """Return the size sent with a command, None where the one of the opening was kept."""
    for body in reversed(peer.created):
        if body["PowerShell"]["Cmds"][0]["Cmd"] == command:
            host = body["HostInfo"]
            return None if host["_useRunspaceHost"] else size_of(host)
    raise AssertionError(f"{command} was not run")


def size_of(host: dict[str, Any]) -> tuple[int, int]:
    """Return the size in a HostInfo: buffer, window and their limits are the same."""
    data = host["_hostDefaultData"]["data"]
    sizes = {(value["V"]["width"], value["V"]["height"]) for key, value in data.items() if int(key[1]) in (5, 6, 7, 8)}
    ((width, height),) = sizes
    return int(width[1]), int(height[1])


def place_of(host: dict[str, Any]) -> tuple[int, int]:
    """Return the place of the cursor in a HostInfo."""
    ((place,),) = ([value["V"] for key, value in host["_hostDefaultData"]["data"].items() if int(key[1]) == 2],)
    return int(place["x"][1]), int(place["y"][1])


def with_width(met: Meeting, width: int) -> InteractiveSession:
    """Return another session of the same far end whose profile fixes the width."""
    info = ConnectionInfo(ParameterSet.PROCESS, settings={"width": width})
    return met.manager.interact(met.manager.create(info, met.console), met.console)


async def test_a_resize_is_told_with_every_command_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        assert size_of(met.peer.opened["HostInfo"]) == (260, 50)
        await met.interactive.run("Get-One")
        assert told(met.peer, "Get-One") is None
        met.console.size = ConsoleSize(100, 26)
        await met.interactive.run("Get-Two")
        await met.interactive.run("Get-Three")
        assert told(met.peer, "Get-Two") == told(met.peer, "Get-Three") == (100, 26)
        met.console.size = ConsoleSize(260, 50)
        await met.interactive.run("Get-Four")
        assert told(met.peer, "Get-Four") is None
        await met.manager.close_all()


async def test_the_place_of_the_cursor_and_what_was_set_are_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        for text in ("one", "two"):
            met.console.write(Write(text))
        await met.interactive.enter()
        assert place_of(met.peer.opened["HostInfo"]) == (0, 2)
        met.console.size = ConsoleSize(100, 5)
        for text, place in (("three", (0, 3)), ("four\nfive\nsix", (0, 4))):
            met.console.write(Write(text))
            await met.interactive.run("Get-One")
            assert place_of(met.peer.created[-2]["HostInfo"]) == place
        met.console.write(Write("seven", newline=False))
        pool = met.interactive.session.pool
        assert pool is not None
        pool.host.run(HostMethodIdentifier.SetWindowTitle, ["mine"])
        await met.interactive.run("Get-Two")
        host = met.peer.created[-2]["HostInfo"]
        assert place_of(host) == (5, 4)
        assert "mine" in str(host)
        met.peer.host_call(31, (), 1, ZERO)
        await met.peer.until("answer 1")
        assert met.peer.answers[0]["mr"]["y"] == ("I32", "4")
        await met.manager.close_all()


async def test_a_console_that_changes_its_size_in_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        met.console.size.width = 77
        await met.interactive.run("Get-One")
        assert told(met.peer, "Get-One") == (77, 50)
        await met.manager.close_all()


async def test_a_fixed_width_is_told_whatever_the_pane_s(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        interactive = with_width(met, 200)
        await interactive.enter()
        assert size_of(met.peer.opened["HostInfo"]) == (200, 50)
        met.console.size = ConsoleSize(80, 50)
        await interactive.run("Get-One")
        assert told(met.peer, "Get-One") is None
        met.console.size = ConsoleSize(80, 24)
        await interactive.run("Get-Two")
        assert told(met.peer, "Get-Two") == (200, 24)
        met.peer.host_call(39, (), 1, ZERO)
        await met.peer.until("answer 1")
        assert met.peer.answers[0]["mr"] == {"width": ("I32", "200"), "height": ("I32", "24")}
        await met.manager.close_all()


async def test_another_console_brings_its_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        met.session.temporary = False
        await met.interactive.enter()
        narrow = ScriptedConsole(size=ConsoleSize(60, 20))
        other = met.manager.interact(met.session, narrow)
        await other.enter()
        await other.run("Get-One")
        assert told(met.peer, "Get-One") == (60, 20)
        await met.interactive.run("Get-Two")
        assert told(met.peer, "Get-Two") is None
        await met.manager.close_all()


async def table(interactive: InteractiveSession, console: ScriptedConsole) -> list[str]:
    """Return the rows of a table of processes."""
    before = len(console.shown())
    await asyncio.wait_for(interactive.run("Get-Process | Select-Object -First 3"), 20)
    return [row for row in console.shown()[before:] if row]


@pytest.mark.parametrize("fixed", [0, 150])
async def test_the_demo_endpoint_formats_for_the_width_it_is_told(fixed: int) -> None:
    console, manager = ScriptedConsole(size=ConsoleSize(200, 50)), SessionManager()
    settings = {"width": fixed} if fixed else {}
    session = manager.create(ConnectionInfo(ParameterSet.DEMO, settings=settings), console)
    interactive = manager.interact(session, console)
    await asyncio.wait_for(interactive.enter(), 10)
    wide = await table(interactive, console)
    console.size = ConsoleSize(40, 50)
    narrow = await table(interactive, console)
    assert wide
    assert narrow
    if fixed:
        assert [len(row) for row in narrow[:2]] == [len(row) for row in wide[:2]]
    else:
        assert max(map(len, narrow)) <= 40 < max(map(len, wide))
    await manager.close_all()
