"""A session manager whose sessions obey a few made-up lines, so that a test decides when things happen."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Choice, Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.errors import OpenCancelled, OpenError, PstuiError, SessionBroken
from pstui.backends.psrp.invocation import Script
from pstui.backends.records import ErrorInfo, ProgressRecord, RunspaceState, Stream, Write
from pstui.backends.sessions.completion import Completion, CompletionMatch
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager

#: what the stand-in completes
WORDS = (
    CompletionMatch("say", "say", "Command", "say <text>"),
    CompletionMatch("Get-ChildItem", "Get-ChildItem", "Command", "Get-ChildItem [[-Path] <string[]>]"),
    CompletionMatch("Get-Content", "Get-Content", "Command", "Get-Content [-Path] <string[]>"),
    CompletionMatch("Get-Command", "Get-Command", "Command", "\x1b]0;evil\x07Get-Command [[-Name] <string[]>]"),
    CompletionMatch("-Path", "Path", "ParameterName", "[string[]] Path"),
    CompletionMatch("-PassThru", "PassThru", "ParameterName", "[switch] PassThru"),
    CompletionMatch("'dir one'", "dir one", "ProviderContainer", "/dir one"),
    CompletionMatch("dirtwo", "dirtwo", "ProviderContainer", "/dirtwo"),
    CompletionMatch("-P\x1b[2Jx", "evil", "ParameterName", "a control sequence"),
)


def host(name: str) -> ConnectionInfo:
    """A connection with a name of its own; ``refused`` does not open, ``slow`` and ``asks`` only when told to."""
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": name})


class StandInSession:
    """As much of a PSSession as the screen looks at."""

    def __init__(self, info: ConnectionInfo, number: int) -> None:
        self.info, self.id, self.name = info, number, f"Runspace{number}"
        self.instance_id = uuid.uuid4()
        self.state = RunspaceState.BEFORE_OPEN
        self.failure: ErrorInfo | None = None
        self.failed: PstuiError | None = None
        self.errors: list[ErrorInfo] = []
        self.temporary = True
        self.stopped: object = None
        self.on_step: Callable[[str, str], None] = lambda step, detail: None
        self._callbacks: list[Callable[[StandInSession], None]] = []
        self.link = SimpleNamespace(why_not_disconnect=lambda: "it ends with its process")
        self.can_connect = False
        self.status = SimpleNamespace(on_change_of_state=[])

    def on_state(self, callback: Callable[[StandInSession], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def become(self, state: RunspaceState, why: str = "") -> None:
        self.state = state
        self.failure = ErrorInfo(why) if why else None
        # A far end that ends a session leaves a reason; without one it was closed from here.
        self.failed = SessionBroken(why or "the far end is gone") if state is RunspaceState.BROKEN else None
        for callback in list(self._callbacks):
            callback(self)


class StandInInteractive:
    """Runs lines: ``say TEXT``, ``part TEXT``, ``ask``, ``secret``, ``choice``, ``wait``, ``die``, ``exit``, …"""

    def __init__(self, session: StandInSession, console: Console) -> None:
        self.session, self.console = session, console
        self.prompt = f"[{session.info.label}]: PS /> "
        self.busy = False
        self.hint = ""
        self.lines: list[str] = []
        #: the scripts that ran in place of lines
        self.scripts: list[Script] = []
        self.above = ""
        self.stopped = asyncio.Event()
        self.go_on = asyncio.Event()
        #: texts and cursors that completions were asked for, and when they may be answered
        self.asked: list[tuple[str, int]] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.completing = False
        #: whether a stop comes too late
        self.deaf = False

    async def complete(self, text: str, cursor: int) -> Completion:
        """Complete a few made-up words, once ``answering`` is set; a stop ends it without an answer."""
        assert not self.busy, "a completion must not be asked for while something runs"
        self.asked.append((text, cursor))
        self.busy = self.completing = True
        self.stopped.clear()
        try:
            await self._either(self.stopped, self.answering)
            word = text[:cursor].rpartition(" ")[2]
            found = [] if self.stopped.is_set() else [each for each in WORDS if each.text.strip("'").startswith(word)]
            return Completion(cursor - len(word), len(word), tuple(found))
        finally:
            self.busy = self.completing = False

    async def enter(self) -> None:
        self.session.become(RunspaceState.OPENING)
        name = self.session.info.label
        self.session.on_step("port", "5985")
        if name == "refused":
            raise OpenError(f"{name}: the port does not answer", "Nothing listens there.", "Start it.", details="trace")
        if name == "slow":
            await self._wait()
            if self.stopped.is_set():
                raise OpenCancelled("cancelled")
        if name == "asks":
            await self._wait()
            await self.console.ask(Question(QuestionKind.SECRET, "Password: ", source="pstui", remote=False))
        self.session.become(RunspaceState.OPENED)

    async def run(self, line: str, script: Script | None = None) -> Outcome:
        if script is not None:
            self.scripts.append(script)
            self.console.write(Write("the script ran"))
            return Outcome.READY
        assert not self.completing, "a line must wait until a completion has ended"
        self.lines.append(line)
        word, _, rest = line.partition(" ")
        self.busy = True
        try:
            outcome: Outcome = await getattr(self, f"do_{word}", self.do_nothing)(rest)
            if self.console.column():
                self.console.write(Write(""))
            return outcome
        finally:
            self.busy = False

    async def stop(self) -> None:
        if not self.deaf:
            self.stopped.set()

    async def refresh(self) -> Outcome:
        self.prompt = f"[{self.session.info.label}]: PS /> "
        return Outcome.READY

    async def leave(self) -> None:
        self.stopped.set()
        self.session.become(RunspaceState.CLOSED)

    async def _wait(self) -> None:
        self.stopped.clear()
        self.go_on.clear()
        await self._either(self.stopped, self.go_on)

    async def _either(self, *happened: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in happened]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def do_nothing(self, rest: str) -> Outcome:
        return Outcome.READY

    async def do_say(self, rest: str) -> Outcome:
        self.console.write(Write(rest.replace("\\e", "\x1b").replace("\\a", "\x07")))
        return Outcome.READY

    async def do_part(self, rest: str) -> Outcome:
        self.console.write(Write(rest, newline=False))
        return Outcome.READY

    async def do_fail(self, rest: str) -> Outcome:
        self.console.write(Write("failed", stream=Stream.ERROR))
        return Outcome.READY

    async def do_wait(self, rest: str) -> Outcome:
        await self._wait()
        self.console.write(Write("stopped" if self.stopped.is_set() else "done"))
        return Outcome.READY

    async def do_later(self, rest: str) -> Outcome:
        """Wait, then do the rest."""
        await self._wait()
        return Outcome.READY if self.stopped.is_set() else await self.run(rest)

    async def do_flood(self, rest: str) -> Outcome:
        for number in range(int(rest)):
            self.console.write(Write(f"line {number}"))
            if number % 1000 == 0:
                await self.console.drained()
        return Outcome.READY

    async def do_ask(self, rest: str) -> Outcome:
        return await self._ask(Question(QuestionKind.LINE, "Name: ", source=self.session.info.label))

    async def do_secret(self, rest: str) -> Outcome:
        return await self._ask(Question(QuestionKind.SECRET, "Password: ", source="pstui", remote=False))

    async def do_credential(self, rest: str) -> Outcome:
        name = (await self.console.ask(Question(QuestionKind.LINE, "User: ", followed=True))).reveal()
        secret = await self.console.ask(Question(QuestionKind.SECRET, f"Password for user {name}: "))
        self.console.write(Write(f"got {name} and {len(secret.reveal())}"))
        return Outcome.READY

    async def do_asktwice(self, rest: str) -> Outcome:
        """Ask two questions, each in a call of its own, as a far end does."""
        answers = []
        for label in ("a: ", "b: "):
            await asyncio.sleep(0.05)
            answers.append((await self.console.ask(Question(QuestionKind.LINE, label))).reveal())
        self.console.write(Write(f"got {', '.join(answers)}"))
        return Outcome.READY

    async def do_choice(self, rest: str) -> Outcome:
        label = '[Y] Yes  [A] Yes to All  [N] No  [?] Help (default is "Y"): '
        choices = (Choice("Yes", "Y"), Choice("Yes to All", "A"), Choice("No", "N"))
        preamble = (Write(""), Write("Confirm"), Write("Are you sure?"))
        return await self._ask(Question(QuestionKind.CHOICE, label, preamble, choices, (0,), source="db"))

    async def do_key(self, rest: str) -> Outcome:
        key = await self.console.read_key(echo=False)
        self.console.write(Write(f"key {key.virtual_key_code} {key.character!r}"))
        return Outcome.READY

    async def do_block(self, rest: str) -> Outcome:
        self.prompt = ">> "
        return Outcome.INCOMPLETE

    async def do_progress(self, rest: str) -> Outcome:
        self.console.progress(ProgressRecord(1, 1, -1, "Copying", "a.png", "", int(rest), 12, False))
        await self._wait()
        return Outcome.READY

    async def do_title(self, rest: str) -> Outcome:
        self.console.set_title(rest)
        return Outcome.READY

    async def do_die(self, rest: str) -> Outcome:
        self.session.become(RunspaceState.BROKEN, "The process ended.")
        return Outcome.BROKEN

    async def do_exit(self, rest: str) -> Outcome:
        self.session.become(RunspaceState.CLOSED)
        return Outcome.LEFT

    async def _ask(self, question: Question) -> Outcome:
        try:
            answer = (await self.console.ask(question)).reveal()
        except QuestionCancelled:
            self.console.write(Write("cancelled"))
        else:
            self.console.write(Write(f"got {answer}"))
        return Outcome.READY


class StandInManager:
    """Makes and remembers the sessions."""

    has_any = False

    def __init__(self) -> None:
        self.sessions: list[StandInSession] = []
        self.interactive: list[StandInInteractive] = []

    def create(self, info: ConnectionInfo, console: Console, **_: Any) -> StandInSession:
        self.sessions.append(StandInSession(info, len(self.sessions) + 1))
        return self.sessions[-1]

    def take_early(self, info: ConnectionInfo) -> None:
        return

    def interact(self, session: StandInSession, console: Console) -> StandInInteractive:
        self.interactive.append(StandInInteractive(session, console))
        return self.interactive[-1]

    async def remove(self, session: StandInSession) -> None:
        return

    async def close_all(self) -> None:
        return

    def as_manager(self) -> SessionManager:
        """Return itself as what the screen expects."""
        return cast(SessionManager, self)
