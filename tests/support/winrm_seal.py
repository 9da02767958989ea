"""Sealed messages inside HTTP: a multipart body of one wrapped part after another (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Any

BOUNDARY = b"--Encrypted Boundary"
#: a part of CredSSP holds no more than one TLS record
TLS_RECORD = 16384
_PARTS = re.compile(rb"--Encrypted Boundary(?:--)?\r\n")
_OCTETS = re.compile(rb"\s*Content-Type: application/octet-stream\r\n")
_PROTOCOL = re.compile(r'protocol="([^"]+)"')
_LENGTH = re.compile(rb"OriginalContent:[^\r\n]*Length=(\d+)")


class SealError(Exception):
    """A sealed body cannot be read."""


def is_sealed(content_type: str) -> bool:
    """Return whether a Content-Type announces a sealed body."""
    return content_type.startswith(("multipart/encrypted", "multipart/x-multi-encrypted"))


def protocol_of(content_type: str) -> str:
    """Return the protocol that a sealed body names."""
    found = _PROTOCOL.search(content_type)
    return found[1] if found else ""


def unseal(context: Any, body: bytes) -> bytes:
    """Return the message within. Raises SealError, and SpnegoError from the context."""
    parts = [part for part in _PARTS.split(body) if part.strip()]
    if not parts or len(parts) % 2:
        raise SealError("the parts are incomplete")
    message = b""
    for head, sealed in zip(parts[::2], parts[1::2], strict=True):
        length, start = _LENGTH.search(head), _OCTETS.match(sealed)
        if length is None or start is None:
            raise SealError("a part lacks its headers")
        wrapped = sealed[start.end() :]
        size = struct.unpack_from("<i", wrapped)[0]
        clear = context.unwrap_winrm(wrapped[4 : 4 + size], wrapped[4 + size :])
        if len(clear) != int(length[1]):
            raise SealError("a part is longer or shorter than it says")
        message += clear
    return message


def seal(context: Any, protocol: str, message: bytes) -> tuple[str, bytes]:
    """Return the Content-Type and the body for a message."""
    pieces = [message]
    kind = "multipart/encrypted"
    if "CredSSP" in protocol and len(message) > TLS_RECORD:
        pieces = [message[at : at + TLS_RECORD] for at in range(0, len(message), TLS_RECORD)]
        kind = "multipart/x-multi-encrypted"
    body = bytearray()
    for piece in pieces:
        header, data, padding = context.wrap_winrm(piece)
        body += b"%s\r\n\tContent-Type: %s\r\n" % (BOUNDARY, protocol.encode())
        body += b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % (len(piece) + padding)
        body += b"%s\r\n\tContent-Type: application/octet-stream\r\n" % BOUNDARY
        body += struct.pack("<i", len(header)) + header + data
    body += BOUNDARY + b"--\r\n"
    return f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"', bytes(body)
