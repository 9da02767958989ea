"""The text of one pane: what was written, as lines with style runs, bounded, and free of any widget.

How this works: a record goes through a ``Splitter``, which makes it harmless text with runs of style, and into the
open line, which lays out carriage returns, backspaces and tabs. A newline ends the open line; it goes into the ring.
The usual record, a whole line without any of these, goes into the ring directly. The ring keeps the newest lines as
strings and packs them by the hundred into blocks; when there are too many lines or bytes, the oldest ones are dropped.

A block holds its lines as one bytes object of UTF-8 and two arrays of runs. A line of 90 characters with four runs
takes about 150 bytes so; as Python strings and tuples it took 200 (ASCII) to 1,100 bytes, and full collections
stalled the event loop, because the collector visits every tuple.

Lines are numbered in two ways: by *index*, 0 for the oldest line kept, and by *number*, counted from the first line
ever written; number = index + ``dropped``. Numbers stay true when the ring drops lines.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from typing import Final

from pstui.backends.records import Stream, Write
from pstui.tui.transcript.limits import MAX_LINES
from pstui.tui.transcript.render.cells import row_starts
from pstui.tui.transcript.render.line import MARKS, MAX_RUNS, OpenLine
from pstui.tui.transcript.render.ran import Ran
from pstui.tui.transcript.render.sgr import Splitter, with_sgr
from pstui.tui.transcript.render.style import (
    ACCENT,
    Runs,
    apply_sgr,
    console_style,
    slice_runs,
    with_background,
    with_foreground,
)


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


#: Characters of the longest line; a longer one is broken. Fewer where not all is ASCII, because those are measured
#: one by one and take up to four bytes each.
MAX_LINE: Final = 1 << 18
MAX_LINE_UNICODE: Final = 1 << 16
#: Characters of a line that is written over by carriage returns or backspaces: what programs draw so is one row.
MAX_OVERWRITTEN: Final = 1 << 12
_LAYOUT = re.compile(f"[\b\t\n\r{MARKS}]")

_YELLOW_BOLD = apply_sgr(0, "33;1")
#: What the real console's formats are (recording ``streams``); errors come with or without colours of their own.
STREAM_STYLES: Final = {
    Stream.ERROR: apply_sgr(0, "31;1"),
    Stream.WARNING: _YELLOW_BOLD,
    Stream.VERBOSE: _YELLOW_BOLD,
    Stream.DEBUG: _YELLOW_BOLD,
    Stream.NOTICE: with_foreground(0, ACCENT),
}


#: Characters of one record worth a turn of the loop: hostile text takes up to 4 µs each.
PIECE: Final = 1 << 12


def pieces(record: Write) -> Iterator[Write]:
    """A record as several of at most PIECE characters, so that one huge text does not hold the loop.

    Sequences and clusters may be cut: the buffer puts them together again.
    """
    if len(record.text) <= PIECE:
        yield record
        return
    for start in range(0, len(record.text), PIECE):
        last = start + PIECE >= len(record.text)
        yield replace(record, text=record.text[start : start + PIECE], newline=record.newline and last)


class TextBuffer(LineRing):
    """What a session wrote.

    Attributes:
        on_line: Called with the plain text of each line when a newline ends it: once per line, in order.
        version: Grows with every change; what is drawn from the same version looks the same.
        columns: Cells of the far end's row, beyond which no sequence moves the cursor; 0 where that is not known.
    """

    def __init__(
        self,
        max_lines: int = MAX_LINES,
        max_bytes: int = MAX_BYTES,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """Keep at most ``max_lines`` finished lines (at least 1) and about ``max_bytes`` bytes of them."""
        super().__init__(max_lines, max_bytes)
        self.on_line = on_line
        self.version = 0
        self.columns = 0
        self._splitter = Splitter()
        self._open = OpenLine()
        #: Numbers of the prompt lines, and of the line each one's output begins at.
        self._prompts: list[int] = []
        self._outputs: list[int] = []
        #: what was run there
        self._ran: list[Ran | None] = []
        self._prompt_count = 0

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, record: Write) -> None:
        """Add what the far end, or pstui, wrote."""
        stream = record.stream
        if stream is Stream.OUTPUT and record.foreground < 0 and record.background < 0:
            self._write(record.text, record.newline)
            return
        splitter = self._splitter
        if stream is Stream.NOTICE:
            # An unfinished sequence of the far end must not swallow our own words.
            self._add(*splitter.finish())
        base = STREAM_STYLES.get(stream)
        splitter.style = console_style(splitter.style if base is None else base, record.foreground, record.background)
        self._write(record.text, record.newline)
        # The console restores its colours after a coloured text, and resets everything after a formatted one.
        splitter.style = 0 if base is not None else with_background(with_foreground(splitter.style, 0), 0)

    def _write(self, text: str, newline: bool) -> None:
        plain, runs = self._splitter.feed(text)
        self.version += 1
        if (
            newline
            and not self._open
            and (plain.isprintable() or _LAYOUT.search(plain) is None)
            and len(plain) <= MAX_LINE_UNICODE
            and self._splitter.end_line()
        ):
            self._commit(plain, runs)
            return
        self._add(plain, runs)
        if newline:
            self._add(*self._splitter.finish())
            self._end_line()

    def add_line(self, text: str, runs: Runs) -> None:
        """Add a whole line that is laid out and harmless already."""
        self.version += 1
        self._commit(text, runs)

    def _add(self, text: str, runs: Runs) -> None:
        """Lay text out in the open line, ending it at each newline."""
        position = 0
        limit = MAX_LINE if text.isascii() else MAX_LINE_UNICODE
        while text:
            newline = text.find("\n", position)
            end = len(text) if newline < 0 else newline
            while position < end:
                room = min(limit - self._open.length, end - position)
                piece = text[position : position + max(room, 0)]
                if room <= 0 or (self._open.length > MAX_OVERWRITTEN and self._open.overwrites(piece)):
                    self._end_line()
                    continue
                self._open.write(piece, slice_runs(runs, position, position + room), self.columns)
                position += room
            if newline < 0:
                return
            self._end_line()
            position = newline + 1

    def _end_line(self) -> None:
        text, runs = self._open.content()
        self._open = OpenLine()
        self._commit(text, runs)

    def _commit(self, text: str, runs: Runs) -> None:
        self._push(text, runs if len(runs) <= MAX_RUNS else runs[:MAX_RUNS])
        if self.on_line is not None:
            self.on_line(text)

    def _drop(self, first: int) -> None:
        super()._drop(first)
        if self._prompts and self._prompts[0] < first:
            gone = bisect_left(self._prompts, first)
            del self._prompts[:gone], self._outputs[:gone], self._ran[:gone]

    def flush_partial(self) -> bool:
        """End an unfinished line, if there is one (at the end of a session, before a prompt). Whether there was."""
        self._add(*self._splitter.finish())
        if not self._open.length:
            return False
        self.version += 1
        self._end_line()
        return True

    def take_row(self, columns: int | None) -> str:
        """Take away the last row of the line being written, for whoever shows it elsewhere; with SGR sequences."""
        self._add(*self._splitter.finish())
        self._splitter.style = 0
        text, runs = self._open.content()
        start = 0 if columns is None else row_starts(text, columns)[-1]
        self._open = OpenLine()
        self._open.write(text[:start], slice_runs(runs, 0, start))
        self.version += 1
        return with_sgr(text[start:], slice_runs(runs, start, len(text)))

    def clear(self) -> None:
        """Forget every line, as Clear-Host does; the numbering continues."""
        self._splitter.finish()
        self._open = OpenLine()
        self._drop(self.end)
        self.version += 1

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def line_count(self) -> int:
        """Lines that can be read, an open line with text counted."""
        return self.end - self.dropped + (1 if self._open.length else 0)

    def holds(self, number: int) -> bool:
        """Return whether the line with that number can be read."""
        return self.dropped <= number < self.dropped + self.line_count

    def column(self) -> int:
        """The cell column the next text goes to; 0 at the start of a line."""
        return self._open.column()

    def line(self, index: int) -> tuple[str, Runs]:
        """Text and runs of the line at an index. Raises IndexError beyond ``line_count``."""
        return self.at(self._number(index))

    def text(self, index: int) -> str:
        """The plain text of the line at an index. Raises IndexError beyond ``line_count``."""
        return self.text_at(self._number(index))

    def _number(self, index: int) -> int:
        if not 0 <= index < self.line_count:
            raise IndexError(f"line {index} of {self.line_count}")
        return index + self.dropped

    def at(self, number: int) -> tuple[str, Runs]:
        """Text and runs of the line with that number, which must be kept still; the open line is number ``end``."""
        return super().at(number) if number < self.end else self._open.content()

    def text_at(self, number: int) -> str:
        """The plain text of the line with that number, which must be kept still."""
        return super().text_at(number) if number < self.end else self._open.content()[0]

    # -- prompts ---------------------------------------------------------------------------------------------------

    def mark_prompt(self, ran: Ran | None = None) -> None:
        """The line being written is a prompt: what follows, up to the next one, is the output of its command.

        Colours and unfinished sequences of what came before end here. ``ran`` says what is run.
        """
        self.continue_prompt()
        if not self._prompts or self._prompts[-1] != self.end:
            self._prompts.append(self.end)
            self._outputs.append(self.end + 1)
            self._ran.append(ran)
            self._prompt_count += 1
            self.version += 1
        else:
            self._ran[-1] = ran

    def continue_prompt(self) -> None:
        """The line being written is one more of the command that was marked last."""
        self._add(*self._splitter.finish())
        self._splitter.style = 0

    def mark_output(self) -> None:
        """The typed command ends before the line being written (it took several lines)."""
        if self._outputs:
            self._outputs[-1] = max(self.end, self._prompts[-1] + 1)

    def ran(self, prompt_index: int) -> Ran | None:
        """What was run at a prompt, by its place in ``prompts()``; None where nothing was."""
        return self._ran[prompt_index]

    @property
    def last_ran(self) -> Ran | None:
        """What was run at the newest prompt."""
        return self._ran[-1] if self._ran else None

    @property
    def last_prompt(self) -> int:
        """The number of the line of the newest prompt; -1 where none is kept."""
        return self._prompts[-1] if self._prompts else -1

    @property
    def prompt_count(self) -> int:
        """How many prompts were ever marked."""
        return self._prompt_count

    def prompts(self) -> list[int]:
        """Indices of the prompt lines, oldest first."""
        return [number - self.dropped for number in self._prompts]

    def output_range(self, prompt_index: int) -> tuple[int, int]:
        """Indices (first, one after the last) of the lines a command wrote, by its place in ``prompts()``."""
        first = self._outputs[prompt_index] - self.dropped
        following = prompt_index + 1
        last = self.line_count if not 0 < following < len(self._prompts) else self._prompts[following] - self.dropped
        return min(first, last), last

    def prompt_before(self, number: int) -> int | None:
        """The position in ``prompts()`` of the last prompt at or before a line number."""
        found = bisect_right(self._prompts, number) - 1
        return found if found >= 0 else None
