"""What goes to the client, in order, and one pipeline's line to it: records, output, host calls with their answers.

A queue gathers fragments into full packets and holds writers back while the client does not read."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from psrpcore.types import HostMethodIdentifier, PipelineHostCall, PipelineState, PSRPMessageType, UserEvent
from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.server import encode as clixml
from pstui.backends.demo.server.pool import DemoPool, HostFacts
from pstui.backends.transports.outofproc import MAX_PAYLOAD, SESSION, encode, encode_data

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
        self._queue.append(encode(kind, guid))
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
            lines.append(item if isinstance(item, bytes) else encode_data(item[0], bytes(item[1])))
        if self._waiting <= HIGH_WATER:
            self._room.set()
        return b"".join(lines)


_VOID = -100


class PipelineLink:
    """Sends for one pipeline through the pool and the outbox. Every ``send`` waits while the client is behind."""

    def __init__(self, pool: DemoPool, outbox: Outbox, pipeline_id: uuid.UUID, host: HostFacts) -> None:
        self.pool, self.host = pool, host
        self._outbox, self._id = outbox, pipeline_id
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._last_call = 0

    async def line(self, text: str) -> None:
        """WriteLine2, the call that everything of Out-Default is made of."""
        if not self.host.is_null:
            await self._raw(PSRPMessageType.PipelineHostCall, clixml.line_call(text))

    async def output(self, value: Any) -> None:
        """Send one object to the client as output of the pipeline."""
        if (body := clixml.primitive(value)) is not None:
            await self._raw(PSRPMessageType.PipelineOutput, body)
        else:
            await self.send(clixml.encode(value, secrets=self.pool.has_key), PSRPMessageType.PipelineOutput)

    async def _raw(self, kind: PSRPMessageType, body: bytes) -> None:
        for fragment in self.pool.raw_fragments(kind, self._id, body):
            self._outbox.post(self._id, fragment)
        if self._outbox.is_full:
            await self._outbox.room()

    async def send(self, message: Any, kind: PSRPMessageType | None = None) -> None:
        """Send one message for this pipeline."""
        self._post(message, kind)
        if self._outbox.is_full:
            await self._outbox.room()

    def _post(self, message: Any, kind: PSRPMessageType | None = None) -> None:
        self.pool.prepare_message(message, kind, self._id)
        for pipeline_id, data in self.pool.drain():
            self._outbox.post(pipeline_id or SESSION, data)

    async def event(self, source: str, arguments: list[Any]) -> None:
        """Send an event of the runspace, which no pipeline owns (protocol-notes 3.17)."""
        message = UserEvent(SourceIdentifier=source, SourceArgs=arguments)
        self.pool.prepare_message(message, None, None)
        for pipeline_id, data in self.pool.drain():
            self._outbox.post(pipeline_id or SESSION, data)

    def state(self, state: int, error: ErrorInfo | None = None) -> None:
        """Send the pipeline's state: 3 stopped, 4 completed, 5 failed."""
        message = PipelineState(PipelineState=state)
        if error is not None:
            message.ExceptionAsErrorRecord = clixml.error_record(error)
        self._post(message)

    async def tell(self, method: int, *arguments: Any) -> None:
        """Make a host call without an answer (protocol-notes 4.3)."""
        if not self.host.is_null:
            await self.send(PipelineHostCall(ci=_VOID, mi=HostMethodIdentifier(method), mp=list(arguments)))

    async def ask(self, method: int, *arguments: Any) -> Any:
        """Make a host call and wait for its answer. Raises StatementError when the client answers with an error."""
        if self.host.is_null:
            raise StatementError(
                ErrorInfo(
                    "The client has no console to ask on.",
                    "HostFunctionNotImplemented",
                    "NotImplemented",
                    "HostException",
                    exception_type="System.Management.Automation.Host.HostException",
                ),
                ends_pipeline=True,
            )
        self._last_call += 1
        call_id = self._last_call
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[call_id] = waiting
        try:
            await self.send(PipelineHostCall(ci=call_id, mi=HostMethodIdentifier(method), mp=list(arguments)))
            return await waiting
        finally:
            self._calls.pop(call_id, None)

    def answered(self, raw: Any) -> None:
        """Take a PIPELINE_HOST_RESPONSE; one that nobody waits for is dropped."""
        waiting = self._calls.get(int(getattr(raw, "ci", 0)))
        if waiting is None or waiting.done():
            return
        error = getattr(raw, "me", None)
        if error is None:
            try:
                waiting.set_result(clixml.decode(getattr(raw, "mr", None)))
            except Exception:  # a secret that does not decrypt, a value out of range: the answer is unreadable
                waiting.set_exception(_failed("The answer of the client cannot be read.", "HostResponse"))
        else:
            waiting.set_exception(_failed(_message(error), "RemoteHostExecutionException"))


def _message(error: Any) -> str:
    message = getattr(getattr(error, "Exception", None), "Message", None)
    return str(message or "The client answered the question with an error.")[:2000]


def _failed(message: str, error_id: str) -> StatementError:
    return StatementError(ErrorInfo(message, error_id, "OperationStopped", "RemoteException"), ends_pipeline=True)
