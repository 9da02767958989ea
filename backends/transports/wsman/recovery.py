"""Riding out a network failure as PowerShell's robust connections do: a bar, notices, an end (protocol-notes 2.10).

How this works. ``Client.call`` awaits the ``Recovery`` when a request got lost, and sends it again when that returns.
One outage loses several requests at once, so each names the client's ``generation`` it was sent in: the first one
tries under the lock, the others find a new generation and go on. The first try asks the service for anything at all
(``_probe`` of the transport): mostly the connection had rested too long, and nobody needs to know.

If there is no answer, the outage is told to the console, with a progress bar that counts the time left
(``max_retry_time``). Attempts follow with growing pauses until one is answered. When the time is up, or Ctrl+C gives
up waiting, every waiting request gets SessionDisconnected: the shell lives on there until its idle timeout and
can be connected to again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from pstui.backends.console import Console
from pstui.backends.errors import SessionDisconnected
from pstui.backends.records import ProgressRecord, Stream, Write
from pstui.backends.timeouts import timeout
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.client import Client

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
        self.allowed = client.endpoint.options.max_retry_time
        self.first_pause, self.longest_pause = FIRST_PAUSE, LONGEST_PAUSE
        self._turn = asyncio.Lock()
        self._attempts: asyncio.Task[bool] | None = None
        self._spent = 0.0
        self.ended: SessionDisconnected | None = None

    def follow(self, client: Client) -> None:
        """Watch over another client from now on."""
        self._client = client

    @property
    def is_going_on(self) -> bool:
        """Whether an outage is being ridden out now."""
        return self._attempts is not None

    def give_up(self) -> bool:
        """End an outage that is being ridden out as if its time were up; return whether there was one."""
        if self._attempts is None:
            return False
        self._attempts.cancel()
        return True

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
            if failure.kind is faults.NetworkKind.READ_TIMEOUT:
                # Nothing comes through this connection, as after a sleep of this computer; through its sisters neither.
                self._client.connections.drop()
            else:
                # A connection that rested too long may simply have been closed by the service: no outage yet, and
                # what waits on other connections may keep waiting.
                self._client.connections.drop_idle()
            if await self._answers(min(ATTEMPT, self.allowed)):
                self._client.generation += 1
                return
            self._client.connections.drop()
            await self._ride_out(failure)

    async def _ride_out(self, failure: faults.NetworkFailure) -> None:
        minutes = self.allowed / 60
        self._say(
            f"The network connection to {self._computer} has been interrupted. "
            f"Trying to reconnect for up to {minutes:g} minute{'' if minutes == 1 else 's'}…"
        )
        self._spent = 0.0
        self._attempts = asyncio.create_task(self._attempt(), name="reconnection")
        bar = asyncio.create_task(self._bar(), name="reconnection bar")
        try:
            await asyncio.wait({self._attempts})
            given_up = self._attempts.cancelled()
            if not given_up and self._attempts.result():
                self._client.generation += 1
                self._say(f"The network connection to {self._computer} has been restored.")
                return
        finally:
            for task in (self._attempts, bar):
                task.cancel()
            await asyncio.wait({self._attempts, bar})
            self._attempts = None
            self._progress(0.0, completed=True)
        self._end(failure, given_up)

    def _end(self, failure: faults.NetworkFailure, given_up: bool) -> None:
        """Let the session go. Raises SessionDisconnected."""
        what = "was not waited for any longer" if given_up else "could not be restored"
        self._say(f"The network connection to {self._computer} {what}. The session is disconnected.")
        self.ended = SessionDisconnected(
            f"{self._computer}: the connection was lost, and the session is disconnected",
            f"No answer came for {self._spent:.0f} s ({failure.text}). What ran there runs on until its idle timeout.",
            "Once the network is back, connect to it again with Connect-PSSession; Receive-PSSession gets its output.",
        )
        raise self.ended

    async def _attempt(self) -> bool:
        """Try again and again until the service answers, or the time is up; return which."""
        loop = asyncio.get_running_loop()
        pause = self.first_pause
        while (rest := self.allowed - self._spent) > 0:
            began = loop.time()
            await asyncio.sleep(min(pause, rest))
            self._say(f"Attempting to reconnect to {self._computer} …")
            within = min(ATTEMPT, max(rest - pause, self.first_pause))
            if await self._answers(within):
                return True
            # A machine that slept meanwhile has not spent that time trying.
            self._spent += min(loop.time() - began, pause + within)
            pause = min(self.longest_pause, pause * 2)
        return False

    async def _answers(self, within: float) -> bool:
        """Whether the service answers, be it with an error."""
        try:
            async with timeout(within):
                await self._probe(within)
        except (faults.NetworkFailure, TimeoutError):
            return False
        except faults.HTTPFailure as failure:
            return failure.status not in faults.TRANSIENT_STATUSES
        except (faults.Fault, faults.BadReply):
            return True
        return True

    async def _bar(self) -> None:
        """Show the time that is left, each second."""
        loop = asyncio.get_running_loop()
        seen, began = self._spent, loop.time()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                if seen != self._spent:
                    seen, began = self._spent, loop.time()
                self._progress(seen + loop.time() - began, completed=False)
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
