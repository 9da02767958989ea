"""The far end's debugger at one console: what a stop shows, what a typed line does there (protocol-notes 2.4, 3.1)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pstui.backends.console import Console
from pstui.backends.errors import PstuiError
from pstui.backends.records import Bounded, RunspaceState, Stream, Write
from pstui.backends.sessions.reported import (
    MAX_VALUE_LINES,
    DebuggerStop,
    refusal,
    repeats,
    resume_action,
    stop_lines,
    value_lines,
)
from pstui.backends.sessions.session import PSSession

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import PipelineResult


async def offer_debugging(session: PSSession) -> None:
    """Tell the far end once that this console debugs (protocol-notes 3.7); a refusal is said."""
    from pstui.backends.psrp.debugging import DEBUG_MODE

    if "DebugMode" not in session.application_private_data or session.debug_mode_set:
        return
    answers = Bounded(1)
    result = await session.run(DEBUG_MODE, on_output=answers.take)
    session.debug_mode_set = True
    if why := refusal(result, answers):
        session.console.write(Write(f"Breakpoints do not stop in this session: {why}", stream=Stream.NOTICE))


class DebuggerConsole:
    """Remembers which run stands at a breakpoint, and the step that Enter repeats.

    ``told`` is True from the first stop of a line until ``abandon``. The first one of a session names the help.
    """

    def __init__(self, session: PSSession, console: Console) -> None:
        self._session, self._console = session, console
        self.told = False
        self._repeated = ""
        self._suspended: asyncio.Task[PipelineResult | None] | None = None

    def forget_step(self) -> None:
        """Enter alone repeats nothing."""
        self._repeated = ""

    def show(self, stop: DebuggerStop, running: asyncio.Task[PipelineResult | None]) -> None:
        """Say where ``running`` stands now."""
        for record in stop_lines(stop, first=not self._session.debugger_help_named):
            self._console.write(record)
        self.told = self._session.debugger_help_named = True
        self._suspended = running

    def abandon(self) -> None:
        """Forget a run that stood at a breakpoint: it goes on, has ended, or died, without this console."""
        self.told = False
        if self._suspended is not None:
            self._suspended.add_done_callback(lambda task: task.cancelled() or task.exception())
            if self._session.state is not RunspaceState.OPENED:
                self._suspended.cancel()
            self._suspended = None

    async def line(self, line: str) -> asyncio.Task[PipelineResult | None] | None:
        """Run a line: a command of the debugger or any script. Returns the run that goes on, None while it stands."""
        from pstui.backends.psrp.debugging import DebuggerResumeAction, debugger_action, debugger_call

        line = line if line.strip() else self._repeated
        if not line:
            return None
        self._repeated = line if repeats(line) else ""
        outputs = Bounded(MAX_VALUE_LINES)
        result = await self._session.run(debugger_call(line), on_output=outputs.take)
        for record in value_lines(outputs):
            self._console.write(record)
        if result.error is not None:
            self._console.write(Write(f"Error: {result.error.message}", stream=Stream.ERROR))
        action = resume_action(outputs)
        if action is None or self._session.status.leave_code is not None:
            return None
        running = self._suspended or asyncio.create_task(self._session.running())
        self._suspended = None
        await self._session.resume(debugger_action(DebuggerResumeAction[action]))
        return running

    async def go_on(self) -> None:
        """Let a stopped run continue because this console leaves it."""
        from pstui.backends.psrp.debugging import DebuggerResumeAction, debugger_action

        with contextlib.suppress(PstuiError):
            await self._session.resume(debugger_action(DebuggerResumeAction.Continue))
