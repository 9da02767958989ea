"""The session cmdlets, typed as in PowerShell and done here: on the sessions of this program (protocol-notes 5.4).

How this works. ``SessionOpener`` does New-PSSession: it opens the sessions that a call asks for side by side.
``CmdletRunner`` does the statements of a line one after the other. A call inside a statement (in parentheses, before a
pipe) is run first and the statement read again with what it gave (``CallNeeded``), until what is left is one call.
What a call gives are objects, and ``CmdletOutput`` for what it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pstui.backends.binding.connections import asked_computers
from pstui.backends.binding.context import BoundCall, CallNeeded
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.cursor import without_scope
from pstui.backends.binding.errors import BindingError, MissingMandatory
from pstui.backends.binding.line import SHOWN, statements
from pstui.backends.binding.lookups import kept_matches
from pstui.backends.binding.members import objects_of, only, spelled
from pstui.backends.binding.pipes import imported, refuse_pipeline_variable
from pstui.backends.binding.writer import syntax
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.records import Write
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.console import with_passwords
from pstui.tui.cmdlets.common_parameters import CmdletOutput, ShouldProcess, full_id, missed
from pstui.tui.cmdlets.format import shown
from pstui.tui.cmdlets.invoke import invoke, let_through
from pstui.tui.plain import plain
from pstui.tui.workspace.context import AppContext

#: calls that are run inside one statement: it is read anew after each
MAX_CALLS = 64
#: errors that ``$Error`` keeps, as $MaximumErrorCount has it
MAX_ERRORS = 256
#: sessions that open at once, as PowerShell has it
THROTTLE_LIMIT = 32


class SessionOpener:
    """Opens what New-PSSession asks for. ``console`` is where the sessions ask their questions."""

    def __init__(self, context: AppContext, console: Console) -> None:
        self._context, self._console = context, console

    async def open(self, call: BoundCall) -> list[Any]:
        """Return what there is to say, and the sessions; each that fails says why."""
        context, told = self._context, list[CmdletOutput]()
        infos = context.opened(call)
        names = call.values.get("Name") or ()
        names = (names,) if isinstance(names, str) else tuple(names)
        ready = await self._ready(infos)
        limit = int(call.values.get("ThrottleLimit") or 0)
        gate = asyncio.Semaphore(limit if limit > 0 else THROTTLE_LIMIT)

        async def one(number: int, info: ConnectionInfo | CmdletOutput) -> PSSession | CmdletOutput:
            if isinstance(info, CmdletOutput):
                return info
            async with gate:
                return await self._one(info, names[number] if number < len(names) else "", told)

        results = await asyncio.gather(*(one(number, info) for number, info in enumerate(ready)))
        failed = [item for item in results if isinstance(item, CmdletOutput)]
        return [*told, *failed, *(item for item in results if isinstance(item, PSSession))]

    async def _ready(self, infos: Sequence[ConnectionInfo]) -> list[ConnectionInfo | CmdletOutput]:
        """Fetch the passwords that are needed, for several sessions each of them once and beforehand."""
        ready: list[ConnectionInfo | CmdletOutput] = []
        for info in infos:
            try:
                found = await self._context.prepared(info, self._console)
                ready.append(found)
            except PstuiError as error:
                ready.append(_failed(error))
        if len(ready) < 2:
            return ready
        try:
            asked = [x for x in ready if isinstance(x, ConnectionInfo)]
            filled = iter(await with_passwords(asked, self._console, getattr(self._context.sessions, "check", None)))
        except QuestionCancelled:
            return [CmdletOutput("No session was opened: the password was not given.", "PSSessionOpenFailed", True)]
        return [next(filled) if isinstance(each, ConnectionInfo) else each for each in ready]

    async def _one(self, info: ConnectionInfo, name: str, told: list[CmdletOutput]) -> PSSession | CmdletOutput:
        sessions = self._context.sessions
        session = sessions.create(info, self._console, name=name, temporary=False)
        if info.settings.get("verbose"):
            session.on_step = lambda step, detail: told.append(
                CmdletOutput(f"VERBOSE: {info.label}: {step} {detail}".rstrip())
            )
        try:
            await session.open()
        except PstuiError as error:
            await sessions.remove(session)
            return _failed(error)
        except asyncio.CancelledError:
            await asyncio.shield(sessions.remove(session))
            raise
        return session


def _failed(error: PstuiError) -> CmdletOutput:
    code = getattr(error, "code_name", "")
    return CmdletOutput(error.text(), f"{code},PSSessionOpenFailed".lstrip(","), True)


class SessionUI(Protocol):
    """The screen, as far as calls need it."""

    async def enter(self, info: ConnectionInfo) -> None:
        """Open a tab, or go to the one that is in the session. Raises PstuiError."""

    async def exit(self) -> str:
        """Leave the session in front; return what to say. Raises PstuiError."""

    async def let_go(self, session: PSSession, why: str = "") -> None:
        """Leave the tabs that are in a session; where a command runs, ``why`` is told when the session has ended."""

    def tabs_of_sessions(self) -> Mapping[int, int]:
        """Return the number of the tab that is in a session, by the ``id()`` of that."""

    async def disconnect(self, session: PSSession, idle_timeout: float | None, buffering: str) -> None:
        """Disconnect a session. Raises PstuiError."""

    async def connect(self, session: PSSession) -> None:
        """Connect to a disconnected session. Raises PstuiError."""

    async def receive(self, session: PSSession) -> None:
        """Take up what runs in a session, in a tab. Raises PstuiError."""


class CmdletRunner:
    """Runs typed calls.

    ``console`` is where sessions that open ask their questions; ``width`` tells the columns there are for a table.
    """

    def __init__(self, context: AppContext, ui: SessionUI, console: Console, width: Callable[[], int]) -> None:
        self._context, self._ui, self._console, self._width = context, ui, console, width
        self._opening = SessionOpener(context, console)
        #: whether the last call has led into a tab, or out of a session, where the user continues
        self.led_away = False
        self._stopped = False
        self._verbs: dict[str, Callable[[BoundCall], Awaitable[list[Any]]]] = {
            "Enter-PSSession": self._enter,
            "New-PSSession": self._opening.open,
            "Get-PSSession": self._get,
            "Exit-PSSession": self._exit,
            "Remove-PSSession": self._remove,
            "Disconnect-PSSession": self._disconnect,
            "Connect-PSSession": self._connect,
            "Receive-PSSession": self._receive,
            "Invoke-Command": self._invoke,
            "Copy-Item": self._copy,
            "New-PSSessionOption": self._option,
            "Get-Credential": self._credential,
            "Import-Csv": self._import,
            "Get-Help": self._help,
            SHOWN: self._value,
            "": self._variable,
        }

    async def run(self, line: str) -> list[CmdletOutput]:
        """Do the statements of a line, one after the other, and return what they say; the first that fails ends it.

        Raises MissingMandatory for an Enter that lacks a value, CallError if the first statement does not bind.
        """
        self.led_away = self._stopped = False
        said: list[CmdletOutput] = []
        for part in statements(line) or [line]:
            try:
                await self._statement(part, said)
            except PstuiError as error:
                if not said or isinstance(error, MissingMandatory):
                    raise
                said.append(CmdletOutput.of(error))
                break
            if self._stopped:
                break
        return said

    async def _statement(self, line: str, said: list[CmdletOutput]) -> None:
        results: dict[tuple[int, ...], Any] = {}
        call: BoundCall | None = None
        while call is None:
            try:
                call = self._context.call(line, results)
            except CallNeeded as needed:
                if len(results) >= MAX_CALLS:
                    raise CallError(
                        f"A line may run {MAX_CALLS} calls inside it", "", "Run them by lines of their own."
                    ) from None
                results[needed.place] = only(await self._done(needed.call, said))
            except BindingError as error:
                # what the cmdlet itself says of a session that is not there, its common parameters act on
                self._settle(error.common, [CmdletOutput.of(error)], said, error)
                return
        objects = await self._done(call, said)
        if call.assign and call.cmdlet:
            self._set(call.assign, only(objects))
        elif text := shown(objects, self._width()):
            said.append(CmdletOutput(text))

    async def _done(self, call: BoundCall, said: list[CmdletOutput]) -> list[Any]:
        """Run a call for each object that came through the pipe to it; return the objects that it gives."""
        refuse_pipeline_variable(call)
        objects: list[Any] = []
        for each in (call, *call.others):
            verb = self._verbs.get(each.cmdlet)
            if verb is None:
                raise CallError(f"{each.cmdlet} does not run here", "", "Call pstui icm from a shell.")
            nothing = bool(each.notices) and not each.values and bool(said)
            said += [CmdletOutput(notice) for notice in each.notices if not nothing]
            given = [*missed(each), *await verb(each)]
            objects += [item for item in given if not isinstance(item, CmdletOutput)]
            outputs = [item for item in given if isinstance(item, CmdletOutput)]
            if each.cmdlet == SHOWN:
                said += outputs  # errors that a variable holds are shown, and not made again
            else:
                self._settle(each.common, outputs, said)
        if name := str(call.common.get("OutVariable") or ""):
            self._add(name, objects)
        return objects

    def _settle(
        self,
        common: Mapping[str, Any],
        outputs: Sequence[CmdletOutput],
        said: list[CmdletOutput],
        raised: BindingError | None = None,
    ) -> None:
        """Say what a call has said as its common parameters want it; ``raised`` goes on where they say nothing."""
        action = str(common.get("ErrorAction") or self._context.variables.get("erroractionpreference") or "Continue")
        errors = [each for each in outputs if each.is_error]
        if name := str(common.get("ErrorVariable") or ""):
            self._add(name, [each.record() for each in errors if action != "Ignore"])
        if errors and action != "Ignore":
            before = self._context.variables.get("error")
            after = before if isinstance(before, list) else []
            self._set("error", [*(each.record() for each in reversed(errors)), *after][:MAX_ERRORS])
        silent = action in ("SilentlyContinue", "Ignore")
        if raised is not None and not silent:
            raise raised
        said += [each for each in outputs if not (each.is_error and silent)]
        self._stopped = self._stopped or (bool(errors) and action == "Stop")

    async def _enter(self, call: BoundCall) -> list[Any]:
        await self._ui.enter(self._context.entered(call))
        self.led_away = True
        return []

    async def _get(self, call: BoundCall) -> list[Any]:
        wanted = str(call.values.get("State", "All"))
        named, said = await self._named(call)
        found = [item for item in named if wanted in ("All", spelled(item.state))]
        plain = not (call.values or call.common or call.assign or call.missed)
        return [*said, *found] if found or said or not plain else [CmdletOutput("No session is kept open.")]

    async def _exit(self, call: BoundCall) -> list[Any]:
        said = await self._ui.exit()
        self.led_away = not said
        return [CmdletOutput(said)] if said else []

    async def _remove(self, call: BoundCall) -> list[Any]:
        check = ShouldProcess(call, self._console)
        for session in self._sessions(call):
            if await check.allows(session):
                await self._ui.let_go(session, "Remove-PSSession removed it.")
                await self._context.sessions.remove(session)
        return list(check.said)

    async def _disconnect(self, call: BoundCall) -> list[Any]:
        idle = call.values.get("IdleTimeoutSec")
        buffering = str(call.values.get("OutputBufferingMode") or "")
        return await self._each(
            call,
            "PSSessionDisconnectFailed",
            lambda session: self._ui.disconnect(session, None if idle is None else float(idle), buffering),
        )

    async def _connect(self, call: BoundCall) -> list[Any]:
        async def connect(session: PSSession) -> None:
            await self._ui.connect(session)
            self._context.sessions.adopt(session)

        return await self._each(call, "PSSessionConnectFailed", connect)

    async def _receive(self, call: BoundCall) -> list[Any]:
        if call.values.get("OutTarget") == "Job" or "JobName" in call.values:
            hint = "Leave it out: what arrives is shown in a tab, which can stay in the background."
            raise CallError("Receive-PSSession: there are no jobs here", "", hint)

        async def receive(session: PSSession) -> None:
            await self._ui.receive(session)
            self.led_away = True

        return await self._each(call, "ReceivePSSessionCannotConnectSession", receive, show=False)

    async def _each(
        self,
        call: BoundCall,
        error_id: str,
        do: Callable[[PSSession], Awaitable[None]],
        *,
        show: bool = True,
    ) -> list[Any]:
        done: list[PSSession] = []
        named, said = await self._named(call)
        check = ShouldProcess(call, self._console)
        for session in named:
            try:
                if not await check.allows(session):
                    continue
                await do(session)
            except PstuiError as error:
                text = error.text()
                text = text if text.startswith(session.name) else f"{session.name}: {text}"
                said.append(CmdletOutput(text, full_id(call, error.error_id or error_id), True))
            else:
                done.append(session)
        return [*said, *check.said, *(done if show else [])]

    async def _invoke(self, call: BoundCall) -> list[Any]:
        as_objects = bool(call.assign or call.common.get("OutVariable"))

        async def run(sessions: Sequence[PSSession]) -> list[Any]:
            if not await let_through(call, sessions, self._console, self._context.guard):
                return []
            return await invoke(call, sessions, self._console, self._width(), as_objects=as_objects)

        if call.parameter_set in ("Session", "FilePathRunspace"):
            return await run(self._sessions(call))
        made: list[Any] = await self._opening.open(call)
        opened = [each for each in made if isinstance(each, PSSession)]
        try:
            given = await run(opened) if opened else []
        finally:
            for session in opened:
                await asyncio.shield(self._context.sessions.remove(session))
        return [*(each for each in made if isinstance(each, CmdletOutput)), *given]

    async def _copy(self, call: BoundCall) -> list[Any]:
        from pstui.tui.cmdlets.copy import copy_items  # files are seldom copied

        return await copy_items(call, self._console, self._context.bind_context().cwd)

    async def _option(self, call: BoundCall) -> list[Any]:
        return [SessionOption(call.values)]

    async def _credential(self, call: BoundCall) -> list[Any]:
        """Ask for what a credential lacks, now and not at each of its uses. Raises CallError when it is refused."""
        given: PSCredential = call.values["Credential"]
        if given.password is not None:
            return [given]
        try:
            name = given.user_name or (await self._ask(call, QuestionKind.LINE, "User: ")).reveal()
            label = f"Password for user {plain(name, limit=200)}: "
            return [PSCredential(name, await self._ask(call, QuestionKind.SECRET, label))]
        except QuestionCancelled:
            raise CallError("Get-Credential: no credential was given") from None

    async def _ask(self, call: BoundCall, kind: QuestionKind, label: str) -> Secret:
        texts = [str(call.values[name]) for name in ("Title", "Message") if name in call.values]
        preamble = tuple(Write(plain(text, limit=400)) for text in texts)
        return await self._console.ask(Question(kind, label, preamble, remote=False, source=call.cmdlet))

    async def _import(self, call: BoundCall) -> list[Any]:
        context = self._context.bind_context()
        return list(await asyncio.to_thread(imported, call, context.cwd, context.home))

    async def _value(self, call: BoundCall) -> list[Any]:
        given = objects_of(call.values["InputObject"])
        errors = [CmdletOutput.of(each) for each in given if isinstance(each, PstuiError)]
        return [each for each in given if not isinstance(each, PstuiError)] or errors

    async def _variable(self, call: BoundCall) -> list[Any]:
        self._set(call.assign, call.values["Value"])
        return []

    async def _help(self, call: BoundCall) -> list[Any]:
        return [CmdletOutput(syntax(call.values["Name"]))]

    async def _named(self, call: BoundCall) -> tuple[list[PSSession], list[CmdletOutput]]:
        """Return the sessions that a call is about, those that computers keep asked for; each that cannot says why."""
        context, said = self._context, list[CmdletOutput]()
        asked = asked_computers(call, defaults=context.defaults, credentials=context.credential)
        if not asked:
            return list(self._sessions(call)), said
        found: list[PSSession] = []
        for info in asked:
            try:
                ready = await context.prepared(info, self._console)
                found += await context.sessions.list_remote(ready, self._console)
            except PstuiError as error:
                code = getattr(error, "code_name", "")
                said.append(CmdletOutput(error.text(), f"{code},RemotePSSessionQueryFailed".lstrip(","), True))
        if said and not found:
            return [], said
        for key, error_id in (("Name", "PSSessionNameMatchFail"), ("InstanceId", "PSSessionIdMatchFail")):
            if key in call.values:
                found, missed = kept_matches(found, key, call.values[key])
                said += [CmdletOutput(f"No session there has the {key} {each}.", error_id, True) for each in missed]
        return found, said

    def _sessions(self, call: BoundCall) -> Sequence[PSSession]:
        return [session for session in call.sessions if isinstance(session, PSSession)]

    def _add(self, name: str, objects: Sequence[Any]) -> None:
        """Put objects into a variable; a plus before its name adds them to what it holds."""
        before = self._context.variables.get(name.lstrip("+").casefold()) if name.startswith("+") else None
        kept = [] if before is None else objects_of(before)
        self._set(name.lstrip("+"), [*kept, *objects])

    def _set(self, name: str, value: Any) -> None:
        self._context.variables[without_scope(name).casefold()] = value
