"""Stopping a command: the signal, its confirmation, and what is said when that does not come (semantics 2.9, 3.11)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pstui.backends.errors import SessionBroken, SessionStateError
from pstui.backends.psrp.pipeline import Pipeline
from pstui.backends.records import PipelineState

if TYPE_CHECKING:
    from pstui.backends.psrp.pool import RunspacePool

#: Seconds a state may lag behind the confirmation of a stop.
STATE_TIMEOUT = 5.0


async def stop(pool: RunspacePool, pipeline: Pipeline) -> None:
    """Stop a running pipeline once. Raises SessionStateError if it is not confirmed, and when asked again then."""
    if pipeline.is_done:
        return
    if pipeline.stopping:
        if pipeline.unstoppable:
            raise SessionStateError(*pipeline.unstoppable)
        return
    pipeline.stopping = True
    try:
        await pool.transport.signal(pipeline.id)
    except SessionStateError as error:
        pipeline.unstoppable = (error.what, error.why, error.hint)
        raise
    # The state precedes the confirmation but may still be queued behind a flood; a server may also confirm without
    # any state.
    with contextlib.suppress(TimeoutError, SessionBroken):
        await asyncio.wait_for(pipeline.result(), STATE_TIMEOUT)
    pipeline.change_state(PipelineState.STOPPED, None, None)
