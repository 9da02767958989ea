"""Clients that lie: sizes, order, types and nesting. The endpoint ends the session and nothing else."""

from __future__ import annotations

import asyncio
import base64
import struct
import uuid
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore import ClientRunspacePool
from psrpcore.types import PSRPMessageType
from pstui.backends.demo.language.errors import ScriptError, ScriptIncomplete
from pstui.backends.demo.language.parser import parse
from pstui.backends.demo.server.endpoint import ElementReader
from pstui.backends.demo.server.memory import MemoryChannel
from pstui.backends.errors import ProtocolError
from pstui.backends.psrp.fragments import Defragmenter, refragmented
from pstui.backends.psrp.limits import MAX_OBJECT
from pstui.backends.transports.outofproc import SESSION, encode, encode_data

from tests.support.oop_client import ZERO, OopClient, OopWire, fragment

OTHER = uuid.UUID("11111111-1111-1111-1111-111111111111")


def message(kind: int, body: bytes, pool: uuid.UUID, pipeline: uuid.UUID = ZERO, destination: int = 2) -> bytes:
    return struct.pack("<II16s16s", destination, kind, pool.bytes_le, pipeline.bytes_le) + body


def data(payload: bytes, guid: uuid.UUID = ZERO) -> bytes:
    return f"<Data Stream='Default' PSGuid='{guid}'>{base64.b64encode(payload).decode()}</Data>\n".encode()


CREATE = PSRPMessageType.CreatePipeline.value
INPUT = PSRPMessageType.PipelineInput.value
DEEP = b"<Obj RefId='0'><LST>" * 400 + b"</LST></Obj>" * 400
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Obj RefId="0"><S>&b;</S></Obj>'


def attacks(pool: uuid.UUID) -> dict[str, bytes]:
    """Packets that a client may send after opening a session and a command channel, each wrong in its own way."""
    good = message(CREATE, b"<Obj RefId='0'><MS/></Obj>", pool, OTHER)
    head = struct.Struct(">QQBI")
    return {
        "garbage": b"\x01\x02\x03garbage\n",
        "unknown element": f"<Hello PSGuid='{ZERO}' />\n".encode(),
        "two attributes": f"<Close PSGuid='{ZERO}' X='1' />\n".encode(),
        "server element": encode("SignalAck", OTHER),
        "object id 0": data(head.pack(0, 0, 3, 5) + b"12345", OTHER),
        "wrong flags": data(head.pack(9, 0, 7, 5) + b"12345", OTHER),
        "out of order": data(head.pack(9, 1, 0, 5) + b"12345", OTHER),
        "no start": data(head.pack(9, 0, 2, 5) + b"12345", OTHER),
        "mixed objects": data(head.pack(9, 0, 1, 1) + b"1" + head.pack(8, 1, 2, 1) + b"2", OTHER),
        "huge fragment": data(head.pack(9, 0, 1, 0xFFFFFFFF), OTHER),
        "short message": data(fragment(9, b"short"), OTHER),
        "for a client": data(fragment(9, message(CREATE, b"", pool, OTHER, destination=1)), OTHER),
        "unknown kind": data(fragment(9, message(0xDEAD, b"<S>x</S>", pool, OTHER)), OTHER),
        "server's kind": data(
            fragment(9, message(PSRPMessageType.PipelineState.value, b"<S>x</S>", pool, OTHER)), OTHER
        ),
        "other pool": data(fragment(9, message(CREATE, b"<S>x</S>", ZERO, OTHER)), OTHER),
        "other pipeline": data(fragment(9, message(CREATE, b"<S>x</S>", pool, ZERO)), OTHER),
        "no pipeline": data(fragment(9, good), ZERO),
        "empty create": data(fragment(9, good), OTHER),
        "not xml": data(fragment(9, message(CREATE, b"<Obj", pool, OTHER)), OTHER),
        "not utf-8": data(fragment(9, message(CREATE, b"<S>\xff\xfe</S>", pool, OTHER)), OTHER),
        "deep": data(fragment(9, message(INPUT, DEEP, pool, OTHER)), OTHER),
        "entities": data(fragment(9, message(INPUT, ENTITIES, pool, OTHER)), OTHER),
        "many": data(fragment(9, message(INPUT, b"<Obj RefId='0'><LST>" + b"<Nil/>" * 300_000, pool, OTHER)), OTHER),
        "second command": f"<Command PSGuid='{OTHER}' />\n".encode(),
        "session as command": f"<Command PSGuid='{ZERO}' />\n".encode(),
    }


@pytest.mark.parametrize("name", sorted(attacks(ZERO)))
async def test_a_lie_ends_the_session(name: str) -> None:
    channel = MemoryChannel()
    client = OopClient(channel)
    await client.open()
    await client.send("Command", OTHER, "CommandAck")
    await channel.write(attacks(client.pool.runspace_pool_id)[name])
    await asyncio.wait_for(client.ended.wait(), 10)
    assert channel.ending().startswith("The demo endpoint ended the session: ")
    assert "\n" not in channel.ending()


async def test_before_the_versions_nothing_is_done() -> None:
    pool = ClientRunspacePool()
    pool.open()
    payload = pool.data_to_send()
    assert payload is not None
    opening = Defragmenter(for_server=True).feed(payload.data)
    strange = replace(opening[0], body=opening[0].body.replace(b">2.3<", b">9.0<"))
    for first in (refragmented(opening[1], 2, for_server=True), refragmented(strange, 1, for_server=True)):
        channel = MemoryChannel()
        wire = OopWire(channel)
        wire.start_reading()
        await channel.write(data(first))
        await asyncio.wait_for(wire.ended.wait(), 5)
        assert channel.ending()


async def test_too_many_command_channels() -> None:
    channel = MemoryChannel()
    client = OopClient(channel)
    await client.open()
    for _ in range(100):
        try:
            await client.send("Command", uuid.uuid4(), "CommandAck")
        except (ConnectionError, OSError):
            break
    else:
        pytest.fail("a hundred channels were opened")
    await asyncio.wait_for(client.ended.wait(), 5)


async def test_data_for_a_command_that_is_gone_is_acknowledged_and_dropped() -> None:
    channel = MemoryChannel()
    async with OopClient(channel) as client:
        await client.data(OTHER, b"anything at all")
        await client.send("Signal", OTHER, "SignalAck")
        await client.send("Close", OTHER, "CloseAck")
        assert (await client.line("'alive'")).lines == ["alive"]


def test_a_line_without_an_end_is_not_kept() -> None:
    reader = ElementReader(limit=1000)
    with pytest.raises(ProtocolError):
        for _ in range(100):
            reader.feed(b"x" * 100)


def test_an_object_without_an_end_is_not_kept() -> None:
    parts = Defragmenter(for_server=True)
    chunk = b"x" * 100_000
    with pytest.raises(ProtocolError):
        for number in range(1000):
            parts.feed(struct.pack(">QQBI", 1, number, number == 0, len(chunk)) + chunk)
    assert MAX_OBJECT < 100_000 * 1000


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_are_packets_or_refused(noise: bytes) -> None:
    try:
        ElementReader().feed(noise + b"\n")
    except ProtocolError as error:
        assert str(error)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5), st.integers(1, 60))
def test_packets_survive_any_cut(payloads: list[bytes], size: int) -> None:
    text = b"".join(encode_data(SESSION, payload) for payload in payloads)
    reader = ElementReader()
    packets = [packet for at in range(0, len(text), size) for packet in reader.feed(text[at : at + size])]
    assert [packet.data for packet in packets] == payloads


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1 $_-|;{}()[]@'\"`,.:=+*/%&<>#\n!", max_size=60))
def test_any_text_is_a_script_or_refused(text: str) -> None:
    try:
        parse(text)
    except (ScriptError, ScriptIncomplete) as error:
        assert error.info.message


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_fragments_are_messages_or_refused(noise: bytes) -> None:
    try:
        Defragmenter(for_server=True).feed(noise)
    except ProtocolError as error:
        assert str(error)
