"""One pipeline of a runspace pool: what it receives, its host calls and how it ended."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from pstui.backends.errors import PstuiError
from pstui.backends.psrp.fragments import Defragmenter
from pstui.backends.psrp.limits import SCREEN, Limits
from pstui.backends.records import ErrorInfo, PipelineState, SentObject

_FINAL = frozenset({PipelineState.STOPPED, PipelineState.COMPLETED, PipelineState.FAILED})


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """How a pipeline ended.

    ``error`` describes why it failed or stopped; ``message`` is the PIPELINE_STATE that said so.

    ``had_errors`` is True when error records arrived or the pipeline failed.
    """

    state: PipelineState
    error: ErrorInfo | None = None
    had_errors: bool = False
    message: ElementTree.Element | None = None


class Pipeline:
    """Receiving side of one pipeline. Owned by its RunspacePool, which feeds it."""

    def __init__(
        self,
        on_output: Callable[[Any], None] | None = None,
        *,
        on_object: Callable[[SentObject], None] | None = None,
        on_error: Callable[[ErrorInfo], None] | None = None,
        ignore_exit: bool = False,
        is_nested: bool = False,
        limits: Limits = SCREEN,
    ) -> None:
        self.id = uuid.uuid4()
        #: runs inside another one that stands at a breakpoint
        self.is_nested = is_nested
        self.fragments = Defragmenter()
        self.on_output = on_output
        #: takes the output instead, as it was sent
        self.on_object = on_object
        #: is told the error records of this pipeline, beside the pool's list of them
        self.on_error = on_error
        #: what it may receive
        self.limits = limits
        #: swallow SetShouldExit and PopRunspace, as during the required-command check (protocol-notes 2.5)
        self.ignore_exit = ignore_exit
        self.had_errors = False
        self.stopping = False
        #: what was said of a stop that the far end did not confirm, empty otherwise
        self.unstoppable: tuple[str, ...] = ()
        self.host_call_tasks: set[asyncio.Task[None]] = set()
        self._done: asyncio.Future[PipelineResult] = asyncio.get_running_loop().create_future()

    @property
    def is_done(self) -> bool:
        """Whether its last state has arrived or the session broke."""
        return self._done.done()

    async def result(self) -> PipelineResult:
        """Wait for the end. Raises SessionBroken when the session dies first."""
        return await asyncio.shield(self._done)

    def change_state(
        self,
        state: PipelineState,
        error: ErrorInfo | None = None,
        message: ElementTree.Element | None = None,
    ) -> None:
        """Take a PIPELINE_STATE; states that are not final change nothing."""
        if state in _FINAL and not self._done.done():
            had_errors = self.had_errors or state is PipelineState.FAILED
            self._done.set_result(PipelineResult(state, error, had_errors, message))
            self.cancel_answers()

    def fail(self, failure: PstuiError) -> None:
        """End it because the session died, or because its input could not be sent."""
        if not self._done.done():
            self._done.set_exception(failure)
            self._done.exception()  # mark as seen: a pipeline nobody waits for must not be reported as an error
        self.cancel_answers()

    def cancel_answers(self) -> None:
        """Withdraw the questions of this pipeline that are still open."""
        current = asyncio.current_task()
        for task in self.host_call_tasks:
            if task is not current:
                task.cancel()
