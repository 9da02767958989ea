"""A session and its connection: where it stands, and how it is disconnected and connected again.

``SessionStatus`` holds the state and the availability, tells those who watch them, and knows whether the far end wants
the session left. ``SessionLink`` disconnects, connects and receives where the transport can do that (protocol-notes
5.3, 5.4).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.errors import Offer, OpenCancelled, PstuiError, SessionBroken, SessionStateError
from pstui.backends.forwards import Forwards
from pstui.backends.records import ErrorInfo, RunspaceAvailability, RunspaceState, Stream, Write
from pstui.backends.timeouts import timeout
from pstui.backends.transports import registry
from pstui.backends.transports.base import Forwarding, RemoteSession

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import Pipeline, PipelineResult
    from pstui.backends.psrp.pool import RunspacePool


#: Seconds that a stop waits where the transport has no limit of its own.
BEGIN_LIMIT = 60.0


class Beginning:
    """Whether a command that was sent has begun: a stop waits for it, and says so when the far end stays silent."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._begun.set()
        #: whether it is to be stopped as soon as it begins, although nobody waits for that any more
        self.stop_wanted = False

    def begins(self) -> None:
        """Take a command as sent."""
        self._begun.clear()
        self.stop_wanted = False

    def over(self) -> None:
        """Take it as begun, or as ended."""
        self._begun.set()

    async def in_time(self, transport: object, break_session: Callable[[], Awaitable[None]]) -> None:
        """Wait until it has begun. Raises SessionStateError, with the way out, when the far end is silent."""
        limit: float = getattr(transport, "signal_timeout", BEGIN_LIMIT)
        try:
            async with timeout(limit):
                await self._begun.wait()
        except BaseException as end:
            self.stop_wanted = True
            if not isinstance(end, TimeoutError):
                raise
            raise SessionStateError(
                f"the far end has not taken the command within {limit:g} s, and cannot be told to stop it",
                "The PowerShell there may hang.",
                "Break the session to be free of it.",
                offers=[Offer("Break the session", break_session)],
            ) from None


class SessionStatus:
    """State and availability of one session (protocol-notes 5.3). A change wakes waiters, then tells the watchers."""

    def __init__(self) -> None:
        self.state = RunspaceState.BEFORE_OPEN
        self.availability = RunspaceAvailability.NONE
        #: the exit code with which the far end has asked to leave the session, None while it has not
        self.leave_code: int | None = None
        self._change = asyncio.Event()
        self._left = asyncio.Event()
        self._watchers: list[Callable[[], None]] = []
        #: are called at a change of the state alone
        self.on_change_of_state: list[Callable[[], None]] = []

    def set(self, state: RunspaceState, availability: RunspaceAvailability) -> None:
        """Take a new state and availability; what stays as it was is not a change."""
        if (state, availability) == (self.state, self.availability):
            return
        concerned = [*self._watchers, *(self.on_change_of_state if state is not self.state else ())]
        self.state, self.availability = state, availability
        self._change.set()
        self._change = asyncio.Event()
        for watcher in concerned:
            watcher()

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at each change; returns the way to end that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def changed(self) -> Coroutine[Any, Any, object]:
        """Wait for the next change from this call on, even where a task awaits it later."""
        return self._change.wait()

    async def left(self) -> int:
        """Wait until the far end asks to leave the session, and return the exit code it gave."""
        await self._left.wait()
        return self.leave_code or 0

    def leave(self, code: int) -> None:
        """Take the far end's request to leave."""
        self.leave_code = code
        self._left.set()

    def stay(self) -> None:
        """Forget a request to leave."""
        self.leave_code = None
        self._left.clear()


#: seconds that a disconnected session must be kept at least (protocol-notes 5.4)
LEAST_IDLE_TIMEOUT = 60.0
#: most characters shown of one object that the far end did not format
MAX_SHOWN = 10_000

_DIRECT = (ParameterSet.VM_ID, ParameterSet.VM_NAME, ParameterSet.CONTAINER_ID)
_NETWORK_ACCESS = (
    "The session keeps the rights of your credential on that computer until it ends; it is not bound to this logon."
)
_IDLE_TIMEOUT = "CannotDisconnectSessionWithInvalidIdleTimeout"


class LinkedSession(Protocol):
    """What disconnecting a session and connecting to it needs of it."""

    info: ConnectionInfo
    name: str
    console: Console
    transport: str
    instance_id: uuid.UUID
    status: SessionStatus
    pool: RunspacePool | None
    failure: ErrorInfo | None
    failed: PstuiError | None
    application_private_data: dict[str, Any]

    def attach(self, console: Console) -> None: ...
    async def make_pool(self) -> RunspacePool: ...
    async def drop(self) -> None: ...
    def busy(self, nested: bool = False, *, takes_up: bool = False) -> AbstractContextManager[RunspacePool]: ...
    @property
    def started(self) -> Callable[[Pipeline], None]: ...


class SessionLink:
    """Disconnects one session, connects to it again, and takes up what ran on in it meanwhile."""

    def __init__(self, session: LinkedSession) -> None:
        self._session, self._status = session, session.status
        #: how the computer that keeps the session described it, until it is connected to for the first time from here
        self.remote: RemoteSession | None = None
        #: what takes up the commands that ran on while the session was disconnected
        self.following: asyncio.Task[PipelineResult | None] | None = None

    @property
    def forwards(self) -> Forwards | None:
        """The port forwards of its connection; None where there is none that carries any."""
        pool = self._session.pool
        return pool.transport.forwards if pool is not None and isinstance(pool.transport, Forwarding) else None

    def describe(self, remote: RemoteSession) -> None:
        """Take what the computer that keeps the session says of it; it can be connected to then."""
        session = self._session
        self.remote, session.instance_id = remote, remote.instance_id
        session.transport = registry.for_set(session.info.parameter_set).name
        self._status.set(RunspaceState.DISCONNECTED, remote.availability)

    @property
    def outlives_connection(self) -> bool:
        """Whether the far end keeps the session while nobody is connected to it."""
        pool = self._session.pool
        return self.remote is not None or (pool is not None and pool.shell is not None)

    @property
    def has_unreceived(self) -> bool:
        """Whether a command runs in the session, or has output, that was begun before it was connected to."""
        return self._session.pool is not None and bool(self._session.pool.disconnected_pipelines)

    def why_not_disconnect(self) -> str:
        """Return why a session cannot be disconnected, empty where it can."""
        if self._status.state is RunspaceState.DISCONNECTED:
            return "It is disconnected already."
        if self._status.state is not RunspaceState.OPENED:
            return "Only an open session can be disconnected."
        return self._why_not_kept()

    def why_not_connect(self) -> str:
        """Return why a session cannot be connected to, empty where it can."""
        if self._status.state is RunspaceState.OPENED:
            return "It is connected."
        if self._status.state is not RunspaceState.DISCONNECTED:
            return "Only a disconnected session can be connected to."
        return self._why_not_kept()

    def why_not_receive(self) -> str:
        """Return why there is nothing to be taken up in a session, empty where there may be."""
        if why := self._why_not_kept():
            return why
        if self._status.state not in (RunspaceState.OPENED, RunspaceState.DISCONNECTED):
            return "The session is not open."
        there_is = self.has_unreceived or (self.remote is not None and self.remote.commands)
        return "" if there_is else "No command of it was left running."

    async def disconnect(self, idle_timeout: float | None = None, buffering: str = "") -> None:
        """Let go of a session, which lives on at the far end for ``idle_timeout`` seconds. Raises PstuiError.

        ``buffering`` (Block, Drop) says what becomes of output that nobody takes. What runs keeps running there;
        whoever waits for it here gets SessionDisconnected. Whoever is in the session must have left it.
        """
        from pstui.backends.psrp import disconnection

        session = self._session
        if self._status.state is RunspaceState.DISCONNECTED:
            return
        if why := self.why_not_disconnect():
            error_id = "PSSessionDisconnectFailed"
            if session.info.parameter_set in _DIRECT:
                error_id = "CannotDisconnectVMContainerSession"
            elif self._status.state is not RunspaceState.OPENED:
                error_id = "CannotDisconnectSessionWhenNotOpened"
            raise SessionStateError(f"{session.name} cannot be disconnected", why, error_id=error_id)
        if idle_timeout is not None and 0 <= idle_timeout < LEAST_IDLE_TIMEOUT:
            raise SessionStateError(
                f"{session.name} cannot be disconnected",
                f"An idle timeout of {idle_timeout:g} s is less than {LEAST_IDLE_TIMEOUT:g} s.",
                "Give a longer one, or leave it out to use the session's own.",
                error_id=_IDLE_TIMEOUT,
            )
        availability = self._status.availability
        self._status.set(RunspaceState.DISCONNECTING, RunspaceAvailability.NONE)
        wanted = None if idle_timeout is not None and idle_timeout < 0 else idle_timeout
        try:
            await disconnection.disconnect(self._pool(), wanted, buffering)
        except PstuiError as error:
            if self._status.state is RunspaceState.DISCONNECTING:
                still = self._pool().state
                self._status.set(still, availability if still is RunspaceState.OPENED else RunspaceAvailability.NONE)
            refused = error.error_id == _IDLE_TIMEOUT
            raise _failed(error, _IDLE_TIMEOUT if refused else "PSSessionDisconnectFailed") from error
        self._status.set(RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
        if session.info.switch("EnableNetworkAccess"):
            session.console.write(Write(_NETWORK_ACCESS, stream=Stream.NOTICE))

    async def connect(self) -> None:
        """Take a session up again, or for the first time one that a computer keeps. Raises PstuiError.

        One that is connected stays so. One in which a command runs, or has output, is busy until that was received.
        """
        session = self._session
        while (state := self._status.state) is RunspaceState.CONNECTING:
            await self._status.changed()  # by another one
        if state is RunspaceState.OPENED:
            return
        if why := self.why_not_connect():
            direct = session.info.parameter_set in _DIRECT
            error_id = "CannotConnectVMContainerSession" if direct else "PSSessionConnectFailed"
            raise SessionStateError(f"{session.name} cannot be connected to", why, error_id=error_id)
        availability = self._status.availability
        self._status.set(RunspaceState.CONNECTING, RunspaceAvailability.NONE)
        try:
            await self._take_up()
        except BaseException as error:
            if self._status.state is RunspaceState.CONNECTING:
                self._status.set(RunspaceState.DISCONNECTED, availability)
            if isinstance(error, PstuiError):
                raise _failed(error, "PSSessionConnectFailed") from error
            raise
        session.failure = session.failed = None
        runs = self.has_unreceived
        self._status.set(RunspaceState.OPENED, RunspaceAvailability.BUSY if runs else RunspaceAvailability.AVAILABLE)

    async def abandon(self) -> None:
        """Let go of a session that is disconnected without ending it at the far end. Never raises."""
        await self._session.drop()

    async def receive(self, console: Console) -> PipelineResult | None:
        """Take up what ran in a session while it was disconnected, and follow it to its end on ``console``.

        A disconnected session is connected to first. Returns how the last command ended, None where none was left.
        Raises PstuiError. Giving up waiting does not end the command.
        """
        session = self._session
        if session.info.parameter_set in _DIRECT:
            why = self._why_not_kept()
            raise SessionStateError(
                f"{session.name}: there is nothing to receive", why, error_id="CannotReceiveVMContainerSession"
            )
        try:
            await self.connect()
        except PstuiError as error:
            raise _failed(error, "ReceivePSSessionCannotConnectSession", anew=True) from error
        session.attach(console)
        return await asyncio.shield(self.follow()) if self.has_unreceived or self.following else None

    def follow(self) -> asyncio.Task[PipelineResult | None]:
        """Begin to take up what ran on, once; return what does so."""
        if self.following is None:
            self.following = asyncio.create_task(self._follow(), name="receive session")
            self.following.add_done_callback(self._followed)
        return self.following

    def _followed(self, task: asyncio.Task[PipelineResult | None]) -> None:
        self.following = None
        if not task.cancelled():
            task.exception()  # mark as seen: perhaps nobody waits for it

    async def _follow(self) -> PipelineResult | None:
        from pstui.backends.psrp import disconnection

        def show(value: object) -> None:
            self._session.console.write(Write(str(value)[:MAX_SHOWN]))

        result: PipelineResult | None = None
        with self._session.busy(takes_up=True) as pool:
            for command in list(pool.disconnected_pipelines):
                try:
                    result = await disconnection.receive(pool, command, on_output=show, on_start=self._session.started)
                except SessionStateError as error:  # it ended meanwhile; the session continues
                    self._session.console.write(Write(error.text(), stream=Stream.NOTICE))
        return result

    async def _take_up(self) -> None:
        from pstui.backends.psrp import disconnection

        remote = self.remote
        if remote is None:
            await disconnection.reconnect(self._pool())
            return
        pool = await self._session.make_pool()
        try:
            await disconnection.connect(pool, remote.instance_id, remote.commands)
        except BaseException:
            await self._session.drop()
            raise
        self._session.application_private_data = pool.private_data
        self.remote = None

    def _pool(self) -> RunspacePool:
        pool = self._session.pool
        if pool is None:
            raise SessionStateError(f"{self._session.name} has no connection to the far end")
        return pool

    def _why_not_kept(self) -> str:
        if self.outlives_connection:
            return ""
        transport = self._session.transport or "this transport"
        return f"A session over {transport} ends with its connection; only WinRM keeps sessions."


def _failed(error: PstuiError, error_id: str, *, anew: bool = False) -> PstuiError:
    """Return an error of WinRM's under the id of a cmdlet, the name of its code before it (protocol-notes 5.4).

    What ends the session, and what was given up, stays as it is. ``anew`` replaces the id of another cmdlet.
    """
    if isinstance(error, OpenCancelled | SessionBroken):
        error.error_id = error.error_id or error_id
        return error
    code = getattr(error, "code_name", "") or (error.error_id.partition(",")[0] if "," in error.error_id else "")
    if not anew and error.error_id == error_id:
        return error
    full = f"{code},{error_id}" if code and not anew else error_id
    return SessionStateError(
        error.what, error.why, error.hint, error_id=full, details=error.details, offers=error.offers
    )
