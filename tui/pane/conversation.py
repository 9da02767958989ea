"""A completion's turn on the session: it ends in time, and before any line that is to run.

What a failure offers beside its text, asked in the pane: start what is stopped, break off, open a terminal.

The worker of one pane: opens a session, then prompt, line, run, until it is left or dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Choice, Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import Offer, OpenCancelled, OpenError, PstuiError, SessionDisconnected, SessionStateError
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions import disconnection as session_links
from pstui.backends.sessions.completion import Completion
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.tui.pane.console import PaneConsole
from pstui.tui.pane.state import ConversationFace, PaneState, Preparer, own_fault

#: seconds that the far end may take; the first completion loads modules there
LIMIT = 5.0
#: seconds that it may take to stop one
STOP_LIMIT = 1.0


class CompletionTurn:
    """Holds the one completion that may be on its way."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Completion] | None = None
        self._interactive: InteractiveSession | None = None

    async def ask(self, interactive: InteractiveSession, text: str, cursor: int) -> Completion:
        """Ask, after an earlier completion was ended. Raises PstuiError, SessionStateError when it takes too long.

        Who asks may give up: the far end goes on, and what runs next ends it.
        """
        await self.end()
        self._interactive = interactive
        self._task = task = asyncio.create_task(interactive.complete(text, cursor))
        task.add_done_callback(_seen)
        done, _ = await asyncio.wait({task}, timeout=LIMIT)
        if not done:
            await self.end()
            raise SessionStateError(f"the far end took longer than {LIMIT:g} seconds")
        if task.cancelled():
            raise SessionStateError("the completion was stopped")
        return task.result()

    async def end(self) -> None:
        """Stop the completion that is on its way; returns when the session is free."""
        task, self._task = self._task, None
        if task is None or task.done() or self._interactive is None:
            return
        with contextlib.suppress(PstuiError, TimeoutError):
            await asyncio.wait_for(self._interactive.stop(), STOP_LIMIT)
        done, _ = await asyncio.wait({task}, timeout=STOP_LIMIT)
        if not done:
            task.cancel()
            await asyncio.wait({task})


def _seen(task: asyncio.Task[Completion]) -> None:
    # An answer that nobody waits for any more may be an error, too.
    if not task.cancelled():
        task.exception()


#: runs a program in the terminal while the screen waits
Terminal = Callable[[Sequence[str]], Awaitable[None]]


async def take_offer(console: Console, error: PstuiError, source: str, terminal: Terminal) -> bool:
    """Ask which of the offers of ``error`` to take, and take it; whether something was done that may mend it.

    Nothing is taken by itself: Enter alone and Esc decline. Raises PstuiError when the offer fails.
    """
    offers = error.offers
    if not offers:
        return False
    picked = await _ask(console, offers, source)
    if picked is None:
        return False
    if picked.run is not None:
        await picked.run()
        return True
    console.write(Write(shlex.join(picked.command), stream=Stream.NOTICE))
    await terminal(picked.command)
    return False


async def _ask(console: Console, offers: Sequence[Offer], source: str) -> Offer | None:
    choices = (*(Choice(offer.caption, str(n)) for n, offer in enumerate(offers, 1)), Choice("no", "N"))
    shown = "  ".join(f"[{choice.hotkey}] {choice.label}" for choice in choices)
    question = Question(
        QuestionKind.CHOICE,
        f'{shown}  (default is "N"): ',
        choices=choices,
        defaults=(len(offers),),
        remote=False,
        source=source,
    )
    while True:
        try:
            answer = (await console.ask(question)).reveal().strip().casefold()
        except QuestionCancelled:
            return None
        if answer in ("", "n", "no"):
            return None
        for choice, offer in zip(choices, offers, strict=False):
            if answer in (choice.hotkey, choice.label.casefold()):
                return offer


#: seconds an opening may take to end after Ctrl+C before it is cut off
STOP_GRACE = 1.0
#: seconds an orderly leaving may take when a tab is closed
LEAVE_LIMIT = 5.0


_T = TypeVar("_T")


class _SessionGone(Exception):
    """The session ended while a line was awaited."""


class _LetGo(Exception):
    """The session is to be left as it is while a line was awaited."""


_NEW_PROMPT = object()
_GONE = frozenset({RunspaceState.CLOSED, RunspaceState.CLOSING, RunspaceState.BROKEN})


class Conversation:
    """One stay in one session. Made anew each time it is entered."""

    def __init__(
        self,
        face: ConversationFace,
        sessions: SessionManager,
        info: ConnectionInfo,
        console: PaneConsole,
        preparer: Preparer | None = None,
    ) -> None:
        self._preparer = preparer
        self._face, self._sessions, self._info, self._console = face, sessions, info, console
        self._waiting: asyncio.Future[object] | None = None
        self._opening: asyncio.Task[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._completion = CompletionTurn()
        self.interactive: InteractiveSession | None = None
        #: the line that is running, empty while none is
        self.running = ""

    @property
    def session(self) -> PSSession | None:
        """The session, once it was made."""
        return None if self.interactive is None else self.interactive.session

    async def converse(self) -> PaneState:
        """Open, run lines, return the state in which it ended. Raises nothing but CancelledError."""
        try:
            while True:
                self._face.enter_state(PaneState.OPENING)
                try:
                    return await self._stay()
                except OpenCancelled:
                    return PaneState.CANCELLED
                except PstuiError as error:
                    if not await self._mended(error):
                        return PaneState.FAILED
        except Exception as error:
            # A fault of ours in one session must not take the other sessions with it.
            self._face.failed(own_fault(self._info.label, error))
            return PaneState.BROKEN
        finally:
            if (session := self.session) is not None and session.temporary:
                await self._sessions.remove(session)

    async def _mended(self, error: PstuiError) -> bool:
        """Show a failure and what it offers; whether an offer was taken that makes another attempt worth while."""
        self._face.failed(error)
        try:
            return await take_offer(self._console, error, self._info.label, self._face.lend_terminal)
        except PstuiError as another:
            self._face.failed(another)
            return False

    def submit(self, line: str) -> bool:
        """Take a line if one is awaited now."""
        if self._waiting is None or self._waiting.done():
            return False
        self._waiting.set_result(line)
        return True

    async def complete(self, text: str, cursor: int) -> Completion:
        """Ask for completions while a line is awaited. Raises SessionStateError at any other time, or too late."""
        if self.interactive is None or self._waiting is None or self._waiting.done():
            raise SessionStateError("a command runs" if self._opening is None else "the session is opening")
        return await self._completion.ask(self.interactive, text, cursor)

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
        """Ctrl+C while something runs or opens; returns at once."""
        self._spawn(self._stop())

    async def leave(self) -> None:
        """Close a temporary session and cut the conversation off; bounded in time."""
        if self._opening is not None:
            self._opening.cancel()
        if self.interactive is not None:
            with contextlib.suppress(TimeoutError, PstuiError):
                await asyncio.wait_for(self.interactive.leave(), LEAVE_LIMIT)

    async def _stay(self) -> PaneState:
        interactive = await self._enter()
        unsubscribe = interactive.session.on_state(self._session_state)
        try:
            return await self._lines(interactive)
        finally:
            unsubscribe()

    async def _enter(self) -> InteractiveSession:
        if self._info.parameter_set.is_lookup:
            session = self._sessions.find(self._info)
            if session.can_connect:
                await self._open(session_links.connect(session))
        else:
            session = self._sessions.create(await self._prepared(), self._console)
        session.on_step = self._step
        self.interactive = interactive = self._sessions.interact(session, self._console)
        try:
            await self._open(interactive.enter())
        except OpenError:
            if self._preparer is not None:
                self._preparer.failed(self._info)
            raise
        if self._preparer is not None:
            self._preparer.opened(self._info)
        return interactive

    def _step(self, step: str, detail: str) -> None:
        self._face.show_step(told := f"{step} {detail}".strip())
        if self._info.settings.get("verbose"):
            self._console.write(Write(f"VERBOSE: {told}", stream=Stream.VERBOSE))

    async def _prepared(self) -> ConnectionInfo:
        """Return the connection with what its profile names, such as a password."""
        if self._preparer is None:
            return self._info
        return await self._open(self._preparer.ready(self._info, self._console))

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
                await self._mended(error)
        if opening is not None:
            done, _ = await asyncio.wait({opening}, timeout=STOP_GRACE)
            if not done:
                opening.cancel()

    async def _lines(self, interactive: InteractiveSession) -> PaneState:
        while True:
            prompt = await self._prompt(interactive.prompt)
            try:
                line = await self._next_line(interactive.session, prompt)
            except _LetGo:
                return PaneState.LEFT
            except _SessionGone:
                self._report_death(interactive.session)
                return PaneState.BROKEN
            self._face.enter_state(PaneState.BUSY)
            await self._completion.end()
            if line is None:
                outcome = await interactive.refresh()
            else:
                self._face.echo(prompt, line)
                self.running = line
                outcome = await interactive.run(line)
                self.running = ""
                if interactive.hint:
                    self._face.hint_at(interactive.hint)
            if outcome in (Outcome.LEFT, Outcome.BROKEN):
                await self._console.shown()
                session = interactive.session
                if outcome is Outcome.LEFT or (session.state is RunspaceState.DISCONNECTED and session.failed is None):
                    return PaneState.LEFT  # it was let go of on purpose, though a command runs in it
                self._report_death(interactive.session)
                return PaneState.BROKEN

    async def _prompt(self, prompt: str) -> str:
        """Begin a new line and show the prompt's rows but the last, which the editor shows; return that one."""
        console = self._console
        if console.column():
            console.write(Write(""))
        above, line_end, last = prompt.rpartition("\n")
        if line_end:
            console.write(Write(above))
        await console.shown()
        return last

    async def _next_line(self, session: PSSession, prompt: str) -> str | None:
        """Return the next line, None for a new prompt. Raises _SessionGone."""
        if session.state in _GONE:
            raise _SessionGone
        if (pending := self._face.next_pending()) is not None:
            return pending
        self._waiting = asyncio.get_running_loop().create_future()
        self._face.enter_state(PaneState.PROMPT)
        self._face.show_prompt(prompt)
        try:
            line = await self._waiting
        finally:
            self._waiting = None
        if session.state in _GONE:
            if isinstance(line, str):
                self._face.give_back(line)
            raise _SessionGone
        return line if isinstance(line, str) else None

    def _session_state(self, session: PSSession) -> None:
        if session.state in _GONE and self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(_SessionGone())

    def _report_death(self, session: PSSession) -> None:
        what = f"{self._info.label}: the session ended by itself"
        if isinstance(failed := session.failed, SessionDisconnected):
            self._face.failed(failed)  # it lives on over there
        elif failed is not None:
            why = "\n".join(part for part in (failed.what, failed.why) if part)
            self._face.failed(PstuiError(what, why, failed.hint, details=failed.details))
        else:
            why = session.failure.message if session.failure is not None else "The far end closed it."
            self._face.failed(PstuiError(what, why))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
