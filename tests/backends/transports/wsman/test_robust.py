"""Network failures, disconnection and connection again: nothing lost, nothing twice, nothing else disturbed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pstui.backends.errors import SessionBroken, SessionDisconnected, SessionStateError
from pstui.backends.psrp import disconnection
from pstui.backends.psrp.host import Host
from pstui.backends.psrp.pool import RunspacePool
from pstui.backends.records import PipelineState, RunspaceAvailability, RunspaceState
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.wsman.connect import list_sessions

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_runs import a_new_run, short_pauses
from tests.support.wsman_calls import call, credential, refusal, session

pytestmark = pytest.mark.lets_connections_go(behind_the_module=True)

__all__ = ["a_new_run", "short_pauses", "winrm_endpoint"]

#: a second that the client names passes in a twentieth
WINRM = WinRMOptions(arguments=["--scale", "0.05", "--max-idle", "7200", "--max-shells", "8"])


@pytest.fixture
def console() -> Iterator[ScriptedConsole]:
    yield ScriptedConsole()


def numbers(console: ScriptedConsole) -> list[int]:
    return [int(line) for line in console.shown() if line.isdigit()]


def notices(console: ScriptedConsole) -> list[str]:
    return [line for line in console.shown() if not line.isdigit()]


def pool_of(opened: PSSession) -> RunspacePool:
    assert opened.pool is not None
    return opened.pool


async def until(met: Any) -> None:
    while not met():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("after", [60_000, 150_000, 700_000])
async def test_a_cut_during_output_loses_no_line_and_repeats_none(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole, after: int
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.cut_after(after, 1.0)
        result = await opened.invoke_script("1..10000", console)
        assert result.state is PipelineState.COMPLETED
        assert numbers(console) == list(range(1, 10_001))
        told = notices(console)
        assert "interrupted" in told[0]
        assert "4 minutes" in told[0]
        assert set(told[1:-1]) == {"Attempting to reconnect to localhost …"}
        assert "restored" in told[-1]
        bar = console.progressed
        assert (bar[0].activity, bar[0].activity_id) == ("Network connection interrupted", 0)
        assert bar[-1].completed


async def test_a_line_that_goes_dead_is_noticed_and_ridden_out(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint, settings={"receive_timeout": 500}), console) as opened:
        pool_of(opened).transport._client.slack = 1.0  # type: ignore[attr-defined]  # it is WSMan's
        running = asyncio.create_task(
            opened.invoke_script("1..200 | ForEach-Object { $_ }; Start-Sleep 1; 'end'", console)
        )
        await until(lambda: len(numbers(console)) > 10)
        winrm_endpoint.stall(3.0)
        assert (await running).state is PipelineState.COMPLETED
        assert numbers(console) == list(range(1, 201))
        assert "end" in console.shown()


async def test_a_long_silence_is_not_taken_for_death(winrm_endpoint: WinRMEndpoint, console: ScriptedConsole) -> None:
    async with session(call(winrm_endpoint, settings={"receive_timeout": 4000}), console) as opened:
        asked = len(winrm_endpoint.requests("Receive"))
        await opened.invoke_script("Start-Sleep 2; 'done'", console)
        assert console.shown() == ["done"]
        faulted = [one for one in winrm_endpoint.requests("Receive")[asked:] if one["fault"] == 2150858793]
        assert len(faulted) > 5
        assert not notices(console)[1:]


@pytest.mark.parametrize("verb", ["Receive", "Command", "Send", "Signal"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_single_lost_answer_is_no_event(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole, verb: str, when: str
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("drop", verb=verb, when=when)

        async def source() -> Any:
            for number in range(3):
                yield number

        result = await opened.invoke_script("$input | ForEach-Object { $_ + 1 }", console, input=source())
        assert result.state is PipelineState.COMPLETED
        assert numbers(console) == [1, 2, 3]
        await opened.invoke_script("'again'", console)
        assert notices(console) == ["again"]


async def test_cut_for_good_the_session_is_disconnected_and_another_is_not(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    other = ScriptedConsole()
    async with session(call(winrm_endpoint), other) as kept:
        async with session(call(winrm_endpoint, settings={"max_retry_time": 700}), console) as lost:
            running = asyncio.create_task(lost.invoke_script("1..3; Start-Sleep 2; 'late'", console))
            await until(lambda: numbers(console) == [1, 2, 3])
            winrm_endpoint.cut(-1)
            with pytest.raises(SessionDisconnected) as told:
                await running
            assert "Connect-PSSession" in told.value.hint
            assert lost.state is RunspaceState.DISCONNECTED
            assert "disconnected" in notices(console)[-1]
            winrm_endpoint.clear()
            pool = pool_of(lost)
            await disconnection.reconnect(pool)
            (command,) = pool.disconnected_pipelines
            output: list[Any] = []
            result = await disconnection.receive(pool, command, on_output=output.append)
            assert result.state is PipelineState.COMPLETED
            assert console.shown()[-1] == "late"
        await kept.invoke_script("'still here'", other)
        assert other.shown()[-1] == "still here"
        assert kept.state is RunspaceState.OPENED


async def test_a_session_ended_over_there_is_broken_with_its_reason(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        winrm_endpoint.rule("fault", verb="Receive", code=2150858843, reason="No such shell.", times=0)
        with pytest.raises(SessionBroken) as told:
            await opened.invoke_script("Start-Sleep 5", console)
        assert "-2144108453 (CannotConnectTargetSessionDoesNotExist)" in told.value.why
        assert opened.state is RunspaceState.BROKEN


async def adopted(info: Any, console: ScriptedConsole, instance_id: Any) -> RunspacePool:
    """Connect to a session of the computer as another client would."""
    transport = await registry.connect(info, ConnectContext(console))
    host = Host(console, "localhost", "localhost", lambda code: None)
    pool = RunspacePool(transport, console, host, on_broken=lambda error: None, on_error_record=lambda record: None)
    await disconnection.connect(pool, instance_id)
    return pool


async def test_a_session_is_listed_and_taken_up_by_another_client(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    info = call(winrm_endpoint)
    async with session(info, console) as opened:
        pool = pool_of(opened)
        running = asyncio.create_task(opened.invoke_script("1..5; Start-Sleep 1; 6..9", console))
        await until(lambda: numbers(console) == [1, 2, 3, 4, 5])
        (mine,) = [one for one in await list_sessions(info, ConnectContext(console)) if one.instance_id == pool.id]
        assert mine.availability is RunspaceAvailability.BUSY
        assert mine.configuration_name == "Microsoft.PowerShell"
        assert mine.idle_timeout == 7200
        await disconnection.disconnect(pool, idle_timeout=3600.0, buffering="Block")
        with pytest.raises(SessionDisconnected):
            await running
        (mine,) = [one for one in await list_sessions(info, ConnectContext(console)) if one.instance_id == pool.id]
        assert (mine.state, mine.availability) == (RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
        assert mine.idle_timeout == 3600
        (command,) = mine.commands
        elsewhere = ScriptedConsole()
        taken = await adopted(info, elsewhere, pool.id)
        result = await disconnection.receive(taken, command)
        assert result.state is PipelineState.COMPLETED
        assert numbers(elsewhere) == [6, 7, 8, 9]
        await taken.close()
        assert str(pool.id).upper() not in winrm_endpoint.shells()


async def test_a_session_in_use_elsewhere_is_explained(winrm_endpoint: WinRMEndpoint, console: ScriptedConsole) -> None:
    info = call(winrm_endpoint)
    async with session(info, console) as opened:
        with pytest.raises(Exception, match="in use by another client") as told:
            await adopted(info, ScriptedConsole(), opened.instance_id)
        assert "Disconnect it there first" in told.value.hint  # type: ignore[attr-defined]  # it is a PstuiError


async def test_an_idle_time_out_beyond_the_services_own_is_refused(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        with pytest.raises(SessionStateError, match="did not take the command") as told:
            await disconnection.disconnect(pool_of(opened), idle_timeout=100_000.0)
        assert "-2144108046" in told.value.why
        assert pool_of(opened).state is RunspaceState.OPENED
        await opened.invoke_script("'on'", console)
        assert console.shown() == ["on"]
    told_at_opening = await refusal(call(winrm_endpoint, SessionOption={"IdleTimeout": 2_000_000_000}))
    assert "idle timeout lies outside" in told_at_opening


async def test_opening_is_tried_again_while_the_port_is_closed_but_not_for_ever(winrm_endpoint: WinRMEndpoint) -> None:
    winrm_endpoint.cut(0.3)
    async with session(call(winrm_endpoint)):
        pass
    winrm_endpoint.cut(-1)
    began = time.monotonic()
    told = await refusal(call(winrm_endpoint, SessionOption={"MaxConnectionRetryCount": 1}))
    assert "nothing answers on port" in told
    assert "-2144108526 (CannotConnect)" in told
    assert time.monotonic() - began < 2


async def test_closing_does_not_wait_for_a_dead_line(winrm_endpoint: WinRMEndpoint) -> None:
    async with session(call(winrm_endpoint, Credential=credential())) as opened:
        pool_of(opened).transport.close_timeout = 0.5  # type: ignore[attr-defined]  # it is WSMan's
        winrm_endpoint.stall(30.0)
        began = time.monotonic()
        await opened.close()
        assert time.monotonic() - began < 2
    winrm_endpoint.clear()


async def test_a_running_command_is_stopped_by_the_protocols_own_signal(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        running = asyncio.create_task(opened.invoke_script("1; Start-Sleep 60", console))
        await until(lambda: numbers(console) == [1])
        await opened.stop()
        assert (await running).state is PipelineState.STOPPED
        codes = [one["body"] for one in winrm_endpoint.requests("Signal")]
        assert sum("powershell/signal/crtl_c" in code for code in codes) == 1
        await opened.invoke_script("2", console)
        assert numbers(console) == [1, 2]


async def test_a_command_that_sends_more_than_is_allowed_breaks_the_session(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    option = {"MaximumReceivedDataSizePerCommand": 50_000}
    async with session(call(winrm_endpoint, SessionOption=option), console) as opened:
        with pytest.raises(SessionBroken, match="more than 50000 bytes"):
            await opened.invoke_script("1..10000", console)


async def test_connections_stay_authenticated_between_commands(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        await opened.invoke_script("0", console)
        used = {one["connection"] for one in winrm_endpoint.requests() if one["status"] == 200}
        for number in range(1, 6):
            await opened.invoke_script(str(number), console)
        later = {one["connection"] for one in winrm_endpoint.requests() if one["status"] == 200}
        assert numbers(console) == list(range(6))
        assert len(later - used) <= 1


async def test_finished_commands_are_forgotten_over_there(
    winrm_endpoint: WinRMEndpoint, console: ScriptedConsole
) -> None:
    async with session(call(winrm_endpoint), console) as opened:
        before = len(winrm_endpoint.requests("Signal"))
        for number in range(3):
            await opened.invoke_script(str(number), console)
        async with asyncio.timeout(5):
            await until(lambda: len(winrm_endpoint.requests("Signal")) - before == 3)
        assert all("signal/terminate" in one["body"] for one in winrm_endpoint.requests("Signal")[before:])
