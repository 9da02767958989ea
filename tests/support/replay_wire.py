"""The wire of the stand-in server: fragments, messages and OutOfProc elements (protocol-notes 3.8, 6.1), strictly read.

Only the standard library, so that the stand-in starts as fast as a shell script.
"""

from __future__ import annotations

import base64
import re
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

ZERO = uuid.UUID(int=0)
FRAGMENT_HEADER = struct.Struct(">qqBi")
MESSAGE_HEADER = struct.Struct("<II16s16s")
TO_CLIENT, TO_SERVER = 1, 2
#: Largest payload of one Data element (protocol-notes 6.1).
MAX_PAYLOAD = 32768

TYPES = {
    "SESSION_CAPABILITY": 0x00010002,
    "INIT_RUNSPACEPOOL": 0x00010004,
    "PUBLIC_KEY": 0x00010005,
    "ENCRYPTED_SESSION_KEY": 0x00010006,
    "PUBLIC_KEY_REQUEST": 0x00010007,
    "CONNECT_RUNSPACEPOOL": 0x00010008,
    "SET_MAX_RUNSPACES": 0x00021002,
    "SET_MIN_RUNSPACES": 0x00021003,
    "RUNSPACE_AVAILABILITY": 0x00021004,
    "RUNSPACEPOOL_STATE": 0x00021005,
    "CREATE_PIPELINE": 0x00021006,
    "GET_AVAILABLE_RUNSPACES": 0x00021007,
    "USER_EVENT": 0x00021008,
    "APPLICATION_PRIVATE_DATA": 0x00021009,
    "GET_COMMAND_METADATA": 0x0002100A,
    "RUNSPACEPOOL_INIT_DATA": 0x0002100B,
    "RESET_RUNSPACE_STATE": 0x0002100C,
    "RUNSPACEPOOL_HOST_CALL": 0x00021100,
    "RUNSPACEPOOL_HOST_RESPONSE": 0x00021101,
    "PIPELINE_INPUT": 0x00041002,
    "END_OF_PIPELINE_INPUT": 0x00041003,
    "PIPELINE_OUTPUT": 0x00041004,
    "ERROR_RECORD": 0x00041005,
    "PIPELINE_STATE": 0x00041006,
    "DEBUG_RECORD": 0x00041007,
    "VERBOSE_RECORD": 0x00041008,
    "WARNING_RECORD": 0x00041009,
    "PROGRESS_RECORD": 0x00041010,
    "INFORMATION_RECORD": 0x00041011,
    "PIPELINE_HOST_CALL": 0x00041100,
    "PIPELINE_HOST_RESPONSE": 0x00041101,
}
NAMES = {number: name for name, number in TYPES.items()}


class WireError(Exception):
    """The client broke a rule of the wire; the text says which."""


@dataclass(frozen=True, slots=True)
class Message:
    """One PSRP message: its name, the two ids and the CLIXML body without a byte order mark."""

    name: str
    pool_id: uuid.UUID
    pipeline_id: uuid.UUID
    clixml: str


@dataclass(frozen=True, slots=True)
class Element:
    """One OutOfProc element; ``data`` is the decoded payload of a Data element."""

    name: str
    guid: uuid.UUID
    stream: str = ""
    data: bytes = b""


_GUID = r"(?P<guid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_DATA = re.compile(
    rf"<Data Stream='(?P<stream>Default|PromptResponse)' PSGuid='{_GUID}'>(?P<data>[A-Za-z0-9+/=]+)</Data>"
)
_EMPTY = re.compile(rf"<(?P<name>Command|Signal|Close) PSGuid='{_GUID}' ?/>")


def parse_element(line: str) -> Element:
    """Read one line as the real server's strict reader would. Raises WireError."""
    if match := _DATA.fullmatch(line):
        try:
            data = base64.b64decode(match["data"], validate=True)
        except ValueError as error:
            raise WireError(f"Data that is not base64: {error}") from None
        return Element("Data", uuid.UUID(match["guid"]), match["stream"], data)
    if match := _EMPTY.fullmatch(line):
        return Element(match["name"], uuid.UUID(match["guid"]))
    if re.match(r"<\w+Ack\b", line):
        raise WireError(f"the client acknowledged: {line[:80]}")
    raise WireError(f"not an element a client may send: {line[:80]!r}")


@dataclass(slots=True)
class Assembler:
    """Puts a client's fragments together; one for each GUID and stream."""

    payload: bytearray = field(default_factory=bytearray)
    object_id: int = 0
    next_fragment: int = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each message completed by ``data``. Raises WireError."""
        if len(data) > MAX_PAYLOAD:
            raise WireError(f"a payload of {len(data)} bytes, more than {MAX_PAYLOAD}")
        while data:
            if len(data) < FRAGMENT_HEADER.size:
                raise WireError(f"{len(data)} bytes behind the last fragment")
            object_id, fragment_id, flags, length = FRAGMENT_HEADER.unpack_from(data)
            blob, data = data[FRAGMENT_HEADER.size :][:length], data[FRAGMENT_HEADER.size + max(length, 0) :]
            self._check(object_id, fragment_id, flags, length, len(blob))
            self.payload += blob
            if flags & 2:
                yield bytes(self.payload)
                self.payload.clear()
                self.next_fragment = 0

    def _check(self, object_id: int, fragment_id: int, flags: int, length: int, present: int) -> None:
        if length != present or length < 0:
            raise WireError(f"a fragment of {length} bytes of which {present} are there")
        if fragment_id != self.next_fragment:
            raise WireError(f"fragment {fragment_id} where {self.next_fragment} was due")
        if bool(flags & 1) != (fragment_id == 0) or flags > 3:
            raise WireError(f"fragment {fragment_id} with flags {flags}")
        if (object_id <= self.object_id) if fragment_id == 0 else (object_id != self.object_id):
            raise WireError(f"object id {object_id} after {self.object_id}")
        self.object_id, self.next_fragment = object_id, fragment_id + 1


def parse_message(blob: bytes) -> Message:
    """Read one defragmented message. Raises WireError."""
    if len(blob) < MESSAGE_HEADER.size:
        raise WireError(f"a message of {len(blob)} bytes")
    destination, number, pool, pipeline = MESSAGE_HEADER.unpack_from(blob)
    if destination != TO_SERVER:
        raise WireError(f"a message for destination {destination}")
    if number not in NAMES:
        raise WireError(f"unknown message type {number:#010x}")
    body = blob[MESSAGE_HEADER.size :].removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    return Message(NAMES[number], uuid.UUID(bytes_le=pool), uuid.UUID(bytes_le=pipeline), body)


def encode_message(
    message: Message, object_id: int, size: int = MAX_PAYLOAD, destination: int = TO_CLIENT
) -> list[bytes]:
    """Return the fragments of a message, each with its header and at most ``size`` bytes."""
    head = MESSAGE_HEADER.pack(destination, TYPES[message.name], message.pool_id.bytes_le, message.pipeline_id.bytes_le)
    blob = head + b"\xef\xbb\xbf" + message.clixml.encode("utf-8", "surrogatepass")
    room = size - FRAGMENT_HEADER.size
    parts = [blob[at : at + room] for at in range(0, len(blob), room)]
    last = len(parts) - 1
    return [
        FRAGMENT_HEADER.pack(object_id, number, (number == 0) | (number == last) << 1, len(part)) + part
        for number, part in enumerate(parts)
    ]


def data_element(guid: uuid.UUID, payload: bytes, stream: str = "Default") -> bytes:
    """Return a Data element as a line."""
    return f"<Data Stream='{stream}' PSGuid='{guid}'>".encode() + base64.b64encode(payload) + b"</Data>\n"


def empty_element(name: str, guid: uuid.UUID) -> bytes:
    """Return an element without content, as a line."""
    return f"<{name} PSGuid='{guid}' />\n".encode()
