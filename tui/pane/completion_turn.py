"""A completion's turn on the session: it ends in time, and before any line that is to run."""

from __future__ import annotations

import asyncio
import contextlib

from pstui.backends.errors import PstuiError, SessionStateError
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.interactive import InteractiveSession

#: seconds that the far end may take; the first completion loads modules there
LIMIT = 5.0
#: seconds that it may take to stop one
STOP_LIMIT = 1.0


class CompletionTurn:
    """Holds the one completion that may be on its way."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Completion] | None = None
        self._interactive: InteractiveSession | None = None

    async def ask(self, interactive: InteractiveSession, text: str, cursor: int) -> Completion:
        """Ask, after an earlier completion was ended. Raises PstuiError, SessionStateError when it takes too long.

        Who asks may give up: the far end goes on, and what runs next ends it.
        """
        await self.end()
        self._interactive = interactive
        self._task = task = asyncio.create_task(interactive.complete(text, cursor))
        task.add_done_callback(_seen)
        done, _ = await asyncio.wait({task}, timeout=LIMIT)
        if not done:
            await self.end()
            raise SessionStateError(f"the far end took longer than {LIMIT:g} seconds")
        if task.cancelled():
            raise SessionStateError("the completion was stopped")
        return task.result()

    async def end(self) -> None:
        """Stop the completion that is on its way; returns when the session is free."""
        task, self._task = self._task, None
        if task is None or task.done() or self._interactive is None:
            return
        with contextlib.suppress(PstuiError, TimeoutError):
            await asyncio.wait_for(self._interactive.stop(), STOP_LIMIT)
        done, _ = await asyncio.wait({task}, timeout=STOP_LIMIT)
        if not done:
            task.cancel()
            await asyncio.wait({task})


def _seen(task: asyncio.Task[Completion]) -> None:
    # An answer that nobody waits for any more may be an error, too.
    if not task.cancelled():
        task.exception()
