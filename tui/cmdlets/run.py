"""The session cmdlets, typed as in PowerShell and done here: on the sessions of this program (protocol-notes 5.4).

``SessionOpener`` does New-PSSession: it opens the sessions that a call asks for side by side. ``CmdletRunner`` does the
statements of a line one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from pstui.backends.binding.connections import asked_computers, connection_info, connections
from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.conversion import SessionOption
from pstui.backends.binding.errors import MissingMandatory
from pstui.backends.binding.line import statements
from pstui.backends.binding.lookups import kept_matches
from pstui.backends.binding.writer import literal, syntax
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, QuestionCancelled
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.sessions.session import PSSession
from pstui.tui.cli.console import with_passwords
from pstui.tui.cmdlets.common_parameters import CmdletOutput, ShouldProcess, full_id, missed, wanted
from pstui.tui.cmdlets.table import columns_for, session_table, spelled
from pstui.tui.workspace.context import AppContext

#: sessions that open at once, as PowerShell has it
THROTTLE_LIMIT = 32


class SessionOpener:
    """Opens what New-PSSession asks for. ``console`` is where the sessions ask their questions."""

    def __init__(self, context: AppContext, console: Console) -> None:
        self._context, self._console = context, console

    async def open(self, call: BoundCall) -> tuple[list[PSSession], list[CmdletOutput]]:
        """Return the sessions, and what there is to say; each that fails says why."""
        context, told = self._context, list[CmdletOutput]()
        infos = connections(call, defaults=context.defaults, credentials=context.credential)
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
        made = [item for item in results if isinstance(item, PSSession)]
        return made, told + [item for item in results if isinstance(item, CmdletOutput)]

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
            filled = iter(await with_passwords([x for x in ready if isinstance(x, ConnectionInfo)], self._console))
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

    async def let_go(self, session: PSSession) -> None:
        """Leave the tabs that are in a session."""

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
        self._verbs: dict[str, Callable[[BoundCall], Awaitable[list[CmdletOutput]]]] = {
            "Enter-PSSession": self._enter,
            "New-PSSession": self._new,
            "Get-PSSession": self._get,
            "Exit-PSSession": self._exit,
            "Remove-PSSession": self._remove,
            "Disconnect-PSSession": self._disconnect,
            "Connect-PSSession": self._connect,
            "Receive-PSSession": self._receive,
            "New-PSSessionOption": self._option,
            "Get-Credential": self._credential,
            "Get-Help": self._help,
            "": self._variable,
        }

    async def run(self, line: str) -> list[CmdletOutput]:
        """Do the statements of a line, one after the other, and return what they say; the first that fails ends it.

        Raises MissingMandatory for an Enter that lacks a value, CallError if the first statement does not bind.
        """
        self.led_away = False
        said: list[CmdletOutput] = []
        parts = statements(line)
        for number, part in enumerate(parts or [line]):
            try:
                said += await self._statement(part)
            except PstuiError as error:
                if not number or isinstance(error, MissingMandatory):
                    raise
                said.append(CmdletOutput.of(error))
                break
        return said

    async def _statement(self, line: str) -> list[CmdletOutput]:
        call = self._context.call(line, keeps_variables=True)
        said = [CmdletOutput(notice) for notice in call.notices]
        verb = self._verbs.get(call.cmdlet)
        if verb is None:
            raise CallError(
                f"{call.cmdlet} does not run here",
                "What it prints belongs in a tab or a shell.",
                "Enter the session and type the script there, or call pstui icm from a shell.",
            )
        return said + wanted(call, [*missed(call), *await verb(call)])

    async def _enter(self, call: BoundCall) -> list[CmdletOutput]:
        if call.source is not None and call.source.cmdlet == "New-PSSession":
            made, said = await self._opening.open(call.source)
            if not made:
                return said
            info = ConnectionInfo(ParameterSet.SESSION, {"Session": made[0]})
        else:
            context = self._context
            info = connection_info(call, defaults=context.defaults, credentials=context.credential)
        await self._ui.enter(info)
        self.led_away = True
        return []

    async def _new(self, call: BoundCall) -> list[CmdletOutput]:
        made, said = await self._opening.open(call)
        return said + self._result(call, made)

    async def _get(self, call: BoundCall) -> list[CmdletOutput]:
        if call.notices:
            return []
        wanted = str(call.values.get("State", "All"))
        named, said = await self._named(call)
        found = [item for item in named if wanted in ("All", spelled(item.state))]
        shown = self._result(call, found)
        if not (shown or said or call.assign or call.missed):
            shown = [CmdletOutput("No session is kept open.")]
        return said + shown

    async def _exit(self, call: BoundCall) -> list[CmdletOutput]:
        said = await self._ui.exit()
        self.led_away = not said
        return [CmdletOutput(said)] if said else []

    async def _remove(self, call: BoundCall) -> list[CmdletOutput]:
        check = ShouldProcess(call, self._console)
        for session in self._sessions(call):
            if await check.allows(session):
                await self._ui.let_go(session)
                await self._context.sessions.remove(session)
        return check.said

    async def _disconnect(self, call: BoundCall) -> list[CmdletOutput]:
        idle = call.values.get("IdleTimeoutSec")
        buffering = str(call.values.get("OutputBufferingMode") or "")
        return await self._each(
            call,
            "PSSessionDisconnectFailed",
            lambda session: self._ui.disconnect(session, None if idle is None else float(idle), buffering),
        )

    async def _connect(self, call: BoundCall) -> list[CmdletOutput]:
        async def connect(session: PSSession) -> None:
            await self._ui.connect(session)
            self._context.sessions.adopt(session)

        return await self._each(call, "PSSessionConnectFailed", connect)

    async def _receive(self, call: BoundCall) -> list[CmdletOutput]:
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
    ) -> list[CmdletOutput]:
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
        return said + check.said + (self._result(call, done) if show else [])

    async def _option(self, call: BoundCall) -> list[CmdletOutput]:
        if call.assign:
            self._set(call.assign, SessionOption(call.values))
            return []
        return [
            CmdletOutput(
                "\n".join(f"{name} = {literal(value)}" for name, value in call.values.items()) or "All defaults."
            )
        ]

    async def _credential(self, call: BoundCall) -> list[CmdletOutput]:
        if call.assign:
            self._set(call.assign, call.values["Credential"])
        return []

    async def _variable(self, call: BoundCall) -> list[CmdletOutput]:
        self._set(call.assign, call.values["Value"])
        return []

    async def _help(self, call: BoundCall) -> list[CmdletOutput]:
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

    def _result(self, call: BoundCall, sessions: list[PSSession]) -> list[CmdletOutput]:
        """Put sessions where the call wants its result: into a variable, else they are shown."""
        name = str(call.common.get("OutVariable") or "")
        if name:
            before = self._context.variables.get(name.lstrip("+").casefold()) if name.startswith("+") else None
            kept = before if isinstance(before, list) else [] if before is None else [before]
            self._set(name.lstrip("+"), [*kept, *sessions])
        if call.assign:
            self._set(call.assign, sessions[0] if len(sessions) == 1 else sessions)
            return []
        return [CmdletOutput(session_table(sessions, columns_for(self._width())))] if sessions else []

    def _sessions(self, call: BoundCall) -> Sequence[PSSession]:
        return [session for session in call.sessions if isinstance(session, PSSession)]

    def _set(self, name: str, value: Any) -> None:
        self._context.variables[name.casefold()] = value
