"""A log of the protocol of each session, on request, without secrets: ``--trace FILE``.

How this works. A ``TracedTransport`` stands between a session's pool and its transport, whichever that is, and notes
what goes through it, in the form of the recordings that the tests play: an element a line, those of Data with the
messages they complete. WinRM's commands, signals and closes are noted as the elements of OutOfProc that mean the same.

Secrets are taken out twice, before anything is written. By the protocol: the contents of ``<SS>``, the name beside the
password of a PSCredential, the messages of the key exchange, and lines that the history would not keep. And by name:
every ``Secret`` of this process, in whatever spelling it comes back. Tags stay whole, so what is left can be read and
played. A message of more than ``MAX_TRACED`` bytes is noted with its size alone.
"""

from __future__ import annotations

import contextlib
import html
import re
import struct
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast
from xml.sax.saxutils import escape

from psrpcore.types import PSRPMessageType
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.credentials import told_secrets
from pstui.backends.errors import PstuiError, SessionBroken
from pstui.backends.language.scanner import tokenize
from pstui.backends.language.secrets import looks_secret
from pstui.backends.language.tokens import TokenKind
from pstui.backends.psrp.clixml import unescape
from pstui.backends.psrp.limits import MAX_FRAGMENT, MAX_TRACED
from pstui.backends.psrp.trace_file import TraceFile, TraceFiles
from pstui.backends.records import Stream, Write
from pstui.backends.redaction import REMOVED, Redactor
from pstui.backends.transports.base import ConnectContext, Incoming, ShellTransport, Transport

_FRAGMENT = struct.Struct(">qqBi")
_MESSAGE = struct.Struct("<II16s16s")
_POOL = uuid.UUID(int=0)
_BOM = b"\xef\xbb\xbf"
#: what may hold a secret: the texts of elements and of attributes, not the tags
_TEXTS = re.compile(r"(?<=>)[^<>]+(?=<)|(?<==\")[^\"<>]*(?=\")|(?<==')[^'<>]*(?=')")
_SECURE = re.compile(r"(<SS(?:\s[^<>]*)?>)[^<]*(?=</SS>)")
_USER = re.compile(r'(<S N="UserName">)[^<]*(</S>)(?=\s*<SS[\s>])')
_INNER = re.compile(r"(?<=>)[^<>]+(?=<)")
#: a command's line and its script; and what goes with it
_LINES = re.compile(r'<S N="(?:Cmd|History)">([^<]*)</S>')
_PLACES = re.compile(r'(<S N="(?:Cmd|V|History|N)">)([^<]*)(?=</S>)')
#: what XML cannot hold, and what would be read as an escape of CLIXML (protocol-notes 7.5)
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_KEYS = {PSRPMessageType.PublicKey, PSRPMessageType.EncryptedSessionKey}
_TEXT_TOKENS = {TokenKind.STRING, TokenKind.EXPANDABLE_STRING, TokenKind.HERE_STRING, TokenKind.ARGUMENT}


#: the types of messages by the names that the protocol gives them
NAMES = {
    kind.value: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.name).upper().replace("RUNSPACE_POOL", "RUNSPACEPOOL")
    for kind in PSRPMessageType
}
Connect = Callable[[ConnectionInfo, ConnectContext], Awaitable[Transport]]


class Tracer:
    """Writes the sessions of one run. ``close`` it at the end."""

    def __init__(self, path: str) -> None:
        self._files = TraceFiles(path)
        self.redactor = Redactor()
        self._ending = contextlib.ExitStack()
        self._ending.enter_context(told_secrets(lambda secret: self.redactor.add(secret.reveal())))

    def noting(self, connect: Connect) -> Connect:
        """Return a ``connect`` whose session is written to a file of its own, from its first step on."""

        async def noted(info: ConnectionInfo, context: ConnectContext) -> Transport:
            file = self._files.next()
            if file is None:
                context.console.write(
                    Write("This session is not traced: there is no file for it.", stream=Stream.NOTICE)
                )
                return await connect(info, context)
            file.on_problem = lambda text: context.console.write(Write(text, stream=Stream.NOTICE))
            trace = Trace(file, self.redactor)
            trace.note({"pstui trace": 1, "parameter set": info.parameter_set.value})
            try:
                return trace.on(await connect(info, replace(context, step=trace.told(context.step))))
            except BaseException as error:
                trace.failed(error)
                trace.close()
                raise

        return noted

    def close(self) -> None:
        """End it."""
        self._files.close()
        self._ending.close()


class Trace:
    """The log of one session."""

    def __init__(self, file: TraceFile, redactor: Redactor) -> None:
        self._file, self._redactor = file, redactor
        self._began = time.monotonic()
        self._joining: dict[tuple[str, uuid.UUID, str], _Joining] = {}

    def note(self, entry: dict[str, Any]) -> None:
        """Write an entry with its time."""
        self._file.write({"t": round(time.monotonic() - self._began, 4), **entry})

    def on(self, transport: Transport) -> Transport:
        """Return a transport that notes here what goes through it."""
        return (TracedShell if isinstance(transport, ShellTransport) else TracedTransport)(transport, self)

    def told(self, step: Callable[[str, str], None]) -> Callable[[str, str], None]:
        """Return a ``step`` of opening that is noted, too."""

        def noted(name: str, detail: str) -> None:
            self.note({"step": name, "detail": self._redactor.secrets_out(detail)})
            step(name, detail)

        return noted

    def failed(self, error: BaseException) -> None:
        """Note what ended the session, or kept it from opening."""
        text = error.text() if isinstance(error, PstuiError) else type(error).__name__
        self.note({"failure": self._redactor.secrets_out(text)})

    def element(self, who: str, name: str, guid: uuid.UUID | None) -> None:
        """Note an element without content."""
        self.note({"from": who, "element": name, "ps_guid": str(guid or _POOL)})

    def data(self, who: str, guid: uuid.UUID | None, data: bytes, stream: str = "Default") -> None:
        """Note fragments, with the messages that they complete."""
        key = (who, guid or _POOL, stream)
        joining = self._joining.setdefault(key, _Joining())
        messages = [self._message(*found) for found in joining.feed(data)]
        entry = {"from": who, "element": "Data", "ps_guid": str(key[1]), "stream": stream, "messages": messages}
        self.note({**entry, "bytes": len(data)})

    def over(self, guid: uuid.UUID) -> None:
        """Forget what a command had not finished."""
        for key in [key for key in self._joining if key[1] == guid]:
            del self._joining[key]

    def close(self) -> None:
        """No more comes."""
        self._file.close()

    def _message(self, object_id: int, fragments: int, size: int, blob: bytes) -> dict[str, Any]:
        if len(blob) < _MESSAGE.size:
            return {"type": "damaged", "object_id": object_id, "fragments": fragments, "size": size}
        _, kind, pool, pipeline = _MESSAGE.unpack_from(blob)
        found = {
            "type": NAMES.get(kind, f"{kind:#010x}"),
            "object_id": object_id,
            "fragments": fragments,
            "runspace_pool_id": str(uuid.UUID(bytes_le=pool)),
            "pipeline_id": str(uuid.UUID(bytes_le=pipeline)),
        }
        if size > len(blob):
            return {**found, "size": size}
        clixml = blob[_MESSAGE.size :].removeprefix(_BOM).decode("utf-8", "surrogateescape")
        return {**found, "clixml": self._clean(kind, clixml)}

    def _clean(self, kind: int, clixml: str) -> str:
        """Return what a message says without the secrets in it."""
        if kind in _KEYS:
            return _INNER.sub(REMOVED, clixml)
        if kind == PSRPMessageType.CreatePipeline:
            clixml = self._without_secret_lines(clixml)
        clixml = _TEXTS.sub(lambda found: self._without_secrets(found[0]), clixml)
        return _USER.sub(rf"\1{REMOVED}\2", _SECURE.sub(rf"\1{REMOVED}", clixml))

    def _without_secrets(self, written: str) -> str:
        """Return a text of a message without the secrets in it, however they are escaped there."""
        text = unescape(html.unescape(written)) if "&" in written or "_x" in written else written
        clean = self._redactor.secrets_out(text)
        if clean == text:
            return written
        return _UNUSUAL.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(clean, {'"': "&quot;", "'": "&apos;"}))

    def _without_secret_lines(self, clixml: str) -> str:
        """Return a command without the lines that the history would not keep; their texts are secrets from now on."""
        texts = {unescape(html.unescape(found[1])) for found in _LINES.finditer(clixml)}
        suspect = [text for text in texts if looks_secret(text)]
        if not suspect:
            return clixml
        for text in suspect:
            for token in tokenize(text):
                if token.kind in _TEXT_TOKENS and not token.text.startswith("-"):
                    self._redactor.add(token.value())
        return _PLACES.sub(lambda found: found[1] + REMOVED, clixml)


class _Joining:
    """Joins the fragments of one stream to messages, as far as they are written down; nothing is refused."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._parts: list[bytes] = []
        self._kept = self._size = self._count = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield (object id, fragments, bytes of the message, what is kept of it) of each message that ends."""
        self._rest += data
        start, rest = 0, bytes(self._rest)
        while len(rest) - start >= _FRAGMENT.size:
            object_id, _, flags, length = _FRAGMENT.unpack_from(rest, start)
            if not 0 <= length <= MAX_FRAGMENT:
                start = len(rest)  # it is no fragment: the session ends of it
                break
            if len(rest) - start < _FRAGMENT.size + length:
                break
            start += _FRAGMENT.size
            self._add(rest[start : start + length], begins=bool(flags & 1))
            start += length
            if flags & 2:
                blob = b"".join(self._parts)
                yield object_id, self._count, self._size, blob
                self._parts, self._kept, self._size, self._count = [], 0, 0, 0
        self._rest = bytearray(rest[start:])

    def _add(self, blob: bytes, *, begins: bool) -> None:
        if begins:
            self._parts, self._kept, self._size, self._count = [], 0, 0, 0
        self._size += len(blob)
        self._count += 1
        if self._size <= MAX_TRACED:
            self._parts.append(blob)
        else:
            self._parts = [b"".join((*self._parts, blob))[: _MESSAGE.size]]


class TracedTransport:
    """A transport that notes what goes through it."""

    def __init__(self, inner: Transport, trace: Trace) -> None:
        self._inner, self._trace = inner, trace

    def __getattr__(self, name: str) -> Any:
        """Return what a transport has besides, such as the limits of its waiting."""
        return getattr(self._inner, name)

    @property
    def max_payload(self) -> int:
        """See Transport."""
        return self._inner.max_payload

    @property
    def is_private(self) -> bool:
        """See Transport."""
        return self._inner.is_private

    async def open(self, opening: bytes) -> None:
        """See Transport."""
        self._trace.data("client", None, opening)
        await self._inner.open(opening)

    async def command(self, pipeline_id: uuid.UUID, first: bytes) -> None:
        """See Transport."""
        self._trace.element("client", "Command", pipeline_id)
        self._trace.data("client", pipeline_id, first)
        await self._inner.command(pipeline_id, first)
        self._trace.element("server", "CommandAck", pipeline_id)

    async def send(self, pipeline_id: uuid.UUID | None, data: bytes, *, prompt_response: bool = False) -> None:
        """See Transport."""
        self._trace.data("client", pipeline_id, data, "PromptResponse" if prompt_response else "Default")
        await self._inner.send(pipeline_id, data, prompt_response=prompt_response)

    async def signal(self, pipeline_id: uuid.UUID) -> None:
        """See Transport."""
        self._trace.element("client", "Signal", pipeline_id)
        await self._inner.signal(pipeline_id)
        self._trace.element("server", "SignalAck", pipeline_id)

    async def close_command(self, pipeline_id: uuid.UUID) -> None:
        """See Transport."""
        self._trace.element("client", "Close", pipeline_id)
        await self._inner.close_command(pipeline_id)
        self._trace.element("server", "CloseAck", pipeline_id)
        self._trace.over(pipeline_id)

    async def close(self) -> None:
        """See Transport."""
        self._trace.element("client", "Close", None)
        await self._inner.close()
        self._trace.close()

    async def abort(self) -> None:
        """See Transport."""
        await self._inner.abort()
        self._trace.close()

    async def incoming(self) -> AsyncIterator[Incoming]:
        """See Transport."""
        try:
            async for item in self._inner.incoming():
                if item.failure is not None:
                    self._trace.failed(item.failure)
                else:
                    self._trace.data("server", item.pipeline_id, item.data)
                yield item
        except SessionBroken as failure:
            self._trace.failed(failure)
            raise


class TracedShell(TracedTransport):
    """A transport that makes a shell, and notes what goes through it."""

    @property
    def _shell(self) -> ShellTransport:
        return cast(ShellTransport, self._inner)

    @property
    def application_arguments(self) -> Mapping[str, Any]:
        """See ShellTransport."""
        return self._shell.application_arguments

    @property
    def open_timeout(self) -> float | None:
        """See ShellTransport."""
        return self._shell.open_timeout

    @property
    def max_object(self) -> int | None:
        """See ShellTransport."""
        return self._shell.max_object

    def begin(self, pool_id: uuid.UUID, protocol: str) -> None:
        """See ShellTransport."""
        self._shell.begin(pool_id, protocol)

    def announce(self, pipeline_id: uuid.UUID, text: str) -> None:
        """See ShellTransport."""
        self._shell.announce(pipeline_id, text)

    def pool_opened(self) -> None:
        """See ShellTransport."""
        self._shell.pool_opened()

    def attach(self, console: Console) -> None:
        """See ShellTransport."""
        self._shell.attach(console)

    async def connect(self, opening: bytes) -> None:
        """See ShellTransport."""
        self._trace.element("client", "Connect", None)
        self._trace.data("client", None, opening)
        await self._shell.connect(opening)

    async def connect_command(self, pipeline_id: uuid.UUID) -> None:
        """See ShellTransport."""
        self._trace.element("client", "Connect", pipeline_id)
        await self._shell.connect_command(pipeline_id)

    async def disconnect(self, idle_timeout: float | None = None, buffering: str = "") -> None:
        """See ShellTransport."""
        self._trace.element("client", "Disconnect", None)
        await self._shell.disconnect(idle_timeout, buffering)

    async def reconnect(self) -> None:
        """See ShellTransport."""
        self._trace.element("client", "Reconnect", None)
        await self._shell.reconnect()
