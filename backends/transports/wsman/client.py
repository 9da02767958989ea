"""Requests to one WinRM service: sent over any connection of the session, lost ones sent again while that may help."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable

from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.credentials import GATE
from pstui.backends.transports.wsman.envelope import Envelopes, Request
from pstui.backends.transports.wsman.http import Way, WinRMConnection
from pstui.backends.transports.wsman.line import Blocking, Lines

#: seconds beyond the service's own time-out until a reply that does not come counts as lost
SLACK = 10.0
#: seconds that sending a request and its reply may take beside: the largest reply over a slow line
TRANSFER = 60.0
#: how often one request may get lost although the service answers others, and how much longer each time is waited
MAX_LOSSES, LOSS_PAUSE, LONGEST_LOSS_PAUSE = 12, 0.05, 5.0

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

    async def call(self, request: Request, *, recovers: bool = True, aside: bool = False) -> ET.Element:
        """Send a request until it is answered, and return the body of the reply. Raises WSManFailure.

        ``aside`` leaves the idle connections to others.
        """
        lost, losses = False, 0
        while True:
            generation = self.generation
            try:
                return await self.once(request, again=lost, aside=aside)
            except (faults.NetworkFailure, faults.HTTPFailure) as error:
                failure = _lost(error)
                lost, losses = lost or failure.sent, losses + 1
                recover = self.recover if recovers and losses <= MAX_LOSSES else None
                if recover is None or not failure.may_pass or self.lines.is_closed:
                    raise error
                if losses > 1:
                    await asyncio.sleep(min(LONGEST_LOSS_PAUSE, LOSS_PAUSE * 2**losses))
                await recover(failure, generation)

    async def once(self, request: Request, *, again: bool = False, aside: bool = False) -> ET.Element:
        """Send a request a single time; ``again`` when it may have arrived before. Raises WSManFailure."""
        silence = None if request.patience is None else request.patience + self.slack
        data = request.again if again else request.data
        credential = self.way.credential
        try:
            async with GATE.turn(credential):
                # Beside the longest silence the whole has a limit: a reply that trickles in for ever is none.
                async with asyncio.timeout(None if silence is None else silence + TRANSFER):
                    reply = await self.lines.exchange(data, silence, aside=aside)
        except TimeoutError as error:
            told = f"the reply did not end within {(silence or 0) + TRANSFER:g} s"
            raise faults.NetworkFailure(faults.NetworkKind.READ_TIMEOUT, told) from error
        except faults.AuthenticationFailure as failure:
            if failure.secret_sent:
                GATE.refuse(credential)
                self.lines.drop()
            raise
        return self.envelopes.read(request, reply)


def _lost(error: faults.NetworkFailure | faults.HTTPFailure) -> faults.NetworkFailure:
    """Return an answer that is none, and may pass, as the loss that it is; any other as it is. Raises HTTPFailure."""
    if isinstance(error, faults.NetworkFailure):
        return error
    if error.status not in faults.PASSING_STATUSES:
        raise error
    return faults.NetworkFailure(faults.NetworkKind.CLOSED, f"HTTP status {error.status}")
