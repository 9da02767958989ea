"""Lines of the OutOfProc transports: an element or a ProtocolError, and what is read is written the same."""

from __future__ import annotations

import uuid

from pstui.backends.errors import ProtocolError
from pstui.backends.transports.outofproc import decode_line, encode, encode_data

_GUID = uuid.UUID(int=7)
SEEDS = [
    encode_data(_GUID, b"\0\1\2" * 30).strip(),
    encode("DataAck", _GUID).strip(),
    b'<Data Stream="Default" PSGuid="00000000-0000-0000-0000-000000000007" >AAAA</Data>',
    b"__NamedPipeError__:no",
    b"bash: warning",
]


def check(data: bytes) -> None:
    try:
        element = decode_line(data)
    except ProtocolError as error:
        assert "\x1b" not in error.text()
        return
    if element.name == "Data":
        assert decode_line(encode_data(element.ps_guid, element.data).strip()) == element
