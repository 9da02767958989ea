"""Ctrl+C at every moment, as the table has it, and at once while connecting (protocol-notes 2.9)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator
from functools import partial

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, SessionStateError
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport
from pstui.tui.pane.completion_turn import CompletionTurn

from tests.support.nobody import NobodyConsole
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import (
    COMPLETED,
    Action,
    ScriptedPeer,
    call,
    error_record,
    line,
    meeting,
    metadata,
    output,
    resumes,
    state,
    stop_event,
)

#: Seconds within which giving up returns.
AT_ONCE = 1.0
STOPPED_RECORD = error_record("The pipeline has been stopped.", "PipelineStopped", "PipelineStoppedException")


@contextlib.asynccontextmanager
async def mute_server() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Listen, take every connection and never say a word; the event tells of the first one."""
    met = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        met.set()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], met
    finally:
        server.close()
        for writer in writers:
            writer.close()


async def give_up(interactive: InteractiveSession, until: asyncio.Event | None = None) -> float:
    """Enter, press Ctrl+C once ``until`` is set, and return how long the entering still took."""
    entering = asyncio.create_task(interactive.enter())
    if until is not None:
        await asyncio.wait_for(until.wait(), 10)
    loop = asyncio.get_running_loop()
    start = loop.time()
    await interactive.stop()
    with pytest.raises(OpenCancelled):
        await asyncio.wait_for(entering, 10)
    return loop.time() - start


def interact(info: ConnectionInfo) -> tuple[SessionManager, InteractiveSession]:
    """Return a session for a real transport, not yet open."""
    manager = SessionManager()
    session = manager.create(info, NobodyConsole())
    return manager, manager.interact(session, session.console)


async def test_connecting_to_a_process_is_given_up_at_once() -> None:
    program = (sys.executable, "-c", "import time; time.sleep(60)")
    manager, interactive = interact(ConnectionInfo(ParameterSet.PROCESS, {"Command": program}))
    begun = asyncio.Event()
    interactive.session.on_step = lambda step, detail: begun.set() if step == "session" else None
    assert await give_up(interactive, begun) < AT_ONCE
    assert interactive.session.state is RunspaceState.CLOSED
    await manager.close_all()


async def test_connecting_over_ssh_is_given_up_at_once() -> None:
    async with mute_server() as (port, met):
        info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "127.0.0.1", "UserName": "me", "Port": port})
        manager, interactive = interact(info)
        assert await give_up(interactive, met) < AT_ONCE
        assert interactive.session.state is RunspaceState.CLOSED
        await manager.close_all()


async def test_connecting_over_winrm_is_given_up_at_once() -> None:
    async with mute_server() as (port, met):
        credential = PSCredential("me", Secret("secret"))
        values = {"ComputerName": "localhost", "Port": port, "Credential": credential, "Authentication": "Negotiate"}
        manager, interactive = interact(
            ConnectionInfo(ParameterSet.COMPUTER_NAME, values, settings={"trusted_hosts": ["localhost"]})
        )
        assert await give_up(interactive, met) < AT_ONCE
        assert interactive.session.state is RunspaceState.CLOSED
        await manager.close_all()


async def test_connecting_to_the_demo_endpoint_is_given_up_at_once() -> None:
    manager, interactive = interact(ConnectionInfo(ParameterSet.DEMO))
    entering = asyncio.create_task(interactive.enter())
    await asyncio.sleep(0)
    await interactive.stop()
    with pytest.raises(OpenCancelled):
        await asyncio.wait_for(entering, AT_ONCE)
    await manager.close_all()


async def test_a_transport_that_cannot_be_interrupted_opens_late_and_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connecting, opened = asyncio.Event(), asyncio.Event()
    peer = ScriptedPeer()

    async def stubborn(info: object, context: object) -> OutOfProcTransport:
        connecting.set()
        while not opened.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await opened.wait()
        return OutOfProcTransport(peer)

    monkeypatch.setattr(registry, "connect", stubborn)
    manager, interactive = interact(ConnectionInfo(ParameterSet.PROCESS))
    assert await give_up(interactive, connecting) < AT_ONCE
    assert interactive.session.state is RunspaceState.CLOSED
    opened.set()
    async with asyncio.timeout(5):
        while not peer.stopped:
            await asyncio.sleep(0)
    assert peer.heard == []
    assert interactive.session.state is RunspaceState.CLOSED
    await manager.close_all()


@pytest.mark.parametrize("quiet", [set(), {"SignalAck", "CloseAck"}], ids=["answers", "says nothing"])
@pytest.mark.parametrize("what", ["GET_COMMAND_METADATA", "prompt"])
async def test_the_check_and_the_first_prompt_are_given_up_at_once(
    what: str, quiet: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pstui.backends.transports.outofproc.CLOSE_TIMEOUT", 0.1)
    peer = ScriptedPeer(commands={what: []}, quiet=quiet)
    with meeting(monkeypatch, peer) as met:
        reached = asyncio.Event()
        peer.commands[what] = [lambda peer, guid: reached.set()]
        assert await give_up(met.interactive, reached) < AT_ONCE
        await asyncio.wait_for(met.manager.close_all(), 15)
        assert met.session.state is RunspaceState.CLOSED


async def test_ctrl_c_in_the_moment_of_success_comes_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        met.peer.commands["prompt"] = [output("<S>PS&gt; </S>"), state(COMPLETED)]
        entering = asyncio.create_task(met.interactive.enter())
        await met.peer.until("run prompt")
        done = asyncio.create_task(asyncio.wait({entering}))
        while not done.done():
            await met.interactive.stop()
            await asyncio.sleep(0)
        if entering.exception() is None:
            assert await met.interactive.run("Get-Thing") is Outcome.READY
        else:
            assert isinstance(entering.exception(), OpenCancelled)
            assert met.session.state is RunspaceState.CLOSED
        await met.manager.close_all()


async def test_a_kept_session_survives_an_entering_that_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = asyncio.Event()
    peer = ScriptedPeer(commands={"GET_COMMAND_METADATA": [lambda peer, guid: reached.set()]})
    with meeting(monkeypatch, peer) as met:
        met.session.temporary = False
        await give_up(met.interactive, reached)
        peer.commands["GET_COMMAND_METADATA"] = metadata("Out-Default", "Exit-PSSession")
        await asyncio.wait_for(met.interactive.enter(), 5)
        assert met.interactive.prompt == "[localhost]: PS> "
        await met.manager.close_all()


async def test_a_running_command_is_signalled_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(
        commands={
            "Wait-Long": [line("working")],
            "Out-Default": [line("Error: The pipeline has been stopped."), state(COMPLETED)],
        },
        on_signal=[state(3, STOPPED_RECORD)],
    )
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        await asyncio.wait_for(asyncio.gather(*(met.interactive.stop() for _ in range(3))), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert peer.heard.count("Signal") == 1
        assert met.console.shown() == ["working", "Error: The pipeline has been stopped."]
        await met.manager.close_all()


async def test_a_question_is_refused_without_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Ask-Me": [call(11, ci=1)]}, on_answer=state(COMPLETED))
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        await met.console.question()
        met.console.refuse()
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert "Signal" not in peer.heard
        (answer,) = peer.answers
        assert answer["me"]["FullyQualifiedErrorId"] == "PipelineStopped"
        assert await met.interactive.run("Get-Other") is Outcome.READY
        await met.manager.close_all()


async def test_an_unconfirmed_stop_says_so_each_time_and_offers_to_break(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": []}, on_signal=[], quiet={"SignalAck"})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.transport[0].signal_timeout = 0.05
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        for _ in range(2):
            with pytest.raises(SessionStateError, match=r"not confirmed the stop within 0\.05 s") as refused:
                await asyncio.wait_for(met.interactive.stop(), 5)
        assert peer.heard.count("Signal") == 1
        (offer,) = refused.value.offers
        assert "Break" in offer.caption
        assert offer.run is not None
        await asyncio.wait_for(offer.run(), AT_ONCE)
        assert await asyncio.wait_for(running, AT_ONCE) is Outcome.BROKEN
        assert met.session.state is RunspaceState.BROKEN
        assert met.session.failure is not None
        assert "broken off" in met.session.failure.message
        assert peer.stopped
        await met.manager.close_all()


async def test_breaking_a_session_that_asks_withdraws_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(commands={"Ask-Me": [call(11, ci=1)]})) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        await met.console.question()
        await asyncio.wait_for(met.session.break_session(), AT_ONCE)
        assert await asyncio.wait_for(running, AT_ONCE) is Outcome.BROKEN
        assert met.console.asked is None
        await met.session.break_session()
        assert met.session.state is RunspaceState.BROKEN


async def test_ctrl_c_at_the_prompt_gives_a_new_one_and_leaves_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    more = error_record("more", reason="IncompleteParseException")
    peer = ScriptedPeer(commands={"if (": [state(5, more)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        await met.interactive.stop()
        assert await met.interactive.run("if (") is Outcome.INCOMPLETE
        assert await met.interactive.refresh() is Outcome.READY
        assert met.interactive.prompt == "[localhost]: PS> "
        assert "Signal" not in peer.heard
        assert await met.interactive.run("Get-Other") is Outcome.READY
        assert peer.heard.count("run Get-Other") == 1
        await met.manager.close_all()


async def test_in_the_debugger_the_debugger_s_command_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[uuid.UUID] = []
    peer = ScriptedPeer(
        commands={"Start-Script": [stop_event("At line:1")], "Start-Sleep 60": [], "c": resumes("Continue")},
        on_signal=[lambda peer, guid: stopped.append(guid), state(3, STOPPED_RECORD)],
    )
    outer: list[uuid.UUID] = []
    peer.commands["Start-Script"].insert(0, lambda peer, guid: outer.append(guid))
    goes_on: Action = lambda peer, guid: peer.state(outer[0], COMPLETED)  # noqa: E731  an action among others
    peer.commands["__Set-PSDebuggerAction"] = [state(COMPLETED), goes_on]
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Start-Script"), 5) is Outcome.READY
        running = asyncio.create_task(met.interactive.run("Start-Sleep 60"))
        await peer.until("run Start-Sleep 60")
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert len(stopped) == 1
        assert stopped != outer
        assert met.session.availability is RunspaceAvailability.REMOTE_DEBUG
        assert await asyncio.wait_for(met.interactive.run("c"), 5) is Outcome.READY
        assert met.session.availability is RunspaceAvailability.AVAILABLE
        await met.manager.close_all()


@pytest.mark.parametrize("turns", range(1, 8))
async def test_in_the_debugger_a_stop_before_the_command_is_on_its_way_spares_the_script(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    script: list[uuid.UUID] = []
    stopped: list[uuid.UUID] = []
    peer = ScriptedPeer(
        commands={
            "Start-Script": [lambda peer, guid: script.append(guid), stop_event("At line:1")],
            "Start-Sleep 60": [],
        },
        on_signal=[lambda peer, guid: stopped.append(guid), state(3, STOPPED_RECORD)],
    )
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Start-Script"), 5) is Outcome.READY
        running = asyncio.create_task(met.interactive.run("Start-Sleep 60"))
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert len(stopped) == 1
        assert stopped != script
        await met.manager.close_all()


async def test_a_completion_that_has_not_begun_is_stopped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.commands["TabExpansion2"] = []
        turn = CompletionTurn()
        asked = asyncio.create_task(turn.ask(met.interactive, partial(met.interactive.complete, "Get-", 4)))
        await asyncio.sleep(0)
        await turn.end()
        await asyncio.wait({asked})
        assert peer.heard.count("Signal") == 1
        await met.manager.close_all()


async def test_waiting_for_a_busy_session_is_left_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": [line("working")]})
    with meeting(monkeypatch, peer) as met:
        met.session.temporary = False
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        other = met.manager.interact(met.session, ScriptedConsole())
        waiting = asyncio.Event()
        entering = asyncio.create_task(other.enter())
        asyncio.get_running_loop().call_soon(waiting.set)
        await waiting.wait()
        await asyncio.wait_for(other.stop(), AT_ONCE)
        with pytest.raises(OpenCancelled):
            await asyncio.wait_for(entering, AT_ONCE)
        assert not running.done()
        assert "Signal" not in peer.heard
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


async def test_a_stop_is_over_when_its_command_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A far end that ends the command and confirms the stop never, or late, has done what was wanted."""
    peer = ScriptedPeer(commands={"Get-Thing": []}, quiet={"SignalAck"})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Get-Thing"))
        await peer.until("run Get-Thing")
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert not [row for row in met.console.shown() if "closed" in row]
        await met.manager.close_all()
