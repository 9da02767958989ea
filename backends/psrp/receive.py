"""What each arriving message does: those of the pool and those of its pipelines (protocol-notes 3.4–3.8, 4.8, 7.1).

How this works. ``pool.py`` joins fragments to messages and calls one of two functions here; both are a ``match`` over
the message type. ``receive_pool`` follows the opening: the far end's SESSION_CAPABILITY settles the protocol version,
APPLICATION_PRIVATE_DATA follows, and RUNSPACEPOOL_STATE says Opened; then ``opened`` lets the opening return. A pool
that is connected to rather than opened is open with its private data. The session key is left to psrpcore.

``receive_pipeline`` turns a pipeline's messages into text on the console, outputs, error records and the final state.
Hot messages go through the fast decoder of ``clixml.py`` first, and large ones through ``read_ahead``, which reads
them in steps. Verbose, debug, warning and progress records are
passed over: the same text arrives as a host call, and that is what is shown. What a message says and cannot be read is
Unreadable, which ends its command; a message that does not belong where it arrives is a ProtocolError, which ends the
session.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol
from xml.etree import ElementTree

from psrpcore import ClientRunspacePool, PSRPPayload, StreamType
from psrpcore import types as ps
from pstui.backends.console import BACKLOG_LIMIT
from pstui.backends.errors import LimitExceeded, ProtocolError, SessionBroken, SessionStateError, Unreadable
from pstui.backends.psrp import clixml as fast
from pstui.backends.psrp.clixml import MessageType, PlainCipher, clipped, parse, write_record
from pstui.backends.psrp.fragments import Message, refragmented
from pstui.backends.psrp.host import Host
from pstui.backends.psrp.host_calls import HostCalls
from pstui.backends.psrp.limits import MAX_VALUES, SCREEN
from pstui.backends.psrp.long_text import is_text, long_text
from pstui.backends.psrp.pipeline import Pipeline
from pstui.backends.psrp.progress import host_progress
from pstui.backends.psrp.record_info import error_info
from pstui.backends.psrp.session_key import SessionKey
from pstui.backends.psrp.values import VALUES, in_steps, parse_in_steps, reading, uncollected, value_of
from pstui.backends.records import ErrorInfo, PipelineState, RunspaceState, SentObject, Write
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
    """Handle one message of the pool itself.

    Raises Unreadable; ProtocolError; SessionBroken when the far end closes.
    """
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
            try:
                _core_event(pool, message)
            except Unreadable as failure:  # a secret would wait for it, and nothing more is safe to send
                raise ProtocolError(failure.what, failure.why) from failure
            pool.key.arrived()
        case MessageType.PUBLIC_KEY_REQUEST if pool.protocol <= (2, 1):
            calls.spawn(pool.key.requested(), None)
        case MessageType.USER_EVENT:
            event = _value(pool, message)
            if isinstance(event, dict):
                pool.on_event(event)
        case MessageType.RUNSPACE_AVAILABILITY | MessageType.RUNSPACEPOOL_INIT_DATA:
            pass  # nothing of pstui asks for these; they harm nobody
        case _:
            raise ProtocolError(f"the far end sent message type {message.type:#x}, which does not belong here")


def _core_event(pool: ReceivingPool, message: Message) -> Any:
    """Let psrpcore process a message of the pool."""
    if len(message.body) > MAX_OF_POOL:
        raise Unreadable("the far end sent a message that cannot be read", "It is far longer than any of its kind.")
    parse(message.body)
    try:
        pool.core.receive_data(PSRPPayload(refragmented(message, 1), StreamType.default, None))
        return pool.core.next_event()
    except Exception as error:  # psrpcore raises whatever its parsers raise
        why = f"{type(error).__name__}: {error}"
        raise Unreadable("the far end sent a message that cannot be read", why) from error


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
    found = _value(pool, message)
    data = found.get("ApplicationPrivateData") if isinstance(found, dict) else None
    pool.private_data = data if isinstance(data, dict) else {}
    if pool.is_connecting:
        # A pool that is connected to is open already; nothing more announces it (MS-PSRP 3.1.4.10).
        opened(pool)


def _pool_state(pool: ReceivingPool, message: Message) -> None:
    root = message.root if message.root is not None else parse(message.body)
    said, record = root.findtext("MS/I32[@N='RunspaceState']"), root.find(_RECORD)
    try:
        number = int(said if said is not None else -1)
    except ValueError:
        raise Unreadable(f"the far end sent session state {said!r:.40}, which does not exist") from None
    if number == RunspaceState.OPENED:
        if pool.core.their_capability is None:
            raise ProtocolError("the far end opened the session without negotiating")
        opened(pool)
    elif number in (RunspaceState.BROKEN, RunspaceState.CLOSED) and pool.state is not RunspaceState.CLOSING:
        why = _reason(pool, message, root, record).message if record is not None else ""
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
    """Handle one message of a pipeline. Raises Unreadable; ProtocolError for one that the protocol does not allow."""
    match message.type:
        case MessageType.PIPELINE_HOST_CALL:
            write = fast.host_write(message.body, pipeline.limits.max_text) if message.value is None else None
            if write is not None:
                pool.host.write(write)
            elif (progress := host_progress(message.body)) is not None:
                pool.host.console.progress(progress)
            else:
                calls.take(message, pipeline)
        case MessageType.PIPELINE_OUTPUT:
            if pipeline.on_object is not None:
                pipeline.on_object(SentObject(message.body, pool.cipher.decrypt))
            elif pipeline.on_output is not None:
                pipeline.on_output(_output(pool, message, pipeline.limits.max_values))
        case MessageType.ERROR_RECORD:
            pipeline.had_errors = True
            root = message.root if message.root is not None else parse(message.body)
            error = error_info(root, _value(pool, message, root=root), pipeline.limits.max_text)
            pool.on_error_record(error)
            if pipeline.on_error is not None:
                pipeline.on_error(error)
        case MessageType.PIPELINE_STATE:
            _state(pool, pipeline, message)
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


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _value(
    pool: ReceivingPool, message: Message, max_values: int = MAX_VALUES, root: ElementTree.Element | None = None
) -> Any:
    """Return what a message says as a plain value, read ahead or read now."""
    if message.value is not None:
        return message.value[0]
    return value_of(root if root is not None else parse(message.body), pool.cipher, max_values)


def _output(pool: ReceivingPool, message: Message, max_values: int) -> Any:
    simple = fast.simple_output(message.body) if message.value is None else None
    if simple is not None:
        return simple
    return _value(pool, message, max_values) if message.body else None


def _state(pool: ReceivingPool, pipeline: Pipeline, message: Message) -> None:
    number: Any = fast.pipeline_state(message.body)
    record: ElementTree.Element | None = None
    root: ElementTree.Element | None = None
    if number is None:
        root = message.root if message.root is not None else parse(message.body)
        number, record = root.findtext("MS/I32[@N='PipelineState']"), root.find(_RECORD)
    try:
        state = PipelineState(int(number if number is not None else -1))
    except ValueError:
        raise Unreadable(f"the far end sent pipeline state {number!r:.40}, which does not exist") from None
    if record is None:
        pipeline.change_state(state)
        return
    # what is printed over there is copied and sent; too much of it is printed here
    sent_back = root if len(message.body) <= MAX_SENT_BACK and message.body.count(b"<") <= 4 * VALUES else None
    pipeline.change_state(state, _reason(pool, message, root, record), sent_back)


def _reason(
    pool: ReceivingPool, message: Message, root: ElementTree.Element | None, record: ElementTree.Element
) -> ErrorInfo:
    """Return what a state message says of a failure."""
    try:
        found = _members(_value(pool, message, root=root)).get("ExceptionAsErrorRecord")
    except SessionStateError:  # too much, or not to be read
        found = None  # what its text says is enough
    return error_info(record, found)


#: where a state message has the reason of a failure
_RECORD = "MS/*[@N='ExceptionAsErrorRecord']"
#: Bytes of a message that are read without a turn of the loop: some 100 values, or a text.
AT_ONCE = 2 * 1024
#: Largest message about versions and keys, in bytes: psrpcore reads them in one go.
MAX_OF_POOL = 32 * 1024
#: Largest failure, in bytes of its message, that is sent back for the far end to print.
MAX_SENT_BACK = 128 * 1024
#: What is read as a value, whatever its size.
_READ = frozenset(
    {
        MessageType.PIPELINE_HOST_CALL,
        MessageType.RUNSPACEPOOL_HOST_CALL,
        MessageType.PIPELINE_OUTPUT,
        MessageType.ERROR_RECORD,
        MessageType.PIPELINE_STATE,
        MessageType.RUNSPACEPOOL_STATE,
        MessageType.USER_EVENT,
        MessageType.APPLICATION_PRIVATE_DATA,
    }
)


async def read_ahead(pool: ReceivingPool, pipeline: Pipeline | None, message: Message) -> bool:
    """Read a large message in steps, for whatever it does then; tell whether all is done.

    Raises LimitExceeded, Unreadable.
    """
    whole = pipeline if pipeline is not None and pipeline.limits.max_text is None else None
    if whole and message.type == MessageType.PIPELINE_HOST_CALL and await _written_in_steps(pool, whole, message.body):
        return True
    await _read_ahead(pool, pipeline, message)
    return False


async def _written_in_steps(pool: ReceivingPool, pipeline: Pipeline, body: bytes) -> bool:
    """Write the whole of a text, one piece after the other, the line's end with the last; False for anything else."""
    found = fast.written(body)
    if found is None or not is_text(body, *found[2:]):
        return False
    method, colours, start, end = found
    console = pool.host.console
    last: Write | None = None
    for piece in long_text(body, start, end):
        if last is not None:
            pool.host.write(replace(last, newline=False))
            last = replace(last, text=piece)
        else:
            last = write_record(method, (*colours, piece), None)
        await asyncio.sleep(console.rest)
        if console.backlog > BACKLOG_LIMIT:
            await console.drained()
        if pipeline.stopping:
            return True
    if last is not None:
        pool.host.write(last)
    return True


async def _read_ahead(pool: ReceivingPool, pipeline: Pipeline | None, message: Message) -> None:
    is_output = message.type == MessageType.PIPELINE_OUTPUT
    if message.type not in _READ or (is_output and (pipeline is None or pipeline.on_output is None)):
        return
    limits = pipeline.limits if pipeline is not None else SCREEN
    message.body, quick = clipped(message.body, limits.max_text)
    if quick:
        return
    with uncollected():
        await _read_in_steps(pool, message, limits.max_values, consume=is_output)


async def _read_in_steps(pool: ReceivingPool, message: Message, max_values: int, *, consume: bool) -> None:
    message.root = await parse_in_steps(message.body, max_values)
    try:
        message.value = (await in_steps(reading(message.root, pool.cipher, max_values, consume=consume)),)
    except (LimitExceeded, Unreadable) as error:
        match message.type:
            case MessageType.PIPELINE_STATE | MessageType.RUNSPACEPOOL_STATE:
                message.value = (None,)  # the state counts, whatever comes with it
            case MessageType.PIPELINE_HOST_CALL | MessageType.RUNSPACEPOOL_HOST_CALL:
                message.value = (error.what,)  # it is answered, with this
            case _:
                raise
