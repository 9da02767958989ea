"""A far end that stops acknowledging: Ctrl+C says so, and the session can be broken off."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.errors import SessionStateError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.scripted_peer import ScriptedPeer, meeting


@pytest.mark.parametrize("quiet", [{"CommandAck"}, {"CommandAck", "SignalAck"}, {"DataAck"}, {"DataAck", "SignalAck"}])
async def test_a_command_that_is_not_acknowledged_can_be_stopped(
    quiet: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ScriptedPeer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.transport[0].signal_timeout = 0.05
        peer.quiet = quiet
        if "SignalAck" in quiet:
            peer.on_signal = []
        peer.commands["Get-Thing"] = []
        peer.heard.clear()  # of what entering sent
        running = asyncio.create_task(met.interactive.run("Get-Thing"))
        await peer.until("Command")
        if "SignalAck" in quiet:
            with pytest.raises(SessionStateError) as refused:
                await asyncio.wait_for(met.interactive.stop(), 10)
            assert "has not" in refused.value.what
            (offer,) = refused.value.offers
            assert offer.run is not None
            await offer.run()
            assert await asyncio.wait_for(running, 10) is Outcome.BROKEN
            assert met.session.state is RunspaceState.BROKEN
        elif "CommandAck" in quiet:
            with pytest.raises(SessionStateError):
                await asyncio.wait_for(met.interactive.stop(), 10)
            await met.session.break_session()
            assert await asyncio.wait_for(running, 10) is Outcome.BROKEN
        else:
            await asyncio.wait_for(met.interactive.stop(), 10)
            assert await asyncio.wait_for(running, 10) is Outcome.READY
        await asyncio.wait_for(met.manager.close_all(), 10)
