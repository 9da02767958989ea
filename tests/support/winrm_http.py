"""HTTP/1.1 for the test endpoint: connections that stay open, one request at a time on each, every byte logged."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from pathlib import Path
from typing import Any

MAX_HEAD = 128 * 1024
_PHRASES = {200: "OK", 302: "Found", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Not Allowed"}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpResponse:
    """One response; ``drop_after`` cuts the connection after so many of its bytes."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    drop_after: int | None = None

    def written(self) -> bytes:
        """Return it as bytes."""
        lines = [f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, 'Server Error')}", "Server: Microsoft-HTTPAPI/2.0"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class WireLog:
    """What went over the wire, one JSON object a line: connection ``n``, direction ``d`` (in or out), ``data``."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def note(self, number: int, direction: str, data: bytes) -> None:
        """Note bytes as they are read or written; of a TLS connection, as they are inside."""
        self._file.write(json.dumps({"n": number, "d": direction, "data": base64.b64encode(data).decode()}) + "\n")


Handle = Callable[[HttpRequest], Awaitable[HttpResponse]]


class Connection(asyncio.Protocol):
    """One connection. Requests are answered in order; the loss of the connection does not end what it asked for."""

    def __init__(self, server: HttpServer, number: int) -> None:
        self._server, self.number = server, number
        self._buffer = bytearray()
        self._requests: asyncio.Queue[HttpRequest] = asyncio.Queue()
        self._transport: Any = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._server.connections.add(self)
        self._task = asyncio.ensure_future(self._serve(self._server.handler(self)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    @property
    def is_tls(self) -> bool:
        """True for HTTPS."""
        return self._transport.get_extra_info("ssl_object") is not None

    def peer_certificate(self) -> dict[str, Any] | None:
        """Return the client's certificate, None without one."""
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return None if tls is None else tls.getpeercert()

    def data_received(self, data: bytes) -> None:
        self._server.log.note(self.number, "in", data)
        self._buffer += data
        if not self._buffer[:1].isalpha():  # a TLS greeting, perhaps
            self._transport.write(HttpResponse(400).written())
            self._transport.close()
            return
        while (request := self._next()) is not None:
            self._requests.put_nowait(request)

    def _next(self) -> HttpRequest | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                self.abort()
            return None
        head, _, fields = bytes(self._buffer[:end]).partition(b"\r\n")
        headers = {key.lower(): value for key, value in BytesParser().parsebytes(fields + b"\r\n\r\n").items()}
        length = int(headers.get("content-length", 0))
        if len(self._buffer) < end + 4 + length:
            if headers.get("expect", "").lower() == "100-continue" and not self._requests.qsize():
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        method, target, _ = head.decode("latin-1").split(" ", 2)
        return HttpRequest(method, target, headers, body)

    async def _serve(self, handle: Handle) -> None:
        while True:
            request = await self._requests.get()
            await self._server.settled()
            try:
                response = await handle(request)
            except Exception:  # a fault of the endpoint itself: told on its stderr, and not waited for by the client
                traceback.print_exc()
                response = HttpResponse(500)
            await self._server.settled()
            data = response.written()
            if response.drop_after is not None:
                self.write(data[: response.drop_after])
                self.abort()
                return
            self.write(data)
            if request.headers.get("connection", "").lower() == "close":
                self._transport.close()

    def write(self, data: bytes) -> None:
        """Write, unless the network breaks meanwhile."""
        allowed = self._server.allowance(len(data))
        self._server.log.note(self.number, "out", data[:allowed])
        self._transport.write(data[:allowed])
        if allowed < len(data):
            self._server.broken()

    def abort(self) -> None:
        """Reset the connection; what was written before is sent first where that needs no waiting."""
        if self._transport is not None:
            if not self._transport.get_write_buffer_size():
                self._transport.close()
            self._transport.abort()


class HttpServer:
    """Listens on the loopback. ``handler`` makes the handler of a connection, ``log`` gets every byte."""

    def __init__(self, handler: Callable[[Connection], Handle], log: WireLog) -> None:
        self.handler, self.log = handler, log
        self.connections: set[Connection] = set()
        self.settled: Callable[[], Awaitable[None]] = _at_once
        self.allowance: Callable[[int], int] = lambda size: size
        self.broken: Callable[[], None] = lambda: None
        self._count = 0
        self._listeners: dict[int, tuple[ssl.SSLContext | None, asyncio.Server | None]] = {}

    def _connection(self) -> Connection:
        self._count += 1
        return Connection(self, self._count)

    async def listen(self, tls: ssl.SSLContext | None = None, port: int = 0) -> int:
        """Listen on a port (0: any) and return it."""
        server = await asyncio.get_running_loop().create_server(self._connection, "127.0.0.1", port, ssl=tls)
        port = int(server.sockets[0].getsockname()[1])
        self._listeners[port] = tls, server
        return port

    def cut(self) -> None:
        """Reset every connection."""
        for connection in list(self.connections):
            connection.abort()

    def deafen(self) -> None:
        """Refuse connections."""
        for port, (tls, server) in self._listeners.items():
            if server is not None:
                server.close()
            self._listeners[port] = tls, None

    async def hear(self) -> None:
        """Listen again, on the same ports."""
        for port, (tls, server) in list(self._listeners.items()):
            if server is None:
                await self.listen(tls, port)


async def _at_once() -> None:
    """No weather."""
