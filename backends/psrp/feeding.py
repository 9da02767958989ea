"""The input of a command: sent object by object, and what becomes of the command when that fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from psrpcore import types as ps
from psrpcore.types import PSRPMessageType
from pstui.backends.errors import PstuiError, SessionBroken
from pstui.backends.psrp.pipeline import Pipeline

if TYPE_CHECKING:
    from pstui.backends.psrp.pool import RunspacePool


async def feed(pool: RunspacePool, pipeline: Pipeline, source: AsyncIterator[Any]) -> None:
    """Send a pipeline its input and the end of it.

    Input that the far end refuses, or that cannot be had, ends the pipeline: it would wait for the rest for ever. A
    session that breaks ends it by itself, once what arrived before is shown.
    """
    try:
        async for value in source:
            await pool.send_message(value, PSRPMessageType.PipelineInput, pipeline.id)
        await pool.send_message(ps.EndOfPipelineInput(), PSRPMessageType.EndOfPipelineInput, pipeline.id)
    except PstuiError as failure:
        if not isinstance(failure, SessionBroken):
            pipeline.fail(failure)
