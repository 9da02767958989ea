"""What each arriving message does: those of the pool and those of its pipelines (protocol-notes 3.4–3.8, 4.8, 7.1).

How this works. ``pool.py`` joins fragments to messages and calls one of two functions here; both are a ``match`` over
the message type. ``receive_pool`` follows the opening: the far end's SESSION_CAPABILITY settles the protocol version,
APPLICATION_PRIVATE_DATA follows, and RUNSPACEPOOL_STATE says Opened; then ``opened`` lets the opening return. A pool
that is connected to rather than opened is open with its private data. The session key is left to psrpcore.

``receive_pipeline`` turns a pipeline's messages into text on the console, outputs, error records and the final state.
Hot messages go through the fast decoder of ``clixml.py`` first. Verbose, debug, warning and progress records are
passed over: the same text arrives as a host call, and that is what is shown. A message type that does not belong where
it arrives is a ProtocolError, which ends the session.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from psrpcore import ClientRunspacePool, PSRPPayload, StreamType
from psrpcore import types as ps
from pstui.backends.errors import ProtocolError, SessionBroken
from pstui.backends.psrp import clixml as fast
from pstui.backends.psrp.clixml import MessageType, PlainCipher, error_info, parse, plain, position_of, read
from pstui.backends.psrp.fragments import Message, refragmented
from pstui.backends.psrp.host import Host
from pstui.backends.psrp.host_calls import HostCalls
from pstui.backends.psrp.pipeline import Pipeline
from pstui.backends.psrp.session_key import SessionKey
from pstui.backends.records import ErrorInfo, PipelineState, RunspaceState, SentObject
from pstui.backends.transports.base import ShellTransport

_OLDER = {(2, 0), (2, 1), (2, 2), (2, 3)}


class ReceivingPool(Protocol):
    """What handling a message needs of the pool it is for, and what it changes there."""

    core: ClientRunspacePool
    host: Host
    key: SessionKey
    shell: ShellTransport | None
    offered_protocol: str
    is_connecting: bool
    opened: asyncio.Future[None]
    state: RunspaceState
    protocol: tuple[int, int]
    private_data: dict[str, Any]

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def cipher(self) -> Any: ...
    @property
    def on_error_record(self) -> Callable[[ErrorInfo], None]: ...
    @property
    def on_event(self) -> Callable[[dict[str, Any]], None]: ...
    @property
    def on_information(self) -> Callable[[bytes], None]: ...


def receive_pool(pool: ReceivingPool, calls: HostCalls, message: Message) -> None:
    """Handle one message of the pool itself. Raises ProtocolError, or SessionBroken when the far end closes."""
    foreign = message.pool_id != pool.id and message.pool_id.int != 0
    if foreign or message.pipeline_id is not None:
        raise ProtocolError("the far end sent a message that belongs to another session or command")
    match message.type:
        case MessageType.SESSION_CAPABILITY:
            _capability(pool, message)
        case MessageType.APPLICATION_PRIVATE_DATA:
            _private_data(pool, message)
        case MessageType.RUNSPACEPOOL_STATE:
            _pool_state(pool, message)
        case MessageType.RUNSPACEPOOL_HOST_CALL:
            calls.take(message, None)
        case MessageType.ENCRYPTED_SESSION_KEY:
            _core_event(pool, message)
            pool.key.arrived()
        case MessageType.PUBLIC_KEY_REQUEST if pool.protocol <= (2, 1):
            calls.spawn(pool.key.requested(), None)
        case MessageType.USER_EVENT:
            event = plain(read(parse(message.body), pool.cipher))
            if isinstance(event, dict):
                pool.on_event(event)
        case MessageType.RUNSPACE_AVAILABILITY | MessageType.RUNSPACEPOOL_INIT_DATA:
            pass  # nothing of pstui asks for these; they harm nobody
        case _:
            raise ProtocolError(f"the far end sent message type {message.type:#x}, which does not belong here")


def _core_event(pool: ReceivingPool, message: Message) -> Any:
    """Let psrpcore process a message of the pool."""
    parse(message.body)
    try:
        pool.core.receive_data(PSRPPayload(refragmented(message, 1), StreamType.default, None))
        return pool.core.next_event()
    except Exception as error:  # psrpcore raises whatever its parsers raise
        why = f"{type(error).__name__}: {error}"
        raise ProtocolError("the far end sent a message that cannot be read", why) from error


def _capability(pool: ReceivingPool, message: Message) -> None:
    _core_event(pool, message)
    theirs = pool.core.their_capability
    if theirs is None or pool.state is not RunspaceState.OPENING:
        raise ProtocolError("the far end negotiated twice")
    version = (int(theirs.protocolversion.major), int(theirs.protocolversion.minor))
    ours = tuple(int(part) for part in pool.offered_protocol.split("."))
    hint = "Update the PowerShell there or pstui."
    if version != ours and version not in _OLDER:
        why = f"pstui offered {pool.offered_protocol} and takes 2.0 to {pool.offered_protocol}."
        raise ProtocolError(f"the far end speaks protocol {theirs.protocolversion}, which does not fit", why, hint)
    for name, value, wanted in (
        ("PSVersion", theirs.PSVersion, "2.0"),
        ("SerializationVersion", theirs.SerializationVersion, "1.1.0.1"),
    ):
        if str(value) != wanted:
            why = f"The protocol has only {wanted} there."
            raise ProtocolError(f"the far end negotiates {name} {value}, which does not fit", why, hint)
    pool.protocol = version
    if version >= (2, 4):
        pool.core._cipher = PlainCipher()  # type: ignore[assignment]  # psrpcore names its own class, not its port


def _private_data(pool: ReceivingPool, message: Message) -> None:
    if pool.private_data:
        raise ProtocolError("the far end sent its private data twice")
    found = plain(read(parse(message.body), pool.cipher))
    data = found.get("ApplicationPrivateData") if isinstance(found, dict) else None
    pool.private_data = data if isinstance(data, dict) else {}
    if pool.is_connecting:
        # A pool that is connected to is open already; nothing more announces it (MS-PSRP 3.1.4.10).
        opened(pool)


def _pool_state(pool: ReceivingPool, message: Message) -> None:
    found = read(parse(message.body), pool.cipher)
    number = getattr(found, "RunspaceState", None)
    record = getattr(found, "ExceptionAsErrorRecord", None)
    why = error_info(record).message if record is not None else ""
    if number == RunspaceState.OPENED:
        if pool.core.their_capability is None:
            raise ProtocolError("the far end opened the session without negotiating")
        opened(pool)
    elif number in (RunspaceState.BROKEN, RunspaceState.CLOSED) and pool.state is not RunspaceState.CLOSING:
        raise SessionBroken("the far end has closed the session", why)


def opened(pool: ReceivingPool) -> None:
    """Take a pool for open."""
    pool.state = RunspaceState.OPENED
    pool.core.state = ps.RunspacePoolState.Opened
    if pool.shell is not None:
        pool.shell.pool_opened()
    if not pool.opened.done():
        pool.opened.set_result(None)


def receive_pipeline(pool: ReceivingPool, calls: HostCalls, pipeline: Pipeline, message: Message) -> None:
    """Handle one message of a pipeline. Raises ProtocolError when it cannot be what the protocol allows."""
    match message.type:
        case MessageType.PIPELINE_HOST_CALL:
            write = fast.host_write(message.body)
            if write is not None:
                pool.host.write(write)
            else:
                calls.take(message, pipeline)
        case MessageType.PIPELINE_OUTPUT:
            if pipeline.on_object is not None:
                pipeline.on_object(SentObject(message.body, pool.cipher.decrypt))
            elif pipeline.on_output is not None:
                pipeline.on_output(_output(pool, message.body))
        case MessageType.ERROR_RECORD:
            pipeline.had_errors = True
            element = parse(message.body)
            record = _error_record(read(element, pool.cipher))
            error = error_info(record, position_of(element))
            pool.on_error_record(error)
            if pipeline.on_error is not None:
                pipeline.on_error(error)
        case MessageType.PIPELINE_STATE:
            _state(pool, pipeline, message.body)
        case MessageType.INFORMATION_RECORD:
            pool.on_information(message.body)
        case (
            MessageType.DEBUG_RECORD
            | MessageType.VERBOSE_RECORD
            | MessageType.WARNING_RECORD
            | MessageType.PROGRESS_RECORD
        ):
            pass  # the same arrives as a host call, which is what is shown (protocol-notes 3.4)
        case _:
            raise ProtocolError(f"the far end sent message type {message.type:#x}, which does not belong here")


def _output(pool: ReceivingPool, body: bytes) -> Any:
    simple = fast.simple_output(body)
    if simple is not None:
        return simple
    return plain(read(parse(body), pool.cipher)) if body else None


def _state(pool: ReceivingPool, pipeline: Pipeline, body: bytes) -> None:
    number = fast.pipeline_state(body)
    record: Any = None
    position = ""
    if number is None:
        element = parse(body)
        found = read(element, pool.cipher)
        number = getattr(found, "PipelineState", None)
        record = _error_record(getattr(found, "ExceptionAsErrorRecord", None))
        position = position_of(element)
    try:
        state = PipelineState(int(number if number is not None else -1))
    except ValueError:
        raise ProtocolError(f"the far end sent pipeline state {number}, which does not exist") from None
    pipeline.change_state(state, error_info(record, position) if record is not None else None, record)


def _error_record(found: Any) -> Any:
    """Return psrpcore's ErrorRecord for a deserialized one, or the object itself where it is shaped otherwise."""
    if found is None or isinstance(found, ps.ErrorRecord):
        return found
    try:
        return ps.ErrorRecord.FromPSObjectForRemoting(found)
    except Exception:  # a peer's record may lack fields; what is there can still be shown
        return found
