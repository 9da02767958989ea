"""Fragments and message headers, checked before anything is buffered (protocol-notes 3.8, 7.1, 7.2).

Both sides read with it: the client and the embedded endpoint.
"""

from __future__ import annotations

import functools
import struct
import uuid
from dataclasses import dataclass

from pstui.backends.errors import ProtocolError

#: One object may not be larger on the OutOfProc transports (protocol-notes 6.1).
MAX_OBJECT = 10 * 1024 * 1024
#: No single fragment may claim more, whatever the transport (protocol-notes 7.2).
MAX_FRAGMENT = 32 * 1024 * 1024

_FRAGMENT = struct.Struct(">qqBi")
_MESSAGE = struct.Struct("<II16s16s")
#: destinations of a message, as its header has them
_CLIENT, _SERVER = 0x1, 0x2
_BOM = b"\xef\xbb\xbf"
_NO_ID = bytes(16)


@dataclass(frozen=True, slots=True)
class Message:
    """One whole PSRP message: its type number, the ids of its header and the CLIXML body without byte order mark."""

    type: int
    pool_id: uuid.UUID
    pipeline_id: uuid.UUID | None
    body: bytes


class Defragmenter:
    """Joins the fragments of one GUID's stream to messages. Fragments may span packets.

    ``max_object`` bounds one message in bytes; ``for_server`` says that messages for a server are read, not those for
    a client. ``feed`` raises ProtocolError on anything malformed.
    """

    def __init__(self, max_object: int = MAX_OBJECT, *, for_server: bool = False) -> None:
        self._max_object = max_object
        self._destination = _SERVER if for_server else _CLIENT
        self._rest = b""
        self._object_id = 0
        self._next = 0
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take a packet and return the messages it completes."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        messages: list[Message] = []
        position, end = 0, len(data)
        while position < end:
            if end - position < _FRAGMENT.size:
                self._rest = data[position:]
                break
            object_id, fragment_id, flags, length = _FRAGMENT.unpack_from(data, position)
            self._check(object_id, fragment_id, flags, length)
            start = position + _FRAGMENT.size
            if end - start < length:
                self._rest = data[position:]
                break
            position = start + length
            blob = data[start:position]
            if flags == 3:
                messages.append(_message(blob, self._destination))
                continue
            self._parts.append(blob)
            self._size += length
            self._object_id, self._next = object_id, fragment_id + 1
            if flags & 2:
                messages.append(_message(b"".join(self._parts), self._destination))
                self._parts, self._size, self._next = [], 0, 0
        return messages

    def _check(self, object_id: int, fragment_id: int, flags: int, length: int) -> None:
        if object_id <= 0 or flags > 3 or not 0 <= length <= MAX_FRAGMENT:
            raise ProtocolError("the far end sent a damaged fragment", "Its header makes no sense.")
        if fragment_id != self._next or bool(flags & 1) != (fragment_id == 0):
            raise ProtocolError("the far end sent fragments out of order")
        if self._parts and object_id != self._object_id:
            raise ProtocolError("the far end mixed the fragments of two messages")
        if self._size + length > self._max_object:
            raise ProtocolError(
                "the far end sent an object that is too large",
                f"More than {self._max_object // (1024 * 1024)} MiB in one piece.",
                "Ask for less at once, for example with Select-Object.",
            )


def _message(blob: bytes, wanted: int) -> Message:
    if len(blob) < _MESSAGE.size:
        raise ProtocolError("the far end sent a message without a header")
    destination, kind, pool_id, pipeline_id = _MESSAGE.unpack_from(blob)
    if not destination & wanted:
        reader = "client" if wanted == _CLIENT else "server"
        raise ProtocolError(f"the far end sent a message that is not for a {reader}")
    body = blob[_MESSAGE.size :]
    if body.startswith(_BOM):
        body = body[3:]
    return Message(kind, _guid(pool_id), None if pipeline_id == _NO_ID else _guid(pipeline_id), body)


@functools.lru_cache(maxsize=64)
def _guid(raw: bytes) -> uuid.UUID:
    """Return a GUID of a header; those of a flood are always the same two."""
    return uuid.UUID(bytes_le=raw)


def refragmented(message: Message, object_id: int, *, for_server: bool = False) -> bytes:
    """Return a message as one fragment again, for psrpcore's ``receive_data``."""
    pipeline = message.pipeline_id.bytes_le if message.pipeline_id else _NO_ID
    destination = _SERVER if for_server else _CLIENT
    blob = _MESSAGE.pack(destination, message.type, message.pool_id.bytes_le, pipeline) + message.body
    return _FRAGMENT.pack(object_id, 0, 3, len(blob)) + blob
