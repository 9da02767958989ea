"""A session let go of and taken up again, where its transport can do that (protocol-notes 5.3, 5.4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pstui.backends.connection import ParameterSet
from pstui.backends.console import Console
from pstui.backends.errors import OpenCancelled, PstuiError, SessionBroken, SessionStateError
from pstui.backends.records import RunspaceAvailability, RunspaceState, Stream, Write

if TYPE_CHECKING:
    from pstui.backends.psrp.pipeline import PipelineResult
    from pstui.backends.psrp.pool import RunspacePool
    from pstui.backends.sessions.session import PSSession

#: seconds that a disconnected session must be kept at least (protocol-notes 5.4)
LEAST_IDLE_TIMEOUT = 60.0
#: most characters shown of one object that nobody formatted over there
MAX_SHOWN = 10_000

_DIRECT = (ParameterSet.VM_ID, ParameterSet.VM_NAME, ParameterSet.CONTAINER_ID)
_NETWORK_ACCESS = (
    "The session has the rights of your credential over there until it ends: it is not bound to this logon."
)


def why_not_disconnect(session: PSSession) -> str:
    """Return why a session cannot be disconnected, empty where it can."""
    if session.state is RunspaceState.DISCONNECTED:
        return "It is disconnected already."
    if session.state is not RunspaceState.OPENED:
        return "Only an open session can be disconnected."
    return _why_not_kept(session)


def why_not_connect(session: PSSession) -> str:
    """Return why a session cannot be connected to, empty where it can."""
    if session.state is RunspaceState.OPENED:
        return "It is connected."
    if session.state is not RunspaceState.DISCONNECTED:
        return "Only a disconnected session can be connected to."
    return _why_not_kept(session)


def why_not_receive(session: PSSession) -> str:
    """Return why there is nothing to be taken up in a session, empty where there may be."""
    if why := _why_not_kept(session):
        return why
    if session.state not in (RunspaceState.OPENED, RunspaceState.DISCONNECTED):
        return "The session is not open."
    there_is = session.has_left_over or (session.kept is not None and session.kept.commands)
    return "" if there_is else "No command of it was left running."


async def disconnect(session: PSSession, idle_timeout: float | None = None, buffering: str = "") -> None:
    """Let go of a session, which lives on at the far end for ``idle_timeout`` seconds. Raises PstuiError.

    ``buffering`` (Block, Drop) says what becomes of output that nobody takes. What runs goes on over there, and who
    waits for it here gets SessionDisconnected. Who is in the session must have left it.
    """
    from pstui.backends.psrp import disconnection

    if session.state is RunspaceState.DISCONNECTED:
        return
    if why := why_not_disconnect(session):
        error_id = "PSSessionDisconnectFailed"
        if session.info.parameter_set in _DIRECT:
            error_id = "CannotDisconnectVMContainerSession"
        elif session.state is not RunspaceState.OPENED:
            error_id = "CannotDisconnectSessionWhenNotOpened"
        raise SessionStateError(f"{session.name} cannot be disconnected", why, error_id=error_id)
    if idle_timeout is not None and 0 <= idle_timeout < LEAST_IDLE_TIMEOUT:
        raise SessionStateError(
            f"{session.name} cannot be disconnected",
            f"An idle time-out of {idle_timeout:g} s is less than {LEAST_IDLE_TIMEOUT:g} s.",
            "Give a longer one, or none for that of the session.",
            error_id="CannotDisconnectSessionWithInvalidIdleTimeout",
        )
    availability = session.availability
    session._set(RunspaceState.DISCONNECTING, RunspaceAvailability.NONE)
    wanted = None if idle_timeout is not None and idle_timeout < 0 else idle_timeout
    try:
        await disconnection.disconnect(_pool(session), wanted, buffering)
    except PstuiError as error:
        if session.state is RunspaceState.DISCONNECTING:
            still = _pool(session).state
            session._set(still, availability if still is RunspaceState.OPENED else RunspaceAvailability.NONE)
        bounds = idle_timeout is not None and _IDLE_BOUNDS in error.why
        raise _failed(
            error, "CannotDisconnectSessionWithInvalidIdleTimeout" if bounds else "PSSessionDisconnectFailed"
        ) from error
    session._set(RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
    if session.info.switch("EnableNetworkAccess"):
        session.console.write(Write(_NETWORK_ACCESS, stream=Stream.NOTICE))


#: the code by which WinRM refuses an idle time-out, as its errors write it
_IDLE_BOUNDS = "-2144108046"


async def connect(session: PSSession) -> None:
    """Take a session up again, or for the first time one that a computer keeps. Raises PstuiError.

    One that is connected stays so. One in which a command runs, or has output, is busy until that was received.
    """
    while (state := session.state) is RunspaceState.CONNECTING:
        await session.changed()  # by another one
    if state is RunspaceState.OPENED:
        return
    if why := why_not_connect(session):
        direct = session.info.parameter_set in _DIRECT
        error_id = "CannotConnectVMContainerSession" if direct else "PSSessionConnectFailed"
        raise SessionStateError(f"{session.name} cannot be connected to", why, error_id=error_id)
    availability = session.availability
    session._set(RunspaceState.CONNECTING, RunspaceAvailability.NONE)
    try:
        await _take_up(session)
    except BaseException as error:
        if session.state is RunspaceState.CONNECTING:
            session._set(RunspaceState.DISCONNECTED, availability)
        if isinstance(error, PstuiError):
            raise _failed(error, "PSSessionConnectFailed") from error
        raise
    session.failure = session.failed = None
    runs = session.has_left_over
    session._set(RunspaceState.OPENED, RunspaceAvailability.BUSY if runs else RunspaceAvailability.AVAILABLE)


async def let_lie(session: PSSession) -> None:
    """Let go of a session that is disconnected without ending it at the far end. Never raises."""
    await session._drop()


async def receive(session: PSSession, console: Console) -> PipelineResult | None:
    """Take up what ran in a session while it was disconnected, and follow it to its end on ``console``.

    A disconnected session is connected to first. Returns how the last command ended, None where none was left.
    Raises PstuiError. Giving up waiting does not end the command.
    """
    if session.info.parameter_set in _DIRECT:
        why = _why_not_kept(session)
        raise SessionStateError(
            f"{session.name}: there is nothing to receive", why, error_id="CannotReceiveVMContainerSession"
        )
    try:
        await connect(session)
    except PstuiError as error:
        raise _failed(error, "ReceivePSSessionCannotConnectSession", anew=True) from error
    session.attach(console)
    return await asyncio.shield(follow(session)) if session.has_left_over or session.following else None


def follow(session: PSSession) -> asyncio.Task[PipelineResult | None]:
    """Begin to take up what ran on, once; return what does so."""
    if session.following is None:
        session.following = asyncio.create_task(_follow(session), name="receive session")
        session.following.add_done_callback(lambda task: _followed(session, task))
    return session.following


def _followed(session: PSSession, task: asyncio.Task[PipelineResult | None]) -> None:
    session.following = None
    if not task.cancelled():
        task.exception()  # mark as seen: perhaps nobody waits for it


async def _follow(session: PSSession) -> PipelineResult | None:
    from pstui.backends.psrp import disconnection

    def show(value: object) -> None:
        session.console.write(Write(str(value)[:MAX_SHOWN]))

    result: PipelineResult | None = None
    with session._busy(takes_up=True) as pool:
        for command in list(pool.parked):
            try:
                result = await disconnection.receive(pool, command, on_output=show, on_start=session._started)
            except SessionStateError as error:  # it ended meanwhile; the session goes on
                session.console.write(Write(error.text(), stream=Stream.NOTICE))
    return result


async def _take_up(session: PSSession) -> None:
    from pstui.backends.psrp import disconnection

    kept = session.kept
    if kept is None:
        await disconnection.reconnect(_pool(session))
        return
    pool = await session.make_pool()
    try:
        await disconnection.connect(pool, kept.instance_id, kept.commands)
    except BaseException:
        await session._drop()
        raise
    session.application_private_data = pool.private_data
    session.kept = None


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


def _pool(session: PSSession) -> RunspacePool:
    pool = session._pool
    if pool is None:
        raise SessionStateError(f"{session.name} has no connection to the far end")
    return pool


def _why_not_kept(session: PSSession) -> str:
    if session.is_kept:
        return ""
    return f"A session over {session.transport or 'this transport'} ends with its connection; WinRM alone keeps it."
