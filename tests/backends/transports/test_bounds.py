"""What a stream may send before somebody reads it: a line, and many tiny pieces."""

from __future__ import annotations

import asyncio
import base64

import pytest
from pstui.backends.errors import ProtocolError, SessionBroken
from pstui.backends.transports import outofproc
from pstui.backends.transports.outofproc import (
    MAX_QUEUED,
    PIECE_OVERHEAD,
    PORTION,
    SESSION,
    OutOfProcTransport,
    decode_in_steps,
    decode_line,
    encode,
)

from tests.support.stall import watched_turns


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


def data(content: bytes) -> bytes:
    return b"<Data Stream='Default' PSGuid='%s'>%s</Data>" % (str(SESSION).encode(), content)


WHOLE = base64.b64encode(bytes(range(256)) * 12_000)
LONG = {
    "attributes": b"<Data " + b"a='x' " * 2_000_000 + b"/>",
    "a value": b"<Data a='" + b"x" * 12_000_000 + b"'/>",
    "spaces": b"<Data" + b" " * 12_000_000 + b"/>",
    "brackets": b"<" * 12_000_000,
    "no end": data(WHOLE)[:-7],
    "a hole": data(WHOLE[:2_000_000] + b"!" + WHOLE[2_000_001:]),
    "padding inside": data(WHOLE[: PORTION - 4] + b"QQ==" + WHOLE[PORTION:]),
}


@pytest.mark.parametrize("what", LONG)
async def test_a_long_line_that_is_none_is_refused_at_once(what: str) -> None:
    with watched_turns() as turns:
        with pytest.raises(ProtocolError):
            await decode_in_steps(LONG[what])
        await asyncio.sleep(0)
    assert turns.within


async def test_a_long_line_is_decoded_in_steps() -> None:
    for content in (WHOLE, base64.b64encode(b"x" * 1_000_001)):
        assert len(content) > PORTION
        assert await decode_in_steps(data(content)) == decode_line(data(content))
    assert (await decode_in_steps(data(b"QUI="))).data == b"AB"
