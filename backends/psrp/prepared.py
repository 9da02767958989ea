"""CREATE_PIPELINE messages from templates: what is the same in every line that is sent is written once for a pool.

Writing one anew takes psrpcore some 2 ms, a good part of a round trip; a prompt follows every line.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

from psrpcore import ClientRunspacePool, StreamType
from psrpcore._payload import PSRPMessage, create_message
from psrpcore.types import PSRPMessageType, serialize
from pstui.backends.psrp.commands import Call, Invocation

#: shapes of invocations kept for one pool
MAX_TEMPLATES = 32
#: stands for a text in a template; numbered, and never part of one: a text's own marks would be in its own place
_MARK = "pstui:text:%d:"

Prepare = Callable[[uuid.UUID], None]


class Templates:
    """The templates of one pool."""

    def __init__(self, core: ClientRunspacePool) -> None:
        self._core = core
        self._known: dict[tuple[Invocation, str, tuple[int, int]], list[bytes]] = {}

    def prepare(self, invocation: Invocation, protocol: tuple[int, int]) -> Prepare:
        """Return what queues the message of an invocation for a pipeline's id."""
        calls = invocation.statements[0]
        texts = [call.text for call in calls]
        if invocation.history is not None:
            texts.append(invocation.history)
        if len(invocation.statements) > 1 or any(call.arguments for call in calls) or not all(texts):
            message = invocation.wire(protocol)
            return lambda pipeline_id: self._core.prepare_message(
                message, message_type=PSRPMessageType.CreatePipeline, pipeline_id=pipeline_id
            )
        between = self._template(invocation, protocol, len(texts))
        data = between[0] + b"".join(self._text(text) + after for text, after in zip(texts, between[1:], strict=True))
        return lambda pipeline_id: self._queue(data, pipeline_id)

    def _template(self, invocation: Invocation, protocol: tuple[int, int], count: int) -> list[bytes]:
        """Return what stands before, between and behind the texts of such an invocation."""
        marks = iter(range(count))

        def marked(call: Call) -> Call:
            return replace(call, text=_MARK % next(marks))

        statements = (tuple(map(marked, invocation.statements[0])),)
        history = None if invocation.history is None else _MARK % next(marks)
        shape = replace(invocation, statements=statements, history=history)
        # A size can change, so it has no hash.
        key = (replace(shape, size=None), repr(shape.size), protocol)
        known = self._known.get(key)
        if known is None:
            rest, known = self._written(shape.wire(protocol)), []
            for number in range(count):
                before, _, rest = rest.partition((_MARK % number).encode())
                known.append(before)
            known.append(rest)
            if len(self._known) >= MAX_TEMPLATES:
                del self._known[next(iter(self._known))]
            self._known[key] = known
        return known

    def _text(self, text: str) -> bytes:
        """Return a text as it stands between the tags."""
        return self._written(text)[len(b"<S>") : -len(b"</S>")]

    def _written(self, value: object) -> bytes:
        core = self._core
        element = serialize(
            value, core._cipher, our_capability=core.our_capability, their_capability=core.their_capability
        )
        found: bytes = ElementTree.tostring(element, encoding="utf-8", method="xml")
        return found

    def _queue(self, data: bytes, pipeline_id: uuid.UUID) -> None:
        """Do what psrpcore's ``prepare_message`` does once the message is written."""
        core, kind = self._core, PSRPMessageType.CreatePipeline
        message = create_message(True, kind, data, core.runspace_pool_id, pipeline_id)
        core._send_buffer.append(
            PSRPMessage(
                kind,
                bytearray(message),
                core.runspace_pool_id,
                pipeline_id,
                core._fragment_counter,
                StreamType.default,
            )
        )
