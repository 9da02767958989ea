"""Fragments and message headers, checked before anything is buffered (protocol-notes 3.8, 7.1, 7.2).

Both sides read with it: the client and the embedded endpoint.
"""

from __future__ import annotations

import functools
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from xml.etree import ElementTree

from pstui.backends.errors import LimitExceeded, ProtocolError
from pstui.backends.psrp.limits import MAX_FRAGMENT, MAX_OBJECT, too_large

_FRAGMENT = struct.Struct(">qqBi")
_MESSAGE = struct.Struct("<II16s16s")
#: destinations of a message, as its header has them
_CLIENT, _SERVER = 0x1, 0x2
_BOM = b"\xef\xbb\xbf"
_NO_ID = bytes(16)
#: From so many bytes on a message grows in one place: joining its fragments at the end would hold up the loop.
_LONG = 4 * 1024 * 1024


@dataclass(slots=True)
class Message:
    """One whole PSRP message: its type number, the ids of its header and the CLIXML body without byte order mark.

    The body of a long one is a bytearray: it has the methods of bytes, and nobody changes it.
    ``root`` and ``value`` are what it says, where that was read ahead: its XML, and the plain value in a tuple.
    """

    type: int
    pool_id: uuid.UUID
    pipeline_id: uuid.UUID | None
    body: bytes
    root: ElementTree.Element | None = None
    value: tuple[Any] | None = None


class Defragmenter:
    """Joins the fragments of one GUID's stream to messages. Fragments may span packets.

    ``max_object`` bounds one message in bytes; ``for_server`` says that messages for a server are read, not those for
    a client. ``feed`` raises ProtocolError on anything malformed. A client passes over a message that goes beyond;
    ``crossed`` says then what was too much.
    """

    def __init__(self, max_object: int = MAX_OBJECT, *, for_server: bool = False) -> None:
        self._max_object = max_object
        self._destination = _SERVER if for_server else _CLIENT
        self.crossed: LimitExceeded | None = None
        #: what came of a fragment that is not whole yet, and how many bytes it takes at least to go on
        self._rest = bytearray()
        self._needed = 0
        self._object_id = 0
        self._next = 0
        self._parts: list[bytes | bytearray] = []
        self._size = 0
        self._too_large = False

    def feed(self, data: bytes) -> list[Message]:
        """Take a packet and return the messages it completes."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data, self._rest = bytes(self._rest), bytearray()
        messages: list[Message] = []
        position, end = 0, len(data)
        while position < end:
            needed = _FRAGMENT.size
            if end - position >= needed:
                object_id, fragment_id, flags, length = _FRAGMENT.unpack_from(data, position)
                self._check(object_id, fragment_id, flags, length)
                needed += length
            if end - position < needed:
                self._rest, self._needed = bytearray(data[position:]), needed
                break
            start, position = position + _FRAGMENT.size, position + needed
            if found := self._fragment(data[start:position], object_id, fragment_id, flags):
                messages.append(found)
        return messages

    def _fragment(self, blob: bytes, object_id: int, fragment_id: int, flags: int) -> Message | None:
        """Take one whole fragment; return the message that it ends."""
        self._object_id, self._next = object_id, 0 if flags & 2 else fragment_id + 1
        if flags == 3 and not self._too_large:
            return _message([blob], self._destination)
        if blob and not self._too_large:
            self._add(blob)
        if not flags & 2:
            return None
        passed_over, self._too_large = self._too_large, False
        parts, self._parts, self._size = self._parts, [], 0
        return None if passed_over else _message(parts, self._destination)

    def _add(self, blob: bytes) -> None:
        self._size += len(blob)
        if isinstance(self._parts[-1] if self._parts else b"", bytearray):
            self._parts[-1] += blob
            return
        self._parts.append(blob)
        if self._size > _LONG:
            joined = b"".join(self._parts)
            start = _MESSAGE.size + len(_BOM) * joined.startswith(_BOM, _MESSAGE.size)
            self._parts = [joined[: _MESSAGE.size], bytearray(memoryview(joined)[start:])]

    def _check(self, object_id: int, fragment_id: int, flags: int, length: int) -> None:
        if object_id <= 0 or flags > 3 or not 0 <= length <= MAX_FRAGMENT:
            raise ProtocolError("the far end sent a damaged fragment", "Its header makes no sense.")
        if fragment_id != self._next or bool(flags & 1) != (fragment_id == 0):
            raise ProtocolError("the far end sent fragments out of order")
        if self._next and object_id != self._object_id:
            raise ProtocolError("the far end mixed the fragments of two messages")
        if self._size + length > self._max_object and not self._too_large:
            self._too_large, self._parts, self._size = True, [], 0
            found = too_large(self._max_object)
            if self._destination == _SERVER:
                raise ProtocolError(found.what, found.why, found.hint)
            self.crossed = found


def _message(parts: Sequence[bytes | bytearray], wanted: int) -> Message:
    head = bytes(parts[0]) if parts else b""
    long = parts[-1] if len(parts) == 2 and isinstance(parts[-1], bytearray) else None
    if long is None and len(head) < _MESSAGE.size + len(_BOM):
        head, parts = b"".join(parts), ()
    if len(head) < _MESSAGE.size:
        raise ProtocolError("the far end sent a message without a header")
    destination, kind, pool_id, pipeline_id = _MESSAGE.unpack_from(head)
    if not destination & wanted:
        reader = "client" if wanted == _CLIENT else "server"
        raise ProtocolError(f"the far end sent a message that is not for a {reader}")
    body = head[_MESSAGE.size :].removeprefix(_BOM)
    if long is not None:
        body = cast("bytes", long)
    elif len(parts) > 1:
        body = b"".join((body, *parts[1:]))
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
