"""A command that was sent and that the far end has not taken yet: a stop has to wait for it, and says so in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pstui.backends.errors import Offer, SessionStateError

#: Seconds that a stop waits where the transport has no limit of its own.
PATIENCE = 60.0


class Beginning:
    """Whether the command of a session has begun."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._begun.set()

    def begins(self) -> None:
        """Take a command as sent."""
        self._begun.clear()

    def over(self) -> None:
        """Take it as begun, or as ended."""
        self._begun.set()

    async def in_time(self, transport: object, break_session: Callable[[], Awaitable[None]]) -> None:
        """Wait until it has begun. Raises SessionStateError, with the way out, when the far end is silent."""
        limit: float = getattr(transport, "signal_timeout", PATIENCE)
        try:
            async with asyncio.timeout(limit):
                await self._begun.wait()
        except TimeoutError:
            raise SessionStateError(
                f"the far end has not taken the command within {limit:g} s, and cannot be told to stop it",
                "The PowerShell there may hang.",
                "Break the session to be free of it.",
                offers=[Offer("Break the session", break_session)],
            ) from None
