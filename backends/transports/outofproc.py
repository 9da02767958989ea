"""The OutOfProc protocol: one XML element a line over a byte channel (protocol-notes 6.1).

SSH, local processes, containers, named pipes and VM sockets all speak it; they differ only in their ``Channel``.

How this works. Fragments travel as ``<Data>`` with a GUID: zero for the pool, its own for each command. The other
elements (Command, Signal, Close) begin, stop and close a command; the far end acknowledges each of the four with an
Ack of the same GUID. Four rules keep the flow in order. The client never acknowledges anything; it has one Data
outstanding a GUID (``_StreamState.clear``, behind a lock that keeps the callers' order); it sends nothing to a command
after a Signal; and it closes the commands before the session.

``_read`` is the only reader: it cuts what the channel brings into lines, puts Data into a queue and resolves
acknowledgements. When the queue holds ``MAX_QUEUED`` bytes it stops reading, and the far end has to wait. The session
ends in ``_end``, once: the reason is kept, every waiting caller gets it, and ``incoming`` raises it after what arrived
before.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import lru_cache

from pstui.backends.errors import ProtocolError, SessionBroken, SessionStateError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import Channel, Forwarding, Incoming

#: Fragment payload limit of the OutOfProc transports (protocol-notes 6.1).
MAX_PAYLOAD = 32_768
#: Longest line taken from a peer, in bytes; real servers stay under 64 KiB, one object may not exceed 10 MiB.
MAX_LINE = 16 * 1024 * 1024
#: Bytes of decoded Data kept for a slow consumer before reading stops. What is kept is read to its end even when the
#: command was stopped: this much is some 10 ms of work.
MAX_QUEUED = 256 * 1024
#: bytes that a piece of Data counts for beside its own, so that a flood of tiny ones is bounded as well
PIECE_OVERHEAD = 256
#: Seconds: the stop limit of protocol-notes 2.9.
SIGNAL_TIMEOUT = 60.0
#: Seconds for an orderly close. PowerShell waits 60 (protocol-notes 6.1); a person does not, and the channel's end
#: ends the far side all the same.
CLOSE_TIMEOUT = 5.0

SESSION = uuid.UUID(int=0)

#: Bytes within which a tag must end: its longest has a stream's name and a GUID.
MAX_TAG = 1024
_TAG = re.compile(rb"""\s*<(\w+)((?:\s+\w+\s*=\s*(?:'[^'<]*'|"[^"<]*"))*)\s*(/?>)""")
_CONTENT = re.compile(rb"([^<]*)</(\w+)\s*>\s*")
_ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*(?:'([^']*)'|"([^"]*)")""")
_ERROR_LINE = re.compile(rb"\s*__(?:NamedPipeError|HyperVSocketError)__:(.*)", re.IGNORECASE | re.DOTALL)
#: The only attributes each element may carry (counts as protocol-notes 6.1: errors 2003 and 2005).
_ATTRIBUTES = {b"Data": {b"Stream", b"PSGuid"}}
#: A line of Data as PowerShell writes it: what stands before its GUID, where its content begins, and what ends it.
_DATA_HEAD, _DATA_TAIL = b"<Data Stream='Default' PSGuid='", b"</Data>"
_DATA_START = len(_DATA_HEAD) + len("00000000-0000-0000-0000-000000000000'>")
#: Bytes of base64 that are decoded between two turns of the loop, four to three: some 2 ms.
PORTION = 256 * 1024
#: What each side may send.
SERVER_ELEMENTS = frozenset({b"Data", b"DataAck", b"CommandAck", b"CloseAck", b"SignalAck"})
CLIENT_ELEMENTS = frozenset({b"Data", b"Command", b"Signal", b"Close"})


@dataclass(frozen=True, slots=True)
class Element:
    """One decoded line: its name, GUID and, for Data, the fragments it carries."""

    name: str
    ps_guid: uuid.UUID
    data: bytes = b""


def encode(name: str, ps_guid: uuid.UUID) -> bytes:
    """Return the line of an element without content."""
    return f"<{name} PSGuid='{ps_guid}' />\n".encode("ascii")


def encode_data(ps_guid: uuid.UUID, data: bytes, stream: str = "Default") -> bytes:
    """Return the line of a Data element."""
    head = f"<Data Stream='{stream}' PSGuid='{ps_guid}'>".encode("ascii")
    return b"%s%s</Data>\n" % (head, base64.b64encode(data))


def decode_line(line: bytes, allowed: frozenset[bytes] = SERVER_ELEMENTS) -> Element:
    """Decode one line of the peer, which may send the elements ``allowed``: by default it is a server.

    Raises ProtocolError for anything else; the text of the line is quoted in it.
    """
    if len(line) > _DATA_START and line.startswith(_DATA_HEAD) and line.endswith(_DATA_TAIL) and b"Data" in allowed:
        # Written as PowerShell writes it, and nearly all of a flood. Whatever is odd about it is told below.
        with contextlib.suppress(ValueError, binascii.Error):
            if data := base64.b64decode(line[_DATA_START : -len(_DATA_TAIL)], validate=True):
                return Element("Data", _guid(line[len(_DATA_HEAD) : _DATA_START]), data)
    match = _TAG.match(line[:MAX_TAG])
    if match is None:
        raise _refused_text(line)
    name, attributes, end = match.groups()
    rest, content = line[match.end() :], b""
    if end == b">":
        inside = _CONTENT.fullmatch(rest)
        if inside is None or inside[2] != name:
            raise _refused_text(line)
        content = inside[1]
    elif rest.strip():
        raise _refused_text(line)
    values = {key: single or double for key, single, double in _ATTRIBUTE.findall(attributes)}
    if name not in allowed:
        side = "server" if allowed is SERVER_ELEMENTS else "client"
        raise ProtocolError(
            f"the far end sent <{_quote(name)}>, which a {side} may not send",
            f"The stream is not the remoting protocol, or not its {side} side.",
        )
    if set(values) != _ATTRIBUTES.get(name, {b"PSGuid"}):
        raise ProtocolError(f"the far end sent <{_quote(name)}> with the wrong attributes", _quote(line))
    try:
        ps_guid = uuid.UUID(values[b"PSGuid"].decode("ascii"))
        data = base64.b64decode(content, validate=True) if name == b"Data" else b""
    except (ValueError, binascii.Error) as error:
        raise ProtocolError(f"the far end sent a damaged <{_quote(name)}>", _quote(line)) from error
    if name == b"Data" and not data:
        raise ProtocolError("the far end sent <Data> without content")
    return Element(name.decode("ascii"), ps_guid, data)


async def decode_in_steps(line: bytes) -> Element:
    """Decode a line of a server as ``decode_line`` does; a long one with turns of the loop between its portions."""
    start, end = line.find(b">", 0, MAX_TAG) + 1, line.rfind(b"</")
    if len(line) <= PORTION or not 0 < start < end:
        return decode_line(line)
    element = decode_line(line[:start] + b"AAAA" + line[end:])  # whatever is odd beside the content is told here
    parts = []
    try:
        for place in range(start, end, PORTION):
            parts.append(base64.b64decode(line[place : min(place + PORTION, end)], validate=True))
            if len(parts[-1]) % 3 and place + PORTION < end:
                raise ValueError("padding before the end")
            await asyncio.sleep(0)
    except (ValueError, binascii.Error) as error:
        raise ProtocolError(f"the far end sent a damaged <{element.name}>", _quote(line)) from error
    return Element(element.name, element.ps_guid, b"".join(parts))


@lru_cache(maxsize=64)
def _guid(text: bytes) -> uuid.UUID:
    """Return the GUID that a line of Data has before its content. Raises ValueError."""
    if not text.endswith(b"'>"):
        raise ValueError("no GUID")
    return uuid.UUID(text[:-2].decode("ascii"))


def _refused_text(line: bytes) -> ProtocolError:
    """Return the error for a line that is not an element: the peer's own report, or noise such as a banner."""
    report = _ERROR_LINE.fullmatch(line)
    if report:
        return ProtocolError("the far end reported an error", _quote(report[1]))
    return ProtocolError(
        f"the far end sent text instead of the remoting protocol: {_quote(line)}",
        "Usually a start-up file of the login shell, a banner, or a program that is not PowerShell.",
        "Make sure that the program started there writes nothing of its own to standard output.",
    )


def _quote(raw: bytes) -> str:
    """Return a peer's bytes as one short, harmless line."""
    text = raw[:400].decode("utf-8", "replace").strip()
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown[:200] + ("…" if len(shown) > 200 else "")


@dataclass(slots=True)
class _StreamState:
    """The flow state of one GUID: at most one Data outstanding, in order."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    clear: asyncio.Event = field(default_factory=asyncio.Event)
    acks: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    stopped: bool = False

    def __post_init__(self) -> None:
        self.clear.set()

    def release(self, failure: SessionBroken) -> None:
        """Release everyone who waits on this GUID."""
        self.clear.set()
        for future in self.acks.values():
            if not future.done():
                future.set_exception(failure)
                future.exception()  # mark as seen: not everyone still waits
        self.acks.clear()


class OutOfProcTransport:
    """A Transport over a Channel that carries OutOfProc lines. One per session.

    ``advice`` is what to try when the far end turns out to be no server: it fits the way there.
    """

    def __init__(self, channel: Channel, is_private: bool = True, advice: str = "") -> None:
        self.max_payload = MAX_PAYLOAD
        self.is_private = is_private
        self.signal_timeout = SIGNAL_TIMEOUT
        self.close_timeout = CLOSE_TIMEOUT
        self._channel, self._advice = channel, advice
        self.forwards = channel.forwards if isinstance(channel, Forwarding) else None
        #: the first line sent, until something of the protocol has come back
        self._sent_first = b""
        self._streams: dict[uuid.UUID, _StreamState] = {}
        self._queue: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._queued = 0
        self._room = asyncio.Event()
        self._room.set()
        self._reader: asyncio.Task[None] | None = None
        self._failure: SessionBroken | None = None
        self._closing = False
        self._write_turn = asyncio.Lock()

    async def open(self, opening: bytes) -> None:
        """Start reading and send the pool's first packet."""
        self._reader = asyncio.create_task(self._read(), name="outofproc reader")
        self._streams[SESSION] = _StreamState()
        self._sent_first = encode_data(SESSION, opening).strip()
        await self.send(None, opening)

    async def command(self, pipeline_id: uuid.UUID, first: bytes) -> None:
        """Send Command, wait for its acknowledgement, send the first Data."""
        stream = self._streams[pipeline_id] = _StreamState()
        acknowledged = self._expect(stream, "CommandAck")
        await self._write(encode("Command", pipeline_id))
        await acknowledged
        await self.send(pipeline_id, first)

    async def send(self, pipeline_id: uuid.UUID | None, data: bytes, *, prompt_response: bool = False) -> None:
        """Send one Data as soon as the one before it on the same GUID is acknowledged."""
        stream = self._streams.get(pipeline_id or SESSION)
        if stream is None:
            return  # the command is gone; nobody waits for this any more
        async with stream.turn:
            await stream.clear.wait()
            self._check()
            if stream.stopped:
                return
            stream.clear.clear()
            name = "PromptResponse" if prompt_response else "Default"
            await self._write(encode_data(pipeline_id or SESSION, data, name))

    async def signal(self, pipeline_id: uuid.UUID) -> None:
        """Send Signal and wait for SignalAck. Raises SessionStateError when it does not come within the limit."""
        stream = self._streams.get(pipeline_id)
        if stream is None or stream.stopped:
            return
        stream.stopped = True
        stream.clear.set()
        acknowledged = self._expect(stream, "SignalAck")
        await self._write(encode("Signal", pipeline_id))
        try:
            await asyncio.wait_for(acknowledged, self.signal_timeout)
        except TimeoutError:
            raise SessionStateError(
                f"the far end has not confirmed the stop within {self.signal_timeout:g} s",
                "The command there may ignore it or hang.",
                "Close the session to be sure that it ends.",
            ) from None

    async def close_command(self, pipeline_id: uuid.UUID) -> None:
        """Send Close for a command and wait for CloseAck."""
        stream = self._streams.get(pipeline_id)
        if stream is None:
            return
        stream.stopped = True
        stream.clear.set()
        acknowledged = self._expect(stream, "CloseAck")
        try:
            await self._write(encode("Close", pipeline_id))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(acknowledged, self.close_timeout)
        finally:
            self._streams.pop(pipeline_id, None)
            stopping = stream.acks.pop("SignalAck", None)
            if stopping is not None and not stopping.done():
                stopping.set_result(None)  # whoever stops it has what they want: it has ended
            if stream.acks:
                stream.release(SessionBroken("the command was closed"))

    async def close(self) -> None:
        """Close commands, then the session, within the time limit; then end the channel. Never raises."""
        if self._closing:
            return
        self._closing = True
        with contextlib.suppress(SessionBroken, OSError, TimeoutError):
            async with timeout(self.close_timeout):
                for pipeline_id in [key for key in self._streams if key != SESSION]:
                    await self.close_command(pipeline_id)
                if self._failure is None and SESSION in self._streams:
                    acknowledged = self._expect(self._streams[SESSION], "CloseAck")
                    await self._write(encode("Close", SESSION))
                    await acknowledged
        await self.abort()

    async def abort(self) -> None:
        """End the channel and everyone who waits for it. Never raises."""
        self._closing = True
        with contextlib.suppress(Exception):
            await self._channel.stop()
        reader, self._reader = self._reader, None
        if reader is not None and reader is not asyncio.current_task():
            reader.cancel()
            await asyncio.wait({reader})
        self._end(SessionBroken("the session was closed"))

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Yield arriving fragments in order. Raises SessionBroken when the far end dies by itself."""
        while True:
            item = await self._queue.get()
            if item is None:
                self._queue.put_nowait(None)
                if self._closing or self._failure is None:
                    return
                raise self._failure
            self._queued -= len(item.data) + PIECE_OVERHEAD
            if self._queued < MAX_QUEUED:
                self._room.set()
            yield item

    async def _read(self) -> None:
        """Take lines from the channel until it ends or breaks the rules."""
        rest = bytearray()
        try:
            while data := await self._channel.read():
                await asyncio.sleep(0)  # a channel that always has more must not hold the loop
                rest += data
                if b"\n" in data:
                    *lines, tail = bytes(rest).split(b"\n")
                    rest = bytearray(tail)
                    for line in lines:
                        await self._line(line)
                if len(rest) > MAX_LINE:
                    raise ProtocolError("the far end sent a line without end", f"More than {MAX_LINE} bytes.")
            if rest.strip():
                await self._line(bytes(rest))
            self._end(SessionBroken("the far end has ended the session", self._channel.ending()))
        except SessionBroken as error:
            if not error.details:
                error.details = self._channel.ending()
            self._end(error)
        except OSError as error:
            self._end(SessionBroken("the connection to the far end was lost", str(error), details=str(error)))
        except Exception as error:  # whatever a channel's library raises: nobody may wait for ever
            self._end(SessionBroken("the connection to the far end failed", type(error).__name__))

    async def _line(self, line: bytes) -> None:
        """Handle one line: queue Data, resolve acknowledgements."""
        if not line.strip():
            return
        if self._sent_first and line.strip() == self._sent_first:
            raise ProtocolError(
                "the far end sends back what it is sent",
                "What runs there repeats its input and is not a PowerShell server.",
            )
        element = await decode_in_steps(line)
        self._sent_first = b""
        stream = self._streams.get(element.ps_guid)
        if element.name == "Data":
            if stream is None:
                return  # late data of a command that is closed
            self._queued += len(element.data) + PIECE_OVERHEAD
            pipeline_id = None if element.ps_guid == SESSION else element.ps_guid
            self._queue.put_nowait(Incoming(pipeline_id, element.data))
            if self._queued >= MAX_QUEUED:
                self._room.clear()
                await self._room.wait()
        elif stream is None:
            if element.name == "CommandAck":
                raise ProtocolError("the far end acknowledged a command that was never sent")
        elif element.name == "DataAck":
            stream.clear.set()
        elif waiting := stream.acks.pop(element.name, None):
            if not waiting.done():
                waiting.set_result(None)
        elif element.name == "SignalAck" and element.ps_guid == SESSION:
            raise ProtocolError("the far end acknowledged a stop of the session itself")

    def _expect(self, stream: _StreamState, name: str) -> asyncio.Future[None]:
        """Return the future that ``name`` for this stream will resolve."""
        self._check()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        stream.acks[name] = future
        return future

    async def _write(self, data: bytes) -> None:
        self._check()
        try:
            async with self._write_turn:
                await self._channel.write(data)
        except OSError as error:
            # The reader learns the reason from the channel's end; give it a moment to say it better.
            if self._reader is not None:
                await asyncio.wait({self._reader}, timeout=1.0)
            raise self._failure or SessionBroken("the connection to the far end was lost", str(error)) from error

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _end(self, failure: SessionBroken) -> None:
        """Remember why the session ended and release everyone who waits."""
        if self._failure is not None:
            return
        self._failure = failure
        if self._sent_first and self._advice:
            failure.hint = "\n".join(part for part in (failure.hint, self._advice) if part)
        for stream in self._streams.values():
            stream.release(failure)
        self._queue.put_nowait(None)
