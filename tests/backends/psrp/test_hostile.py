"""Whatever the far end sends, a session ends in one clear way and nothing hangs (protocol-notes 7)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pstui.backends.console import BACKLOG_LIMIT
from pstui.backends.psrp.host_calls import MAX_OPEN
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER, TYPES, ZERO, empty_element
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import COMPLETED, Action, ScriptedPeer, call, end, line, meeting, output, raw, state
from tests.support.stall import BUDGET, Turns, watched_turns

OTHER = uuid.UUID("11111111-2222-3333-4444-555555555555")


def fragment(object_id: int, fragment_id: int, flags: int, length: int, blob: bytes = b"") -> Action:
    """Return the action that sends one fragment as it is told to."""
    return lambda peer, guid: peer.fragment(guid, FRAGMENT_HEADER.pack(object_id, fragment_id, flags, length) + blob)


def message(number: int, body: bytes, destination: int = 1, pool: uuid.UUID | None = None) -> Action:
    """Return the action that sends one message with any header."""

    def send(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        blob = MESSAGE_HEADER.pack(destination, number, (pool or peer.pool_id).bytes_le, guid.bytes_le) + body
        peer.fragment(guid, FRAGMENT_HEADER.pack(900, 0, 3, len(blob)) + blob)

    return send


def says(name: str, clixml: str, pool: uuid.UUID | None = None, pipeline: uuid.UUID | None = None) -> Action:
    """Return the action that sends a message, with other ids if given."""
    return lambda peer, guid: peer.say(name, clixml, guid, pool=pool, pipeline=pipeline)


def together(*actions: Action) -> Action:
    """Return the action that does several."""

    def do(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for action in actions:
            action(peer, guid)

    return do


def acks(*names: str, guid: uuid.UUID | None = None) -> Action:
    """Return the action that acknowledges what nobody waits for, on another GUID if given."""
    return lambda peer, own: peer.raw(b"".join(empty_element(name, guid or own) for name in names))


#: Faults after which a session cannot go on: (name, what the far end does while a command runs).
FATAL: dict[str, Action] = {
    "garbage line": raw(b"bash: warning: setlocale\n"),
    "half a line, then the end": raw(b"<Data Stream='Default' PSGu"),
    "unknown element": raw(b"<Hello PSGuid='00000000-0000-0000-0000-000000000000' />\n"),
    "client's element": lambda peer, guid: peer.raw(empty_element("Signal", guid)),
    "wrong attributes": lambda peer, guid: peer.raw(f"<DataAck PSGuid='{guid}' Stream='Default' />\n".encode()),
    "not a guid": raw(b"<DataAck PSGuid='me' />\n"),
    "not base64": lambda peer, guid: peer.raw(f"<Data Stream='Default' PSGuid='{guid}'>!!!</Data>\n".encode()),
    "empty data": lambda peer, guid: peer.raw(f"<Data Stream='Default' PSGuid='{guid}'></Data>\n".encode()),
    "ack of a command never made": lambda peer, guid: peer.raw(empty_element("CommandAck", OTHER)),
    "signal ack of the session": lambda peer, guid: peer.raw(empty_element("SignalAck", ZERO)),
    "object id zero": fragment(0, 0, 3, 4, b"abcd"),
    "negative object id": fragment(-1, 0, 3, 4, b"abcd"),
    "negative length": fragment(5, 0, 3, -1),
    "two gigabytes claimed": fragment(5, 0, 1, 2**31 - 1, b"abc"),
    "flags": fragment(5, 0, 7, 4, b"abcd"),
    "first fragment missing": fragment(5, 1, 2, 4, b"abcd"),
    "second start": together(fragment(5, 0, 1, 4, b"abcd"), fragment(5, 0, 1, 4, b"abcd")),
    "two objects mixed": together(fragment(5, 0, 1, 4, b"abcd"), fragment(6, 1, 2, 4, b"abcd")),
    "truncated fragment, then the end": together(fragment(5, 0, 3, 400, b"abcd"), state(COMPLETED)),
    "message without header": fragment(5, 0, 3, 4, b"abcd"),
    "message for a server": message(TYPES["PIPELINE_OUTPUT"], b"<S>x</S>", destination=2),
    "unknown message": message(0x00049999, b"<S>x</S>"),
    "a client's message": message(TYPES["CREATE_PIPELINE"], b"<S>x</S>"),
    "another pool": says("PIPELINE_OUTPUT", "<S>x</S>", pool=OTHER),
    "another pipeline": says("PIPELINE_OUTPUT", "<S>x</S>", pipeline=OTHER),
    "more questions than can be open": together(*(call(11, ci=number) for number in range(MAX_OPEN + 1))),
    "negotiated again": lambda peer, guid: peer._open(),
    "the pool closes": lambda peer, guid: peer.state(ZERO, 3),
    "the pool breaks": lambda peer, guid: peer.state(ZERO, 5),
    "the end": end,
}


@pytest.fixture(scope="module")
def turns() -> Iterator[Turns]:
    """The turns of the loop, measured."""
    with watched_turns() as found:
        yield found


@pytest.fixture
def no_long_turn(turns: Turns) -> Iterator[None]:
    """Fail the test in which a turn of the loop took too long."""
    turns.begin()
    yield
    assert turns.within, f"{turns.longest / BUDGET * 50:.0f} of 50 ms"


@pytest.mark.usefixtures("no_long_turn")
@pytest.mark.parametrize("fault", FATAL)
async def test_a_fault_ends_the_session_in_one_clear_way(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    then = [end] if "the end" in fault else []
    peer = ScriptedPeer(commands={"Get-Thing": [line("before"), FATAL[fault], *then]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        seen: list[RunspaceState] = []
        met.session.on_state(lambda session: seen.append(met.session.state))
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 10) is Outcome.BROKEN
        assert met.console.shown()[:1] == ["before"]
        assert met.session.failure is not None
        assert met.session.failure.message.strip()
        assert "Traceback" not in met.session.failure.message
        assert seen.count(RunspaceState.BROKEN) == 1
        await asyncio.wait_for(met.manager.close_all(), 5)
        assert peer.stopped


#: Oddities that a session survives.
HARMLESS: dict[str, Action] = {
    "empty lines": raw(b"\n\r\n\n"),
    "carriage returns": lambda peer, guid: peer.raw(f"<DataAck PSGuid='{guid}' />\r\n".encode()),
    "acks nobody waits for": acks("DataAck", "CommandAck", "SignalAck", "CloseAck"),
    "acks of others": acks("DataAck", "SignalAck", "CloseAck", guid=OTHER),
    "data for others": lambda peer, guid: peer.say("PIPELINE_OUTPUT", "<S>x</S>", OTHER),
    "double quotes": lambda peer, guid: peer.raw(f'<DataAck PSGuid="{guid}"/>\n'.encode()),
    "unknown void host call": call(99),
    "void host call with wrong arguments": call(16, "<I32>1</I32>", "<I32>2</I32>"),
    "an answer wanted for a void id": call(11),
    "running again": state(2),
    "an event": lambda peer, guid: peer.say("USER_EVENT", '<Obj RefId="0"><MS></MS></Obj>'),
    "strange output": output("<Obj RefId='0'><TN RefId='0'><T>Nobody.Knows</T></TN><MS><S N='a'>b</S></MS></Obj>"),
}


@pytest.mark.usefixtures("no_long_turn")
@pytest.mark.parametrize("oddity", HARMLESS)
async def test_an_oddity_changes_nothing(oddity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = HARMLESS[oddity]
    peer = ScriptedPeer(commands={"Get-Thing": [line("before"), odd, line("after"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 10) is Outcome.READY
        shown = met.console.shown()
        assert [shown[0], shown[-1]] == ["before", "after"]
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 10) is Outcome.READY
        assert peer.answers == []
        await met.manager.close_all()


async def test_a_message_in_many_small_fragments_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        words = "<S>" + "word " * 1000 + "</S>"
        body = '<Obj RefId="0"><MS><I64 N="ci">-100</I64><Obj N="mi" RefId="1"><I32>16</I32></Obj>'
        body += f'<Obj N="mp" RefId="2"><LST>{words}</LST></Obj></MS></Obj>'
        peer.say("PIPELINE_HOST_CALL", body, guid, size=FRAGMENT_HEADER.size + 7)

    with meeting(monkeypatch, ScriptedPeer(commands={"Get-Thing": [small, state(COMPLETED)]})) as met:
        await met.interactive.enter()
        await met.interactive.run("Get-Thing")
        assert met.console.shown() == ["word " * 1000]
        await met.manager.close_all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.one_of(
        st.binary(min_size=1, max_size=300),
        st.lists(
            st.sampled_from([b"<Data Stream='Default' PSGuid='", b"'>", b"AAAA", b"</Data>\n", b"/>\n", b"\0"])
        ).map(b"".join),
    ),
    in_fragments=st.booleans(),
)
def test_no_bytes_whatever_make_it_hang(noise: bytes, in_fragments: bool) -> None:
    def blurt(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        if in_fragments:
            peer.fragment(guid, noise)
        else:
            peer.raw(noise + b"\n" if noise else b"\n")
        state(COMPLETED)(peer, guid)
        end(peer, guid)

    async def dialogue() -> None:
        peer = ScriptedPeer(commands={"Get-Thing": [blurt]})
        with pytest.MonkeyPatch.context() as patch, meeting(patch, peer) as met:
            await met.interactive.enter()
            outcome = await asyncio.wait_for(met.interactive.run("Get-Thing"), 10)
            assert outcome in (Outcome.READY, Outcome.BROKEN)
            await asyncio.wait_for(met.manager.close_all(), 5)

    asyncio.run(dialogue())


async def test_a_fault_of_pstui_itself_ends_the_session_instead_of_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(pool: object, calls: object, pipeline: object, message: object) -> None:
        raise KeyError("not expected")

    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        monkeypatch.setattr("pstui.backends.psrp.pool.receive_pipeline", faulty)
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 5) is Outcome.BROKEN
        assert met.session.failure is not None
        assert "KeyError" in met.session.failure.message
        assert met.peer.stopped


async def test_whatever_a_channel_raises_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()

        async def failing() -> bytes:
            raise RuntimeError("a library's own")

        monkeypatch.setattr(met.peer, "read", failing)
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 5) is Outcome.BROKEN
        assert met.session.failure is not None
        assert "failed" in met.session.failure.message


async def test_a_reader_that_waits_for_a_full_screen_ends_with_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(commands={"Get-Thing": [line("a line")]})) as met:
        await met.interactive.enter()
        waits = asyncio.Event()

        async def never(console: ScriptedConsole) -> None:
            waits.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(ScriptedConsole, "backlog", BACKLOG_LIMIT + 1)
        monkeypatch.setattr(ScriptedConsole, "drained", never)
        running = asyncio.create_task(met.interactive.run("Get-Thing"))
        await asyncio.wait_for(waits.wait(), 10)
        (reader,) = [task for task in asyncio.all_tasks() if task.get_name() == "pool reader"]
        await asyncio.wait_for(met.session.close(), 10)
        assert reader.done()
        await asyncio.wait_for(running, 10)


async def test_a_state_of_the_session_counts_whatever_comes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a message may hold, and the far end has closed the session all the same."""
    too_much = "<Obj N='More' RefId='2'><LST>" + "<I32>1</I32>" * 110_000 + "</LST></Obj>"
    broken = says("RUNSPACEPOOL_STATE", f"<Obj RefId='0'><MS><I32 N='RunspaceState'>5</I32>{too_much}</MS></Obj>")
    closes: Action = lambda peer, guid: broken(peer, ZERO)  # noqa: E731  as those above
    with meeting(monkeypatch, ScriptedPeer(commands={"Get-Thing": [closes]})) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 30) is Outcome.BROKEN
        assert met.session.failure is not None and "closed the session" in met.session.failure.message
        await asyncio.wait_for(met.manager.close_all(), 5)
