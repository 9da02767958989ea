"""What a stream may send before somebody reads it: a line, and many tiny pieces."""

from __future__ import annotations

import asyncio
import base64

import pytest
from pstui.backends.errors import SessionBroken
from pstui.backends.transports import outofproc
from pstui.backends.transports.outofproc import MAX_QUEUED, PIECE_OVERHEAD, SESSION, OutOfProcTransport, encode


class Flooding:
    """A channel that always has more of the same, after it has taken the opening."""

    def __init__(self, piece: bytes) -> None:
        self.piece, self.given = piece, 0

    async def read(self) -> bytes:
        if not self.given:
            self.given += 1
            return encode("DataAck", SESSION)
        self.given += 1
        return self.piece

    async def write(self, data: bytes) -> None:
        pass

    async def stop(self) -> None:
        pass

    def ending(self) -> str:
        return ""


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_tiny_pieces_fill_the_queue_too() -> None:
    line = b"<Data Stream='Default' PSGuid='%s'>%s</Data>\n" % (str(SESSION).encode(), base64.b64encode(b"x"))
    channel = Flooding(line * 100)
    transport = OutOfProcTransport(channel)
    await transport.open(b"opening")
    await turns(20_000)
    most = MAX_QUEUED // (1 + PIECE_OVERHEAD)
    assert channel.given * 100 <= most + 300
    before = channel.given
    incoming = transport.incoming()
    for _ in range(most):
        await anext(incoming)
    await turns(2_000)
    assert channel.given > before, "what was taken makes room"
    await transport.abort()


async def test_a_line_without_end_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outofproc, "MAX_LINE", 100_000)
    channel = Flooding(b"x" * 1_000)
    transport = OutOfProcTransport(channel)
    await transport.open(b"opening")
    with pytest.raises(SessionBroken) as broken:
        async with asyncio.timeout(10):
            await anext(transport.incoming())
    assert "a line without end" in broken.value.what
    assert channel.given <= 103
