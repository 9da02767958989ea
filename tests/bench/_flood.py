"""A far end that floods: the recorded ``1..5000``, again and again, as fast as it is read. And a screen over it.

``python -m tests.bench._flood`` is that screen, to be driven in a terminal: ``flood`` begins the flood.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.transports import registry
from pstui.backends.transports.outofproc import OutOfProcTransport

from tests.support.paths import RECORDINGS
from tests.support.replay_script import read_recording
from tests.support.replay_wire import Message, data_element, encode_message
from tests.support.scripted_peer import COMPLETED, STOPPED, ScriptedPeer, state

RECORDING = RECORDINGS / "bigoutput.jsonl.gz"
#: bytes given at a time, what a pipe holds
CHUNK = 65_536


def bodies() -> list[str]:
    """The CLIXML of the recorded host calls of ``1..5000``."""
    records = read_recording(RECORDING)
    found = [message for record in records for message in record.get("messages", ())]
    calls = [each["clixml"] for each in found if each["type"] == "PIPELINE_HOST_CALL"]
    return [call for call in calls if "<ToString>WriteLine2</ToString>" in call]


def fragments(pool: uuid.UUID, pipeline: uuid.UUID, dress: Callable[[str], str] = str) -> list[bytes]:
    """The same as fragments of a pipeline; ``dress`` makes what is written of each number."""
    dressed = (re.sub(r"<S>(\d+)</S>", lambda found: f"<S>{dress(found[1])}</S>", body) for body in bodies())
    return [
        fragment
        for number, body in enumerate(dressed, 1_000_000)
        for fragment in encode_message(Message("PIPELINE_HOST_CALL", pool, pipeline, body), number)
    ]


@dataclass
class FloodingPeer(ScriptedPeer):
    """Floods on ``flood`` until it is signalled, then confirms the stop."""

    flooding: bool = False
    #: chunks that were read
    given: int = 0
    #: what it writes of each number
    dress: Callable[[str], str] = str
    _chunks: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.commands["flood"] = [lambda peer, guid: self._begin(guid)]
        self.on_signal = [lambda peer, guid: self._end(), state(STOPPED)]
        self.commands["quiet"] = [state(COMPLETED)]

    def _begin(self, guid: uuid.UUID) -> None:
        lines = [data_element(guid, each) for each in fragments(self.pool_id, guid, self.dress)]
        whole = b"".join(lines)
        ends = range(0, len(whole), CHUNK)
        self._chunks = [whole[start : start + CHUNK] for start in ends]
        self.flooding, self.given = True, 0
        self.raw(self._next())

    def _next(self) -> bytes:
        self.given += 1
        return self._chunks[(self.given - 1) % len(self._chunks)]

    def _end(self) -> None:
        self.flooding = False
        if self._chunks and self.given % len(self._chunks):
            # A line that was begun is ended, as a real server would.
            rest = b"".join(self._chunks[self.given % len(self._chunks) :])
            self.raw(rest[: rest.index(b"\n") + 1])

    async def read(self) -> bytes:
        """One chunk for each turn of the loop, as a pipe that is always full."""
        if self.flooding and self._out.empty():
            await asyncio.sleep(0)
            if self.flooding and self._out.empty():
                return self._next()
        return await super().read()


def lead_to(peer: ScriptedPeer) -> ConnectionInfo:
    """Let every connection of this process lead to ``peer``; returns one."""

    async def connect(info: ConnectionInfo, context: object) -> OutOfProcTransport:
        return OutOfProcTransport(peer)

    registry.connect = connect  # the bench's own process
    return ConnectionInfo(ParameterSet.PROCESS, {"Command": "flood"})


def main() -> None:
    """Run the screen."""
    from pstui.tui.app import PstuiApp

    app: Any = PstuiApp(open=[lead_to(FloodingPeer())])
    app.run()


if __name__ == "__main__":
    main()
