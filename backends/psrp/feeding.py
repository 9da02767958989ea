"""A pipeline's input on its way out: values as messages, messages in as few packets as they fit into.

How this works. psrpcore takes a tenth of a millisecond for a message and copies a large one once for each fragment. A
script may be fed a hundred thousand lines, or one value of 100 MiB, so here a text is written directly, and fragments
are cut from one view of the message (protocol-notes 3.8). Everything but text and bytes is written by psrpcore.
"""

from __future__ import annotations

import base64
import re
import struct
import uuid
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from psrpcore import ClientRunspacePool
from psrpcore.types import PSRPMessageType, serialize
from pstui.backends.psrp.clixml import outgoing

_FRAGMENT = struct.Struct(">QQBI")
_MESSAGE = struct.Struct("<II16s16s")
_SERVER = 2
_START, _END = 1, 2
#: what CLIXML writes in another way than XML does (protocol-notes 7.5)
_UNUSUAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]|_[xX]")
_MARKUP = re.compile("[&<>]")


def input_packets(
    core: ClientRunspacePool, pipeline_id: uuid.UUID, values: Sequence[Any], limit: int
) -> Iterator[bytes]:
    """Yield packets of at most ``limit`` bytes with PIPELINE_INPUT messages for the values."""
    head = _MESSAGE.pack(_SERVER, PSRPMessageType.PipelineInput, core.runspace_pool_id.bytes_le, pipeline_id.bytes_le)
    packet: list[bytes] = []
    room = limit
    for value in values:
        message = head + _body(core, value)
        object_id = core._fragment_counter
        if _FRAGMENT.size + len(message) <= room:
            packet += (_FRAGMENT.pack(object_id, 0, _START | _END, len(message)), message)
            room -= _FRAGMENT.size + len(message)
            continue
        if packet:
            yield b"".join(packet)
        *whole, rest = _fragments(object_id, message, limit)
        yield from whole
        packet, room = [rest], limit - len(rest)
    if packet:
        yield b"".join(packet)


def _fragments(object_id: int, message: bytes, limit: int) -> Iterator[bytes]:
    view, length = memoryview(message), limit - _FRAGMENT.size
    for number, start in enumerate(range(0, len(view), length)):
        part = view[start : start + length]
        flags = (_START if start == 0 else 0) | (_END if start + length >= len(view) else 0)
        yield _FRAGMENT.pack(object_id, number, flags, len(part)) + part


def _body(core: ClientRunspacePool, value: Any) -> bytes:
    if type(value) is str and _UNUSUAL.search(value) is None:
        if _MARKUP.search(value) is not None:
            value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return b"<S>%s</S>" % value.encode()
    if type(value) is bytes:
        return b"<BA>%s</BA>" % base64.b64encode(value)
    if value is None:
        return b""  # as a far end sends null
    element = serialize(
        outgoing(value), core._cipher, our_capability=core.our_capability, their_capability=core.their_capability
    )
    found: bytes = ElementTree.tostring(element, encoding="utf-8", method="xml")
    return found
