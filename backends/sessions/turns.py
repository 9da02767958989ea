"""Taking turns in a session that several consoles share: one command runs at a time (semantics 2.4, 5.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pstui.backends.errors import SessionBusy, SessionStateError
from pstui.backends.records import RunspaceAvailability
from pstui.backends.sessions.pssession import PSSession


class GaveUp(SessionStateError):
    """The wait for the session's turn was given up by the user."""


class Turns:
    """One console's place in the queue for a session."""

    def __init__(self, session: PSSession) -> None:
        self._session = session
        self._waiting: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether another one's command is being waited for."""
        return self._waiting is not None

    def give_up(self) -> None:
        """Stop waiting."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def wait(self) -> None:
        """Return when a command could run, or when one stands at a breakpoint.

        Raises GaveUp, or SessionStateError when the session is not open any more.
        """
        session = self._session
        while session.availability is RunspaceAvailability.BUSY:
            self._waiting = asyncio.create_task(session.changed())
            try:
                await self._waiting
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
                raise GaveUp("the wait was given up") from None
            finally:
                self._waiting = None
        if session.availability is RunspaceAvailability.NONE:
            raise SessionStateError(f"{session.info.label}: the session is not open")

    async def take(self, step: Callable[[PSSession], Awaitable[None]]) -> None:
        """Do a step of several commands, from its beginning again when another console came between."""
        while True:
            await self.wait()
            if self._session.stopped is not None:
                raise SessionStateError(
                    f"{self._session.info.label}: the session's command has come to a breakpoint",
                    "Another one debugs it.",
                    "Enter the session again to debug it from here.",
                )
            try:
                return await step(self._session)
            except SessionBusy:
                continue
