"""The recorded ``1..5000``, repeated to 100,000 lines: decoded and appended, against psrpcore's decoding alone."""

from __future__ import annotations

import gc
import time
import uuid
from collections.abc import Callable

from psrpcore import ClientRunspacePool, PSRPPayload, StreamType
from pstui.backends.psrp import clixml as fast
from pstui.backends.psrp.fragments import Defragmenter
from pstui.tui.transcript.render.buffer import TextBuffer

from tests.bench._flood import fragments

LINES = 100_000
#: psrpcore is given the beginning only: the whole would take half a minute
CORE_LINES = 10_000
#: what a real server can send through Out-Default in a second
SERVER = 7_000
#: taken in turns, the best of each
ROUNDS = 3


def ours(packets: list[bytes]) -> int:
    """Decode and append; returns the lines in the text."""
    stream, buffer = Defragmenter(), TextBuffer()
    for packet in packets:
        for message in stream.feed(packet):
            record = fast.host_write(message.body)
            assert record is not None
            buffer.write(record)
    return buffer.line_count


def psrpcore(packets: list[bytes], pool: ClientRunspacePool) -> int:
    """Let psrpcore make its events; returns how many."""
    events = 0
    for packet in packets:
        pool.receive_data(PSRPPayload(packet, StreamType.default, None))
        while pool.next_event() is not None:
            events += 1
    return events


def _seconds(action: Callable[[], int], wanted: int) -> float:
    gc.collect()
    start = time.thread_time()
    made = action()
    took = time.thread_time() - start
    if made != wanted:
        raise AssertionError(f"{made} of {wanted} lines")
    return took


def _client() -> tuple[ClientRunspacePool, uuid.UUID]:
    """A client with a command that runs: psrpcore decodes nothing else."""
    from psrpcore import ClientPowerShell
    from psrpcore.types import RunspacePoolState

    pool = ClientRunspacePool()
    pool.open()
    while pool.data_to_send():
        pass
    pool._change_state(RunspacePoolState.Opened)
    command = ClientPowerShell(pool)
    command.add_script("1")
    command.start()
    while pool.data_to_send():
        pass
    return pool, command.pipeline_id


def run() -> list[str]:
    """Lines a second of both."""
    fast_took, core_took = [], []
    for _ in range(ROUNDS):
        pool, pipeline = _client()
        once = fragments(pool.runspace_pool_id, pipeline)
        repeated = once * (LINES // len(once))
        fast_took.append(_seconds(lambda repeated=repeated: ours(repeated), LINES))
        part = once * (CORE_LINES // len(once))
        core_took.append(_seconds(lambda part=part, pool=pool: psrpcore(part, pool), CORE_LINES))
    speed, core_speed = LINES / min(fast_took), CORE_LINES / min(core_took)
    return [
        f"decode and append {LINES:,} lines: {speed:,.0f} lines/s; psrpcore decodes {core_speed:,.0f} (its first "
        f"{CORE_LINES:,}): {speed / core_speed:.1f} times (bar: 10)",
        f"against the {SERVER:,} lines/s of a real server: {speed / SERVER:.1f} times (bar: 5)",
    ]
