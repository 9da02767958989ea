"""Riding out a network failure as PowerShell's robust connections do: a bar, the notices, an end (semantics 2.10)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pstui.backends.errors import SessionDisconnected
from pstui.backends.host import Console
from pstui.backends.records import ProgressRecord, Stream, Write
from pstui.backends.transports import wsman_faults as faults
from pstui.backends.transports.wsman_client import Client

#: seconds between two attempts, at first and at most
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
#: seconds an attempt may take until it is answered
ATTEMPT = 15.0

Probe = Callable[[float], Awaitable[None]]


class Recovery:
    """The outages of one session. ``probe`` asks the service for anything at all within so many seconds."""

    def __init__(self, client: Client, computer: str, console: Console, probe: Probe) -> None:
        self._client, self._computer, self._probe = client, computer, probe
        self.console = console
        self.allowed = client.way.settings.max_retry_time
        self.first_pause, self.longest_pause = FIRST_PAUSE, LONGEST_PAUSE
        self._turn = asyncio.Lock()
        self.ended: SessionDisconnected | None = None

    def follow(self, client: Client) -> None:
        """Watch over another client from now on."""
        self._client = client

    async def __call__(self, failure: faults.NetworkFailure, generation: int) -> None:
        """Return once the service answers again. Raises SessionDisconnected when the time is up.

        ``generation`` is the client's when the request that got lost was sent: of several requests lost by one
        outage the first tries, and the others wait for it.
        """
        async with self._turn:
            if self.ended is not None:
                raise self.ended
            if generation != self._client.generation:
                return
            # A connection that rested too long may simply have been closed by the service: no outage yet, and what
            # waits on other connections may go on waiting.
            self._client.lines.drop_idle()
            if await self._answers(min(ATTEMPT, self.allowed)):
                self._client.generation += 1
                return
            self._client.lines.drop()
            await self._ride_out(failure)

    async def _ride_out(self, failure: faults.NetworkFailure) -> None:
        minutes = self.allowed / 60
        self._say(
            f"The network connection to {self._computer} has been interrupted. "
            f"Trying to reconnect for up to {minutes:g} minute{'' if minutes == 1 else 's'}…"
        )
        loop = asyncio.get_running_loop()
        began = loop.time()
        bar = asyncio.create_task(self._bar(began), name="reconnection bar")
        pause = self.first_pause
        try:
            while (rest := self.allowed - (loop.time() - began)) > 0:
                await asyncio.sleep(min(pause, rest))
                pause = min(self.longest_pause, pause * 2)
                rest = self.allowed - (loop.time() - began)
                if rest <= 0:
                    break
                self._say(f"Attempting to reconnect to {self._computer} …")
                if await self._answers(min(ATTEMPT, rest)):
                    self._client.generation += 1
                    self._say(f"The network connection to {self._computer} has been restored.")
                    return
        finally:
            bar.cancel()
            await asyncio.wait({bar})
            self._progress(0.0, completed=True)
        self._say(f"The network connection to {self._computer} could not be restored. The session is disconnected.")
        self.ended = SessionDisconnected(
            f"{self._computer}: the connection was lost, and the session is disconnected",
            f"No answer came for {self.allowed:g} s ({failure.text}). What ran there goes on until its idle time-out.",
            "Once the network is back, connect to it again with Connect-PSSession; Receive-PSSession gets its output.",
        )
        raise self.ended

    async def _answers(self, within: float) -> bool:
        """Whether the service answers, be it with an error."""
        try:
            async with asyncio.timeout(within):
                await self._probe(within)
        except (faults.NetworkFailure, TimeoutError):
            return False
        except faults.HTTPFailure as failure:
            return failure.status not in (502, 503, 504)
        except faults.Fault:
            return True
        return True

    async def _bar(self, began: float) -> None:
        """Show the time that is left, each second."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._progress(loop.time() - began, completed=False)
                await asyncio.sleep(1.0)

    def _progress(self, passed: float, *, completed: bool) -> None:
        rest = max(0, round(self.allowed - passed))
        percent = min(100, int(passed * 100 / self.allowed)) if self.allowed else 100
        self.console.progress(
            ProgressRecord(
                source_id=0,
                activity_id=0,
                parent_id=-1,
                activity="Network connection interrupted",
                status=f"Attempting to reconnect to {self._computer} …",
                current_operation="",
                percent=percent,
                seconds_remaining=rest,
                completed=completed,
            )
        )

    def _say(self, text: str) -> None:
        self.console.write(Write(text, stream=Stream.NOTICE))
