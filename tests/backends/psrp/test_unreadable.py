"""What a whole message says and cannot be read ends its command, with a reason; the session goes on."""

from __future__ import annotations

import asyncio
import contextlib
import uuid

import pytest
from pstui.backends.errors import LimitExceeded, OpenError, Unreadable
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER, TYPES, ZERO
from tests.support.scripted_peer import COMPLETED, Action, Meeting, ScriptedPeer, error_record, line, meeting, state

#: the messages of a command, and those of the session that may come at any time
OF_COMMANDS = [
    *("PIPELINE_HOST_CALL", "PIPELINE_OUTPUT", "ERROR_RECORD", "PIPELINE_STATE", "INFORMATION_RECORD"),
    *("DEBUG_RECORD", "VERBOSE_RECORD", "WARNING_RECORD", "PROGRESS_RECORD"),
]
OF_SESSIONS = [
    *("RUNSPACEPOOL_HOST_CALL", "RUNSPACEPOOL_STATE", "USER_EVENT", "RUNSPACE_AVAILABILITY"),
    *("RUNSPACEPOOL_INIT_DATA", "SESSION_CAPABILITY"),
]


def within(*values: str) -> list[str]:
    """Return messages that hold a value: bare, in an error record, in a call, beside a state, in an event."""
    given = "<Obj N='mp' RefId='1'><LST>%</LST></Obj>"
    return [
        shape.replace("%", value)
        for value in values
        for shape in (
            "%",
            error_record("no").replace('<Nil N="TargetObject" />', "%"),
            f"<Obj RefId='0'><MS><I64 N='ci'>-100</I64><I32 N='mi'>16</I32>{given}</MS></Obj>",
            f"<Obj RefId='0'><MS><I64 N='ci'>1</I64><I32 N='mi'>11</I32>{given}</MS></Obj>",
            "<Obj RefId='0'><MS><I32 N='PipelineState'>2</I32><I32 N='RunspaceState'>2</I32>%</MS></Obj>",
            "<Obj RefId='0'><MS><S N='PSEventArgs.SourceIdentifier'>PSInternalRemoteDebuggerStopEvent</S>%</MS></Obj>",
        )
    ]


def bodies() -> list[bytes]:
    """Return what cannot be read, or says something odd."""
    texts = within(
        "<I32>x</I32>",
        "<I32>99999999999</I32>",
        "<Ref RefId='77' />",
        "<DT>yesterday</DT>",
        "<TS>x</TS>",
        "<G>no</G>",
        "<BA>!</BA>",
        "<SS>!!</SS>",
        "<C>x</C>",
        "<Version>x.y</Version>",
        "<D>1.2.3</D>",
        "<Unknown/>",
        "<Obj><DCT><En/></DCT></Obj>",
        "<Obj RefId='x'><TNRef RefId='9' /><I32/></Obj>",
        "<Obj N='ExceptionAsErrorRecord' RefId='5'><I32>x</I32></Obj>",
        "<Obj N='PSEventArgs.SourceArgs' RefId='5'><LST><I32>1</I32></LST></Obj>",
        "<S N='x'><S>y</S></S>",
        "<Obj RefId='1'><LST>" * 5_000 + "<S>x</S>" + "</LST></Obj>" * 5_000,
    )
    texts += [
        "",
        "x",
        "<S>",
        "<Obj RefId='0'><MS></MS></Obj>",
        '<!DOCTYPE a [<!ENTITY b "bb">]><S>&b;</S>',
        "<Obj RefId='0'><MS><I32 N='PipelineState'>99</I32><I32 N='RunspaceState'>99</I32></MS></Obj>",
        "<Obj RefId='0'><MS><I32 N='PipelineState'>" + "4" * 5_000 + "</I32></MS></Obj>",
        "<Obj RefId='0'><MS><I64 N='ci'>" + "9" * 30 + "</I64><I32 N='mi'>11</I32><Nil N='mp' /></MS></Obj>",
        "<Obj RefId='0'><MS><I64 N='ci'>1</I64><I32 N='mi'>" + "9" * 30 + "</I32><Nil N='mp' /></MS></Obj>",
        "<Obj RefId='0'><MS><S N='EncryptedSessionKey'>!!</S></MS></Obj>",
    ]
    return [*(text.encode() for text in texts), b"\xff\xfe<S>x</S>", b"<S>\xff</S>", "<S>x</S>".encode("utf-16")]


def says(name: str, body: bytes) -> Action:
    """Return the action that sends one message in one whole fragment."""

    def send(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        to = guid if name in OF_COMMANDS else ZERO
        blob = MESSAGE_HEADER.pack(1, TYPES[name], peer.pool_id.bytes_le, to.bytes_le) + body
        peer.fragment(to, FRAGMENT_HEADER.pack(900, 0, 3, len(blob)) + blob)

    return send


async def invoked(met: Meeting, script: str) -> None:
    """Run a script as Invoke-Command does: its output is read, too."""
    await met.session.invoke_script(script, met.console, out_default=False, on_output=lambda value: None)


@pytest.mark.parametrize("name", [*OF_COMMANDS, *OF_SESSIONS])
async def test_it_ends_its_command_and_not_the_session(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bodies()
    cases = {f"case-{number}": [says(name, body), state(COMPLETED)] for number, body in enumerate(found)}
    with meeting(monkeypatch, ScriptedPeer(commands={**cases, "after": [line("after"), state(COMPLETED)]})) as met:
        await met.interactive.enter()
        for case, body in zip(cases, found, strict=True):
            with contextlib.suppress(Unreadable, LimitExceeded):
                await asyncio.wait_for(invoked(met, case), 10)
            assert met.session.state is RunspaceState.OPENED, body[:200]
        before = len(met.console.shown())
        assert await asyncio.wait_for(met.interactive.run("after"), 10) is Outcome.READY
        assert met.console.shown()[before:] == ["after"]
        await met.manager.close_all()


@pytest.mark.parametrize("name", ["PIPELINE_OUTPUT", "ERROR_RECORD", "PIPELINE_STATE", "PIPELINE_HOST_CALL"])
async def test_it_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(commands={"Get-Thing": [says(name, b"<S>")]})) as met:
        await met.interactive.enter()
        with pytest.raises(Unreadable, match="not XML"):
            await asyncio.wait_for(invoked(met, "Get-Thing"), 10)
        if name != "PIPELINE_OUTPUT":  # that of a typed line is formatted over there: nobody reads it
            assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 10) is Outcome.READY
            assert "not XML" in "\n".join(met.console.shown())
        await met.manager.close_all()


@pytest.mark.parametrize("name", ["SESSION_CAPABILITY", "RUNSPACEPOOL_STATE"])
async def test_what_the_opening_waits_for_ends_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(opens=False)
    peer._open = lambda: says(name, b"<S>")(peer, ZERO)  # type: ignore[method-assign]  # as a server of its own
    with meeting(monkeypatch, peer) as met:
        with pytest.raises(OpenError, match="not XML"):
            await asyncio.wait_for(met.interactive.enter(), 10)
        await met.manager.close_all()
