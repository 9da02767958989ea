"""``timeout``, a time limit that ends in TimeoutError in a task that is being cancelled, too.

asyncio's own does so from Python 3.11.3 on. Before, what cleans up behind a cancelled task left at the first limit that
it met, by CancelledError, and the rest of it was not done (python/cpython#102780).
"""

from __future__ import annotations

import asyncio
import sys
from types import TracebackType

if sys.version_info >= (3, 11, 3):  # ruff looks at the first two numbers alone
    from asyncio import timeout
else:

    class _Timeout(asyncio.Timeout):  # type: ignore[misc]  # it is final for the type checker alone
        async def __aenter__(self) -> asyncio.Timeout:
            self._cancelling = _task().cancelling()
            return await super().__aenter__()

        async def __aexit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            await super().__aexit__(kind, error, trace)
            if self.expired() and kind is asyncio.CancelledError and _task().cancelling() <= self._cancelling:
                raise TimeoutError from error

    def _task() -> asyncio.Task[object]:
        task = asyncio.current_task()
        assert task is not None
        return task

    def timeout(delay: float | None) -> asyncio.Timeout:
        """Return a limit of so many seconds, or none."""
        return _Timeout(None if delay is None else asyncio.get_running_loop().time() + delay)


__all__ = ["timeout"]
