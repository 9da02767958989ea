"""Bytes between a channel and an emulator: as they come, a few milliseconds a turn of the loop, none of them lost.

What a program writes is fed in slices. When a turn has taken BUDGET, everything else has its own; while a key is on
its way the flood stands back (``Pace``). Meanwhile nothing more is read, so the channel makes the far end wait. The
screen is painted as often as a person can see: frames are left out, bytes never.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

from pstui.backends.errors import PstuiError
from pstui.backends.pace import Pace
from pstui.backends.transports.base import TerminalChannel
from pstui.tui.terminal.emulator import Emulator
from pstui.tui.terminal.replies import MOST as MOST_ANSWERED

#: seconds of emulation in one turn of the loop
BUDGET: Final = 0.003
#: bytes that wait to be typed from which on no answers are added, and from which on nothing is
ENOUGH, MOST = 64 << 10, 8 << 20


class Flow:
    """Feeds ``emulator`` with what ``channel`` brings.

    ``changed`` is called after each turn that fed something, ``came`` with
    all that comes, before it is fed.
    """

    def __init__(
        self,
        channel: TerminalChannel,
        emulator: Emulator,
        pace: Pace,
        changed: Callable[[], None],
        came: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        self._came = came
        self.channel, self._emulator, self._pace, self._changed = channel, emulator, pace, changed
        self._typed = bytearray()
        #: bytes that the channel has been given and not taken yet
        self._given = 0
        self._has_typed = asyncio.Event()
        #: bytes that came, for the tests and the bench
        self.received = 0

    async def run(self) -> None:
        """Go on until the program's end. Raises PstuiError when the channel reports one."""
        typing = asyncio.create_task(self._type())
        try:
            while data := await self.channel.read():
                self.received += len(data)
                self._came(data)
                await self._feed(data)
        finally:
            typing.cancel()
            await asyncio.wait({typing})

    def send(self, data: bytes) -> bool:
        """Type bytes; False where too many wait already, because nobody reads them."""
        if self._waiting + len(data) > MOST:
            return False
        self._typed += data
        self._has_typed.set()
        return True

    @property
    def _waiting(self) -> int:
        return len(self._typed) + self._given

    async def _feed(self, data: bytes) -> None:
        emulator, place, size = self._emulator, 0, len(data)
        while place < size:
            until = time.perf_counter() + BUDGET
            answers = b""
            while place < size and time.perf_counter() < until:
                found = emulator.feed(data[place : place + emulator.slice])
                place += emulator.slice
                if len(answers) + len(found) <= MOST_ANSWERED:
                    answers += found
            if answers and self._waiting < ENOUGH:
                self.send(answers)
            self._changed()
            # Under a flood the rest of what was read is here, too: the loop has its turn between any two.
            await asyncio.sleep(self._pace.rest if size > emulator.slice else 0)

    async def _type(self) -> None:
        with contextlib.suppress(OSError, PstuiError):  # the program has ended: reading tells it as well
            while True:
                await self._has_typed.wait()
                self._has_typed.clear()
                data = bytes(self._typed)
                self._typed.clear()
                self._given = len(data)
                await self.channel.write(data)
                self._given = 0
