"""Replies of a WinRM service: read, or refused as one of our failures."""

from __future__ import annotations

import contextlib

from pstui.backends.errors import PstuiError
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.envelope import Envelopes
from pstui.backends.transports.wsman.target import WSManOptions

from tests.support.rogue_http import envelope

_ENVELOPES = Envelopes("http://server/wsman", WSManOptions())
_REQUEST = _ENVELOPES.request("action", "resource")
_ID = _REQUEST.message_id.encode()
SEEDS = [
    envelope(_ID, b"<rsp:ReceiveResponse><rsp:Stream Name='stdout'>AAAA</rsp:Stream></rsp:ReceiveResponse>"),
    envelope(_ID, b"<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>"),
    b"<html><body>no</body></html>",
    b"<!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>",
]


def check(data: bytes) -> None:
    with contextlib.suppress(PstuiError, faults.WSManFailure):
        _ENVELOPES.read(_REQUEST, data)
