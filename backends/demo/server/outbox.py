"""What goes to the client, in order: a queue that gathers fragments into full packets and holds writers back."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable

from pstui.backends.demo.server.wire import MAX_PAYLOAD, data_element, element

#: bytes waiting, beyond which a pipeline waits
HIGH_WATER = 256 * 1024
#: bytes waiting, beyond which the endpoint stops reading as well
READ_WATER = 4 * 1024 * 1024


class Outbox:
    """Queues elements; ``run`` writes them. Everything posted keeps its order."""

    def __init__(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        self._write = write
        self._queue: deque[tuple[uuid.UUID, bytearray] | bytes] = deque()
        self._waiting = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    def acknowledge(self, kind: str, guid: uuid.UUID) -> None:
        """Queue an acknowledgement."""
        self._queue.append(element(kind, guid))
        self._grown(80)

    def post(self, guid: uuid.UUID, fragments: bytes) -> None:
        """Queue fragments, at most MAX_PAYLOAD of them, joining what already waits for the same GUID."""
        last = self._queue[-1] if self._queue else None
        if isinstance(last, tuple) and last[0] == guid and len(last[1]) + len(fragments) <= MAX_PAYLOAD:
            last[1].extend(fragments)
        else:
            self._queue.append((guid, bytearray(fragments)))
        self._grown(len(fragments))

    def _grown(self, size: int) -> None:
        self._waiting += size
        self._work.set()
        if self._waiting > HIGH_WATER:
            self._room.clear()

    @property
    def is_full(self) -> bool:
        """True when a writer ought to wait for ``room``."""
        return self._waiting > HIGH_WATER

    @property
    def overflows(self) -> bool:
        """True when even acknowledgements pile up, because the client does not read."""
        return self._waiting > READ_WATER

    async def room(self) -> None:
        """Wait until the client has taken enough."""
        await self._room.wait()

    def close(self) -> None:
        """Let ``run`` end once everything is written."""
        self._closed = True
        self._work.set()

    async def run(self) -> None:
        """Write until closed. Raises what the stream raises; afterwards nothing waits for room any more."""
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while self._queue:
                    await self._write(self._next())
                if self._closed:
                    return
        finally:
            self._waiting = 0
            self._room.set()

    def _next(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while self._queue and size < 2 * MAX_PAYLOAD:
            item = self._queue.popleft()
            size += len(item) if isinstance(item, bytes) else len(item[1])
            self._waiting -= 80 if isinstance(item, bytes) else len(item[1])
            lines.append(item if isinstance(item, bytes) else data_element(item[0], bytes(item[1])))
        if self._waiting <= HIGH_WATER:
            self._room.set()
        return b"".join(lines)
