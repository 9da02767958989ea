"""Time limits of the steps by which an SSH connection opens; they stand still while a person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeVar

from pstui.backends.console import Console, Question
from pstui.backends.credentials import Secret
from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout

_T = TypeVar("_T")


class StepTimeout:
    """A time limit for the step at hand, which stands still while a person is being asked.

    Used as ``async with StepTimeout() as limit: limit.step(15, error)``: when the step takes longer, the block is
    left by the OpenError that ``error()`` makes.
    """

    def __init__(self) -> None:
        self._scope = timeout(None)
        self._error: Callable[[], OpenError] | None = None
        self._asking = 0
        self._rest: float | None = None

    def step(self, seconds: float | None, error: Callable[[], OpenError]) -> None:
        """Begin a step with a limit of its own; None is without limit."""
        self._error = error
        self._rest = seconds
        if not self._asking:
            self._start()

    async def ask(self, console: Console, question: Question) -> Secret:
        """Ask a person, without the clock running. Raises QuestionCancelled."""
        return await self.unhurried(console.ask(question))

    async def unhurried(self, waiting: Awaitable[_T]) -> _T:
        """Wait for what may wait for a person, without the clock running."""
        if not self._asking and (when := self._scope.when()) is not None:
            self._rest = max(0.0, when - asyncio.get_running_loop().time())
        self._asking += 1
        self._start()
        try:
            return await waiting
        finally:
            self._asking -= 1
            self._start()

    def _start(self) -> None:
        if self._scope.expired():
            return
        limit = None if self._asking or self._rest is None else asyncio.get_running_loop().time() + self._rest
        self._scope.reschedule(limit)

    async def __aenter__(self) -> StepTimeout:
        await self._scope.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._scope.__aexit__(kind, error, trace)
        except TimeoutError as late:
            if self._error is None:
                raise
            raise self._error() from late
