"""What a pipeline's messages become: text on the console, outputs, error records, its state (semantics 3.4, 3.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psrpcore import types as ps
from pstui.backends.errors import ProtocolError
from pstui.backends.psrp import fast
from pstui.backends.psrp.fragments import Message
from pstui.backends.psrp.pipeline import Pipeline
from pstui.backends.psrp.wire import MessageType, error_info, parse, plain, position_of, read
from pstui.backends.records import PipelineState

if TYPE_CHECKING:
    from pstui.backends.psrp.host_calls import HostCalls
    from pstui.backends.psrp.pool import RunspacePool


def receive_pipeline(pool: RunspacePool, calls: HostCalls, pipeline: Pipeline, message: Message) -> None:
    """Handle one message of a pipeline. Raises ProtocolError when it cannot be what the protocol allows."""
    match message.type:
        case MessageType.PIPELINE_HOST_CALL:
            write = fast.host_write(message.body)
            if write is not None:
                pool.host.write(write)
            else:
                calls.take(message, pipeline)
        case MessageType.PIPELINE_OUTPUT:
            if pipeline.on_output is not None:
                pipeline.on_output(_output(pool, message.body))
        case MessageType.ERROR_RECORD:
            pipeline.had_errors = True
            element = parse(message.body)
            record = _error_record(read(element, pool.cipher))
            pool.on_error_record(error_info(record, position_of(element)))
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
            pass  # the same arrives as a host call, which is what is shown (design decision 5)
        case _:
            raise ProtocolError(f"the far end sent message type {message.type:#x}, which does not belong here")


def _output(pool: RunspacePool, body: bytes) -> Any:
    simple = fast.simple_output(body)
    if simple is not None:
        return simple
    return plain(read(parse(body), pool.cipher)) if body else None


def _state(pool: RunspacePool, pipeline: Pipeline, body: bytes) -> None:
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
