"""A connection that is made before there is anybody to open a session over it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from pstui.backends.transports.base import Transport


class Ahead:
    """Holds the connection that was begun, until it is taken or dropped."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Transport] | None = None

    def begin(self, connecting: Coroutine[Any, Any, Transport]) -> asyncio.Task[Transport]:
        """Make the connection from now on; what it fails with is told to who takes it."""
        self._task = task = asyncio.create_task(connecting, name="connecting ahead")
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, also where nobody takes it
        return task

    def take(self) -> asyncio.Task[Transport] | None:
        """Return the connection that was begun, once; None where none was."""
        task, self._task = self._task, None
        return task

    async def drop(self) -> None:
        """Let go of a connection that nobody has taken. Never raises."""
        if (task := self.take()) is None:
            return
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is None:
            with contextlib.suppress(Exception):
                await task.result().abort()
