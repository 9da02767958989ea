"""Finished lines in compact form: UTF-8 in one bytes object, style runs in two arrays, nothing for the collector.

A line of 90 characters with four runs takes about 150 bytes here; as Python strings and tuples it took 200 (ASCII)
to 1,100 bytes, and full collections stalled the loop.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, chain

from pstui.tui.transcript.render.style import Runs


class Block:
    """A few hundred lines.

    Attributes:
        count: Lines held.
        size: Bytes taken, Python's own overhead left out.
        ascii: Whether every character is ASCII, so that bytes, characters and cells agree.
        longest: Bytes of the longest line: never less than its cells.
        offsets: Where each line starts in the UTF-8 data, and one more for the end.
    """

    __slots__ = ("_data", "_run_offsets", "_starts", "_styles", "ascii", "count", "longest", "offsets", "size")

    def __init__(self, texts: Sequence[str], runs: Sequence[Runs]) -> None:
        joined = "".join(texts)
        self._data = joined.encode()
        self.ascii = len(self._data) == len(joined)
        lengths = [len(text) for text in texts] if self.ascii else [len(text.encode()) for text in texts]
        self.count = len(texts)
        self.longest = max(lengths, default=0)
        self.offsets = array("I", accumulate(lengths, initial=0))
        flat = list(chain.from_iterable(runs))
        self._run_offsets = array("I", accumulate(map(len, runs), initial=0)) if flat else array("I")
        self._starts = array("I", [start for start, _ in flat])
        self._styles = array("Q", [style for _, style in flat])
        self.size = len(self._data) + 4 * (len(self.offsets) + len(self._run_offsets)) + 12 * len(flat)

    def text(self, index: int) -> str:
        """The plain text of one line."""
        return self._data[self.offsets[index] : self.offsets[index + 1]].decode()

    def runs(self, index: int) -> Runs:
        """The style runs of one line."""
        if not self._run_offsets:
            return ()
        first, last = self._run_offsets[index], self._run_offsets[index + 1]
        return tuple(zip(self._starts[first:last], self._styles[first:last], strict=True))

    def data(self) -> bytes:
        """All lines as UTF-8 without separators; ``offsets`` says where each begins."""
        return self._data
