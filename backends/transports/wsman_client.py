"""Requests to one WinRM service: sent over any connection of the session, lost ones sent again while that may help."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable

from pstui.backends.transports import wsman_faults as faults
from pstui.backends.transports.wsman_credentials import GATE
from pstui.backends.transports.wsman_envelope import Envelopes, Request
from pstui.backends.transports.wsman_http import Way, WinRMConnection
from pstui.backends.transports.wsman_line import Blocking, Lines

#: seconds beyond the service's own time-out until a reply that does not come counts as lost
SLACK = 10.0

Recover = Callable[[faults.NetworkFailure, int], Awaitable[None]]


class Client:
    """All connections of one session to its service.

    ``recover`` is awaited when a request got lost; when it returns, the request is sent again.
    """

    def __init__(self, way: Way, make: Callable[[Way], Blocking] = WinRMConnection) -> None:
        self.way = way
        self.envelopes = Envelopes(way.target.url, way.settings)
        self.lines = Lines(lambda: make(way))
        self.recover: Recover | None = None
        #: counts the interruptions that were overcome
        self.generation = 0
        self.slack = SLACK

    async def call(self, request: Request, *, recovers: bool = True) -> ET.Element:
        """Send a request until it is answered, and return the body of the reply. Raises WSManFailure."""
        lost = False
        while True:
            generation = self.generation
            try:
                return await self.once(request, again=lost)
            except faults.NetworkFailure as failure:
                lost = lost or failure.sent
                if self.recover is None or not recovers or not failure.may_pass or self.lines.is_closed:
                    raise
                await self.recover(failure, generation)

    async def once(self, request: Request, *, again: bool = False) -> ET.Element:
        """Send a request a single time; ``again`` when it may have arrived before. Raises WSManFailure."""
        timeout = None if request.patience is None else request.patience + self.slack
        credential = self.way.credential
        try:
            async with GATE.turn(credential):
                reply = await self.lines.exchange(request.again if again else request.data, timeout)
        except faults.AuthenticationFailure as failure:
            if failure.secret_sent:
                GATE.refuse(credential)
                self.lines.drop()
            raise
        return self.envelopes.read(request, reply)
