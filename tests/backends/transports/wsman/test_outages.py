"""Outages beyond a cut: given up by a person, slept through, half of the way dead, a service that stumbles."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from pstui.backends.errors import SessionBroken, SessionDisconnected, SessionStateError
from pstui.backends.records import PipelineState, RunspaceState
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.wsman import client as wsman_client
from pstui.backends.transports.wsman import faults as wsman_faults
from pstui.backends.transports.wsman import receive as wsman_receiving
from pstui.backends.transports.wsman import recovery as wsman_recovery
from pstui.backends.transports.wsman.connect import Connector
from pstui.backends.transports.wsman.receive import Backoff
from pstui.backends.transports.wsman.recovery import Recovery

from tests.support.scripted_console import ScriptedConsole
from tests.support.tcp_relay import relay
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_runs import a_new_run, short_pauses
from tests.support.wsman_calls import answering, call, refusal, session

__all__ = ["a_new_run", "short_pauses", "winrm_endpoint"]

#: a second that the client names passes in a twentieth; a client that is silent for one second is taken for lost
WINRM = WinRMOptions(arguments=["--scale", "0.05", "--silence", "20"])


async def until(met: Any) -> None:
    while not met():
        await asyncio.sleep(0.01)


async def test_who_presses_ctrl_c_does_not_wait_for_the_network(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        running = asyncio.create_task(opened.invoke_script("1; Start-Sleep 60", console))
        await until(lambda: "1" in console.shown())
        winrm_endpoint.cut(-1)
        await until(lambda: any("Attempting" in line for line in console.shown()))
        began = time.monotonic()
        await opened.stop()
        with pytest.raises(SessionDisconnected) as told:
            await running
        assert time.monotonic() - began < 2
        assert "was not waited for any longer. The session is disconnected." in console.shown()[-1]
        assert "Connect-PSSession" in told.value.hint
        assert console.progressed[-1].completed
        assert opened.state is RunspaceState.DISCONNECTED
    # What ran there goes on, and can be taken up again.
    winrm_endpoint.clear()
    assert str(opened.instance_id).upper() in winrm_endpoint.shells()


async def test_who_leaves_does_not_wait_for_the_network(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsman_recovery, "ATTEMPT", 0.2)
    console = ScriptedConsole()
    async with session(call(winrm_endpoint, settings={"receive_timeout": 500}), console) as opened:
        opened.pool.transport._client.slack = 0.5  # type: ignore[union-attr]  # it is WSMan's
        running = asyncio.create_task(opened.invoke_script("1; Start-Sleep 60", console))
        await until(lambda: "1" in console.shown())
        winrm_endpoint.stall(30.0)
        await until(lambda: any("Attempting" in line for line in console.shown()))
        began = time.monotonic()
        await opened.close()
        assert time.monotonic() - began < 2
        with pytest.raises(SessionBroken):
            await running


async def test_a_session_that_the_service_gave_up_meanwhile_is_taken_again(winrm_endpoint: WinRMEndpoint) -> None:
    """As after a sleep of this computer: the network is back, but the service has let go of its lost client."""
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        running = asyncio.create_task(opened.invoke_script("1..3; Start-Sleep 3; 4..6", console))
        await until(lambda: "3" in console.shown())
        winrm_endpoint.cut(-1)
        mine = str(opened.instance_id).upper()
        await until(lambda: winrm_endpoint.shells()[mine] == "Disconnected")
        winrm_endpoint.clear()
        assert (await running).state is PipelineState.COMPLETED
        assert [line for line in console.shown() if line.isdigit()] == ["1", "2", "3", "4", "5", "6"]
        assert "restored" in console.shown()[-4]
        await opened.invoke_script("'on'", console)
        assert console.shown()[-1] == "on"


async def test_a_session_let_go_of_without_an_outage_is_taken_again(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        running = asyncio.create_task(opened.invoke_script("1; Start-Sleep 1; 2", console))
        await until(lambda: "1" in console.shown())
        winrm_endpoint.rule("fault", verb="Receive", code=2150859230, reason="The stream is disconnected.", times=2)
        assert (await running).state is PipelineState.COMPLETED
        assert console.shown() == ["1", "2"]


async def test_a_clock_that_jumps_does_not_use_up_the_time_for_trying(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    client = await Connector(call(winrm_endpoint), ConnectContext(console)).client()
    tries = 0
    loop = asyncio.get_running_loop()
    real = loop.time

    async def probe(within: float) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            loop.time = lambda: real() + 7200  # type: ignore[method-assign]  # two hours of sleep
        if tries < 5:
            raise wsman_faults.NetworkFailure(wsman_faults.NetworkKind.REFUSED, "refused")

    riding = Recovery(client, "localhost", console, probe)
    try:
        await riding(wsman_faults.NetworkFailure(wsman_faults.NetworkKind.CLOSED, "gone"), client.generation)
    finally:
        loop.time = real  # type: ignore[method-assign]
    assert tries == 5
    assert "restored" in console.shown()[-1]


async def test_a_command_on_a_dead_connection_goes_over_another(winrm_endpoint: WinRMEndpoint) -> None:
    """Half open: the connections stand, nothing comes through them, and new ones work."""
    console = ScriptedConsole()
    async with relay(winrm_endpoint.port) as way:
        values: dict[str, Any] = {"Port": way.port, "settings": {"receive_timeout": 500}}
        async with session(call(winrm_endpoint, **values), console) as opened:
            await opened.invoke_script("1", console)
            opened.pool.transport._client.slack = 0.5  # type: ignore[union-attr]  # it is WSMan's
            await asyncio.sleep(wsman_receiving.FIRST_REST * 2)  # until the pool's own Receive is on its way
            way.freeze()
            await opened.invoke_script("2", console)
            assert console.shown() == ["1", "2"]


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("verb", ["Receive", "Command"])
async def test_a_service_that_stumbles_is_asked_again(winrm_endpoint: WinRMEndpoint, status: int, verb: str) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("status", verb=verb, status=status, times=2)
        result = await opened.invoke_script("1..3", console)
        assert result.state is PipelineState.COMPLETED
        assert [line for line in console.shown() if line.isdigit()] == ["1", "2", "3"]


async def test_a_service_that_refuses_one_kind_for_ever_is_not_asked_for_ever(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        before = len(winrm_endpoint.requests())
        winrm_endpoint.rule("status", verb="Command", status=500, times=0)
        with pytest.raises(SessionBroken, match="HTTP status 500"):
            await opened.invoke_script("1", console)
        assert len(winrm_endpoint.requests()) - before < 8 * wsman_client.MAX_LOSSES


async def test_a_session_of_one_moment_needs_one_connection(winrm_endpoint: WinRMEndpoint) -> None:
    before = len(winrm_endpoint.requests())
    async with session(call(winrm_endpoint)):
        pass
    told = winrm_endpoint.requests()[before:]
    assert [one["verb"] for one in told if "verb" in one] == ["Create", "Receive", "Delete"]
    assert len({one["connection"] for one in told}) == 1


async def test_what_runs_first_has_the_connection_that_stands(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    before = len(winrm_endpoint.requests())
    async with session(call(winrm_endpoint), console) as opened:
        await opened.invoke_script("1", console)
        told = [one for one in winrm_endpoint.requests()[before:] if "verb" in one]
        by_verb = {one["verb"]: one["connection"] for one in told}
        assert by_verb["Command"] == by_verb["Create"]

        def pools() -> list[int]:
            """The connections of the pool's own Receives, the ones that were answered."""
            asked = [one for one in winrm_endpoint.requests()[before:] if one.get("verb") == "Receive"]
            return [one["connection"] for one in asked if "CommandId" not in one["body"]]

        # The pool's own stream follows, over a connection of its own.
        await until(lambda: pools()[1:])
        assert pools()[1] != by_verb["Create"]


async def test_empty_answers_that_come_at_once_slow_the_asking_down(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    backoff = Backoff(20.0)
    for _ in range(60):
        backoff.begin()
        await backoff.end(empty=True)
    assert len(waits) == 60 - wsman_receiving.MAX_EARLY
    assert waits == sorted(waits)
    assert waits[-1] == wsman_receiving.LONGEST_BACKOFF
    waits.clear()
    backoff.begin()
    await backoff.end(empty=False)
    backoff.begin()
    await backoff.end(empty=True)
    assert not waits


async def test_a_flood_of_nothing_is_not_answered_by_a_flood_of_requests(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("fault", verb="Receive", code=2150858793, reason="Nothing yet.", times=0)
        before = len(winrm_endpoint.requests("Receive"))
        running = asyncio.create_task(opened.invoke_script("1", console))
        began = time.monotonic()
        await until(lambda: len(winrm_endpoint.requests("Receive")) - before > 2 * wsman_receiving.MAX_EARLY + 12)
        assert time.monotonic() - began > 0.5
        winrm_endpoint.clear()
        assert (await running).state is PipelineState.COMPLETED


async def test_an_opening_is_refused_by_what_is_in_the_way(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.rule("status", verb="Create", status=500, times=0)
    assert "HTTP status 500" in await refusal(call(winrm_endpoint))


@pytest.mark.parametrize("verb", ["Command", "Send"])
async def test_a_command_for_a_session_that_the_service_gave_up_is_not_lost(
    winrm_endpoint: WinRMEndpoint, verb: str
) -> None:
    console = ScriptedConsole()

    async def source() -> Any:
        yield 1

    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("fault", verb=verb, code=2150859204, reason="The shell is disconnected.")
        result = await opened.invoke_script("$input | ForEach-Object { $_ + 1 }", console, input=source())
        assert result.state is PipelineState.COMPLETED
        assert console.shown() == ["2"]
        winrm_endpoint.rule("fault", verb=verb, code=2150859204, reason="The shell is disconnected.", times=0)
        with pytest.raises(SessionStateError, match="did not take the command"):
            await opened.invoke_script("$input | ForEach-Object { $_ + 1 }", console, input=source())


async def test_an_answer_that_is_refused_does_not_leave_the_command_waiting(winrm_endpoint: WinRMEndpoint) -> None:
    console = ScriptedConsole()
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("fault", verb="Send", code=2150858770, reason="Not now.")
        answers = asyncio.create_task(answering(console, "blue"))
        with pytest.raises(SessionStateError, match="did not take the command") as told:
            await opened.invoke_script("Read-Host 'Colour'", console)
        await answers
        assert "Not now." in told.value.why
        await opened.invoke_script("'on'", console)
        assert console.shown()[-1] == "on"
