"""Fragments in any pieces: messages or a ProtocolError, and the pieces make no difference."""

from __future__ import annotations

from pstui.backends.errors import ProtocolError
from pstui.backends.psrp.fragments import Defragmenter

from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER

_BLOB = MESSAGE_HEADER.pack(1, 0x41004, bytes(16), bytes(16)) + b"<S>x</S>"
SEEDS = [
    FRAGMENT_HEADER.pack(1, 0, 3, len(_BLOB)) + _BLOB,
    FRAGMENT_HEADER.pack(1, 0, 1, 20) + _BLOB[:20] + FRAGMENT_HEADER.pack(1, 1, 2, len(_BLOB) - 20) + _BLOB[20:],
    FRAGMENT_HEADER.pack(5, 0, 1, 0) * 3,
]


def _fed(data: bytes, size: int) -> tuple[list[bytes], bool]:
    fragments = Defragmenter(1_000)
    found: list[bytes] = []
    try:
        for start in range(0, len(data), size):
            found += [message.body for message in fragments.feed(data[start : start + size])]
    except ProtocolError:
        return found, True
    return found, False


def check(data: bytes) -> None:
    whole, failed = _fed(data, max(len(data), 1))
    for size in (1, 7):
        found, also = _fed(data, size)
        assert also == failed
        assert found[: len(whole)] == whole if failed else found == whole
