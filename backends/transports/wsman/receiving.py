"""Receiving from a shell: one chain of Receives a stream, and what each answer means for the session."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable

from pstui.backends.errors import ProtocolError, SessionBroken
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.shell import Received, Verbs, received
from pstui.backends.transports.wsman.streams import Inflow, Lane

log = logging.getLogger(__name__)

#: seconds the pool's stream rests once the pool is open: what runs first has the connection that stands already, and
#: the second one is made while nobody waits for it
FIRST_REST = 0.1
#: an answer that brings nothing and came within this part of the time it may take came too early: so many of them are
#: taken as they come, then each is waited for longer, up to so many seconds
EARLY, MAX_EARLY, FIRST_BRAKE, LONGEST_BRAKE = 0.01, 20, 0.01, 1.0
#: how often in a row a shell is taken again that the service disconnected by itself
MAX_RETAKEN = 3

_GONE = (faults.OPERATION_ABORTED, faults.CANCELLED, faults.NO_SUCH_SESSION, faults.STREAM_DISCONNECTED)


class Receiver:
    """Receives the streams of one shell into ``flow``; ``lanes`` are those that are listened to.

    ``put`` takes what arrived. ``retake`` connects to the shell again, where the service let go of it by itself.
    """

    def __init__(
        self,
        computer: str,
        put: Callable[[uuid.UUID | None, bytes], None],
        retake: Callable[[], Awaitable[None]],
    ) -> None:
        self.flow = Inflow()
        self.lanes: dict[uuid.UUID | None, Lane] = {}
        #: whether the pool is open, so that its stream has nothing urgent any more
        self.is_settled = False
        self._computer, self._put, self._retake = computer, put, retake
        self._has_rested = False

    async def receive(self, client: Client, verbs: Verbs, pipeline_id: uuid.UUID | None) -> bool:
        """Receive one stream until it ends; return whether the far end said so."""
        brake, retaken = Brake(client.way.settings.receive_timeout), 0
        try:
            while True:
                aside = pipeline_id is None and await self._rest()
                brake.begin()
                try:
                    found = received(await client.call(verbs.receive(pipeline_id), aside=aside))
                    retaken = 0
                except faults.Fault as fault:
                    if self._over(pipeline_id, fault):
                        return True
                    if fault.code in faults.LET_GO and retaken < MAX_RETAKEN and not self.flow.is_ending:
                        retaken += 1
                        await self._retake()
                    elif fault.code != faults.OPERATION_TIMED_OUT:
                        raise
                    found = Received((), False)  # nothing to say is no reason to go
                for chunk in found.chunks:
                    self._put(pipeline_id, chunk)
                if found.is_done:
                    return True
                await brake.end(empty=not found.chunks)
                await self.flow.room.wait()
        except faults.WSManFailure as failure:
            if not self.flow.closing:
                self.flow.end(errors.broken(failure, self._computer))
        except SessionBroken as failure:
            self.flow.end(failure)
        except Exception as error:  # a fault of ours must end the session, not leave everyone waiting for ever
            log.error("receiving failed: %s", type(error).__name__)
            what = f"{self._computer} sent what pstui could not handle"
            self.flow.end(ProtocolError(what, f"{type(error).__name__} was not expected here."))
        return False

    async def _rest(self) -> bool:
        """Let the pool's stream rest once, when the pool has just opened; return whether it did."""
        if self._has_rested:
            return False
        await self.flow.taken.wait()
        if not self.is_settled:
            return False
        self._has_rested = True
        await asyncio.sleep(FIRST_REST)
        return True

    def _over(self, pipeline_id: uuid.UUID | None, fault: faults.Fault) -> bool:
        """Whether a fault is but the answer to a command that was closed."""
        lane = self.lanes.get(pipeline_id)
        closed = pipeline_id is not None and (lane is None or lane.stopped)
        return closed and fault.code in _GONE


class Brake:
    """Slows down asking a service that answers at once and says nothing, again and again."""

    def __init__(self, patience: float) -> None:
        self._early = patience * EARLY
        self._began = 0.0
        self._count = 0

    def begin(self) -> None:
        """Begin to ask."""
        self._began = asyncio.get_running_loop().time()

    async def end(self, *, empty: bool) -> None:
        """Wait, where it is called for."""
        took = asyncio.get_running_loop().time() - self._began
        self._count = self._count + 1 if empty and took < self._early else 0
        if self._count > MAX_EARLY:
            await asyncio.sleep(min(LONGEST_BRAKE, FIRST_BRAKE * 2 ** min(10, self._count - MAX_EARLY)))
