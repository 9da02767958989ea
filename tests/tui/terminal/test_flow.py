"""Bytes between channel and emulator: none lost, a few milliseconds a turn, answers in bounds, typing in its order."""

from __future__ import annotations

import asyncio
import time
from collections import deque

import pytest
from pstui.backends.pace import Pace
from pstui.tui.terminal import flow
from pstui.tui.terminal.emulator import make_emulator
from pstui.tui.terminal.flow import Flow
from pstui.tui.terminal.replies import MOST


class Channel:
    """A far end that has so many pieces to say, and takes what is typed when it likes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = deque(pieces)
        self.typed = b""
        self.takes = asyncio.Event()
        self.takes.set()
        self.runs, self.exit_code = None, None

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        return self.pieces.popleft() if self.pieces else b""

    async def write(self, data: bytes) -> None:
        await self.takes.wait()
        self.typed += data

    async def stop(self) -> None: ...
    def ending(self) -> str:
        return ""

    def resize(self, columns: int, rows: int) -> None: ...


async def test_a_flood_leaves_the_loop_its_turns_and_loses_nothing() -> None:
    lines = b"".join(b"line %d\r\n" % number for number in range(3000))
    channel, emulator = (
        Channel(*(lines[at : at + 65_536] for at in range(0, len(lines), 65_536))),
        make_emulator(80, 24),
    )
    turns: list[float] = []

    async def others() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            turns.append(time.thread_time() - began)

    beside = asyncio.create_task(others())
    fed = Flow(channel, emulator, Pace(), lambda: None)
    await fed.run()
    beside.cancel()
    assert fed.received == len(lines)
    assert emulator.rows()[-2][0] == "line 2999"
    size = emulator.history_size
    texts = [text for text, _ in (*emulator.history(0, size), *emulator.rows())]
    assert texts[:3000] == [f"line {number}" for number in range(3000)]
    turns.sort()
    # a slice can begin just before the budget is spent; processor time, for others use the machine as well
    assert turns[len(turns) * 95 // 100] < 0.033


async def test_a_flood_stands_back_for_a_key() -> None:
    pace = Pace()
    channel, emulator = Channel(b"x" * 20_000), make_emulator(80, 24, "bittty")
    told: list[float] = []
    pace.stand_back(0.1)
    await Flow(channel, emulator, pace, lambda: told.append(pace.rest)).run()
    assert sum(rest > 0 for rest in told) <= 1


async def test_answers_are_bounded_and_not_added_to_what_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "BUDGET", 1.0)
    channel, emulator = Channel(b"\x1b[6n" * 3000, b"\x1b[6n\x1b[5n"), make_emulator(80, 24)
    await Flow(channel, emulator, Pace(), lambda: None).run()
    await asyncio.sleep(0)
    assert 0 < len(channel.typed) <= 2 * MOST
    channel = Channel(b"\x1b[6n")
    channel.takes.clear()
    there = Flow(channel, emulator, Pace(), lambda: None)
    there.send(b"t" * flow.ENOUGH)
    await there.run()
    assert b"R" not in there._typed
    assert not there.send(b"t" * flow.MOST), "too much waits already"


async def test_what_is_typed_keeps_its_order() -> None:
    channel = Channel()
    stays = asyncio.Event()

    async def read() -> bytes:
        await stays.wait()
        return b""

    channel.read = read  # type: ignore[method-assign]  # a far end that says nothing yet
    there = Flow(channel, make_emulator(80, 24), Pace(), lambda: None)
    running = asyncio.create_task(there.run())
    for number in range(50):
        there.send(b"%d," % number)
        await asyncio.sleep(0)
    while there._typed or not channel.typed.endswith(b"49,"):
        await asyncio.sleep(0)
    stays.set()
    await running
    assert channel.typed == b"".join(b"%d," % number for number in range(50))
