"""Telling the user how a line failed: the far end prints the error, as the console has it do (semantics 3.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from pstui.backends.console import Console
from pstui.backends.errors import SessionStateError
from pstui.backends.records import Write
from pstui.backends.sessions.pssession import PSSession
from pstui.backends.sessions.turns import Turns

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import PipelineResult


async def report(session: PSSession, turns: Turns, console: Console, result: PipelineResult) -> None:
    """Have the far end print a terminating error; print it here if it cannot. Raises SessionBroken."""
    from pstui.backends.psrp.invocations import error_report

    try:
        if result.record is not None:
            await turns.wait()
            printed = await session.run(*error_report(session.told_size()), source=_one(result.record))
            if printed.error is None:
                return
    except SessionStateError:
        pass
    console.write(Write(f"Error: {result.error.message if result.error else ''}"))


async def _one(value: Any) -> AsyncIterator[Any]:
    yield value
