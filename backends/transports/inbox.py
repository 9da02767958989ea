"""Bytes that arrived but are not yet read: bounded by making the far end wait, and ended once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

#: bytes that may wait unread before the far end is made to wait
HIGH_WATER = 1 << 20
#: largest piece that is handed out, in bytes
PIECE = 256 << 10


class Inbox:
    """Takes bytes from callbacks and gives them to one reader.

    ``pause`` is called when more than ``HIGH_WATER`` bytes wait, ``resume`` when there is room again.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause, self._resume = pause, resume
        self._pieces: deque[bytes] = deque()
        self._news = asyncio.Event()
        self.waiting = 0
        self.ended = False

    def put(self, data: bytes) -> None:
        """Take bytes that arrived."""
        if not data:
            return
        was_full = self.waiting > HIGH_WATER
        self._pieces.append(data)
        self.waiting += len(data)
        if not was_full and self.waiting > HIGH_WATER:
            self._pause()
        self._news.set()

    def end(self) -> None:
        """Note that nothing more will arrive; what waits can still be read."""
        self.ended = True
        self._news.set()

    async def get(self) -> bytes:
        """Return the next bytes, or ``b""`` when all was read and nothing more will arrive."""
        while not self._pieces and not self.ended:
            self._news.clear()
            await self._news.wait()
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        if len(piece) > PIECE:
            self._pieces.appendleft(piece[PIECE:])
            piece = piece[:PIECE]
        was_full = self.waiting > HIGH_WATER
        self.waiting -= len(piece)
        if was_full and self.waiting <= HIGH_WATER:
            self._resume()
        return piece
