"""Fragments to messages, with every size and number checked before anything is kept (protocol-notes 7.1, 7.2)."""

from __future__ import annotations

import re
import struct
import uuid
from dataclasses import dataclass, field

from pstui.backends.demo.server.wire import WireError

#: one object of a client over these transports (protocol-notes 6.1, limits)
MAX_OBJECT = 10 * 1024 * 1024
#: PowerShell itself stops near 50 levels of objects, each of which is up to four elements deep here
MAX_DEPTH = 200
MAX_ELEMENTS = 200_000

_HEADER = struct.Struct(">QQBI")
_MESSAGE = struct.Struct("<II16s16s")
_TAG = re.compile(rb"<(/?)[A-Za-z][^<>]*?(/?)>")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One defragmented message, its header read, its body checked but not yet decoded."""

    object_id: int
    kind: int
    pool_id: uuid.UUID
    pipeline_id: uuid.UUID
    whole: bytes


@dataclass(slots=True)
class Defragmenter:
    """Puts the fragments of one packet queue together. One object at a time, fragments in order."""

    _pending: bytearray = field(default_factory=bytearray)
    _parts: bytearray = field(default_factory=bytearray)
    _object_id: int = 0
    _next: int = 0

    def feed(self, data: bytes) -> list[RawMessage]:
        """Take one payload and return the messages completed by it. Raises WireError."""
        self._pending += data
        messages: list[RawMessage] = []
        while len(self._pending) >= _HEADER.size:
            object_id, number, flags, length = _HEADER.unpack_from(self._pending)
            self._check(object_id, number, flags, length)
            if len(self._pending) < _HEADER.size + length:
                break
            self._parts += self._pending[_HEADER.size : _HEADER.size + length]
            del self._pending[: _HEADER.size + length]
            self._object_id, self._next = object_id, number + 1
            if flags & 2:
                messages.append(_message(object_id, bytes(self._parts)))
                self._parts, self._object_id, self._next = bytearray(), 0, 0
        return messages

    def _check(self, object_id: int, number: int, flags: int, length: int) -> None:
        if not 0 < object_id < 2**63 or flags > 3:
            raise WireError("a fragment's header is wrong")
        if self._object_id and object_id != self._object_id:
            raise WireError("fragments of two objects are mixed")
        if number != self._next or bool(flags & 1) != (number == 0):
            raise WireError("fragments are out of order")
        if len(self._parts) + length > MAX_OBJECT:
            raise WireError("an object is larger than this endpoint takes")


def _message(object_id: int, whole: bytes) -> RawMessage:
    if len(whole) < _MESSAGE.size:
        raise WireError("a message is shorter than its header")
    destination, kind, pool_id, pipeline_id = _MESSAGE.unpack_from(whole)
    if not destination & 2:
        raise WireError("a message is not for a server")
    body = whole[_MESSAGE.size :].removeprefix(_BOM)
    check_clixml(body)
    return RawMessage(object_id, kind, uuid.UUID(bytes_le=pool_id), uuid.UUID(bytes_le=pipeline_id), whole)


def check_clixml(body: bytes) -> None:
    """Refuse declarations, deep nesting and floods of elements before a parser sees them."""
    if b"<!" in body or b"<?" in body:
        raise WireError("a message holds more than plain elements")
    depth = 0
    for count, tag in enumerate(_TAG.finditer(body)):
        if tag[1]:
            depth -= 1
        elif not tag[2]:
            depth += 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise WireError("a message is nested too deeply or holds too much")
