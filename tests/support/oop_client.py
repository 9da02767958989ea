"""A small OutOfProc client on psrpcore, for dialogues with the demo endpoint; it keeps the flow rules."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import struct
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from psrpcore import (
    ClientGetCommandMetadata,
    ClientPowerShell,
    ClientRunspacePool,
    Command,
    PSRPPayload,
    StreamType,
)
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    HostInfo,
    HostMethodIdentifier,
    NETException,
    PipelineHostResponse,
    PSVersion,
    SessionCapability,
)
from pstui.backends.psrp.fragments import Defragmenter, refragmented

ZERO = uuid.UUID(int=0)
ELEMENT = re.compile(rb"<(\w+)(?: Stream='\w+')? PSGuid='([0-9a-f-]{36})'(?: />|>([^<]*)</Data>)\Z")


class Stream(Protocol):
    """The channel, as the endpoint offers it."""

    async def read(self) -> bytes: ...
    async def write(self, data: bytes) -> None: ...


@dataclass
class Result:
    """What one pipeline brought."""

    state: int = 0
    reason: Any = None
    output: list[Any] = field(default_factory=list)
    records: list[tuple[str, Any]] = field(default_factory=list)
    calls: list[tuple[int, list[Any]]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The lines of Out-Default and of errors, without colours."""
        shown = [args[0] for method, args in self.calls if method in (16, 18)]
        return [re.sub(r"\x1b\[[0-9;]*m", "", str(line)) for line in shown]

    @property
    def error_lines(self) -> list[str]:
        """What WriteErrorLine brought."""
        return [str(args[0]) for method, args in self.calls if method == 18]

    @property
    def errors(self) -> list[Any]:
        """Error records."""
        return [value for kind, value in self.records if kind == "ErrorRecord"]


class _Plain:
    def decrypt(self, value: str) -> str:
        return base64.b64decode(value).decode("utf-16-le")

    def encrypt(self, value: str) -> str:
        return base64.b64encode(value.encode("utf-16-le")).decode()

    def register_key(self, key: bytes) -> None: ...


Answer = Callable[[int, list[Any]], Any]


class OopWire:
    """The elements of the client's side: one outstanding packet a GUID, acknowledgements awaited, all of them kept."""

    def __init__(self, channel: Stream) -> None:
        self.channel = channel
        self.elements: list[tuple[str, uuid.UUID]] = []
        self.ended = asyncio.Event()
        self._waiting: dict[tuple[str, uuid.UUID], asyncio.Future[None]] = {}
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    def payload(self, guid: uuid.UUID, data: bytes) -> None:
        """Take what the server sent; for those built on this."""

    async def until(self, condition: Callable[[], bool], timeout: float = 20) -> None:
        """Wait until something received makes the condition true."""
        async with asyncio.timeout(timeout):
            while not condition():
                assert not self.ended.is_set(), "the endpoint ended"
                self._news.clear()
                await self._news.wait()

    async def data(self, guid: uuid.UUID, payload: bytes, stream: str = "Default") -> None:
        text = base64.b64encode(payload).decode()
        await self._and_wait("DataAck", guid, f"<Data Stream='{stream}' PSGuid='{guid}'>{text}</Data>\n")

    async def send(self, kind: str, guid: uuid.UUID, answer: str) -> None:
        await self._and_wait(answer, guid, f"<{kind} PSGuid='{guid}' />\n")

    async def _and_wait(self, kind: str, guid: uuid.UUID, line: str) -> None:
        waiting = asyncio.get_running_loop().create_future()
        while (kind, guid) in self._waiting:
            await asyncio.wait([self._waiting[kind, guid]])
        self._waiting[kind, guid] = waiting
        await self.channel.write(line.encode())
        async with asyncio.timeout(20):
            await waiting

    def start_reading(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        buffer = b""
        try:
            while data := await self.channel.read():
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self._element(line)
                self._news.set()
        finally:
            self.ended.set()
            self._news.set()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the endpoint ended"))

    def _element(self, line: bytes) -> None:
        found = ELEMENT.match(line)
        assert found, f"not an element: {line[:200]!r}"
        kind, guid = found[1].decode(), uuid.UUID(found[2].decode())
        self.elements.append((kind, guid))
        if kind == "Data":
            payload = base64.b64decode(found[3])
            assert len(payload) <= 32768
            self.payload(guid, payload)
        elif (kind, guid) in self._waiting:
            waiting = self._waiting.pop((kind, guid))
            if not waiting.done():
                waiting.set_result(None)


class OopClient(OopWire):
    """``async with OopClient(channel) as client: result = await client.line("Get-Date")``."""

    def __init__(self, channel: Stream, *, protocol: str = "2.3", width: int = 120, colour: int = -1) -> None:
        super().__init__(channel)
        self.protocol = protocol
        info = HostInfo(IsHostNull=False, IsHostUINull=False, IsHostRawUINull=False, UseRunspaceHost=False)
        self.pool = ClientRunspacePool(host=info)
        self.pool.our_capability = SessionCapability(
            PSVersion=PSVersion("2.0"), protocolversion=PSVersion(protocol), SerializationVersion=PSVersion("1.1.0.1")
        )
        if protocol == "2.4":
            self.pool._cipher = _Plain()  # type: ignore[assignment]  # what a 2.4 client does: no session key
        self.width, self.colour = width, colour
        self.answer: Answer | None = None
        self.results: dict[uuid.UUID, Result] = {}
        self._answers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> OopClient:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self.ended.is_set():
            with contextlib.suppress(OSError):
                await self.close()
        if self._reader:
            self._reader.cancel()

    # --- the session

    async def open(self) -> None:
        self.start_reading()
        self.pool.open()
        payload = self.pool.data_to_send()
        assert payload is not None
        await self.data(ZERO, self._with_host(payload.data))
        assert self.pool.state.name == "Opened", self.pool.state

    def _with_host(self, opening: bytes) -> bytes:
        """Give the opening a real console's size and colours, which psrpcore's client would refuse (-1)."""
        if not self.width:
            return opening
        self.pool.host = None
        data = {0: self.colour, 1: self.colour, 4: 25, 9: "title"}
        items = ""
        for key, value in data.items():
            shown = f'<S N="V">{value}</S>' if isinstance(value, str) else f'<I32 N="V">{value}</I32>'
            items += (
                f'<En><I32 N="Key">{key}</I32><Obj N="Value" RefId="{50 + key}"><MS><S N="T">x</S>'
                f"{shown}</MS></Obj></En>"
            )
        for key in (5, 6, 7, 8):
            items += (
                f'<En><I32 N="Key">{key}</I32><Obj N="Value" RefId="{50 + key}"><MS><S N="T">Size</S>'
                f'<Obj N="V" RefId="{70 + key}"><MS><I32 N="width">{self.width}</I32>'
                '<I32 N="height">30</I32></MS></Obj></MS>'
                "</Obj></En>"
            )
        extra = (
            '<Obj N="_hostDefaultData" RefId="40"><MS><Obj N="data" RefId="41"><TN RefId="40">'
            f"<T>System.Collections.Hashtable</T><T>System.Object</T></TN><DCT>{items}</DCT></Obj></MS></Obj>"
        ).encode()
        marker = b'<B N="_useRunspaceHost">false</B>'
        out = b""
        for number, message in enumerate(Defragmenter(for_server=True).feed(opening), 1):
            told = replace(message, body=message.body.replace(marker, marker + extra))
            out += refragmented(told, number, for_server=True)
        return out

    async def close(self) -> None:
        await self.send("Close", ZERO, "CloseAck")

    async def line(self, text: str, **options: Any) -> Result:
        """Send a line of script with Out-Default, as a console does, and close the pipeline."""
        return await self.run([Command(text, is_script=True), out_default()], history=text, **options)

    async def script(self, text: str, **options: Any) -> Result:
        """Send a script without Out-Default, as Invoke-Command does."""
        return await self.run([Command(text, is_script=True)], **options)

    async def run(self, commands: list[Command], **options: Any) -> Result:
        guid = await self.start(commands, **options)
        result = await self.finished(guid)
        await self.send("Close", guid, "CloseAck")
        return result

    async def start(
        self,
        commands: list[Command],
        *,
        history: str = "",
        inputs: list[Any] | None = None,
        host: HostInfo | None = None,
    ) -> uuid.UUID:
        shell = ClientPowerShell(self.pool)
        shell.metadata.add_to_history = bool(history)
        shell.metadata.history = history
        shell.metadata.no_input = inputs is None
        if host is not None:
            shell.metadata.host = host
        for command in commands:
            shell.add_command(command)
        shell.start()
        self.results[shell.pipeline_id] = Result()
        await self.send("Command", shell.pipeline_id, "CommandAck")
        await self.pump(shell.pipeline_id)
        for value in inputs or ():
            shell.send(value)
            await self.pump(shell.pipeline_id)
        if inputs is not None:
            shell.send_eof()
            await self.pump(shell.pipeline_id)
        return shell.pipeline_id

    async def metadata(self, names: list[str]) -> Result:
        asked = ClientGetCommandMetadata(self.pool, names)
        asked.start()
        self.results[asked.pipeline_id] = Result()
        await self.send("Command", asked.pipeline_id, "CommandAck")
        await self.pump(asked.pipeline_id)
        result = await self.finished(asked.pipeline_id)
        await self.send("Close", asked.pipeline_id, "CloseAck")
        return result

    async def pump(self, guid: uuid.UUID) -> None:
        """Send what psrpcore has queued, one packet at a time, each acknowledged."""
        while (payload := self.pool.data_to_send(32768)) is not None:
            stream = "PromptResponse" if payload.stream_type == StreamType.prompt_response else "Default"
            await self.data(payload.pipeline_id or ZERO, payload.data, stream)

    async def finished(self, guid: uuid.UUID) -> Result:
        await self.until(lambda: self.results[guid].state != 0)
        return self.results[guid]

    def payload(self, guid: uuid.UUID, data: bytes) -> None:
        self.pool.receive_data(PSRPPayload(data, StreamType.default, None if guid == ZERO else guid))
        while (event := self.pool.next_event()) is not None:
            self._event(event)

    def _event(self, event: Any) -> None:
        result = self.results.get(event.pipeline_id)
        if result is None:
            return
        name = type(event).__name__.removesuffix("Event")
        match name:
            case "PipelineOutput":
                result.output.append(event.data)
            case "PipelineState":
                result.state, result.reason = int(event.state), event.reason
            case "PipelineHostCall":
                method = int(event._ps_object.mi)
                arguments = list(event._ps_object.mp)
                result.calls.append((method, arguments))
                if event.ci > 0 and self.answer is not None:
                    task = asyncio.create_task(self._answer(event.pipeline_id, event.ci, method, arguments))
                    self._answers.add(task)
            case _:
                result.records.append((name, getattr(event, "record", None)))

    async def _answer(self, guid: uuid.UUID, call_id: int, method: int, arguments: list[Any]) -> None:
        assert self.answer is not None
        value = self.answer(method, arguments)
        value = await value if isinstance(value, Awaitable) else value
        fields = {"me": value} if isinstance(value, ErrorRecord) else {"mr": value}
        response = PipelineHostResponse(ci=call_id, mi=HostMethodIdentifier(method), **fields)
        self.pool.prepare_message(response, pipeline_id=guid, stream_type=StreamType.prompt_response)
        await self.pump(guid)


def out_default() -> Command:
    """The command at the end of every typed line."""
    command = Command("Out-Default")
    command.merge_unclaimed = True
    command.use_local_scope = True
    return command


def cancelled() -> ErrorRecord:
    """What a client answers when Ctrl+C ends a question."""
    exception = NETException(Message="The pipeline has been stopped.", HResult=-2146233087)
    exception.PSObject.type_names = ["System.Management.Automation.PipelineStoppedException", "System.Exception"]
    return ErrorRecord(
        Exception=exception,
        CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.OperationStopped, Reason="PipelineStoppedException"),
        FullyQualifiedErrorId="RemoteHostExecutionException",
    )


def fragment(object_id: int, message: bytes) -> bytes:
    """One message as fragments of at most 32 KiB."""
    room = 32768 - 21
    pieces = [message[at : at + room] for at in range(0, len(message), room)]
    last = len(pieces) - 1
    return b"".join(
        struct.pack(">QQBI", object_id, number, (number == 0) | (number == last) << 1, len(piece)) + piece
        for number, piece in enumerate(pieces)
    )
