"""The endpoint of one connection: packets in, packets out, a task for every pipeline (protocol-notes 6.1)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from psrpcore.types import PSRPMessageType
from pstui.backends.demo.commands import files, help, objects, output, system, transfer
from pstui.backends.demo.server.encode import decode
from pstui.backends.demo.server.link import Outbox, PipelineLink
from pstui.backends.demo.server.pipeline import PipelineRun
from pstui.backends.demo.server.pool import DemoPool, new_pipeline
from pstui.backends.demo.server.session import Session, version_table
from pstui.backends.errors import ProtocolError
from pstui.backends.psrp.fragments import Defragmenter, Message
from pstui.backends.transports.outofproc import CLIENT_ELEMENTS, SESSION, Element, decode_line

#: the modules that declare the commands; importing them is what makes the commands known
COMMAND_MODULES = (files, help, objects, output, system, transfer)
#: command channels a client may hold open at once
MAX_COMMANDS = 64
_BOM = b"\xef\xbb\xbf"

#: one line holds one element; real clients send at most 32 KiB of payload, i.e. 44 KiB of text, in one
MAX_LINE = 4 * 1024 * 1024

Read = Callable[[], Awaitable[bytes]]
Write = Callable[[bytes], Awaitable[None]]


class ElementReader:
    """Cuts a byte stream into elements of a client. An empty line is the client's end, as for the real server."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self.ended = False

    def feed(self, data: bytes) -> list[Element]:
        """Take bytes and return the elements they complete. Raises ProtocolError."""
        elements: list[Element] = []
        self._buffer += data
        start = 0
        while not self.ended and (end := self._buffer.find(b"\n", start)) >= 0:
            line = bytes(self._buffer[start:end]).rstrip(b"\r")
            start = end + 1
            if len(line) > self._limit:
                raise ProtocolError("a line is longer than this endpoint takes")
            if not line.strip():
                self.ended = True
                break
            elements.append(decode_line(line.removeprefix(_BOM), CLIENT_ELEMENTS))
        del self._buffer[:start]
        if len(self._buffer) > self._limit:
            raise ProtocolError("a line is longer than this endpoint takes")
        return elements


class Endpoint:
    """Serves one client over ``read`` (``b""`` is its end) and ``write``.

    ``own_process`` is True when the endpoint is a process of its own, as with ``pstui demo --stdio``. ``home`` is the
    folder where its sessions begin, by default the user's own.
    """

    def __init__(self, read: Read, write: Write, *, own_process: bool = False, home: Path | None = None) -> None:
        self._read, self._outbox = read, Outbox(write)
        self._pool = DemoPool({"PSVersionTable": version_table("2.3")})
        self._session = Session(own_process=own_process, home=home or Path.home())
        self._parts: dict[uuid.UUID, Defragmenter] = {SESSION: Defragmenter(for_server=True)}
        self._runs: dict[uuid.UUID, PipelineRun] = {}
        self._chores: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._closed = asyncio.Event()

    async def serve(self) -> None:
        """Serve until the client closes the session or goes away. Raises ProtocolError when it breaks the rules."""
        writing = asyncio.create_task(self._outbox.run())
        reading = asyncio.create_task(self._read_all())
        closing = asyncio.create_task(self._closed.wait())
        try:
            await asyncio.wait([reading, writing, closing], return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled() and (error := reading.exception()) is not None:
                raise error
        finally:
            reading.cancel()
            closing.cancel()
            await self._stop_all()
            await asyncio.gather(*self._chores.values(), return_exceptions=True)
            self._outbox.close()
            # A client that is gone, or does not read, is not waited for.
            await asyncio.wait([writing], timeout=5 if self._closed.is_set() else 0.5)
            writing.cancel()
            await asyncio.gather(reading, writing, closing, return_exceptions=True)

    async def _read_all(self) -> None:
        reader = ElementReader()
        while not reader.ended and (data := await self._read()):
            for element in reader.feed(data):
                self.take(element)
                if self._outbox.overflows:
                    await self._outbox.room()

    def take(self, element: Element) -> None:
        """Do what one element of the client asks for. Raises ProtocolError."""
        if self._closed.is_set():
            return
        match element.name:
            case "Data":
                self._data(element)
                self._outbox.acknowledge("DataAck", element.ps_guid)
            case "Command":
                self._command(element.ps_guid)
            case "Signal":
                self._chore(element.ps_guid, self._signal)
            case "Close":
                guid = element.ps_guid
                self._chore(guid, self._close_session if guid == SESSION else self._close)

    def _command(self, guid: uuid.UUID) -> None:
        if guid == SESSION or guid in self._runs or self._pool.their_capability is None:
            raise ProtocolError("a command channel that cannot be made")
        if len(self._runs) >= MAX_COMMANDS:
            raise ProtocolError("more command channels than this endpoint takes")
        new_pipeline(self._pool, guid)
        self._parts[guid] = Defragmenter(for_server=True)
        self._runs[guid] = PipelineRun(
            PipelineLink(self._pool, self._outbox, guid, self._pool.facts.host), self._session
        )
        self._outbox.acknowledge("CommandAck", guid)

    def _data(self, element: Element) -> None:
        parts = self._parts.get(element.ps_guid)
        if parts is None:
            return
        for message in parts.feed(element.data):
            if element.ps_guid != SESSION and message.pipeline_id != element.ps_guid:
                raise ProtocolError("a message for another pipeline")
            self._message(message, element.ps_guid)

    def _message(self, message: Message, guid: uuid.UUID) -> None:
        event = self._pool.accept(message)
        self._flush()
        if event is None:
            return
        run = self._runs.get(message.pipeline_id or SESSION)
        match message.type:
            case PSRPMessageType.InitRunspacePool:
                self._session.protocol = self._pool.protocol
                self._session.pool_host = self._pool.facts.host
            case PSRPMessageType.CreatePipeline if run is not None and run.task is None:
                request = self._pool.requests.pop(guid)
                run.link.host = request.host or self._pool.facts.host
                run.start(request)
            case PSRPMessageType.GetCommandMetadata if run is not None and run.task is None:
                names = getattr(event._ps_object, "Name", None)
                run.start_metadata([str(name) for name in names] if isinstance(names, list) else ["*"])
            case PSRPMessageType.PipelineInput if run is not None:
                if not run.put(_value(event)):
                    raise ProtocolError("more pipeline input than this endpoint takes")
            case PSRPMessageType.EndOfPipelineInput if run is not None:
                run.end_input()
            case PSRPMessageType.PipelineHostResponse if run is not None:
                run.link.answered(event._ps_object)
            case _:
                self._pool_request(message.type, event)

    def _pool_request(self, kind: int, event: Any) -> None:
        answer: bool | int
        match kind:
            case PSRPMessageType.SetMaxRunspaces | PSRPMessageType.SetMinRunspaces:
                answer = True
            case PSRPMessageType.ResetRunspaceState:
                self._session.variables.clear()
                self._session.functions.clear()
                answer = True
            case PSRPMessageType.GetAvailableRunspaces:
                answer = sum(1 for run in self._runs.values() if run.task and not run.task.done()) == 0
                answer = int(answer)
            case _:
                return
        self._pool.runspace_availability_response(event.ci, answer)
        self._flush()

    def _flush(self) -> None:
        for pipeline_id, data in self._pool.drain():
            self._outbox.post(pipeline_id or SESSION, data)

    def _chore(self, guid: uuid.UUID, work: Callable[[uuid.UUID], Awaitable[None]]) -> None:
        """Do something that takes a while beside the reading, one after another for each GUID."""
        before = self._chores.get(guid)

        async def chained() -> None:
            if before is not None:
                await asyncio.wait([before])
            await work(guid)

        task = asyncio.create_task(chained())
        self._chores[guid] = task
        task.add_done_callback(lambda done: self._chores.pop(guid, None) if self._chores.get(guid) is done else None)

    async def _signal(self, guid: uuid.UUID) -> None:
        run = self._runs.get(guid)
        if run is not None:
            await run.stop()
        self._outbox.acknowledge("SignalAck", guid)

    async def _close(self, guid: uuid.UUID) -> None:
        run = self._runs.pop(guid, None)
        if run is not None:
            await run.stop()
        self._parts.pop(guid, None)
        self._pool.requests.pop(guid, None)
        self._pool.pipeline_table.pop(guid, None)
        self._outbox.acknowledge("CloseAck", guid)

    async def _close_session(self, guid: uuid.UUID) -> None:
        await self._stop_all()
        if self._pool.their_capability is not None:
            self._pool.finish()
            self._flush()
        self._outbox.acknowledge("CloseAck", guid)
        self._closed.set()

    async def _stop_all(self) -> None:
        await asyncio.gather(*(run.stop() for run in self._runs.values()))


def _value(event: Any) -> Any:
    try:
        return decode(event.data)
    except Exception:  # a secret without its key, a date out of range: the input is at fault
        raise ProtocolError("a value of the pipeline input cannot be read") from None
