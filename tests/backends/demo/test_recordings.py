"""The client's side of every recording of a real Enter-PSSession, fed to the demo endpoint byte-true.

Object ids, GUIDs and bodies are the recorded ones; each element waits for its acknowledgement, as the real client does.
Nothing may break, everything is acknowledged, every pipeline ends, and the session closes in order.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import struct
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from psrpcore import ClientRunspacePool
from psrpcore.types import PSRPMessageType
from pstui.backends.demo.server.memory import MemoryChannel

from tests.support.oop_client import ZERO, OopWire, fragment
from tests.support.paths import DATA, RECORDINGS

FILES = sorted([*RECORDINGS.glob("*.jsonl.gz"), *(DATA / "demo_client").glob("*.jsonl.gz")])
KINDS = {
    "SESSION_CAPABILITY": "SessionCapability",
    "INIT_RUNSPACEPOOL": "InitRunspacePool",
    "PUBLIC_KEY": "PublicKey",
    "CREATE_PIPELINE": "CreatePipeline",
    "GET_COMMAND_METADATA": "GetCommandMetadata",
    "PIPELINE_INPUT": "PipelineInput",
    "END_OF_PIPELINE_INPUT": "EndOfPipelineInput",
    "PIPELINE_HOST_RESPONSE": "PipelineHostResponse",
    "RUNSPACEPOOL_HOST_RESPONSE": "RunspacePoolHostResponse",
}


def client_elements(path: Path) -> list[dict[str, Any]]:
    """The client's elements of a recording."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if entry.get("from") == "client" and "element" in entry]


def by_pool(elements: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Take apart the sessions of one recording (nested holds two); the close of a session is the tests' own."""
    owner: dict[str, str] = {}
    for entry in elements:
        for message in entry.get("messages") or ():
            if entry["ps_guid"] != str(ZERO):
                owner[entry["ps_guid"]] = message["runspace_pool_id"]
    sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in elements:
        messages = entry.get("messages") or ()
        pool = messages[0]["runspace_pool_id"] if messages else owner.get(entry["ps_guid"])
        if pool is not None:
            sessions[pool].append(entry)
    return list(sessions.values())


def opening_for(session: list[dict[str, Any]]) -> bytes:
    """An opening for a recording that begins after it, under the recorded pool's id."""
    pool_id = next(message["runspace_pool_id"] for entry in session for message in entry.get("messages") or ())
    pool = ClientRunspacePool(runspace_pool_id=uuid.UUID(pool_id))
    pool.open()
    payload = pool.data_to_send()
    assert payload is not None
    return payload.data


def packet(entry: dict[str, Any]) -> bytes:
    """The payload of a recorded Data element, fragmented anew under its recorded object ids."""
    data = b""
    for message in entry["messages"]:
        header = struct.pack(
            "<II16s16s",
            2,
            PSRPMessageType[KINDS[message["type"]]].value,
            uuid.UUID(message["runspace_pool_id"]).bytes_le,
            uuid.UUID(message["pipeline_id"]).bytes_le,
        )
        body = message["clixml"].encode()
        data += fragment(message["object_id"], header + (b"\xef\xbb\xbf" + body if body else b""))
    return data


class Replayer(OopWire):
    """Sends recorded elements and notes pipelines' states and questions."""

    def __init__(self, channel: MemoryChannel) -> None:
        super().__init__(channel)
        self.states: dict[uuid.UUID, int] = {}
        self.asked: dict[uuid.UUID, int] = defaultdict(int)
        self.answered: dict[uuid.UUID, int] = defaultdict(int)
        self._tails: dict[uuid.UUID, bytes] = defaultdict(bytes)

    def payload(self, guid: uuid.UUID, data: bytes) -> None:
        at = 0
        while at < len(data):
            flags, length = data[at + 16], int.from_bytes(data[at + 17 : at + 21], "big")
            self._tails[guid] += data[at + 21 : at + 21 + length]
            at += 21 + length
            if flags & 2:
                self._message(guid, self._tails.pop(guid))

    def _message(self, guid: uuid.UUID, message: bytes) -> None:
        kind = struct.unpack_from("<I", message, 4)[0]
        if kind == PSRPMessageType.PipelineState:
            found = re.search(rb'N="PipelineState">(\d)<', message)
            assert found
            assert guid not in self.states, "a second last state"
            self.states[guid] = int(found[1])
        elif kind == PSRPMessageType.PipelineHostCall and re.search(rb'N="ci">\d', message):
            self.asked[guid] += 1

    def settled(self, guid: uuid.UUID) -> bool:
        """True when the pipeline has ended, or waits for an answer."""
        return guid in self.states or self.asked[guid] > self.answered[guid]

    async def play(self, entry: dict[str, Any]) -> None:
        guid = uuid.UUID(entry["ps_guid"])
        match entry["element"]:
            case "Data":
                if any("HOST_RESPONSE" in message["type"] for message in entry["messages"]):
                    await self.until(lambda: self.settled(guid))
                    self.answered[guid] += 1
                await self.data(guid, packet(entry), entry["stream"])
            case "Close":
                await self.until(lambda: self.settled(guid))
                await self.send("Close", guid, "CloseAck")
                assert guid in self.states
            case kind:
                await self.send(kind, guid, f"{kind}Ack")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
async def test_the_real_client_is_answered(path: Path) -> None:
    for session in by_pool(client_elements(path)):
        channel = MemoryChannel()
        replay = Replayer(channel)
        replay.start_reading()
        opened = set()
        if not any(message["type"] == "SESSION_CAPABILITY" for message in session[0].get("messages") or ()):
            await replay.data(ZERO, opening_for(session))
        for entry in session:
            await replay.play(entry)
            if entry["element"] == "Command":
                opened.add(uuid.UUID(entry["ps_guid"]))
        await replay.send("Close", ZERO, "CloseAck")
        await asyncio.wait_for(replay.ended.wait(), 5)
        assert channel.ending() == ""
        assert replay.elements[-1] == ("CloseAck", ZERO)
        assert opened <= set(replay.states), "a pipeline without an end"


def test_there_is_something_to_replay() -> None:
    names = {path.name.split(".")[0] for path in FILES}
    assert {"basics", "prompts", "stop", "invoke-command", "keyexchange", "jea", "debug"} <= names
