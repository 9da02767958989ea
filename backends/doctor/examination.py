"""A target tried out: the way there looked at, a session opened and closed again, each step with how it went.

How this works. ``examine`` first looks at the way itself where there is one (``ways.py``): name, port, certificate or
greeting, what the service offers. Nothing of that needs a credential, and none is sent. Then it opens a session as
Enter-PSSession does; the steps that the transport tells become checks. The first that fails carries the error's own
reason and one next step. What a session says of itself comes last: version, configuration, language mode.

The form's Test and ``pstui doctor TARGET`` show the same checks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console
from pstui.backends.doctor.checks import Check, Sign, absent, bad, good
from pstui.backends.doctor.next_steps import next_step
from pstui.backends.doctor.ways import look_at_way
from pstui.backends.errors import OpenError, PstuiError
from pstui.backends.records import PipelineState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pstui.backends.timeouts import timeout

#: characters of what a far end says of itself that are kept
MAX_SAID = 200
#: seconds for the question after the language mode, which a session need not answer
PATIENCE = 10.0

Show = Callable[[Sequence[Check]], None]
Prepare = Callable[[ConnectionInfo, Console], Awaitable[ConnectionInfo]]


@dataclass(slots=True)
class Examination:
    """What was found of one target: ``checks`` in their order, ``error`` why it cannot be used."""

    info: ConnectionInfo
    checks: list[Check] = field(default_factory=list)
    error: PstuiError | None = None

    @property
    def passed(self) -> bool:
        """Whether a session could be opened and used."""
        return self.error is None

    @property
    def failed(self) -> Check | None:
        """The step that failed, None where none did."""
        return next((check for check in reversed(self.checks) if check.sign is Sign.BAD), None)


async def _as_it_is(info: ConnectionInfo, console: Console) -> ConnectionInfo:
    return info


async def examine(
    sessions: SessionManager,
    info: ConnectionInfo,
    console: Console,
    show: Show = lambda checks: None,
    *,
    prepare: Prepare = _as_it_is,
    looks: bool = True,
) -> Examination:
    """Try a connection out and close it again. Raises nothing but CancelledError.

    ``console`` asks for passwords and host keys; ``show`` is called with all checks whenever one changes. ``prepare``
    fetches passwords that have a source. Without ``looks`` the way there is not looked at beforehand.
    """
    found = Examination(info)
    steps = _Steps(found.checks, show)
    try:
        if looks:
            async for check in look_at_way(info):
                steps.add(check)
        await _try(sessions, await prepare(info, console), console, steps)
    except PstuiError as error:
        found.error = error
        steps.fail(error, info)
    finally:
        steps.end()
    return found


async def _try(sessions: SessionManager, info: ConnectionInfo, console: Console, steps: _Steps) -> None:
    session = sessions.create(info, console)
    session.on_step = steps.step
    try:
        await sessions.interact(session, console).enter()
        steps.end()
        for check in _about(session):
            steps.add(check)
        steps.add(await _language_mode(session, console))
    finally:
        await asyncio.shield(sessions.remove(session))


class _Steps:
    """The checks that come of the steps of opening (see ``ConnectContext``)."""

    def __init__(self, checks: list[Check], show: Show) -> None:
        self._checks, self._show = checks, show
        #: where the steps of opening begin
        self._begin: int | None = None

    def add(self, check: Check) -> None:
        """Take a finished check."""
        self._checks.append(check)
        self._show(self._checks)

    def step(self, name: str, detail: str) -> None:
        """Take a step that begins, which says that the one before it went well; told again, its detail is a better one.

        A connection that begins again, such as after a host key was accepted, begins its steps again.
        """
        if self._begin is None:
            self._begin = len(self._checks)
        own = self._checks[self._begin :]
        if own and own[-1].name == name:
            own[-1].detail = detail or own[-1].detail
        else:
            again = next((place for place, check in enumerate(own) if check.name == name), None)
            if again is not None:
                del self._checks[self._begin + again :]
            self._went_well()
            self._checks.append(Check(name, detail))
        self._show(self._checks)

    def fail(self, error: PstuiError, info: ConnectionInfo) -> None:
        """Let the step that is under way be the one that failed, or the one that the error is about."""
        own = self._checks[self._begin :] if self._begin is not None else []
        about = next((check for check in own if isinstance(error, OpenError) and check.name == error.step), None)
        if about is not None:
            del self._checks[self._checks.index(about) + 1 :]
            about.sign = Sign.RUNNING
        running = next((check for check in reversed(self._checks) if check.sign is Sign.RUNNING), None)
        if running is None:  # no way was gone yet: it fails by what is on this computer
            running, step = Check("session"), ""
            self._checks.append(running)
        else:
            step = running.name
        running.next = next_step(error, step, info, running.detail)
        running.sign = Sign.BAD
        running.detail = error.what
        running.why = error.why

    def end(self) -> None:
        """Take what is under way for done."""
        self._went_well()
        self._show(self._checks)

    def _went_well(self) -> None:
        for check in self._checks:
            if check.sign is Sign.RUNNING:
                check.sign = Sign.GOOD


def _about(session: PSSession) -> list[Check]:
    """Return what an open session says of itself."""
    table: Any = session.application_private_data.get("PSVersionTable")
    told = table if isinstance(table, dict) else {}
    version = _said(told.get("PSVersion"))
    words = [version, _said(told.get("PSEdition")), _said(told.get("OS") or told.get("Platform"))]
    shown = ", ".join(word for word in words if word)
    protocol = ".".join(map(str, session.protocol))
    checks = [good("PowerShell", shown)] if version else [absent("PowerShell", "it does not tell its version")]
    checks.append(good("protocol", f"{protocol} over {session.transport}"))
    if session.configuration_name:
        checks.append(good("configuration", session.configuration_name))
    return checks


def _said(value: Any) -> str:
    return "" if value is None else str(value)[:MAX_SAID]


async def _language_mode(session: PSSession, console: Console) -> Check:
    """Return the language mode. Where the far end refuses scripts it is the answer itself."""
    found: list[object] = []
    script = "$ExecutionContext.SessionState.LanguageMode.ToString()"
    name = "language mode"
    if session.no_language:
        return bad(name, "NoLanguage", "Scripts are refused there; simple commands can be used.")
    try:
        async with timeout(PATIENCE):
            result = await session.invoke_script(script, console, out_default=False, on_output=found.append)
    except PstuiError as error:
        return absent(name, error.what)
    except TimeoutError:
        with contextlib.suppress(PstuiError, TimeoutError):
            async with timeout(PATIENCE):
                await session.stop()
        return absent(name, f"no answer within {PATIENCE:g} s")
    if result.state is not PipelineState.COMPLETED or not found or not isinstance(found[0], str):
        return absent(name, "scripts are not allowed there, or not this one")
    mode = _said(found[0])
    if mode != "FullLanguage":
        return Check(name, mode, Sign.ABSENT, "Only a part of the language can be used there.")
    return good(name, mode)
