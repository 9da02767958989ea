"""Several consoles in one session, entering a busy one, and look-ups of sessions that cannot be entered (2.4, 5.4)."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, SessionBusy
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome

from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import (
    COMPLETED,
    Meeting,
    ScriptedPeer,
    call,
    end,
    line,
    meeting,
    resumes,
    state,
    stop_event,
)

BUSY = "This session is busy with another command."
SUFFIX = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"


class Held:
    """A command of the far end that ends when the test says so."""

    def __init__(self, *shown: str) -> None:
        self.shown, self.guid = shown, ZERO

    def __call__(self, peer: ScriptedPeer, guid: uuid.UUID) -> None:
        self.guid = guid
        for text in self.shown:
            line(text)(peer, guid)

    def writes(self, peer: ScriptedPeer, text: str) -> None:
        """Write a line later on."""
        line(text)(peer, self.guid)

    def ends(self, peer: ScriptedPeer) -> None:
        """Let it complete."""
        peer.state(self.guid, COMPLETED)


async def kept(met: Meeting) -> InteractiveSession:
    """Enter the session as a kept one."""
    met.session.temporary = False
    await met.interactive.enter()
    return met.interactive


def second(met: Meeting) -> tuple[InteractiveSession, ScriptedConsole]:
    """Return another console in the same session."""
    console = ScriptedConsole()
    return met.manager.interact(met.session, console), console


async def shown(console: ScriptedConsole, text: str) -> None:
    """Wait until a console shows a text."""
    async with asyncio.timeout(5):
        while not any(text in row for row in console.shown()):
            await asyncio.sleep(0)


async def test_a_busy_session_is_entered_when_its_command_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held("before")
    peer = ScriptedPeer(commands={"Wait-Long": [held]})
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        running = asyncio.create_task(first.run("Wait-Long"))
        await shown(met.console, "before")
        other, console = second(met)
        entering = asyncio.create_task(other.enter())
        await shown(console, BUSY)
        held.writes(peer, "after")
        await shown(console, "after")
        assert "after" not in met.console.shown()
        assert not entering.done()
        held.ends(peer)
        await asyncio.wait_for(entering, 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert other.prompt == first.prompt == "[localhost]: PS> "
        assert peer.heard.count("run prompt") == 3
        await met.manager.close_all()


async def test_a_session_busy_with_invoke_command_is_entered_when_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    peer = ScriptedPeer(commands={"Wait-Long": [held]})
    with meeting(monkeypatch, peer) as met:
        met.session.temporary = False
        await met.session.open()
        running = asyncio.create_task(met.session.invoke_script("Wait-Long", ScriptedConsole()))
        await peer.until("run Wait-Long")
        entering = asyncio.create_task(met.interactive.enter())
        await shown(met.console, BUSY)
        held.writes(peer, "here")
        await shown(met.console, "here")
        held.ends(peer)
        await asyncio.wait_for(entering, 5)
        assert (await running).error is None
        await met.manager.close_all()


async def test_lines_of_two_consoles_take_turns_and_show_each_in_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held("one")
    peer = ScriptedPeer(commands={"Get-One": [held], "Get-Two": [line("two"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        other, console = second(met)
        await other.enter()
        running = asyncio.create_task(first.run("Get-One"))
        await shown(met.console, "one")
        later = asyncio.create_task(other.run("Get-Two"))
        await shown(console, BUSY)
        with pytest.raises(SessionBusy):
            await met.session.invoke_script("3", console)
        assert "run Get-Two" not in peer.heard
        held.ends(peer)
        assert await asyncio.wait_for(asyncio.gather(running, later), 5) == [Outcome.READY, Outcome.READY]
        assert met.console.shown() == ["one"]
        assert console.shown()[-1] == "two"
        await met.manager.close_all()


async def test_a_line_that_waits_its_turn_can_be_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held("one")
    peer = ScriptedPeer(commands={"Get-One": [held]})
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        other, console = second(met)
        await other.enter()
        running = asyncio.create_task(first.run("Get-One"))
        await shown(met.console, "one")
        later = asyncio.create_task(other.run("Get-Two"))
        await shown(console, BUSY)
        await other.stop()
        assert await asyncio.wait_for(later, 5) is Outcome.READY
        held.ends(peer)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert "Signal" not in peer.heard
        assert "run Get-Two" not in peer.heard
        await met.manager.close_all()


async def test_a_change_between_asking_for_it_and_waiting_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        waiting = asyncio.create_task(met.session.changed())
        await met.session.close()
        await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("turns", range(1, 30))
async def test_a_line_whose_turn_comes_as_it_is_dropped_does_not_run_on(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held("one")
    with meeting(monkeypatch, ScriptedPeer(commands={"Get-One": [held], "Get-Two": []})) as met:
        first = await kept(met)
        other, console = second(met)
        await other.enter()
        running = asyncio.create_task(first.run("Get-One"))
        await shown(met.console, "one")
        later = asyncio.create_task(other.run("Get-Two"))
        await shown(console, BUSY)
        held.ends(met.peer)
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(other.stop(), 5)
        assert await asyncio.wait_for(asyncio.gather(running, later), 5) == [Outcome.READY] * 2
        await met.manager.close_all()


async def test_many_consoles_at_once_lose_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await kept(met)
        others = [second(met)[0] for _ in range(5)]
        await asyncio.wait_for(asyncio.gather(*(other.enter() for other in others)), 10)
        lines = [f"Get-Thing{index}" for index in range(5)]
        outcomes = await asyncio.wait_for(
            asyncio.gather(*(other.run(text) for other, text in zip(others, lines, strict=True))), 10
        )
        assert outcomes == [Outcome.READY] * 5
        assert sorted(entry[4:] for entry in met.peer.heard if entry.startswith("run Get-")) == lines
        await met.manager.close_all()


async def test_two_consoles_that_enter_at_once_open_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        met.session.temporary = False
        other, _ = second(met)
        await asyncio.wait_for(asyncio.gather(met.interactive.enter(), other.enter()), 5)
        assert met.peer.heard.count("INIT_RUNSPACEPOOL") == 1
        assert met.peer.heard.count("GET_COMMAND_METADATA") == 2
        assert other.prompt == met.interactive.prompt == "[localhost]: PS> "
        await met.manager.close_all()


async def test_leaving_takes_nobody_else_along(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Exit-PSSession": [call(53), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        other, _ = second(met)
        await other.enter()
        assert await first.run("exit") is Outcome.LEFT
        assert met.session.state is RunspaceState.OPENED
        assert await other.run("Get-Thing") is Outcome.READY
        await met.manager.close_all()


async def test_a_session_at_a_breakpoint_is_entered_in_its_debugger(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Held()
    peer = ScriptedPeer(
        commands={
            "Start-Script": [script, stop_event("At line:1 char:1", ("Get-Date",))],
            "c": resumes("Continue"),
            "__Set-PSDebuggerAction": [state(COMPLETED), lambda peer, guid: script.ends(peer)],
        }
    )
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        assert await asyncio.wait_for(first.run("Start-Script"), 5) is Outcome.READY
        other, console = second(met)
        await asyncio.wait_for(other.enter(), 5)
        rows = console.shown()
        assert "breakpoint" in rows[0]
        assert "Hit Command breakpoint on 'Get-Date'" in rows
        assert "At line:1 char:1" in rows
        assert peer.heard.count("GET_COMMAND_METADATA") == 1
        assert await asyncio.wait_for(other.run("c"), 5) is Outcome.READY
        assert met.session.availability is RunspaceAvailability.AVAILABLE
        assert await asyncio.wait_for(first.run("Get-Thing"), 5) is Outcome.READY
        assert "run Get-Thing" in peer.heard
        await met.manager.close_all()


async def test_a_session_that_breaks_while_it_is_waited_for_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": [Held("one")]})
    with meeting(monkeypatch, peer) as met:
        first = await kept(met)
        running = asyncio.create_task(first.run("Wait-Long"))
        await shown(met.console, "one")
        other, console = second(met)
        await asyncio.sleep(0)
        later = asyncio.create_task(other.run("Get-Two"))
        await shown(console, BUSY)
        end(peer, ZERO)
        assert await asyncio.wait_for(asyncio.gather(running, later), 5) == [Outcome.BROKEN, Outcome.BROKEN]


async def broken(met: Meeting) -> None:
    """Let the session die."""
    end(met.peer, ZERO)
    while met.session.state is RunspaceState.OPENED:
        await met.session.changed()


async def closed(met: Meeting) -> None:
    """Close the session without removing it."""
    await met.session.close()


async def removed(met: Meeting) -> None:
    """Remove the session."""
    await met.manager.remove(met.session)


async def disconnected(met: Meeting) -> None:
    """Say that the session was disconnected; its transport cannot connect to it again."""
    met.session.status.set(RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)


def lookup(key: ParameterSet, met: Meeting) -> ConnectionInfo:
    """Return the look-up of the session by one of its keys."""
    values: dict[ParameterSet, tuple[str, Any]] = {
        ParameterSet.ID: ("Id", met.session.id),
        ParameterSet.NAME: ("Name", met.session.name.upper()),
        ParameterSet.INSTANCE_ID: ("InstanceId", met.session.instance_id),
        ParameterSet.SESSION: ("Session", met.session.id),
    }
    name, value = values[key]
    return ConnectionInfo(key, {name: value})


@pytest.mark.parametrize("key", [ParameterSet.ID, ParameterSet.NAME, ParameterSet.INSTANCE_ID, ParameterSet.SESSION])
@pytest.mark.parametrize(
    ("fate", "error_id"),
    [
        (None, ""),
        (broken, "PushedRunspaceMustBeOpen"),
        (closed, "PushedRunspaceMustBeOpen"),
        (disconnected, "EnterPSSessionCannotConnectDisconnectedSession"),
        (removed, "RemoteRunspaceNotAvailableForSpecified"),
    ],
    ids=["open", "broken", "closed", "disconnected", "removed"],
)
async def test_a_look_up_finds_only_what_can_be_entered(
    fate: Any, error_id: str, key: ParameterSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await kept(met)
        wanted = lookup(key, met)
        if fate is None:
            assert met.manager.find(wanted) is met.session
        else:
            await fate(met)
            with pytest.raises(CallError) as refused:
                met.manager.find(wanted)
            assert refused.value.error_id.startswith(error_id)
            assert refused.value.error_id.endswith(SUFFIX)
        await met.manager.close_all()
