"""Mends how asyncssh receives, and what it sends in vain.

The far end may send what was consumed, not what was merely stored.

asyncssh grants the whole window anew with the first packet it delivers after ``resume_reading``, though its own buffer
is still full of what came before. Each pause and resume adds a window to that buffer, without bound; and what waits
there when a command is stopped has still to be read and shown. So its own granting is switched off, and the session
says itself when the far end may go on. The library needs no mend any longer when
``test_the_library_still_grants_what_it_only_stores`` fails; each of the others names its test.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

import asyncssh
from asyncssh.constants import MSG_CHANNEL_WINDOW_ADJUST, MSG_IGNORE
from asyncssh.packet import UInt32

#: bytes that the far end may send before it is told to go on (RFC 4254, 5.2): some 150 lines of a flood
WINDOW: Final = 128 << 10
#: bytes unread from which on nothing more is granted
ENOUGH: Final = WINDOW // 2
#: bytes granted at a time at least
_STEP: Final = WINDOW // 4


class ReceiveWindow:
    """Grants the far end of one channel what was taken, as long as the reader keeps up."""

    def __init__(self) -> None:
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._taken = 0
        self._open = True

    def take_over(self, channel: asyncssh.SSHClientChannel[bytes]) -> None:
        """Let this, and no longer asyncssh, decide what the far end may send."""
        self._channel = channel
        # It grants when less than half of this is left: never.
        channel._init_recv_window = 0

    def took(self, size: int) -> None:
        """Note that ``size`` bytes arrived."""
        self._taken += size
        self._grant()

    def close(self) -> None:
        """Grant nothing more: what arrived waits for the reader."""
        self._open = False

    def open(self) -> None:
        """Grant what arrived: the reader has come so far."""
        self._open = True
        self._grant()

    def _grant(self) -> None:
        channel: Any = self._channel
        if not self._open or self._taken < _STEP or channel is None or channel.is_closing():
            return
        size, self._taken = self._taken, 0
        channel._recv_window += size
        with contextlib.suppress(OSError):  # the channel has just ended
            channel.send_packet(MSG_CHANNEL_WINDOW_ADJUST, UInt32(size))


class Arrived:
    """What a connection received and has still to look at; its beginning is cut off without a copy of the rest.

    asyncssh cuts the head and then the body of each packet off bytes, and copies all that stands behind them each time:
    eight times what arrives in a flood. It needs no mend any longer when ``test_the_library_still_keeps_bytes`` fails.
    """

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def __len__(self) -> int:
        return len(self._data) - self._at

    def __iadd__(self, data: bytes) -> Arrived:
        self._data, self._at = self._data[self._at :] + data, 0
        return self

    def __getitem__(self, part: slice) -> bytes | Arrived:
        """Return the bytes before an end; without an end all before the start is let go, and this is returned."""
        if part.stop is None:
            self._at += part.start
            return self
        return self._data[self._at + (part.start or 0) : self._at + part.stop]

    def find(self, what: bytes, start: int, end: int) -> int:
        """Return where something stands, as bytes do."""
        at = self._data.find(what, self._at + start, self._at + end)
        return at - self._at if at >= 0 else at


def count_received(connection: asyncssh.SSHClientConnection) -> None:
    """Let what a connection receives count for its RekeyLimit, too.

    OpenSSH counts each way by itself, so a flood from the far end has it agree on new keys; asyncssh counts what it
    sends. At the limit it is made to believe that it has sent as much. It needs no mend any longer when
    ``test_the_library_still_counts_only_what_it_sends`` fails.
    """
    library: Any = connection
    through, received = library.data_received, 0

    def data_received(data: bytes, datatype: Any = None) -> None:
        nonlocal received
        received += len(data)
        if received >= library._rekey_bytes:
            received, library._rekey_bytes_sent = 0, library._rekey_bytes
        through(data, datatype)

    library.data_received = data_received


def cut_without_copies(connection: asyncssh.SSHClientConnection) -> None:
    """Let a connection keep what arrives in an ``Arrived``."""
    library: Any = connection
    library._inpbuf = Arrived(library._inpbuf)


def send_nothing_empty(connection: asyncssh.SSHClientConnection) -> None:
    """Leave out the empty packet that asyncssh sends before every other one, where the cipher has no use for it.

    It hides what CBC ciphers would tell (RFC 4251, 9.3.1). For all others it is a second turn of both systems for each
    packet. It needs no mend any longer when ``test_the_library_still_sends_what_is_empty`` fails.
    """
    library: Any = connection
    through = library.send_packet

    def send_packet(kind: int, *parts: bytes, handler: Any = None) -> None:
        if kind != MSG_IGNORE or str(library.get_extra_info("send_cipher")).endswith("-cbc"):
            through(kind, *parts, handler=handler)

    library.send_packet = send_packet


def stop_at_the_end(connection: asyncssh.SSHClientConnection) -> None:
    """Drop what a connection sends once its socket is closed.

    asyncssh hears of a lost connection in the next turn of the loop and goes on writing until then; a window of a copy
    is hundreds of packets. asyncio drops them and warns of each in its log. It needs no mend any longer when
    ``test_the_library_still_writes_on`` fails.
    """
    library: Any = connection
    through = library._send

    def send(data: bytes) -> None:
        transport = library._transport
        if transport is not None and not transport.is_closing():
            through(data)

    library._send = send
