"""What a pane asks its session for meanwhile, completions and help: one at a time, and ended before a line runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.sessions.interactive import InteractiveSession

T = TypeVar("T")

#: seconds that the far end may take to stop a completion
STOP_LIMIT = 1.0


class CompletionTurn:
    """Holds the one completion that may be on its way. ``may_ask`` tells whether the session can be asked now."""

    def __init__(self, may_ask: Callable[[], bool] = lambda: True) -> None:
        self._may_ask = may_ask
        self._task: asyncio.Task[Any] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._interactive: InteractiveSession | None = None

    async def ask(self, interactive: InteractiveSession, wanted: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Ask, after an earlier question was ended. It takes as long as the far end does.

        Raises PstuiError, SessionStateError when the session cannot be asked (any more).

        Whoever is cancelled while asking has the far end stop, too.
        """
        await self.end()
        if not self._may_ask():
            raise SessionStateError("a command runs")
        self._interactive = interactive
        self._task = task = asyncio.create_task(wanted())
        task.add_done_callback(_seen)
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            self._begin_end()
            raise
        if task.cancelled():
            raise SessionStateError("it was stopped")
        found: T = task.result()
        return found

    @property
    def on_its_way(self) -> bool:
        """Whether a completion runs or is being stopped: what runs next has to wait."""
        return any(task is not None and not task.done() for task in (self._task, self._ending))

    async def end(self) -> None:
        """Stop the completion that is on its way; returns when the session is free."""
        while self.on_its_way:
            self._begin_end()
            if self._ending is not None:
                await asyncio.wait({self._ending})

    def _begin_end(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.done() and self._interactive is not None:
            self._ending = asyncio.create_task(self._end(task, self._interactive))

    async def _end(self, task: asyncio.Task[Any], interactive: InteractiveSession) -> None:
        await asyncio.sleep(0)  # one whose task was made just now begins first: before that there is nothing to stop
        with contextlib.suppress(PstuiError, TimeoutError):
            await asyncio.wait_for(interactive.stop(), STOP_LIMIT)
        done, _ = await asyncio.wait({task}, timeout=STOP_LIMIT)
        if not done:
            task.cancel()
            await asyncio.wait({task})


def _seen(task: asyncio.Task[Any]) -> None:
    # An answer that nobody waits for any more may also be an error.
    if not task.cancelled():
        task.exception()
