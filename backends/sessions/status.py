"""Where a session stands: its state and availability, who watches them, and whether the far end wants it left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pstui.backends.records import RunspaceAvailability, RunspaceState


class SessionStatus:
    """State and availability of one session (protocol-notes 5.3). A change wakes who waits, then tells the watchers."""

    def __init__(self) -> None:
        self.state = RunspaceState.BEFORE_OPEN
        self.availability = RunspaceAvailability.NONE
        #: the exit code with which the far end has asked to leave the session, None while it has not
        self.leave_code: int | None = None
        self._change = asyncio.Event()
        self._left = asyncio.Event()
        self._watchers: list[Callable[[], None]] = []

    def set(self, state: RunspaceState, availability: RunspaceAvailability) -> None:
        """Take a new state and availability; what stays as it was is no change."""
        if (state, availability) == (self.state, self.availability):
            return
        self.state, self.availability = state, availability
        self._change.set()
        self._change = asyncio.Event()
        for watcher in list(self._watchers):
            watcher()

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at each change; returns the way to end that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def changed(self) -> Coroutine[Any, Any, object]:
        """Wait for the next change from this call on, even where a task awaits it later."""
        return self._change.wait()

    async def left(self) -> int:
        """Wait until the far end asks to leave the session, and return the exit code it gave."""
        await self._left.wait()
        return self.leave_code or 0

    def leave(self, code: int) -> None:
        """Take the far end's request to leave."""
        self.leave_code = code
        self._left.set()

    def stay(self) -> None:
        """Forget a request to leave."""
        self.leave_code = None
        self._left.clear()
