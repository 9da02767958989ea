"""The server's side of the OutOfProc codec (protocol-notes 6.1): lines of one element each, without any I/O."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass

#: one line holds one packet; real clients send at most 32 KiB of payload, i.e. 44 KiB of text, in one
MAX_LINE = 4 * 1024 * 1024
#: payload of one Data element towards the client (protocol-notes 6.1, limits)
MAX_PAYLOAD = 32768
SESSION = uuid.UUID(int=0)

_ELEMENT = re.compile(
    r"\s*<([A-Za-z]{1,20})((?:\s+[A-Za-z]{1,20}\s*=\s*(?:'[^'<]{0,100}'|\"[^\"<]{0,100}\"))*)\s*"
    r"(?:/>|>([A-Za-z0-9+/=\s]*)</\1\s*>)\s*\Z"
)
_ATTRIBUTE = re.compile(r"([A-Za-z]+)\s*=\s*['\"]([^'\"]*)['\"]")
_KINDS = frozenset({"Data", "Command", "Signal", "Close"})


class WireError(Exception):
    """The client broke the framing or the protocol beneath it; the connection ends."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One element of a client: Data, Command, Signal or Close, for the session (zero GUID) or a command."""

    kind: str
    guid: uuid.UUID
    data: bytes = b""


class PacketReader:
    """Cuts a byte stream into packets. An empty line is the end of the client, as for the real server."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self.ended = False

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes and return the packets completed by them. Raises WireError."""
        packets: list[Packet] = []
        self._buffer += data
        start = 0
        while not self.ended and (end := self._buffer.find(b"\n", start)) >= 0:
            line = bytes(self._buffer[start:end]).rstrip(b"\r")
            start = end + 1
            if len(line) > self._limit:
                raise WireError("a line is longer than this endpoint takes")
            if not line.strip():
                self.ended = True
                break
            packets.append(parse(line))
        del self._buffer[:start]
        if len(self._buffer) > self._limit:
            raise WireError("a line is longer than this endpoint takes")
        return packets


def parse(line: bytes) -> Packet:
    """Read one line. Raises WireError for anything but a well-formed element that a client may send."""
    try:
        found = _ELEMENT.match(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        found = None
    if found is None:
        raise WireError("a line is no element of the protocol")
    kind, attributes, text = found.groups()
    if kind not in _KINDS:
        raise WireError(f"a client may not send {kind}")
    values = dict(_ATTRIBUTE.findall(attributes))
    if set(values) != ({"Stream", "PSGuid"} if kind == "Data" else {"PSGuid"}):
        raise WireError(f"{kind} has the wrong attributes")
    try:
        guid = uuid.UUID(values["PSGuid"])
        data = base64.b64decode(text or "", validate=True) if kind == "Data" else b""
    except (ValueError, binascii.Error):
        raise WireError(f"{kind} cannot be read") from None
    if kind == "Data" and not data:
        raise WireError("Data without content")
    return Packet(kind, guid, data)


def element(kind: str, guid: uuid.UUID) -> bytes:
    """Write an acknowledgement."""
    return f"<{kind} PSGuid='{guid}' />\n".encode()


def data_element(guid: uuid.UUID, payload: bytes) -> bytes:
    """Write one Data element; the server always uses the default stream."""
    return b"<Data Stream='Default' PSGuid='%s'>%s</Data>\n" % (str(guid).encode(), base64.b64encode(payload))
