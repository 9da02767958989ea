"""The console loop of one entered session: enter, prompt, line, result, leave (protocol-notes 2.4–2.9, 3.1–3.6).

How this works. ``enter`` opens the session, checks that the commands are there without which nobody could work in it,
runs the profile files if the connection asks for that, and evaluates the prompt (``entering.py``). The steps run in one
task, so that giving up returns at once while the rest is undone afterwards.

``run`` takes one typed line to the next prompt. The line becomes a pipeline; ``_drive`` waits for its end, a stop in
the far end's debugger, or the far end's wish to be left. A parse error that says "incomplete" keeps the line and asks
for more; any other error is sent back to be printed over there. After that the prompt is a pipeline of its own.

Several consoles may share one session, and a session runs one command at a time. ``SessionTurn`` is a console's place
in that queue: it waits while another one's command runs, and what takes several commands begins again when another
console came in between. While a script stands at a breakpoint, lines go to the debugger instead (``debugger.py``).
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from pstui.backends.console import Console
from pstui.backends.errors import (
    PstuiError,
    SessionBroken,
    SessionBusy,
    SessionStateError,
    as_open_error,
)
from pstui.backends.language.constant_lines import parse_constant_line
from pstui.backends.records import (
    Bounded,
    ErrorInfo,
    RunspaceAvailability,
    RunspaceState,
    SentObject,
    Stream,
    Write,
)
from pstui.backends.sessions.command_help import CommandHelp, command_help
from pstui.backends.sessions.completion import Completer, Completion
from pstui.backends.sessions.debugger import DebuggerConsole, offer_debugging
from pstui.backends.sessions.entering import EnterAttempt, FirstPrompt, check_commands, install_prompt
from pstui.backends.sessions.prompt import CONTINUATION, FALLBACK, MAX_PROMPT, prompt_prefix
from pstui.backends.sessions.prompt_value import prompt_text
from pstui.backends.sessions.reported import DebuggerStop
from pstui.backends.sessions.session import PSSession

if TYPE_CHECKING:
    from pstui.backends.psrp.invocation import Script
    from pstui.backends.psrp.pipeline import PipelineResult


class WaitCancelled(SessionStateError):
    """The wait for the session's turn was given up by the user."""


class SessionTurn:
    """One console's place in the queue for a session."""

    def __init__(self, session: PSSession) -> None:
        self._session = session
        self._waiting: asyncio.Task[object] | None = None
        self._given_up = False

    @property
    def is_waiting(self) -> bool:
        """Whether another one's command is being waited for."""
        return self._waiting is not None

    def give_up(self) -> None:
        """Stop waiting."""
        if self._waiting is not None:
            self._given_up = True  # the wait may be over without its caller knowing yet: cancelling does nothing then
            self._waiting.cancel()

    async def wait(self) -> None:
        """Return when a command could run, or when one stands at a breakpoint.

        Raises WaitCancelled, or SessionStateError when the session is not open any more.
        """
        session = self._session
        while session.availability is RunspaceAvailability.BUSY:
            self._given_up, self._waiting = False, asyncio.create_task(session.changed())
            try:
                await asyncio.wait({self._waiting})
            finally:
                self._waiting.cancel()
                self._waiting = None
            if self._given_up:
                raise WaitCancelled("the wait was given up")
        if session.availability is RunspaceAvailability.NONE:
            raise session.not_open()

    async def take(self, step: Callable[[PSSession], Awaitable[None]]) -> None:
        """Do a step of several commands, from its beginning again when another console came between."""
        while True:
            await self.wait()
            if self._session.stopped is not None:
                raise SessionStateError(
                    f"{self._session.info.label}: the session's command has come to a breakpoint",
                    "Another console is debugging it.",
                    "Enter the session again to debug it from here.",
                )
            try:
                return await step(self._session)
            except SessionBusy:
                continue


async def report_error(session: PSSession, turn: SessionTurn, console: Console, result: PipelineResult) -> None:
    """Have the far end print a terminating error; print it here if it cannot. Raises SessionBroken."""
    from pstui.backends.psrp.error_records import record_to_print
    from pstui.backends.psrp.invocation import error_report

    record = record_to_print(result.message) if result.message is not None else None
    try:
        if record is not None:
            await turn.wait()
            with session.writing_errors():
                printed = await session.run(*error_report(session.host_to_send()), source=_one(record))
            if printed.error is None:
                return
    except SessionStateError:
        pass
    console.write(Write(f"Error: {result.error.message if result.error else ''}", stream=Stream.ERROR))


async def _one(value: Any) -> AsyncIterator[Any]:
    yield value


#: Seconds that a pipeline which asked to leave may still take before the session is closed over it.
LEAVE_GRACE = 1.0
#: Most characters of an incomplete input kept together.
MAX_BLOCK = 1024 * 1024

_BUSY = "This session is busy with another command. What it writes is shown here; Ctrl+C stops waiting for its end."
_AT_BREAKPOINT = "A command of this session stands at a breakpoint; the debugger's prompt follows."
_NOT_RUN = "The line was not run: the command before it stands at a breakpoint."
_NO_LANGUAGE = (
    "This endpoint accepts commands with constant arguments only. "
    "Lines are sent as commands from now on where possible; Get-Command lists them."
)


class Outcome(enum.Enum):
    """What became of a typed line."""

    READY = "ready"
    INCOMPLETE = "incomplete"
    LEFT = "left"
    BROKEN = "broken"


class ObjectTaker(Protocol):
    """What takes the objects of a line as they were sent, and its errors, in place of their text.

    ``history`` is what the far end remembers in place of the line that it is sent.
    """

    history: str

    def take(self, sent: SentObject) -> None:
        """Take an object."""

    def error(self, error: ErrorInfo) -> None:
        """Take an error."""


class InteractiveSession:
    """Runs the lines typed to one session. Owned by a pane; survives its hiding. Several may share one session.

    ``prompt`` is the whole text to show before the next line. ``busy`` is True from a line to its next prompt.
    """

    def __init__(self, session: PSSession, console: Console) -> None:
        self.session, self.console = session, console
        session.attach(console)
        self.prompt = ""
        self.busy = False
        #: what to say beside the text about the line run last; empty for nothing
        self.hint = ""
        self._block: list[str] = []
        self._objects: ObjectTaker | None = None
        self._prefix = prompt_prefix(session.info)
        self._entering, self._turn = EnterAttempt(session), SessionTurn(session)
        self._debugger = DebuggerConsole(session, console)
        self._completer = Completer(session)

    @property
    def above(self) -> str:
        """The lines of an incomplete input, each with its line end; empty where there is none."""
        return "".join(f"{line}\n" for line in self._block)

    async def enter(self) -> None:
        """Open the session if needed and prepare it; ``prompt`` is ready afterwards.

        A busy session is waited for, what it writes is shown meanwhile. Raises OpenError; OpenCancelled as soon as
        ``stop`` is called, whatever the far end does. A temporary session is closed then.
        """
        self.busy = True
        try:
            await self._entering.attempt(self._enter)
        finally:
            self.busy = False

    async def _enter(self) -> None:
        try:
            await self.session.open()
            self.session.attach(self.console)
            if self.session.availability is not RunspaceAvailability.AVAILABLE and await self._join():
                return
            self.session.status.stay()
            await self._turn.take(install_prompt)
            await self._turn.take(offer_debugging)
            first = FirstPrompt()
            if not self.session.info.settings.get("load_profile"):
                await self._turn.take(first.ask)
            if first.found is None:
                await self._turn.take(check_commands)
                await self._load_profile()
                await self._evaluate_prompt()
            else:
                for error in first.errors:
                    self._show_error(error)
                self._set_prompt(first.found)
        except PstuiError as error:
            if self.session.temporary:
                await self.session.close()
            # What breaks the session between its opening and its first command is the reason, not what met it broken.
            reason = self.session.failed or error
            raise as_open_error(self.session.info.label, reason) from error

    async def _join(self) -> bool:
        """Show what a busy session does until that ends; True when it stands at a breakpoint (protocol-notes 2.4)."""
        self._notice(_BUSY if self.session.stopped is None else _AT_BREAKPOINT)
        running = asyncio.create_task(self.session.running())
        result = await self._drive(running)
        if not isinstance(result, DebuggerStop):
            return False
        self._debugger.show(result, running)
        await self._evaluate_prompt()
        return True

    async def run(self, line: str, *, objects: ObjectTaker | None = None, script: Script | None = None) -> Outcome:
        """Run one typed line to its end, or a script in its place; the text it makes goes to the console meanwhile.

        With ``objects`` these are given what the line puts out. A script at a breakpoint gets the line as any other.
        """
        self.busy = True
        self.hint = ""
        self._objects = objects
        try:
            outcome = await (self._run(line) if script is None else self._send(line, script))
            return outcome if self.session.status.leave_code is None else await self._left()
        except SessionBroken:
            self._debugger.abandon()
            return Outcome.BROKEN
        except SessionStateError as error:
            if self.session.state is not RunspaceState.OPENED:
                return Outcome.BROKEN
            if not isinstance(error, WaitCancelled):
                self.console.write(Write(error.text()))
            return Outcome.READY
        finally:
            self.busy = False
            self._objects = None

    async def refresh(self) -> Outcome:
        """Leave an incomplete input and evaluate the prompt again, as Ctrl+C at the prompt does."""
        self._block = []
        self._debugger.forget_step()
        return await self.run("")

    async def stop(self) -> None:
        """Stop the entering, the waiting for a busy session, or the running command.

        Raises SessionStateError, with an offer to break the session, when the far end does not confirm.
        """
        if self._entering.is_going_on:
            self._entering.give_up()
        elif self._turn.is_waiting:
            self._turn.give_up()
        elif self.busy:
            await self.session.stop()

    async def leave(self) -> None:
        """Leave without ``exit``: a temporary session is closed, another stays open; a stopped script continues."""
        if self.session.temporary:
            await self.session.close()
        elif self.session.stopped is not None:
            await self._debugger.go_on()
        self._debugger.abandon()

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask the far end for completions; offsets in code points of ``text``. Raises SessionStateError when busy.

        The lines of an incomplete input are above the text when the far end looks at it.
        """
        if self.busy:
            raise SessionStateError("the session is busy")
        self.busy = True
        try:
            above = self.above
            found = await self._completer.find(above + text, len(above) + cursor)
            return found.below(len(above))
        finally:
            self.busy = False

    async def help(self, name: str, width: int) -> CommandHelp:
        """Ask the far end for the help of a command. Raises PstuiError; SessionStateError when busy."""
        if self.busy:
            raise SessionStateError("the session is busy")
        self.busy = True
        try:
            return await command_help(self.session, name, width)
        finally:
            self.busy = False

    async def _run(self, line: str) -> Outcome:
        if self.session.status.leave_code is not None:  # the far end has asked for it while nothing ran
            return await self._left()
        if self.session.stopped is not None:
            return await self._debug(line)
        if self._debugger.told:
            self._debugger.abandon()
        if self._block and line:
            return await self._collect(line)
        if self._block:
            line, self._block = "\n".join(self._block), []
        if line.strip():
            return await self._send(line)
        if self.session.availability is RunspaceAvailability.AVAILABLE:
            await self._evaluate_prompt()
        else:
            self.session.host_to_send()  # raises where the session is not open
        return Outcome.READY

    async def _left(self) -> Outcome:
        """Do what the far end has asked for: leave. Others who are in the same session stay in it."""
        await self.leave()
        self.session.status.stay()
        return Outcome.LEFT

    async def _collect(self, line: str) -> Outcome:
        """Add a line to an incomplete input."""
        self._block.append(line)
        if sum(map(len, self._block)) <= MAX_BLOCK:
            return Outcome.INCOMPLETE
        self._block = []
        self.console.write(Write("The input is too long and was dropped."))
        await self._evaluate_prompt()
        return Outcome.READY

    async def _send(self, line: str, script: Script | None = None) -> Outcome:
        """Send a line, or a script in its place, as soon as it is its turn."""
        from pstui.backends.psrp.invocation import line_invocation, typed_script

        session, objects = self.session, self._objects
        session.attach(self.console)
        if session.availability is RunspaceAvailability.BUSY:
            self._notice(_BUSY)
        while True:
            await self._turn.wait()
            if session.stopped is not None:
                self._notice(_NOT_RUN)
                await self._evaluate_prompt()
                return Outcome.READY
            host = session.host_to_send()
            if script is not None:
                invocation = typed_script(script, host)
            else:
                invocation = line_invocation(
                    line, session.protocol, host, no_language=session.no_language, as_objects=objects is not None
                )
            if objects is not None:
                invocation = replace(invocation, history=objects.history or line)
            try:
                if objects is None:
                    running = asyncio.create_task(session.run(invocation, on_error=self._show_error))
                else:
                    taken = session.run(invocation, on_object=objects.take, on_error=objects.error)
                    running = asyncio.create_task(taken)
                return await self._finish(running, line if script is None else None)
            except SessionBusy:
                continue  # another console was quicker

    def _show_error(self, error: ErrorInfo) -> None:
        """Show an error that no Out-Default has taken: one that a statement of several ends with."""
        self.console.write(Write(error.message, stream=Stream.ERROR))

    async def _debug(self, line: str) -> Outcome:
        """Run a line in the debugger of the far end."""
        self.session.attach(self.console)
        running = await self._debugger.line(line)
        if self.session.status.leave_code is not None:
            return await self._left()
        if running is not None:
            return await self._finish(running, line)
        await self._evaluate_prompt()
        return Outcome.READY

    async def _drive(self, running: asyncio.Task[Any]) -> PipelineResult | DebuggerStop | None:
        """Wait until a pipeline ends or stops in the debugger; None when the far end wants to be left instead."""
        leaving = asyncio.create_task(self.session.status.left())
        stopping = asyncio.create_task(self.session.debugger_stop())
        suspended = False
        try:
            await asyncio.wait({running, leaving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done() and not running.done():
                suspended = True
                return stopping.result()
            if not running.done():
                await asyncio.wait({running}, timeout=LEAVE_GRACE)
            result: PipelineResult | None = await running if running.done() else None
            return result
        finally:
            leaving.cancel()
            stopping.cancel()
            if not running.done() and not suspended:
                running.cancel()
                await asyncio.wait({running})

    async def _finish(self, running: asyncio.Task[Any], line: str | None) -> Outcome:
        """See a line, None for a script, to its end, to a stop in the debugger, or out of the session.

        Then evaluate the prompt.
        """
        result = await self._drive(running)
        if self.session.status.leave_code is not None:
            return await self._left()
        if isinstance(result, DebuggerStop):
            self._debugger.show(result, running)
        elif result is not None and line is not None and self._goes_as_commands(result, line):
            return await self._send(line)
        elif result is not None and await self._is_incomplete(result, line):
            return Outcome.INCOMPLETE
        await self._evaluate_prompt()
        return Outcome.READY

    def _goes_as_commands(self, result: PipelineResult, line: str) -> bool:
        """Whether a line that was refused because it is script, and of which nothing ran, can be sent as commands."""
        refused = result.error is not None and result.error.fully_qualified_error_id == "ScriptsNotAllowed"
        if refused and not self.session.no_language and parse_constant_line(line) is not None:
            self.session.no_language = True
            return True
        return False

    async def _is_incomplete(self, result: PipelineResult, line: str | None) -> bool:
        """Report how a line failed, or start collecting the rest of an incomplete one."""
        error = result.error
        if error is None:
            return False
        if line is not None and error.category_reason == "IncompleteParseException":
            self._block = [line]
            self.prompt = CONTINUATION
            return True
        await report_error(self.session, self._turn, self.console, result)
        if error.fully_qualified_error_id == "ScriptsNotAllowed" and not self.session.no_language:
            self.session.no_language = True
            self.hint = _NO_LANGUAGE
        return False

    async def _evaluate_prompt(self) -> None:
        """Run the far end's prompt function; silence, failure and emptiness give ``PS>`` (protocol-notes 3.1)."""
        from pstui.backends.psrp.debugging import DEBUG_PROMPT
        from pstui.backends.psrp.invocation import PROMPT

        while True:
            await self._turn.wait()
            if self.console.column():  # what the prompt function leaves open belongs to the prompt's row
                self.console.write(Write(""))
            found, invocation = Bounded(1), PROMPT if self.session.stopped is None else DEBUG_PROMPT
            try:
                result = await self.session.run(invocation, on_object=found.take, on_error=self._show_error)
                break
            except SessionBusy:
                continue  # another console was quicker
        self._set_prompt(found[:1] if result.error is None else ())

    def _set_prompt(self, found: Sequence[SentObject]) -> None:
        """Take what the prompt function gave for the prompt."""
        from pstui.backends.psrp.clixml import simple_output

        simple = simple_output(found[0].body) if found else ""
        text = simple if isinstance(simple, str) else prompt_text(found[0])
        self.prompt = self._prefix + (text[:MAX_PROMPT] or FALLBACK)

    async def _load_profile(self) -> None:
        """Run the far end's profile files if the connection asks for it; they never run by themselves."""
        from pstui.backends.psrp.invocation import LOAD_PROFILE

        if not self.session.info.settings.get("load_profile"):
            return
        await self._turn.wait()
        result = await self.session.run(LOAD_PROFILE)
        if result.error is not None:
            await report_error(self.session, self._turn, self.console, result)

    def _notice(self, text: str) -> None:
        self.console.write(Write(text, stream=Stream.NOTICE))
