"""One pipeline's line to the client: records, output, and host calls with their answers."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from psrpcore.types import HostMethodIdentifier, PipelineHostCall, PipelineState, PSRPMessageType
from pstui.backends.demo.server.encode import decode, encode, error_record, line_call, primitive
from pstui.backends.demo.server.errors import ErrorInfo, StatementError
from pstui.backends.demo.server.outbox import Outbox
from pstui.backends.demo.server.pool import DemoPool
from pstui.backends.demo.server.requests import HostFacts

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
            await self._raw(PSRPMessageType.PipelineHostCall, line_call(text))

    async def output(self, value: Any) -> None:
        """Send one object to the client as output of the pipeline."""
        if (body := primitive(value)) is not None:
            await self._raw(PSRPMessageType.PipelineOutput, body)
        else:
            await self.send(encode(value, secrets=self.pool.has_key), PSRPMessageType.PipelineOutput)

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
            self._outbox.post(pipeline_id or uuid.UUID(int=0), data)

    def state(self, state: int, error: ErrorInfo | None = None) -> None:
        """Send the pipeline's state: 3 stopped, 4 completed, 5 failed."""
        message = PipelineState(PipelineState=state)
        if error is not None:
            message.ExceptionAsErrorRecord = error_record(error)
        self._post(message)

    async def tell(self, method: int, *arguments: Any) -> None:
        """Make a host call without an answer (semantics 4.3)."""
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
                waiting.set_result(decode(getattr(raw, "mr", None)))
            except Exception:  # a secret that does not decrypt, a value out of range: the answer is unreadable
                waiting.set_exception(_failed("The answer of the client cannot be read.", "HostResponse"))
        else:
            waiting.set_exception(_failed(_message(error), "RemoteHostExecutionException"))


def _message(error: Any) -> str:
    message = getattr(getattr(error, "Exception", None), "Message", None)
    return str(message or "The client answered the question with an error.")[:2000]


def _failed(message: str, error_id: str) -> StatementError:
    return StatementError(ErrorInfo(message, error_id, "OperationStopped", "RemoteException"), ends_pipeline=True)
