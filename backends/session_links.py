"""A session let go of and taken up again, where its transport can do that (semantics 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connection import ParameterSet
from .errors import PstuiError, SessionStateError
from .pssession import PSSession
from .records import RunspaceAvailability, RunspaceState

if TYPE_CHECKING:
    from .psrp.pool import RunspacePool

_DIRECT = (ParameterSet.VM_ID, ParameterSet.VM_NAME, ParameterSet.CONTAINER_ID)


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
    return "" if _pool(session).parked else "No command of it was left running."


async def disconnect(session: PSSession, idle_timeout: float | None = None, buffering: str = "") -> None:
    """Let go of a session, which lives on at the far end for ``idle_timeout`` seconds. Raises PstuiError.

    Who is in the session must have left it.
    """
    from .psrp import disconnection

    if session.state is RunspaceState.DISCONNECTED:
        return
    if why := why_not_disconnect(session):
        error_id = "CannotDisconnectSessionWhenNotOpened" if session.state is not RunspaceState.OPENED else ""
        if session.info.parameter_set in _DIRECT:
            error_id = "CannotDisconnectVMContainerSession"
        raise SessionStateError(f"{session.name} cannot be disconnected", why, error_id=error_id)
    session._set(RunspaceState.DISCONNECTING, RunspaceAvailability.NONE)
    try:
        await disconnection.disconnect(_pool(session), idle_timeout, buffering)
    except PstuiError:
        session._set(_pool(session).state, RunspaceAvailability.AVAILABLE)
        raise
    session._set(RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)


async def connect(session: PSSession) -> None:
    """Take a session up again; one that is connected stays so. Raises PstuiError."""
    from .psrp import disconnection

    if session.state is RunspaceState.OPENED:
        return
    if why := why_not_connect(session):
        raise SessionStateError(f"{session.name} cannot be connected to", why)
    session._set(RunspaceState.CONNECTING, RunspaceAvailability.NONE)
    try:
        await disconnection.reconnect(_pool(session))
    except PstuiError:
        session._set(RunspaceState.DISCONNECTED, RunspaceAvailability.NONE)
        raise
    session._set(RunspaceState.OPENED, RunspaceAvailability.AVAILABLE)


def _pool(session: PSSession) -> RunspacePool:
    pool = session._pool
    if pool is None:
        raise SessionStateError(f"{session.name} has no connection to the far end")
    return pool


def _why_not_kept(session: PSSession) -> str:
    if session._pool is not None and session._pool.shell is not None:
        return ""
    return f"A session over {session.transport or 'this transport'} ends with its connection; WinRM alone keeps it."
