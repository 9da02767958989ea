"""The console loop of one entered session: prompt, line, result, leaving (semantics 2.5–2.9, 3.1–3.6)."""

from __future__ import annotations

import asyncio
import enum
from typing import TYPE_CHECKING, Any

from .completion import Completion, completion_invocation, read_completion
from .debugging import RESUME_ACTIONS, DebuggerStop, repeats, resume_action, stop_lines, value_lines
from .errors import OpenCancelled, OpenError, PstuiError, SessionBroken, SessionStateError
from .host import Console
from .prompt import CONTINUATION, FALLBACK, shown_prompt, target_prompt
from .pssession import PSSession
from .records import PipelineState, RunspaceState, Write

if TYPE_CHECKING:
    from .psrp.pipeline import PipelineResult

#: The commands that entering needs; Get-Command is needed to ask for them (semantics 2.5).
REQUIRED = ("Out-Default", "Exit-PSSession")
#: Seconds that a pipeline which asked to leave may still take before the session is closed over it.
LEAVE_GRACE = 1.0
#: Most characters of an incomplete input kept together.
MAX_BLOCK = 1024 * 1024


class Outcome(enum.Enum):
    """What became of a typed line."""

    READY = "ready"
    INCOMPLETE = "incomplete"
    LEFT = "left"
    BROKEN = "broken"


class InteractiveSession:
    """Runs the lines typed to one session. Owned by a pane; survives its hiding.

    ``prompt`` is the whole text to show before the next line. ``busy`` is True from a line to its next prompt.
    """

    def __init__(self, session: PSSession, console: Console) -> None:
        self.session, self.console = session, console
        session.attach(console)
        self.prompt = ""
        self.busy = False
        self._block: list[str] = []
        self._no_language = False
        self._suspended: asyncio.Task[PipelineResult] | None = None
        self._debug_first = True
        self._repeated = ""

    async def enter(self) -> None:
        """Open the session if needed and prepare it; ``prompt`` is ready afterwards.

        Raises OpenError (OpenCancelled when ``stop`` ended it); a temporary session is closed then.
        """
        self.busy = True
        try:
            await self.session.open()
            self.session.stay()
            await self._install_prompt()
            await self._check_commands()
            await self._load_profile()
            await self._evaluate_prompt()
        except PstuiError as error:
            if self.session.temporary:
                await self.session.close()
            if isinstance(error, OpenError):
                raise
            what = f"{self.session.info.label}: {error.what}"
            raise OpenError(what, error.why, error.hint, details=error.details, offers=error.offers) from error
        finally:
            self.busy = False

    async def run(self, line: str) -> Outcome:
        """Run one typed line to its end; the text it makes goes to the console meanwhile."""
        self.busy = True
        try:
            return await self._run(line)
        except SessionBroken:
            self._abandon()
            return Outcome.BROKEN
        except SessionStateError as error:
            if self.session.state is not RunspaceState.OPENED:
                return Outcome.BROKEN
            self.console.write(Write(error.text()))
            return Outcome.READY
        finally:
            self.busy = False

    async def refresh(self) -> Outcome:
        """Leave an incomplete input and evaluate the prompt anew, as Ctrl+C at the prompt does."""
        self._block, self._repeated = [], ""
        return await self.run("")

    async def stop(self) -> None:
        """Stop the opening or the running command. Raises SessionStateError when the far end does not confirm."""
        if self.busy:
            await self.session.stop()

    async def leave(self) -> None:
        """Leave without ``exit``: a temporary session is closed, another stays open."""
        if self.session.temporary:
            await self.session.close()
            self._abandon()

    async def _left(self) -> Outcome:
        """Do what the far end has asked for: leave. Others who are in the same session stay in it."""
        await self.leave()
        self.session.stay()
        return Outcome.LEFT

    def _abandon(self) -> None:
        """Forget a script that stands at a breakpoint of a session that is gone."""
        if self._suspended is not None:
            self._suspended.cancel()
            self._suspended.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._suspended = None

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the far end's TabExpansion2; offsets in code points. Raises SessionStateError when busy."""
        if self.busy:
            raise SessionStateError("the session is busy")
        self.busy = True
        try:
            found: list[Any] = []
            await self.session.run(completion_invocation(text, cursor), on_output=found.append)
            return read_completion(found, text)
        finally:
            self.busy = False

    async def _run(self, line: str) -> Outcome:
        from .psrp.lines import line_invocation

        if self.session.leave_code is not None:  # the far end has asked for it while nothing ran
            return await self._left()
        if self._suspended is not None:
            return await self._debug(line, self._suspended)
        if self._block:
            if line:
                self._block.append(line)
                if sum(map(len, self._block)) > MAX_BLOCK:
                    self._block = []
                    self.console.write(Write("The input is too long and was dropped."))
                    await self._evaluate_prompt()
                    return Outcome.READY
                return Outcome.INCOMPLETE
            line, self._block = "\n".join(self._block), []
        if line.strip():
            size = self.session.told_size()
            invocation = line_invocation(line, self.session.protocol, size, no_language=self._no_language)
            self._debug_first = True
            return await self._finish(asyncio.create_task(self.session.run(invocation)), line)
        await self._evaluate_prompt()
        return Outcome.READY

    async def _drive(self, running: asyncio.Task[PipelineResult]) -> PipelineResult | DebuggerStop | None:
        """Wait until a pipeline ends or stops in the debugger; None when the far end wants to be left instead."""
        leaving = asyncio.create_task(self.session.left())
        stopping = asyncio.create_task(self.session.debugger_stop())
        suspended = False
        try:
            await asyncio.wait({running, leaving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done() and not running.done():
                suspended = True
                return stopping.result()
            if not running.done():
                await asyncio.wait({running}, timeout=LEAVE_GRACE)
            return await running if running.done() else None
        finally:
            leaving.cancel()
            stopping.cancel()
            if not running.done() and not suspended:
                running.cancel()
                await asyncio.wait({running})

    async def _finish(self, running: asyncio.Task[PipelineResult], line: str) -> Outcome:
        """See a line to its end, to a stop in the debugger, or out of the session; then evaluate the prompt."""
        self._suspended = None
        result = await self._drive(running)
        if self.session.leave_code is not None:
            return await self._left()
        if isinstance(result, DebuggerStop):
            for record in stop_lines(result, first=self._debug_first):
                self.console.write(record)
            self._debug_first = False
            self._suspended = running
        elif result is not None and await self._is_incomplete(result, line):
            return Outcome.INCOMPLETE
        await self._evaluate_prompt()
        return Outcome.READY

    async def _debug(self, line: str, running: asyncio.Task[PipelineResult]) -> Outcome:
        """Run a line in the debugger of the far end: a command of the debugger, or any script."""
        from .psrp.lines import debugger_action, debugger_call

        line = line if line.strip() else self._repeated
        if line:
            self._repeated = line if repeats(line) else ""
            outputs: list[Any] = []
            result = await self.session.run(debugger_call(line), on_output=outputs.append)
            for record in value_lines(outputs):
                self.console.write(record)
            if result.error is not None:
                self.console.write(Write(f"Error: {result.error.message}"))
            action = resume_action(outputs)
            if action is not None:
                await self.session.resume(debugger_action(RESUME_ACTIONS[action]))
                return await self._finish(running, line)
        await self._evaluate_prompt()
        return Outcome.READY

    async def _is_incomplete(self, result: PipelineResult, line: str) -> bool:
        """Report how a line failed, or start collecting the rest of an incomplete one."""
        error = result.error
        if error is None:
            return False
        if error.category_reason == "IncompleteParseException":
            self._block = [line]
            self.prompt = CONTINUATION
            return True
        if error.fully_qualified_error_id == "ScriptsNotAllowed":
            self._no_language = True
        await self._report(result)
        return False

    async def _report(self, result: PipelineResult) -> None:
        """Have the far end print a terminating error, as the console does; print it here if it cannot (3.6)."""
        from .psrp.lines import error_report

        message = result.error.message if result.error else ""
        try:
            if result.record is not None:
                report = await self.session.run(*error_report(self.session.told_size()), source=_one(result.record))
                if report.error is None:
                    return
        except SessionStateError:
            pass
        self.console.write(Write(f"Error: {message}"))

    async def _evaluate_prompt(self) -> None:
        """Run the far end's prompt function; silence, failure and emptiness give ``PS>`` (semantics 3.1)."""
        from .psrp.lines import DEBUG_PROMPT, PROMPT

        found: list[Any] = []
        invocation = PROMPT if self._suspended is None else DEBUG_PROMPT
        result = await self.session.run(invocation, on_output=found.append)
        first = found[0] if found and result.error is None else None
        text = first if isinstance(first, str) else ""
        self.prompt = shown_prompt(self.session.info, text or FALLBACK)

    async def _install_prompt(self) -> None:
        """Give a virtual machine, a container or a local process its prompt; failure is silent (semantics 2.2)."""
        from .psrp.commands import Call, Invocation

        session = self.session
        script = target_prompt(session.info, session.target_name, kept=not session.temporary)
        if script:
            await session.run(Invocation(((Call(script, is_script=True),),)))

    async def _check_commands(self) -> None:
        """Offer the debug mode and check the required commands. Raises OpenError naming what is missing."""
        from .psrp.lines import DEBUG_MODE

        if "DebugMode" in self.session.application_private_data and not self.session.debug_mode_set:
            self.session.debug_mode_set = True
            await self.session.run(DEBUG_MODE)
        result, found = await self.session.command_metadata(list(REQUIRED))
        least = 3 if self.session.protocol > (2, 0) else 2
        if result.error is None and not result.had_errors and len(found) >= least:
            return
        if result.state is PipelineState.STOPPED:
            raise OpenCancelled(f"{self.session.info.label}: entering was cancelled")
        present = {str(item.get("Name")).casefold() for item in found if isinstance(item, dict)}
        missing = [name for name in REQUIRED if name.casefold() not in present]
        target = result.error.target if result.error else ""
        if target and target not in missing:
            missing.insert(0, target)
        why = result.error.message if result.error else "Entering a session needs them."
        raise OpenError(
            f"{self.session.info.label}: the session cannot be entered, it lacks {', '.join(missing)}",
            why.splitlines()[0] if why else "",
            "Make these commands visible in the session configuration, or use pstui Invoke-Command.",
            error_id="CommandNotFoundException" if target else "",
        )

    async def _load_profile(self) -> None:
        """Run the far end's profile files if the connection asks for it; they never run by themselves."""
        from .psrp.lines import LOAD_PROFILE

        if not self.session.info.settings.get("load_profile"):
            return
        result = await self.session.run(LOAD_PROFILE)
        if result.error is not None:
            await self._report(result)


async def _one(value: Any) -> Any:
    yield value


__all__ = ["InteractiveSession", "OpenCancelled", "Outcome"]
