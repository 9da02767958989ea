"""Messages sealed with the key of an authentication: written as Windows wants them, read as any service writes them.

pypsrp writes a tab before the headers of a part, as Windows does, and reads nothing else. Other services write none,
some refuse one, and some end the message with one more line end (MS-WSMV 2.2.9.1 shows no tab).
"""

from __future__ import annotations

import re
import struct
from typing import Any

from pstui.backends.transports.wsman import faults
from pypsrp.encryption import WinRMEncryption

#: bytes of headers before a part's data
MAX_HEADERS = 4096
_LENGTH = re.compile(rb"Length\s*=\s*(\d{1,9})\b", re.IGNORECASE)
_DATA = re.compile(rb"\s*Content-Type:\s*application/octet-stream[^\r\n]{0,100}\r?\n", re.IGNORECASE)


class Sealing(WinRMEncryption):
    """Seals requests and opens replies with one context. ``tabs`` says whether the headers of parts begin with one."""

    def __init__(self, context: Any, protocol: str, *, tabs: bool = True) -> None:
        super().__init__(context, protocol)
        self.tabs = tabs

    def wrap_message(self, message: bytes) -> tuple[str, bytes]:
        """Return the content type and the body of a sealed message."""
        kind, body = super().wrap_message(message)
        return kind, body if self.tabs else self._without_tabs(body)

    def _without_tabs(self, body: bytes) -> bytes:
        """Take the tabs away from the headers of each part; sealed data, which may hold anything, stays."""
        mark = self.MIME_BOUNDARY.encode() + b"\r\n"
        heads = (b"\tContent-Type: " + self.protocol.encode(), b"\tOriginalContent: ")
        first = b"\r\n".join((mark + heads[0], heads[1]))
        return body.replace(first, first.replace(b"\t", b"")).replace(
            mark + b"\tContent-Type: application/octet-stream\r\n", mark + b"Content-Type: application/octet-stream\r\n"
        )

    def _cut(self, sealed: bytes, length: int) -> bytes:
        """Take away the line ends that MIME allows before and after the data, which has its own length."""
        for before in (b"", b"\r\n", b"\n"):
            (size,) = struct.unpack_from("<i", sealed[len(before) : len(before) + 4].ljust(4, b"\xff"))
            if sealed.startswith(before) and 0 <= size <= len(sealed):
                sealed = sealed[len(before) :]
                break
        # CredSSP's data are records of TLS, whose length is not the text's.
        over = len(sealed) - 4 - size - length
        if self.protocol != self.CREDSSP and over in (1, 2) and sealed[-over:] in (b"\n", b"\r\n"):
            return sealed[:-over]
        return sealed

    def unwrap_message(self, message: bytes, boundary: str) -> bytes:
        """Open a sealed message. Raises BadReply where it cannot be opened."""
        mark = rb"--[ \t]*" + re.escape(boundary.encode())
        opened: list[bytes] = []
        # The sealed data may hold anything, a boundary too, but the chance of that is none to speak of.
        parts = [part for part in re.split(mark + rb"(?:--)?[ \t]*(?:\r?\n|\Z)", message) if part.strip()]
        if not parts or len(parts) % 2:
            raise faults.BadReply("the service sealed a reply in a form that is not known")
        for head, payload in zip(parts[::2], parts[1::2], strict=True):
            told, data = _LENGTH.search(head[:MAX_HEADERS]), _DATA.match(payload)
            if told is None or data is None or len(payload) < data.end() + 4:
                raise faults.BadReply("the service sealed a reply in a form that is not known")
            sealed = self._cut(payload[data.end() :], int(told[1]))
            (size,) = struct.unpack_from("<i", sealed)
            if not 0 <= size <= len(sealed) - 4:
                raise faults.BadReply("the service sealed a reply in a form that is not known")
            try:
                plain: bytes = self.context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
            except Exception as error:  # whatever the mechanism's library raises: who we are was proved long before
                raise faults.BadReply(f"the service sealed a reply that cannot be opened: {error}") from error
            if len(plain) != int(told[1]):
                raise faults.BadReply("the service sealed a reply of another length than it says")
            opened.append(plain)
        return b"".join(opened)
