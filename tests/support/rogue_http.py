"""An HTTP server that answers as a test says, byte by byte: for what no honest WinRM service does."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_MESSAGE = re.compile(rb"MessageID>([^<]*)<")

#: takes the head and the body of a request, and yields the bytes of the answer; the connection ends with it
Answer = Callable[[bytes, bytes], AsyncIterator[bytes]]


class Rogue:
    """A running server: ``port``, and the heads of the requests that came."""

    def __init__(self, answer: Answer) -> None:
        self.port = 0
        self.heads: list[bytes] = []
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                body = await reader.readexactly(int(found[1])) if found else b""
                self.heads.append(head)
                async for part in self._answer(head, body):
                    writer.write(part)
                    await writer.drain()
        writer.close()


def message_id(body: bytes) -> bytes:
    """Return the id of a request's message."""
    found = _MESSAGE.search(body)
    return found[1] if found else b""


def reply(content: bytes, status: str = "200 OK", *headers: bytes) -> bytes:
    """Return a whole answer."""
    head = [f"HTTP/1.1 {status}".encode(), b"Content-Type: application/soap+xml;charset=UTF-8", *headers]
    head.append(b"Content-Length: %d" % len(content))
    return b"\r\n".join([*head, b"", content])


def envelope(relates: bytes, content: bytes) -> bytes:
    """Return an envelope in answer to a message."""
    return (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        b'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" '
        b'xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault">'
        b"<s:Header><a:RelatesTo>"
        + relates
        + b"</a:RelatesTo></s:Header><s:Body>"
        + content
        + b"</s:Body></s:Envelope>"
    )


@asynccontextmanager
async def rogue(answer: Answer) -> AsyncIterator[Rogue]:
    """Run a server for the block."""
    made = Rogue(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
