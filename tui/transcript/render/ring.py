"""Finished lines in a ring: the newest ones as strings, the others packed, the oldest let go."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from pstui.tui.transcript.render.block import Block
from pstui.tui.transcript.render.style import Runs

#: Lines and bytes kept unless told otherwise.
MAX_LINES: Final = 100_000
MAX_BYTES: Final = 48 << 20
#: Lines, and characters, gathered before they are packed into a block.
BLOCK_LINES: Final = 256
BLOCK_CHARACTERS: Final = 1 << 16


class LineRing:
    """Lines by number, counted from the first line ever added.

    Attributes:
        dropped: How many lines the ring has let go; the number of the oldest line kept.
    """

    def __init__(self, max_lines: int, max_bytes: int) -> None:
        """Keep at most ``max_lines`` lines (at least 1) and about ``max_bytes`` bytes of them."""
        self.dropped = 0
        self._max_lines = max(max_lines, 1)
        self._max_bytes = max_bytes
        self._blocks: list[Block] = []
        #: Number of the first line of each block.
        self._firsts: list[int] = []
        self._block_bytes = 0
        self._tail: list[str] = []
        self._tail_runs: list[Runs] = []
        self._tail_first = 0
        self._tail_characters = 0

    def bound(self, max_lines: int) -> None:
        """Keep at most ``max_lines`` lines (at least 1) from now on, with as many bytes a line as by default."""
        self._max_lines = max(max_lines, 1)
        self._max_bytes = max(self._max_lines * MAX_BYTES // MAX_LINES, BLOCK_CHARACTERS * 4)
        if self.end - self.dropped > self._max_lines:
            self._drop(self.end - self._max_lines)

    def _push(self, text: str, runs: Runs) -> None:
        """Add a line."""
        self._tail.append(text)
        self._tail_runs.append(runs)
        self._tail_characters += len(text) + 12 * len(runs)
        if len(self._tail) >= BLOCK_LINES or self._tail_characters >= BLOCK_CHARACTERS:
            self._seal()
        if self._tail_first + len(self._tail) - self.dropped > self._max_lines:
            self._drop(self._tail_first + len(self._tail) - self._max_lines)

    def _seal(self) -> None:
        """Pack the gathered lines into a block, and let old ones go when the bytes are too many."""
        block = Block(self._tail, self._tail_runs)
        self._blocks.append(block)
        self._firsts.append(self._tail_first)
        self._block_bytes += block.size
        self._tail_first += block.count
        self._tail, self._tail_runs, self._tail_characters = [], [], 0
        while self._block_bytes > self._max_bytes and self._blocks:
            self._drop(self._firsts[0] + self._blocks[0].count)

    def _drop(self, first: int) -> None:
        """Let go of every line before number ``first``."""
        self.dropped = first
        while self._blocks and self._firsts[0] + self._blocks[0].count <= first:
            self._block_bytes -= self._blocks[0].size
            del self._blocks[0], self._firsts[0]
        if first > self._tail_first:
            gone = first - self._tail_first
            del self._tail[:gone], self._tail_runs[:gone]
            self._tail_first = first

    @property
    def end(self) -> int:
        """The number after the last finished line: that of the open line."""
        return self._tail_first + len(self._tail)

    @property
    def size(self) -> int:
        """Bytes taken by the finished lines, roughly."""
        return self._block_bytes + self._tail_characters

    def at(self, number: int) -> tuple[str, Runs]:
        """Text and runs of the finished line with that number, which must be kept still."""
        place = number - self._tail_first
        if place < 0:
            which = bisect_right(self._firsts, number) - 1
            block, inside = self._blocks[which], number - self._firsts[which]
            return block.text(inside), block.runs(inside)
        return self._tail[place], self._tail_runs[place]

    def text_at(self, number: int) -> str:
        """The plain text of the finished line with that number, which must be kept still."""
        place = number - self._tail_first
        if place < 0:
            which = bisect_right(self._firsts, number) - 1
            return self._blocks[which].text(number - self._firsts[which])
        return self._tail[place]

    @property
    def blocks(self) -> list[Block]:
        """The packed lines, oldest first; not to be changed."""
        return self._blocks

    @property
    def block_firsts(self) -> list[int]:
        """Numbers of the first lines of ``blocks``."""
        return self._firsts

    @property
    def tail_first(self) -> int:
        """The number of the first line that is not packed yet."""
        return self._tail_first
