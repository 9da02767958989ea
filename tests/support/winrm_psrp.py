"""The PSRP server of one shell: the demo endpoint, fed with fragments by WSMan verbs instead of OutOfProc lines."""

from __future__ import annotations

import asyncio
import struct
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from psrpcore.types import (
    ApplicationPrivateData,
    PSRPMessageType,
    RunspacePoolInitData,
)
from pstui.backends.demo.server.endpoint import Endpoint
from pstui.backends.demo.server.link import HIGH_WATER, Outbox
from pstui.backends.psrp.fragments import Defragmenter
from pstui.backends.transports.outofproc import SESSION, Element

_HEADER = struct.Struct(">QQBI")


class StreamQueue:
    """What waits on one output stream: whole fragments, in order. ``done`` is set with a pipeline's last state."""

    def __init__(self) -> None:
        self.chunks: deque[bytes] = deque()
        self.done = False
        self.changed = asyncio.Event()

    def take(self, room: int) -> list[bytes]:
        """Take what fits into ``room`` bytes of base64, at least one fragment."""
        taken: list[bytes] = []
        while self.chunks:
            room -= len(self.chunks[0]) * 4 // 3 + 150
            if taken and room < 0:
                break
            taken.append(self.chunks.popleft())
        return taken


class ShellOutbox(Outbox):
    """Keeps what the server sends until it is received; a full one holds the pipelines back, or drops the oldest."""

    def __init__(self, largest: Callable[[], int]) -> None:
        super().__init__(_nowhere)
        self._largest = largest
        self.queues: dict[uuid.UUID, StreamQueue] = {SESSION: StreamQueue()}
        self.acknowledged: dict[tuple[str, uuid.UUID], asyncio.Event] = {}
        self.drops = False
        self._size = 0
        self._numbers: dict[int, int] = {}
        self._space = asyncio.Event()
        self._space.set()
        self._over = asyncio.Event()

    def acknowledge(self, kind: str, guid: uuid.UUID) -> None:
        if (waiting := self.acknowledged.get((kind, guid))) is not None:
            waiting.set()

    def post(self, guid: uuid.UUID, fragments: bytes) -> None:
        queue = self.queues.get(guid)
        if queue is None:
            return
        for piece, ends in self._cut(fragments):
            queue.chunks.append(piece)
            queue.done = queue.done or ends
            self._size += len(piece)
        while self.drops and self._size > HIGH_WATER and len(queue.chunks) > 1:
            self._size -= len(queue.chunks.popleft())
        if self.is_full:
            self._space.clear()
        queue.changed.set()

    def _cut(self, data: bytes) -> list[tuple[bytes, bool]]:
        """Cut a payload into fragments that fit into the client's envelopes, numbered anew where that splits one."""
        limit = max(512, self._largest())
        pieces = []
        at = 0
        while at < len(data):
            object_id, _, flags, length = _HEADER.unpack_from(data, at)
            blob = data[at + _HEADER.size : at + _HEADER.size + length]
            at += _HEADER.size + length
            ends = bool(flags & 1) and struct.unpack_from("<I", blob, 4)[0] == PSRPMessageType.PipelineState.value
            for start in range(0, max(len(blob), 1), limit):
                part = blob[start : start + limit]
                number = 0 if flags & 1 and start == 0 else self._numbers.pop(object_id, 0)
                last = bool(flags & 2) and start + limit >= len(blob)
                if not last:
                    self._numbers[object_id] = number + 1
                head = _HEADER.pack(object_id, number, (number == 0) | last << 1, len(part))
                pieces.append((head + part, ends and last))
        return pieces

    def take(self, guid: uuid.UUID, room: int) -> list[bytes]:
        """Take what fits from one stream, and let the pipelines go on."""
        taken = self.queues[guid].take(room)
        self._size -= sum(map(len, taken))
        if not self.is_full:
            self._space.set()
        return taken

    @property
    def is_full(self) -> bool:
        return self._size > HIGH_WATER and not self.drops

    @property
    def overflows(self) -> bool:
        return False

    async def room(self) -> None:
        await self._space.wait()

    def set_mode(self, mode: str) -> None:
        """Set the buffer mode: Block or Drop."""
        self.drops = mode == "Drop"
        if not self.is_full:
            self._space.set()

    def close(self) -> None:
        self._over.set()
        self._space.set()

    async def run(self) -> None:
        await self._over.wait()


async def _nowhere(_: bytes) -> None:
    """Nothing is written: everything is received."""


class ShellServer(Endpoint):
    """Serves one shell. Packets are given directly; what comes back stands in ``outbox``. Raises ProtocolError."""

    def __init__(self, largest: Callable[[], int]) -> None:
        self.outbox = ShellOutbox(largest)
        super().__init__(self._never, _nowhere)
        self._outbox = self.outbox

    async def _never(self) -> bytes:
        await asyncio.Event().wait()
        return b""

    def open(self, data: bytes) -> None:
        """Take the content of creationXml."""
        self.take(Element("Data", SESSION, data))

    def send(self, guid: uuid.UUID, data: bytes) -> None:
        """Take fragments for the pool (``SESSION``) or a command."""
        self.take(Element("Data", guid, data))

    def command(self, guid: uuid.UUID, data: bytes) -> None:
        """Open a command with the first fragments of its pipeline."""
        self.take(Element("Command", guid))
        self.outbox.queues[guid] = StreamQueue()
        self.send(guid, data)

    async def signal(self, guid: uuid.UUID) -> None:
        """Stop a pipeline; returns when it has stopped."""
        await self._acknowledged("Signal", "SignalAck", guid)

    async def close_command(self, guid: uuid.UUID) -> None:
        """Close a command and forget what it still had to say."""
        await self._acknowledged("Close", "CloseAck", guid)
        self.outbox.queues.pop(guid, None)

    async def _acknowledged(self, kind: str, answer: str, guid: uuid.UUID) -> None:
        done = self.outbox.acknowledged[answer, guid] = asyncio.Event()
        self.take(Element(kind, guid))
        await done.wait()

    async def shut(self) -> None:
        """End everything that runs."""
        self.outbox.close()
        await self._stop_all()

    def connect(self, data: bytes) -> bytes:
        """Answer connectXml with the content of connectResponseXml; APPLICATION_PRIVATE_DATA follows on the pool."""
        for message in Defragmenter(for_server=True).feed(data):
            known = (PSRPMessageType.SessionCapability.value, PSRPMessageType.ConnectRunspacePool.value)
            if message.type not in known:
                raise ValueError("connectXml holds another message")
        pool: Any = self._pool
        limits = RunspacePoolInitData(MinRunspaces=pool.min_runspaces, MaxRunspaces=pool.max_runspaces)
        pool.prepare_message(pool.our_capability)
        pool.prepare_message(limits)
        answer = b"".join(data for _, data in pool.drain())
        pool.prepare_message(ApplicationPrivateData(ApplicationPrivateData=pool.application_private_data))
        self._flush()
        return answer
