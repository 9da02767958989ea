"""The conversation of one pane with a session: opening, then prompt, line, run, until it is left or dies.

How this works: ``converse`` is the worker of a pane and goes straight through a stay. Whoever types calls ``submit``,
which ends the wait for a line; while no line is awaited, lines wait in ``WaitingLines`` and are taken from there at the
next prompt. What can be seen of the conversation is in its attributes and is true at once, so that a key never
acts on a state of before; ``Conversation.Moved`` tells the pane to show it. Text goes by way of the console.
Ctrl+C (``stop``) is a task of its own: it stops what runs, or cuts an opening off that does not end by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import (
    BrokenOff,
    OpenCancelled,
    OpenError,
    PstuiError,
    SessionDisconnected,
    SessionStateError,
)
from pstui.backends.language.simple_lines import exit_code
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions.command_help import CommandHelp
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.prompt import CONTINUATION
from pstui.backends.sessions.session import PSSession
from pstui.tui.guard.asking import judged, may_run
from pstui.tui.guard.guards import Guard
from pstui.tui.pane.completion_turn import CompletionTurn
from pstui.tui.pane.console import PaneConsole
from pstui.tui.pane.help_texts import WIDTH, HelpTexts
from pstui.tui.pane.offers import lend_terminal, take_offer
from pstui.tui.pane.state import PaneState, WaitingLines
from pstui.tui.pane.texts import first_hint, new_session, own_fault
from pstui.tui.profiles.vault import Vault
from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from pstui.backends.psrp.invocation import Script
    from pstui.tui.pane.special_lines import SpecialLines

#: seconds an opening may take to end after Ctrl+C before it is cut off
STOP_GRACE = 1.0
#: seconds an orderly leaving may take when a tab is closed
LEAVE_LIMIT = 5.0


_T = TypeVar("_T")


class _SessionGone(Exception):
    """The session ended while a line was awaited."""


class _LetGo(Exception):
    """The session is to be left as it is; a line was awaited."""


_NEW_PROMPT = object()
#: what a line has in it that may open a grid or an editor here
_SPECIAL = re.compile(r"ogv|ocgv|gridview|psedit", re.IGNORECASE)
_GONE = frozenset({RunspaceState.CLOSED, RunspaceState.CLOSING, RunspaceState.BROKEN})


class Conversation:
    """One stay in one session. A new one is made each time the session is entered.

    ``pane`` gets its messages, ``runs`` each line that is about to run.
    """

    #: whether its tab is being closed
    closing = False

    class Moved(Message):
        """What a pane shows of its conversation is another."""

        def __init__(self, conversation: Conversation) -> None:
            super().__init__()
            self.conversation = conversation

    class GivenBack(Message):
        """Lines that were to run after one that was held and not run."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    #: what runs in place of the line
    _script: Script | None = None

    def __init__(
        self,
        pane: Widget,
        sessions: SessionManager,
        info: ConnectionInfo,
        console: PaneConsole,
        lines: WaitingLines,
        vault: Vault | None = None,
        *,
        runs: Callable[[str], None] = lambda line: None,
        guard: Callable[[], Guard | None] = lambda: None,
    ) -> None:
        self._pane, self._sessions, self._info, self._runs = pane, sessions, info, runs
        self._console, self._lines, self._vault, self._guard = console, lines, vault, guard
        self._waiting: asyncio.Future[object] | None = None
        self._opening: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._completion = CompletionTurn(self._awaits_line)
        self.help_texts = HelpTexts(self._ask_help)
        self._specials: SpecialLines | None = None
        self.interactive: InteractiveSession | None = None
        self.state = PaneState.OPENING
        #: the last row of the prompt, empty while no line is awaited
        self.prompt = ""
        #: the step the opening has come to
        self.step = ""
        #: what is worth knowing about the line typed last
        self.hint = first_hint(info)
        #: whether a rule is to mark the session off from the text of another one above
        self.marks_session = False
        #: the last failure
        self.error: PstuiError | None = None
        #: the line that is running, empty while none is
        self.running = ""
        #: monotonic time since when the session opens, 0.0 while it does not
        self.opening_since = 0.0
        #: the code of an ``exit`` that was typed alone and has ended the stay, None for any other end
        self.exit_code: int | None = None
        #: what is told when the session is closed from here
        self.closed_because = "It was closed from here."
        self._typed_alone = self._was_stopped = self._timed = False
        #: monotonic time since when a line runs, 0.0 while none does
        self.busy_since = 0.0
        #: seconds that the last line took, None before the first one
        self.took: float | None = None
        self.ran, self.ran_last = 0, ""
        #: set while no line runs
        self._idle = asyncio.Event()
        #: whether a line waits for the end of a completion, and whether Ctrl+C was pressed meanwhile
        self._held_up = self._dropped = False

    @property
    def session(self) -> PSSession | None:
        """The session, once it was made."""
        return None if self.interactive is None else self.interactive.session

    async def converse(self) -> PaneState:
        """Open, run lines, return the state in which it ended. Raises nothing but CancelledError."""
        state = await self._converse()
        await self._console.shown()
        self._enter_state(state)
        return state

    async def _converse(self) -> PaneState:
        try:
            while True:
                self._enter_state(PaneState.OPENING)
                try:
                    return await self._stay()
                except OpenCancelled:
                    return PaneState.CANCELLED
                except PstuiError as error:
                    if not await self._mended(error):
                        return PaneState.FAILED
        except Exception as error:
            # A fault of ours in one session must not take the other sessions with it.
            self._failed(own_fault(self._info.label, error))
            return PaneState.BROKEN
        finally:
            if (session := self.session) is not None and session.temporary:
                await self._sessions.remove(session)

    async def _mended(self, error: PstuiError) -> bool:
        """Show a failure and what it offers; whether an offer was taken that makes another attempt worth while."""
        self._failed(error)
        try:
            return await take_offer(self._console, error, self._info.label, partial(lend_terminal, self._pane.app))
        except PstuiError as another:
            self._failed(another)
            return False

    def submit(self, line: str, *, pasted: bool = False) -> bool:
        """Take a line if one is awaited now; ``pasted`` is one of several that were pasted together."""
        if self._waiting is None or self._waiting.done():
            return False
        self._typed_alone = not pasted
        self._waiting.set_result(line)
        return True

    def submit_script(self, script: Script) -> bool:
        """Take a script in place of a line, if one is awaited, nothing of it is collected, and no debugger stops."""
        interactive = self.interactive
        if interactive is None or interactive.above or interactive.session.stopped is not None:
            return False
        if self._waiting is None or self._waiting.done():
            return False
        self._typed_alone = False
        self._waiting.set_result(script)
        return True

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask for completions while a line is awaited. Raises SessionStateError at any other time."""
        if self.interactive is None or not self._awaits_line():
            raise SessionStateError("a command runs" if self._opening is None else "the session is opening")
        return await self._completion.ask(self.interactive, partial(self.interactive.complete, text, cursor))

    async def _ask_help(self, name: str) -> CommandHelp:
        """Ask for the help of a command. Raises PstuiError; SessionStateError while no line is awaited."""
        if self.interactive is None or not self._awaits_line():
            raise SessionStateError("a command runs" if self._opening is None else "the session is opening")
        return await self._completion.ask(self.interactive, partial(self.interactive.help, name, WIDTH))

    def _awaits_line(self) -> bool:
        return self._waiting is not None and not self._waiting.done()

    def new_prompt(self) -> None:
        """Ctrl+C at the prompt: begin again with an empty line, out of a block too."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(_NEW_PROMPT)

    def let_go(self) -> bool:
        """Leave the session as it is, open or not; only while a line is awaited. Whether that was so."""
        if self._waiting is None or self._waiting.done():
            return False
        self._waiting.set_exception(_LetGo())
        return True

    def stop(self) -> None:
        """Ctrl+C while something runs or opens; returns at once. A line that does not run yet is not run."""
        self._was_stopped = True
        if self._held_up:
            self._dropped = True
        else:
            self._spawn(self._stop())

    @property
    def free(self) -> bool:
        """Whether a line taken now runs at once: no completion has to be stopped before."""
        return not self._completion.on_its_way

    async def leave(self) -> None:
        """Close a temporary session and cut the conversation off; bounded in time."""
        if self._opening is not None:
            self._opening.cancel()
        if self.interactive is not None:
            with contextlib.suppress(TimeoutError, PstuiError):
                await asyncio.wait_for(self.interactive.leave(), LEAVE_LIMIT)

    # -- what is to be seen -----------------------------------------------------------------------------------

    def _moved(self) -> None:
        self._pane.post_message(self.Moved(self))

    def _enter_state(self, state: PaneState, prompt: str = "") -> None:
        if self.busy_since and self._timed:
            self.took = time.monotonic() - self.busy_since
            self.ran += 1
        self._timed = self._timed and state is PaneState.BUSY
        self.state, self.prompt = state, prompt
        (self._idle.clear if state in (PaneState.BUSY, PaneState.OPENING) else self._idle.set)()
        self.busy_since = time.monotonic() if state is PaneState.BUSY else 0.0
        self.opening_since = time.monotonic() if state is PaneState.OPENING else 0.0
        if state is not PaneState.OPENING:
            self.step = ""
            self._console.forget_progress()
        self._moved()

    def show_details(self) -> bool:
        """Write the details of the last failure into the text; False when there are none."""
        if self.error is None or not self.error.details:
            return False
        self._console.write(Write(self.error.details, stream=Stream.NOTICE))
        return True

    def _failed(self, error: PstuiError) -> None:
        self.error = error
        self._console.show_error(error)

    # -- one stay ---------------------------------------------------------------------------------------------

    async def _stay(self) -> PaneState:
        interactive = await self._enter()
        unsubscribe = interactive.session.on_state(self._session_state)
        try:
            return await self._run_lines(interactive)
        finally:
            unsubscribe()

    async def _enter(self) -> InteractiveSession:
        try:
            interactive = await self._entered(await self._session())
        except OpenError:
            if self._vault is not None:
                self._vault.failed(self._info)
            raise
        if self._vault is not None:
            self._vault.opened(self._info)
        return interactive

    async def _session(self) -> PSSession:
        """Return the session to enter: one that is there, or a new one, which may be opening already."""
        if self._info.parameter_set.is_lookup:
            session = self._sessions.find(self._info)
            if session.can_connect:
                await self._open(session.link.connect())
            return session
        if kept := self._info.settings.get("take_up"):
            ready = await self._prepared()
            return await self._open(self._sessions.taken_up(ready, self._console, uuid.UUID(kept)))
        if early := self._sessions.take_early(self._info):
            return await self._open(early.take(self._console, self._step))
        return self._sessions.create(await self._prepared(), self._console)

    async def _entered(self, session: PSSession) -> InteractiveSession:
        session.on_step = self._step
        self.interactive = interactive = self._sessions.interact(session, self._console)
        unsubscribe = session.on_state(self._mark)
        try:
            await self._open(interactive.enter())
        finally:
            unsubscribe()
        return interactive

    def _mark(self, session: PSSession) -> None:
        """Draw a rule below the text of the session before, once there is another one."""
        if self.marks_session and session.state is RunspaceState.OPENED and not self._info.parameter_set.is_lookup:
            self.marks_session = False
            self._console.write(Write(new_session(self._console.size.width), stream=Stream.NOTICE))

    def _step(self, step: str, detail: str) -> None:
        self.step = f"{step} {detail}".strip()
        self._moved()
        if self._info.settings.get("verbose"):
            self._console.write(Write(f"VERBOSE: {self.step}", stream=Stream.VERBOSE))

    async def _prepared(self) -> ConnectionInfo:
        """Return the connection with what its profile names, such as a password."""
        if self._vault is None:
            return self._info
        return await self._open(self._vault.ready(self._info, self._console))

    async def _open(self, step: Coroutine[Any, Any, _T]) -> _T:
        """Do a step of the opening that Ctrl+C can cut off."""
        task = asyncio.create_task(step)
        self._opening = task
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise OpenCancelled("cancelled") from None
            task.cancel()
            raise
        finally:
            self._opening = None

    async def _stop(self) -> None:
        opening = self._opening
        if self.interactive is not None:
            try:
                await self.interactive.stop()
            except PstuiError as error:
                await self._while_busy(self._mended(error))
        if opening is not None:
            done, _ = await asyncio.wait({opening}, timeout=STOP_GRACE)
            if not done:
                opening.cancel()

    async def _while_busy(self, work: Coroutine[Any, Any, object]) -> None:
        """Do what is only of use while a command runs; at its end a question that this asks is withdrawn."""
        task, over = asyncio.create_task(work), asyncio.create_task(self._idle.wait())
        await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        task.cancel()
        await asyncio.wait({task})

    async def _run_lines(self, interactive: InteractiveSession) -> PaneState:
        while True:
            prompt = await self._prompt(interactive.prompt)
            try:
                line = await self._next_line(interactive.session, prompt)
            except _LetGo:
                return PaneState.LEFT
            except _SessionGone:
                self._report_death(interactive.session)
                return PaneState.BROKEN
            self._enter_state(PaneState.BUSY)
            may_run = await self._completion_ended()
            if line is not None:
                self._console.echo(prompt, line)
            if line is None or not may_run:
                self._logged(None)
                outcome = await interactive.refresh()
            elif not await self._let_through(interactive, line):
                self._runs(line)
                self._logged(None)
                outcome = await interactive.refresh()
            else:
                self._runs(line)
                self.running, self._timed = line, bool(line.strip())
                self.ran_last = line
                alone = self._typed_alone and prompt != CONTINUATION
                self.exit_code = exit_code(line) if alone else None
                if (special := self._special(line)) is not None:
                    await special.prepare(interactive, line)
                self._was_stopped = False
                if special is None:
                    outcome = await interactive.run(line)
                else:
                    outcome = await special.run(interactive, line, self._script)
                self._logged(outcome)
                self.running = ""
                if special is not None:
                    await special.edit()
                if interactive.hint:
                    self.hint = interactive.hint
                    self._moved()
            if outcome in (Outcome.LEFT, Outcome.BROKEN):
                await self._console.shown()
                session = interactive.session
                if outcome is Outcome.LEFT or (session.state is RunspaceState.DISCONNECTED and session.failed is None):
                    return PaneState.LEFT  # it was let go of on purpose, though a command runs in it
                self._report_death(interactive.session)
                return PaneState.BROKEN

    def _special(self, line: str) -> SpecialLines | None:
        """Return what runs a line that is not only sent; None for most."""
        if self._specials is None and (self._script is not None or _SPECIAL.search(line)):
            from pstui.tui.pane.special_lines import SpecialLines

            self._specials = SpecialLines(self._pane, self._console, self.stop)
        return self._specials

    async def _let_through(self, interactive: InteractiveSession, line: str) -> bool:
        """Whether the guard lets a line run, with those of the input above it; the debugger's own lines always."""
        if (guard := self._guard()) is None or interactive.session.stopped is not None or not line.strip():
            return True
        above, line = interactive.above, line if self._script is None else self._script.text
        if above and set(await judged(guard, above + line)) <= set(await judged(guard, above)):
            return True  # what is held of it was asked about a row ago
        if await may_run(self._console, guard, above + line, self._info.label):
            return True
        if left := self._lines.take_all():
            self._pane.post_message(self.GivenBack(left))
        return False

    def _logged(self, outcome: Outcome | None) -> None:
        """Note what became of the line; None of one that was not run."""
        word = "stopped" if outcome is None or self._was_stopped else "completed"
        if outcome not in (None, Outcome.READY):
            word = outcome.value
        code = self.exit_code if outcome is Outcome.LEFT else None
        self._console.ended(word, code, lambda: () if self.session is None else self.session.errors)

    async def _completion_ended(self) -> bool:
        """Stop a completion that is on its way; whether the line that waits for its end may still run."""
        self._held_up, self._dropped = True, False
        try:
            await self._completion.end()
        finally:
            self._held_up = False
        return not self._dropped

    async def _prompt(self, prompt: str) -> str:
        """Show the prompt's rows but the last, which the editor shows; return that one."""
        await self._console.shown()
        return self._console.lay_out(prompt)

    async def _next_line(self, session: PSSession, prompt: str) -> str | None:
        """Return the next line, None for a new prompt. Raises _SessionGone."""
        if session.state in _GONE:
            raise _SessionGone
        self._typed_alone, self._script = not self._lines.pasted, None
        if (line := self._lines.next()) is not None:
            return line
        self._waiting = asyncio.get_running_loop().create_future()
        self._enter_state(PaneState.PROMPT, prompt)
        try:
            typed = await self._waiting
        finally:
            self._waiting = None
        self._script = None if isinstance(typed, str) or typed is _NEW_PROMPT else cast("Script", typed)
        line = self._script.line if self._script is not None else typed if isinstance(typed, str) else None
        if session.state in _GONE:
            if line is not None and self._script is None:
                self._lines.put_back(line)
            raise _SessionGone
        return line

    def _session_state(self, session: PSSession) -> None:
        if session.state in _GONE and self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(_SessionGone())

    def _report_death(self, session: PSSession) -> None:
        what = f"{self._info.label}: the session ended by itself"
        if isinstance(failed := session.failed, SessionDisconnected | BrokenOff):
            self._failed(failed)  # it lives on there, or somebody here wanted it
        elif failed is not None:
            why = "\n".join(part for part in (failed.what, failed.why) if part)
            self._failed(PstuiError(what, why, failed.hint, details=failed.details))
        else:
            # A far end that ends a session leaves a failure: this one was closed from here.
            self._failed(PstuiError(f"{self._info.label}: the session was closed", self.closed_because))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
