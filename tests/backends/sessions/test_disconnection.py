"""Sessions let go of and taken up again, by their own process and by another; what runs in them goes on (5.3, 5.4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, PstuiError, SessionBusy, SessionDisconnected, SessionStateError
from pstui.backends.records import PipelineState, RunspaceAvailability, RunspaceState
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_runs import a_new_run, short_pauses
from tests.support.wsman_calls import DEADLINE, call

__all__ = ["a_new_run", "short_pauses", "winrm_endpoint"]

#: a second that the client names passes in a twentieth
WINRM = WinRMOptions(arguments=["--scale", "0.05", "--max-idle", "7200", "--max-shells", "8"])


@pytest.fixture
async def manager() -> AsyncIterator[SessionManager]:
    made = SessionManager()
    async with asyncio.timeout(DEADLINE):
        yield made
        for each in list(made.sessions):
            await made.remove(each)


async def kept(manager: SessionManager, endpoint: WinRMEndpoint, **values: Any) -> tuple[PSSession, ScriptedConsole]:
    """Return an open session that is not temporary."""
    console = ScriptedConsole()
    session = manager.create(call(endpoint, **values), console, temporary=False)
    await session.open()
    return session, console


async def until(true: Any) -> None:
    while not true():
        await asyncio.sleep(0.01)


def state(session: PSSession) -> tuple[RunspaceState, RunspaceAvailability]:
    return session.state, session.availability


async def refused(work: Any) -> PstuiError:
    with pytest.raises(PstuiError) as told:
        await work
    return told.value


async def test_states_follow_each_other_and_what_was_set_is_still_there(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, console = await kept(manager, winrm_endpoint)
    seen: list[tuple[str, str]] = []
    session.on_state(lambda changed: seen.append((changed.state.name, changed.availability.name)))
    await session.invoke_script("$x = 7", console)
    seen.clear()
    assert session.link.outlives_connection
    assert not session.can_connect
    await session.link.disconnect(120.0, "Drop")
    assert session.can_connect
    await session.link.disconnect()  # it stays so
    await session.link.connect()
    await session.link.connect()
    assert seen == [
        ("DISCONNECTING", "NONE"),
        ("DISCONNECTED", "NONE"),
        ("CONNECTING", "NONE"),
        ("OPENED", "AVAILABLE"),
    ]
    await session.invoke_script("$x", console)
    assert console.shown() == ["7"]


async def test_entering_a_disconnected_session_connects_it(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, _ = await kept(manager, winrm_endpoint)
    await session.link.disconnect()
    found = manager.find(ConnectionInfo(ParameterSet.ID, {"Id": session.id}))
    interactive = manager.interact(found, console := ScriptedConsole())
    await interactive.enter()
    assert interactive.prompt.startswith("[localhost]: PS")
    assert await interactive.run("1 + 1") is Outcome.READY
    assert console.shown() == ["2"]


async def test_what_runs_goes_on_and_who_enters_sees_the_rest(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, console = await kept(manager, winrm_endpoint)
    running = asyncio.create_task(session.invoke_script("1..3; Start-Sleep 1; 4..6", console))
    await until(lambda: console.shown() == ["1", "2", "3"])
    await session.link.disconnect()
    with pytest.raises(SessionDisconnected):
        await running
    assert not session.link.why_not_receive()
    await session.link.connect()
    assert state(session) == (RunspaceState.OPENED, RunspaceAvailability.BUSY)
    with pytest.raises(SessionBusy):
        await session.invoke_script("'too early'", console)
    interactive = manager.interact(session, entered := ScriptedConsole())
    await interactive.enter()
    assert [line for line in entered.shown() if line.isdigit()] == ["4", "5", "6"]
    assert "busy with another command" in entered.shown()[0]
    assert await interactive.run("7") is Outcome.READY
    assert entered.shown()[-1] == "7"


async def test_receiving_follows_the_command_to_its_end(winrm_endpoint: WinRMEndpoint, manager: SessionManager) -> None:
    session, console = await kept(manager, winrm_endpoint)
    running = asyncio.create_task(session.invoke_script("1; Start-Sleep 1; 2", console))
    await until(lambda: console.shown() == ["1"])
    await session.link.disconnect()
    await asyncio.wait({running})
    assert isinstance(running.exception(), SessionDisconnected)
    result = await session.link.receive(later := ScriptedConsole())
    assert result is not None
    assert result.state is PipelineState.COMPLETED
    assert later.shown() == ["2"]
    assert state(session) == (RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)
    assert session.link.why_not_receive()
    assert await session.link.receive(later) is None


async def test_who_gives_up_receiving_does_not_end_the_command(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, console = await kept(manager, winrm_endpoint)
    running = asyncio.create_task(session.invoke_script("1; Start-Sleep 1; 2", console))
    await until(lambda: console.shown() == ["1"])
    await session.link.disconnect()
    await asyncio.wait({running})
    running.exception()
    first = asyncio.create_task(session.link.receive(later := ScriptedConsole()))
    await until(lambda: session.link.following is not None)
    first.cancel()
    await asyncio.wait({first})
    await session.available()
    assert later.shown() == ["2"]


async def test_what_is_received_can_be_let_go_of_again_and_be_stopped(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, console = await kept(manager, winrm_endpoint)
    running = asyncio.create_task(session.invoke_script("1; Start-Sleep 60; 2", console))
    await until(lambda: console.shown() == ["1"])
    await session.link.disconnect()
    await asyncio.wait({running})
    running.exception()
    first = asyncio.create_task(session.link.receive(console))
    await until(lambda: session._outer is not None)
    await session.link.disconnect()
    assert isinstance(await refused(first), SessionDisconnected)
    second = asyncio.create_task(session.link.receive(console))
    await until(lambda: session._outer is not None)
    await session.stop()
    result = await second
    assert result is not None
    assert result.state is PipelineState.STOPPED
    await session.invoke_script("3", console)
    assert console.shown()[-1] == "3"


async def test_a_computers_sessions_are_listed_and_one_is_taken_over(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    theirs, console = await kept(manager, winrm_endpoint)
    await theirs.invoke_script("$x = 7", console)
    running = asyncio.create_task(theirs.invoke_script("1; Start-Sleep 1; 2", console))
    await until(lambda: console.shown() == ["1"])
    elsewhere = SessionManager()
    (row,) = await elsewhere.list_remote(theirs.info, ScriptedConsole())
    assert state(row) == (RunspaceState.DISCONNECTED, RunspaceAvailability.BUSY)
    assert (row.instance_id, row.transport) == (theirs.instance_id, "WSMan")
    assert row.configuration_name == "Microsoft.PowerShell"
    assert not elsewhere.sessions, "a row of the list is no session of this process yet"
    busy = await refused(row.link.connect())
    assert busy.error_id == "CannotConnectAlreadyConnected,PSSessionConnectFailed"
    assert "in use by another client" in busy.what
    assert state(row) == (RunspaceState.DISCONNECTED, RunspaceAvailability.BUSY)

    (same,) = await manager.list_remote(theirs.info, ScriptedConsole())
    assert same is theirs
    await theirs.link.disconnect(3600.0)
    await asyncio.wait({running})
    running.exception()
    (row,) = await elsewhere.list_remote(theirs.info, ScriptedConsole())
    assert state(row) == (RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
    assert not row.link.why_not_receive()
    found = elsewhere.find(ConnectionInfo(ParameterSet.SESSION, {"Session": row}))
    assert list(elsewhere.sessions) == [row]
    interactive = elsewhere.interact(found, taken := ScriptedConsole())
    await interactive.enter()
    assert [line for line in taken.shown() if line.isdigit()] == ["2"]
    await interactive.run("$x")
    assert taken.shown()[-1] == "7"
    assert row.instance_id == theirs.instance_id
    (mine,) = await manager.list_remote(theirs.info, ScriptedConsole())
    assert mine is not theirs, "its own object is out of date while another client holds the session"
    await elsewhere.remove(row)
    assert not winrm_endpoint.shells()


async def test_closing_ends_the_far_side_but_leaving_the_program_does_not(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, _ = await kept(manager, winrm_endpoint)
    await session.link.disconnect()
    await manager.remove(session)
    assert state(session) == (RunspaceState.CLOSED, RunspaceAvailability.NONE)
    assert not winrm_endpoint.shells()

    session, _ = await kept(manager, winrm_endpoint)
    other, _ = await kept(manager, winrm_endpoint)
    await session.link.disconnect()
    await manager.close_all()
    assert winrm_endpoint.shells() == {str(session.instance_id).upper(): "Disconnected"}
    assert other.state is RunspaceState.CLOSED
    (row,) = await manager.list_remote(session.info, ScriptedConsole())
    await row.close()
    assert not winrm_endpoint.shells()


async def test_a_temporary_session_that_the_network_loses_can_be_found_again(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    console = ScriptedConsole()
    session = manager.create(call(winrm_endpoint, settings={"max_retry_time": 500}), console)
    interactive = manager.interact(session, console)
    await interactive.enter()
    line = asyncio.create_task(interactive.run("1; Start-Sleep 2; 2"))
    await until(lambda: "1" in console.shown())
    winrm_endpoint.cut(-1)
    assert await line is Outcome.BROKEN
    assert state(session) == (RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
    assert not session.temporary
    winrm_endpoint.clear()
    again = manager.interact(manager.find(ConnectionInfo(ParameterSet.NAME, {"Name": session.name})), console)
    await again.enter()
    assert "2" in console.shown()
    assert session.failed is None


async def test_refusals_carry_powershells_ids(winrm_endpoint: WinRMEndpoint, manager: SessionManager) -> None:
    session, console = await kept(manager, winrm_endpoint)
    short = await refused(session.link.disconnect(30.0))
    long = await refused(session.link.disconnect(100_000.0))
    assert {short.error_id, long.error_id} == {"CannotDisconnectSessionWithInvalidIdleTimeout"}
    assert state(session) == (RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)
    await session.invoke_script("1", console)
    assert console.shown() == ["1"]
    await manager.remove(session)
    closed = await refused(session.link.disconnect())
    assert closed.error_id == "CannotDisconnectSessionWhenNotOpened"
    assert (await refused(session.link.connect())).error_id == "PSSessionConnectFailed"
    with pytest.raises(CallError) as told:
        manager.find(ConnectionInfo(ParameterSet.SESSION, {"Session": session}))
    assert told.value.error_id.startswith("PushedRunspaceMustBeOpen")


async def test_a_transport_that_keeps_nothing_says_so(manager: SessionManager) -> None:
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), console := ScriptedConsole(), temporary=False)
    await session.open()
    assert not session.link.outlives_connection
    error = await refused(session.link.disconnect())
    assert error.error_id == "PSSessionDisconnectFailed"
    assert "only WinRM keeps sessions" in error.why
    assert await session.link.receive(console) is None
    assert session.state is RunspaceState.OPENED


async def test_a_session_that_ended_meanwhile_is_explained(
    winrm_endpoint: WinRMEndpoint, manager: SessionManager
) -> None:
    session, _ = await kept(manager, winrm_endpoint)
    await session.link.disconnect()
    winrm_endpoint.control("end_shells")
    error = await refused(session.link.connect())
    assert error.error_id.endswith("PSSessionConnectFailed")
    assert "no longer knows the session" in error.text()
    with pytest.raises(SessionStateError):
        await session.invoke_script("1", ScriptedConsole())
