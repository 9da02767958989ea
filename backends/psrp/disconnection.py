"""A pool let go of and taken up again, by this client or another (MS-PSRP 3.1.4.9, 3.1.4.10; protocol-notes 5.4).

Only transports that make a shell for the pool can do it. What runs meanwhile keeps running; its output waits there.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from psrpcore import types as ps
from pstui.backends.errors import SessionDisconnected, SessionStateError
from pstui.backends.psrp.fragments import Defragmenter, Message
from pstui.backends.psrp.pipeline import Pipeline, PipelineResult
from pstui.backends.psrp.pool import RunspacePool
from pstui.backends.records import RunspaceState
from pstui.backends.transports.base import ShellTransport

#: the protocol that brought disconnection (protocol-notes 3.7)
SINCE = (2, 2)

_HEADER = struct.Struct(">qqBi")


class ResyncingDefragmenter(Defragmenter):
    """Joins the fragments of a stream that may begin within a message: its rest is skipped (protocol-notes 6.7)."""

    _begun = False
    #: the beginning of a header, and how many bytes of the fragment before it are still to come
    _before = b""
    _skipped = 0

    def feed(self, data: bytes) -> list[Message]:
        """Take a packet and return the messages it completes, from the first whole one on."""
        if self._begun:
            return super().feed(data)
        passed, self._skipped = self._skipped, max(0, self._skipped - len(data))
        data = self._before + data[passed:]
        position = 0
        while len(data) - position >= _HEADER.size:
            _, _, flags, length = _HEADER.unpack_from(data, position)
            if flags & 1 or length < 0:
                self._begun, self._before = True, b""
                return super().feed(data[position:])
            position += _HEADER.size + length
        self._skipped += max(0, position - len(data))
        self._before = data[position:]
        return []


async def connect(pool: RunspacePool, pool_id: uuid.UUID, commands: Iterable[uuid.UUID] = ()) -> None:
    """Connect a new pool object to a disconnected pool at the far end. Raises OpenError, SessionBroken.

    ``commands`` are those that run in it or have output that nobody took; ``receive`` takes them up.
    """
    shell = _shell(pool)
    core = pool.core
    core.runspace_pool_id = pool_id
    pool.state, pool.is_connecting = RunspaceState.OPENING, True
    core.prepare_message(core.our_capability)
    core.prepare_message(ps.ConnectRunspacePool())
    pool.make_shell()
    payload = core.data_to_send(pool.transport.max_payload)
    assert payload is not None
    await shell.connect(payload.data)
    pool.start_reading()
    await pool.wait_opened()
    for command in commands:
        left = pool.disconnected_pipelines[command] = Pipeline(None)
        left.id, left.fragments = command, ResyncingDefragmenter(pool.max_object())


async def disconnect(pool: RunspacePool, idle_timeout: float | None = None, buffering: str = "") -> None:
    """Let go of a pool. ``idle_timeout`` in seconds, ``buffering`` is Block or Drop; none keeps what the pool has.

    A command that runs is no longer listened to (its caller gets SessionDisconnected) and runs on. Raises
    SessionStateError when the pool is not open or cannot be disconnected, SessionBroken.
    """
    shell = _shell(pool)
    if pool.state is not RunspaceState.OPENED:
        raise SessionStateError("only an open session can be disconnected")
    if pool.protocol < SINCE:
        raise SessionStateError(
            "the far end cannot keep a session that is disconnected", "It speaks a protocol older than 2.2."
        )
    pool.state = RunspaceState.DISCONNECTING
    try:
        await shell.disconnect(idle_timeout, buffering)
    except SessionStateError:
        pool.state = RunspaceState.OPENED
        raise
    pool.park(SessionDisconnected("the session was disconnected"))


async def reconnect(pool: RunspacePool) -> None:
    """Take a pool up again that this object let go of or lost. Raises SessionStateError, SessionBroken."""
    shell = _shell(pool)
    if pool.state is not RunspaceState.DISCONNECTED:
        raise SessionStateError("the session is not disconnected")
    pool.state = RunspaceState.CONNECTING
    try:
        await shell.reconnect()
    except BaseException:
        pool.state = RunspaceState.DISCONNECTED
        raise
    pool.state = RunspaceState.OPENED
    pool.start_reading()


async def receive(
    pool: RunspacePool,
    pipeline_id: uuid.UUID,
    *,
    on_output: Callable[[Any], None] | None = None,
    on_start: Callable[[Pipeline], None] | None = None,
) -> PipelineResult:
    """Take up a command that ran on while the pool was disconnected, and follow it to its end.

    Everything it produced meanwhile arrives, as far as the far end kept it. Raises SessionStateError, SessionBroken.
    """
    shell = _shell(pool)
    if pool.state is not RunspaceState.OPENED or pool.pipelines:
        raise SessionStateError("the session is not open, or busy with another command")
    before = pool.disconnected_pipelines.pop(pipeline_id, None)
    pipeline = Pipeline(on_output)
    pipeline.id = pipeline_id
    pipeline.fragments = before.fragments if before else ResyncingDefragmenter(pool.max_object())
    pipeline.had_errors = before.had_errors if before else False
    return await pool.follow(pipeline, lambda: shell.connect_command(pipeline_id), on_start)


def _shell(pool: RunspacePool) -> ShellTransport:
    if pool.shell is None:
        raise SessionStateError(
            "this session cannot be disconnected",
            "Only WinRM keeps a session that nobody is connected to.",
        )
    return pool.shell
