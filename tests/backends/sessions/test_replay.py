"""The stand-in server itself: takes the real client's side of every recording without complaint, and minds bad ones."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import replay, replay_log
from tests.support.paths import RECORDINGS
from tests.support.replay_script import Event
from tests.support.replay_wire import (
    TO_SERVER,
    ZERO,
    Message,
    data_element,
    empty_element,
    encode_message,
)

CAPABILITY = '<Obj RefId="0"><MS><Version N="protocolversion">2.4</Version></MS></Obj>'
INIT = '<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32></MS></Obj>'
SCENARIOS = sorted(path.name.removesuffix(".jsonl.gz") for path in RECORDINGS.glob("*.jsonl.gz"))
ALIVE = [name for name in SCENARIOS if name not in ("crash", "kill")]


class RawClient:
    """Speaks OutOfProc by hand with a stand-in: what a real client sent, or what none should."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process, self.log = process, log
        self.pool, self.object_id = uuid.uuid4(), 0

    @classmethod
    async def start(cls, folder: Path, name: str, **options: str) -> RawClient:
        """Start the stand-in on a recording."""
        log = folder / "replay.log"
        program = replay_log.install(folder, RECORDINGS / f"{name}.jsonl.gz", log, **options)
        process = await asyncio.create_subprocess_exec(
            program, *replay_log.ARGUMENTS, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
        )
        return cls(process, log)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    async def expect(self, start: str) -> bytes:
        """Return the next line that starts so; Data that comes before it is taken too."""
        assert self.process.stdout is not None
        while line := await asyncio.wait_for(self.process.stdout.readline(), 10):
            if line.startswith(start.encode()):
                return line
        raise AssertionError(f"the stand-in ended before {start}; its log: {replay_log.report(self.log).lines}")

    def data(self, guid: uuid.UUID, *messages: tuple[str, str], stream: str = "Default") -> bytes:
        """Return a Data element with these messages."""
        payload = b""
        for name, clixml in messages:
            self.object_id += 1
            message = Message(name, self.pool, guid, clixml)
            payload += b"".join(encode_message(message, self.object_id, destination=TO_SERVER))
        return data_element(guid, payload, stream)

    async def open(self) -> None:
        """Open the pool."""
        self.write(self.data(ZERO, ("SESSION_CAPABILITY", CAPABILITY), ("INIT_RUNSPACEPOOL", INIT)))
        await self.expect(f"<DataAck PSGuid='{ZERO}'")

    async def send(self, guid: uuid.UUID, *messages: tuple[str, str], stream: str = "Default") -> None:
        """Send Data and wait until it is acknowledged."""
        self.write(self.data(guid, *messages, stream=stream))
        await self.expect(f"<DataAck PSGuid='{guid}'")

    async def command(self) -> uuid.UUID:
        """Make a command channel."""
        guid = uuid.uuid4()
        self.write(empty_element("Command", guid))
        await self.expect(f"<CommandAck PSGuid='{guid}'")
        return guid

    async def end(self) -> int:
        """Close the input and return the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        _, code = await asyncio.gather(self.process.stdout.read(), self.process.wait())  # type: ignore[union-attr] # PIPE
        return code

    async def play(self, events: list[Event]) -> None:
        """Do what the recorded client did."""
        await self.open()
        live: dict[uuid.UUID, uuid.UUID] = {}
        for index, event in enumerate(events):
            match event.kind:
                case "open":
                    live[event.guid] = await self.command()
                    await self.send(live[event.guid], (event.name, event.clixml))
                    for clixml in event.inputs:
                        await self.send(live[event.guid], ("PIPELINE_INPUT", clixml))
                case "input end":
                    await self.send(live[event.guid], ("END_OF_PIPELINE_INPUT", ""))
                case "answer" if event.clixml:
                    await self.send(live[event.guid], (event.name, event.clixml), stream="PromptResponse")
                case "signal":
                    self.write(empty_element("Signal", live[event.guid]))
                    await self.expect(f"<SignalAck PSGuid='{live[event.guid]}'")
            if event.guid in live and not any(later.guid == event.guid for later in events[index + 1 :]):
                await self.close(live[event.guid])

    async def close(self, guid: uuid.UUID) -> None:
        """Close a command or the pool."""
        self.write(empty_element("Close", guid))
        await self.expect(f"<CloseAck PSGuid='{guid}'")


TORTURE = {"acks": "late", "fragment": "500"}


@pytest.mark.parametrize(
    ("name", "options"),
    [(name, {}) for name in ALIVE] + [(name, TORTURE) for name in ALIVE if name != "bigoutput"],
)
async def test_the_real_clients_side_is_taken_without_complaint(
    name: str, options: dict[str, str], tmp_path: Path
) -> None:
    client = await RawClient.start(tmp_path, name, **options)
    events = [event for event in replay.load(RECORDINGS / f"{name}.jsonl.gz") if event.kind != "close pool"]
    await client.play(events)
    await client.close(ZERO)
    code = await client.end()
    noted = replay_log.report(client.log)
    # The multiple-choice call is the one that the real client closes without an answer.
    unexpected = [line for line in noted.of("difference") if name != "prompts" or "Close before" not in line]
    assert (code, noted.violations, unexpected, noted.of("skipped"), noted.of("unrecorded")) == (0, [], [], [], [])
    assert noted.of("end") == ["closed"]
    assert not [note for note in noted.of("note") if "not asked for" in note]


@pytest.mark.parametrize("name", ["crash", "kill"])
async def test_a_recorded_death_is_died(name: str, tmp_path: Path) -> None:
    client = await RawClient.start(tmp_path, name)
    with pytest.raises(AssertionError, match="ended before <"):
        events = replay.load(RECORDINGS / f"{name}.jsonl.gz")
        await client.play(events)
        await client.expect("<DataAck")
    assert await client.end() == -9
    assert replay_log.report(client.log).of("note")[-1] == "died as recorded"


def _ack(client: RawClient, guid: uuid.UUID) -> bytes:
    return empty_element("DataAck", guid)


def _hasty(client: RawClient, guid: uuid.UUID) -> bytes:
    return client.data(guid, ("PIPELINE_INPUT", "<S>a</S>")) + client.data(guid, ("PIPELINE_INPUT", "<S>b</S>"))


def _after_signal(client: RawClient, guid: uuid.UUID) -> bytes:
    return empty_element("Signal", guid) + client.data(guid, ("PIPELINE_INPUT", "<S>a</S>"))


def _after_close(client: RawClient, guid: uuid.UUID) -> bytes:
    return empty_element("Close", guid) + client.data(guid, ("PIPELINE_INPUT", "<S>a</S>"))


def _without_command(client: RawClient, guid: uuid.UUID) -> bytes:
    return client.data(uuid.uuid4(), ("GET_COMMAND_METADATA", "<S>a</S>"))


def _answer_on_wrong_stream(client: RawClient, guid: uuid.UUID) -> bytes:
    answer = '<Obj RefId="0"><MS><I64 N="ci">1</I64><Obj N="mi" RefId="1"><I32>11</I32></Obj></MS></Obj>'
    return client.data(guid, ("PIPELINE_HOST_RESPONSE", answer))


def _pool_first(client: RawClient, guid: uuid.UUID) -> bytes:
    return empty_element("Close", ZERO)


@pytest.mark.parametrize(
    ("misdeed", "complaint"),
    [
        (_ack, "acknowledged"),
        (_hasty, "before its DataAck"),
        (_after_signal, "Data after Signal"),
        (_after_close, "which is closed"),
        (_without_command, "which is no command"),
        (_answer_on_wrong_stream, "on the stream Default"),
        (_pool_first, "closed before its commands"),
        (lambda client, guid: b"hello\n", "not an element"),
    ],
)
async def test_a_client_that_breaks_a_rule_is_told(
    misdeed: Callable[[RawClient, uuid.UUID], bytes], complaint: str, tmp_path: Path
) -> None:
    client = await RawClient.start(tmp_path, "basics")
    await client.open()
    guid = await client.command()
    client.write(misdeed(client, guid))
    code = await client.end()
    assert any(complaint in line for line in replay_log.report(client.log).violations)
    assert code == 3
