"""Servers of every protocol version: what is sent to them, how secrets reach them (protocol-notes 3.4, 3.7, 4.8)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from psrpcore import types as ps
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.psrp.pool import RunspacePool
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport

from tests.backends.psrp.test_session_key import KeyServer
from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, call, meeting, members, output, state

VERSIONS = ["2.0", "2.1", "2.2", "2.3", "2.4"]
STREAMS = ("MergeError", "MergeWarning", "MergeVerbose", "MergeDebug", "MergeInformation")


class OldServer(KeyServer):
    """A server that takes part in the key exchange, of any version before 2.4."""

    def __post_init__(self) -> None:
        version = self.version
        super().__post_init__()
        self.version = version


def offering(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Let the client offer this version at most."""
    original = RunspacePool.__init__

    def init(self: RunspacePool, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        self.offered_protocol = version
        self.core.our_capability = ps.SessionCapability(
            PSVersion=ps.PSVersion("2.0"),
            protocolversion=ps.PSVersion(version),
            SerializationVersion=ps.PSVersion("1.1.0.1"),
        )

    monkeypatch.setattr(RunspacePool, "__init__", init)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_batch_and_merges_are_sent_as_far_as_the_server_knows_them(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"2.0": 0, "2.1": 0, "2.2": 4, "2.3": 5, "2.4": 5}[version]
    with meeting(monkeypatch, ScriptedPeer(version=version)) as met:
        await met.interactive.enter()
        await met.interactive.run("Get-One; Get-Two")
        batch = met.peer.created[-2]["PowerShell"]
        (first, *_) = batch["Cmds"]
        if known:
            assert [group["Cmds"][0]["Cmd"] for group in batch["ExtraCmds"]] == ["Get-One", "Get-Two"]
            assert first["IsScript"] is False
        else:
            assert "ExtraCmds" not in batch
            assert (first["Cmd"], first["IsScript"]) == ("Get-One; Get-Two", True)
        assert tuple(name for name in STREAMS if name in first) == STREAMS[:known]
        await met.interactive.run("Get-One 2>&1")
        merged = met.peer.created[-2]["PowerShell"]["Cmds"][0]
        assert (merged["MergeMyResult"], merged["MergeToResult"]) == (("I32", "2"), ("I32", "1"))
        await met.manager.close_all()


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_an_old_server_may_ask_for_the_key_itself(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = OldServer(version=version, commands={"Ask-Me": [call(12, ci=1)]}, on_answer=state(COMPLETED))
    with meeting(monkeypatch, peer, is_private=False) as met:
        await met.interactive.enter()
        for _ in range(3):
            peer.say("PUBLIC_KEY_REQUEST", "")
        await peer.until("PUBLIC_KEY")
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        (await met.console.question()).set_result("s3cret")
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert peer.decrypted(peer.answers[0]["mr"]) == "s3cret"
        assert peer.heard.count("PUBLIC_KEY") == 1
        await met.manager.close_all()


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.4"])
async def test_a_newer_server_may_not(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(version=version)) as met:
        await met.interactive.enter()
        met.peer.say("PUBLIC_KEY_REQUEST", "")
        async with asyncio.timeout(5):
            while met.session.state is RunspaceState.OPENED:
                await met.session.changed()
        assert met.session.failure is not None
        assert "0x10007" in met.session.failure.message


async def test_two_secrets_at_once_make_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = OldServer(version="2.3", commands={"Ask-Me": [call(12, ci=1)]}, quiet={"PUBLIC_KEY"})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Ask-Me"))
        (await met.console.question()).set_result("one")
        await peer.until("PUBLIC_KEY")
        call(12, ci=2)(peer, ZERO)
        (await met.console.question()).set_result("two")
        await asyncio.sleep(0)
        peer.quiet = set()
        peer._hear("PUBLIC_KEY", peer.keys[0])
        await peer.until("answer 1")
        await peer.until("answer 2")
        assert sorted(peer.decrypted(answer["mr"]) for answer in peer.answers) == ["one", "two"]
        assert peer.heard.count("PUBLIC_KEY") == 1
        await met.interactive.stop()
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_demo_endpoint_is_used_at_every_version(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    offering(monkeypatch, version)
    console, manager = ScriptedConsole(), SessionManager()
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), console)
    interactive = manager.interact(session, console)
    await asyncio.wait_for(interactive.enter(), 10)
    assert f"{session.protocol[0]}.{session.protocol[1]}" == version
    await asyncio.wait_for(interactive.run("Write-Output one; Write-Output two"), 10)
    assert console.shown()[-2:] == ["one", "two"]
    running = asyncio.create_task(
        interactive.run("Read-Host Password -AsSecureString | ConvertFrom-SecureString -AsPlainText")
    )
    (await console.question()).set_result("päss")
    assert await asyncio.wait_for(running, 10) is Outcome.READY
    assert console.shown()[-2:] == ["Password: ****", "päss"]
    assert await asyncio.wait_for(interactive.run("exit"), 10) is Outcome.LEFT
    await manager.close_all()


async def test_a_way_that_others_can_read_gets_a_session_key(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = registry.connect

    async def in_the_open(info: Any, context: Any) -> Any:
        transport = await connect(info, context)
        assert isinstance(transport, OutOfProcTransport)
        transport.is_private = False
        return transport

    monkeypatch.setattr(registry, "connect", in_the_open)
    console, manager = ScriptedConsole(), SessionManager()
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), console)
    interactive = manager.interact(session, console)
    await asyncio.wait_for(interactive.enter(), 10)
    assert session.protocol == (2, 3)
    running = asyncio.create_task(
        interactive.run("Read-Host Password -AsSecureString | ConvertFrom-SecureString -AsPlainText")
    )
    (await console.question()).set_result("s3cret")
    assert await asyncio.wait_for(running, 10) is Outcome.READY
    assert console.shown()[-1] == "s3cret"
    await manager.close_all()


async def test_versions_up_to_2_3_are_taken_whatever_was_offered_and_2_4_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offering(monkeypatch, "2.2")
    with meeting(monkeypatch, ScriptedPeer(version="2.3")) as met:
        await met.interactive.enter()
        assert met.session.protocol == (2, 3)
        await met.manager.close_all()
    with meeting(monkeypatch, ScriptedPeer(version="2.4")) as met, pytest.raises(OpenError):
        await met.interactive.enter()


async def test_a_server_of_the_first_version_passes_the_check_with_two_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described = [members(Name=f"<S>{name}</S>") for name in ("Out-Default", "Exit-PSSession")]
    two = [*(output(item) for item in described), state(COMPLETED)]
    with meeting(monkeypatch, ScriptedPeer(version="2.0", commands={"GET_COMMAND_METADATA": two})) as met:
        await met.interactive.enter()
        await met.manager.close_all()
    peer = ScriptedPeer(version="2.2", commands={"GET_COMMAND_METADATA": two})
    with meeting(monkeypatch, peer) as met, pytest.raises(OpenError):
        await met.interactive.enter()
