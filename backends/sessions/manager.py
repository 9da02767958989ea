"""All sessions of this process: numbers, names, look-ups (protocol-notes 2.3, 5.2)."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError
from pstui.backends.failed_logins import FailedLogins
from pstui.backends.records import RunspaceAvailability, RunspaceState

if TYPE_CHECKING:
    from pstui.backends.console import Console
    from pstui.backends.psrp.tracing import Tracer
    from pstui.backends.sessions.early import EarlySession, Prepare
    from pstui.backends.sessions.interactive import InteractiveSession
    from pstui.backends.sessions.session import PSSession

#: states in which a session of this process is shown instead of the one that a computer lists
_LIVE = frozenset(
    {RunspaceState.OPENED, RunspaceState.CONNECTING, RunspaceState.DISCONNECTING, RunspaceState.DISCONNECTED}
)
_SUFFIX = ",Microsoft.PowerShell.Commands.EnterPSSessionCommand"


class SessionManager:
    """Makes sessions and finds them again. Temporary ones are not found: they have no Id to the user."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._sessions: list[PSSession] = []
        self._early: list[EarlySession] = []
        self._logins = FailedLogins()
        #: writes what goes over the wire of each session, where that is wanted
        self.tracer: Tracer | None = None
        #: is told each session that is made or adopted
        self.on_session: Callable[[PSSession], None] = lambda session: None
        #: is told the id of a session that its computer does not keep any more
        self.on_gone: Callable[[uuid.UUID], None] = lambda instance_id: None

    @property
    def sessions(self) -> Sequence[PSSession]:
        """The sessions made and not removed, oldest first, temporary ones included."""
        return tuple(self._sessions)

    @property
    def has_any(self) -> bool:
        """Whether there is a session, or one that ``begin`` made and nobody has taken yet."""
        return bool(self._sessions or self._early)

    def create(self, info: ConnectionInfo, console: Console, *, name: str = "", temporary: bool = True) -> PSSession:
        """Make a session, not yet open. SSH takes a number for the name, the next for the Id (protocol-notes 5.2)."""
        from pstui.backends.sessions.session import PSSession

        number = next(self._numbers)
        given, name = name, name or f"Runspace{number}"
        if info.parameter_set is ParameterSet.SSH_HOST:
            number = next(self._numbers)
        session = PSSession(info, console, number, name, temporary, self._logins)
        session.given_name = given
        self.adopt(session)
        return session

    def begin(self, info: ConnectionInfo, prepare: Prepare) -> EarlySession:
        """Connect a session that there is no console for yet; ``take_early`` gives it to whoever shows it."""
        from pstui.backends.sessions.early import EarlySession

        early = EarlySession(self, info, prepare)
        self._early.append(early)
        return early

    def take_early(self, info: ConnectionInfo) -> EarlySession | None:
        """Return what was begun for this very connection, once; None where nothing was."""
        early = next((each for each in self._early if each.info is info), None)
        if early is not None:
            self._early.remove(early)
        return early

    async def check(self, info: ConnectionInfo, console: Console) -> None:
        """Raise OpenError for what can be known to keep a session from being opened, whatever the password is."""
        from pstui.backends.transports import registry  # not before the first paint

        await registry.check(info, console)

    def interact(self, session: PSSession, console: Console) -> InteractiveSession:
        """Return the console loop for a session, writing to ``console``."""
        from pstui.backends.sessions.interactive import InteractiveSession

        return InteractiveSession(session, console)

    def find(self, info: ConnectionInfo) -> PSSession:
        """Look a kept session up by Session, Id, InstanceId or Name, to enter it.

        Raises CallError with PowerShell's ids: not found, several, not open (protocol-notes 2.2, 5.4).
        """
        from pstui.backends.sessions.session import PSSession

        key, error, matches = _LOOKUPS[info.parameter_set]
        wanted = info.values.get(key)
        if isinstance(wanted, PSSession) and wanted not in self._sessions:
            _check_enterable(wanted)  # the session itself was given: it is not looked for, but must be open
            if wanted.link.remote is not None:
                self.adopt(wanted)
        found = [session for session in self._sessions if not session.temporary and matches(session, wanted)]
        if not found:
            raise CallError(
                f"there is no session with {key} {wanted}",
                "Sessions that Enter-PSSession opens by itself are temporary and have no entry.",
                "Get-PSSession lists the sessions there are.",
                error_id=f"RemoteRunspaceNotAvailableForSpecified{error}{_SUFFIX}",
            )
        if len(found) > 1:
            raise CallError(
                f"{len(found)} sessions have {key} {wanted}",
                "It is not clear which one is meant.",
                "Use -Id or -InstanceId.",
                error_id=f"RemoteRunspaceHasMultipleMatchesForSpecified{error}{_SUFFIX}",
            )
        _check_enterable(found[0])
        return found[0]

    async def list_remote(self, info: ConnectionInfo, console: Console) -> list[PSSession]:
        """Return the sessions that a computer keeps, as Get-PSSession -ComputerName lists them. Raises OpenError.

        One that is a session of this process already is that one, unless it is broken or in another's hands now.
        Those of other clients are not sessions of this process until they are entered or adopted.
        """
        from pstui.backends.sessions.session import PSSession
        from pstui.backends.transports import registry
        from pstui.backends.transports.base import ConnectContext

        mine = {session.instance_id: session for session in self._sessions}
        found = []
        asked: list[PSCredential] = []
        context = ConnectContext(console, failed_logins=self._logins, taken=asked.append)
        for remote in await registry.list_sessions(info, context):
            held = remote.availability is RunspaceAvailability.BUSY
            known = mine.get(remote.instance_id)
            if known is not None and known.state in _LIVE - ({RunspaceState.DISCONNECTED} if held else set()):
                found.append(known)
                continue
            number = next(self._numbers)
            values = {**info.values, "ConfigurationName": remote.configuration_name}
            if asked:
                values["Credential"] = asked[-1]
            name = remote.name or listed_name(remote.instance_id)
            session = PSSession(replace(info, values=values), console, number, name, False, self._logins)
            session.link.describe(remote)
            found.append(session)
        return found

    async def taken_up(self, info: ConnectionInfo, console: Console, instance_id: uuid.UUID) -> PSSession:
        """Return the session of an id that a computer keeps, as one of this process; not connected to yet.

        Raises OpenError; CallError where it is not kept there any more.
        """
        here = next((one for one in self._sessions if one.instance_id == instance_id and one.state in _LIVE), None)
        if here is not None:
            return here
        everything = {key: value for key, value in info.values.items() if key != "ConfigurationName"}
        listed = await self.list_remote(replace(info, values=everything), console)
        session = next((one for one in listed if one.instance_id == instance_id), None)
        if session is None:
            self.on_gone(instance_id)
            raise CallError(
                f"{info.label}: the session is not kept there any more",
                "Its idle timeout passed, or someone ended it.",
                "Enter the computer anew.",
                error_id=f"PSSessionIdMatchFail{_SUFFIX}",
            )
        session.attach(console)
        self.adopt(session)
        return session

    def adopt(self, session: PSSession) -> None:
        """Take a session that another computer keeps among those of this process, to be found and closed."""
        if session not in self._sessions:
            session.tracer = self.tracer
            self._sessions.append(session)
            self.on_session(session)

    def keep(self, session: PSSession) -> None:
        """Let a temporary session stay open when it is left, and be found."""
        session.temporary = False

    async def remove(self, session: PSSession) -> None:
        """Close a session and forget it."""
        await session.close()
        if session in self._sessions:
            self._sessions.remove(session)

    async def close_all(self) -> None:
        """Close every session, all at once; those that are disconnected live on at the far end."""
        await asyncio.gather(
            *(session.link.abandon() if session.can_connect else session.close() for session in self._sessions)
        )
        self._sessions.clear()


def listed_name(instance_id: uuid.UUID) -> str:
    """Return the name of a session that its computer keeps without one: the same each time that it is listed."""
    return f"Runspace-{str(instance_id).partition('-')[0].upper()}"


def _check_enterable(session: PSSession) -> None:
    if session.state is RunspaceState.OPENED or session.can_connect:
        return
    label = f"{session.name} (Id {session.id}, {session.info.label})"
    if session.state is RunspaceState.DISCONNECTED:
        raise CallError(
            f"the session {label} is disconnected and cannot be connected to",
            "Only sessions over WinRM can be connected to again.",
            "Remove it and make a new one.",
            error_id=f"EnterPSSessionCannotConnectDisconnectedSession{_SUFFIX}",
        )
    raise CallError(
        f"the session {label} is not open",
        f"Its state is {session.state.name.title()}.",
        "Remove it and make a new one.",
        error_id=f"PushedRunspaceMustBeOpen{_SUFFIX}",
    )


def _same_id(session: PSSession, wanted: object) -> bool:
    return session.id == wanted


def _same_session(session: PSSession, wanted: object) -> bool:
    return session is wanted or session.id == wanted


def _same_instance(session: PSSession, wanted: object) -> bool:
    return isinstance(wanted, uuid.UUID) and session.instance_id == wanted


def _same_name(session: PSSession, wanted: object) -> bool:
    return isinstance(wanted, str) and session.name.casefold() == wanted.casefold()


_LOOKUPS: dict[ParameterSet, tuple[str, str, Callable[[PSSession, object], bool]]] = {
    ParameterSet.ID: ("Id", "SessionId", _same_id),
    ParameterSet.SESSION: ("Session", "SessionId", _same_session),
    ParameterSet.INSTANCE_ID: ("InstanceId", "RunspaceId", _same_instance),
    ParameterSet.NAME: ("Name", "Name", _same_name),
}
