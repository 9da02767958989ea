"""The text of several targets on one output: whole lines, and no row of one inside a table of another.

How this works. Each target writes into a ``Block``. Lines of text may alternate between the targets. What PowerShell
formats (a table, a list) begins with an empty line; from the next one on the target has the floor: the others wait,
with what they write kept, until it pauses at the end of a line or ends. A formatted block begins with the name of its
target, as a table's group does, and once more where it goes on after others were heard.

What waits is bounded: a target that has too much of it is not read any further, as its console says by its backlog.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pstui.backends.console import BACKLOG_LIMIT, Console, ConsoleSize, KeyInfo, Question
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Stream, Write

#: seconds of silence at the end of a line after which another target may be heard
PAUSE = 0.5
#: seconds after which a target that formats without a pause gives way at an empty line, and at any line
TURN, LONGEST_TURN = 2.0, 10.0
#: a far end that never ends its line must not fill the memory: a line of more pieces or characters is handed on
_PIECES, _LENGTH = 1_000, 1_000_000
#: a piece of more characters counts as several, as in the queue of the output
_PIECE = 1024


class Blocks:
    """The consoles of several targets over one. ``heads`` puts names before what is formatted."""

    def __init__(self, console: Console, *, heads: bool = True) -> None:
        self.console, self.heads = console, heads
        self.blocks: list[Block] = []
        #: who has the floor, since when, and when it last wrote; and who was heard last
        self.holder: Block | None = None
        self.speaker: Block | None = None
        self.since = self.heard = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def of(self, name: str) -> Block:
        """Return the console of one more target."""
        block = Block(self, name)
        self.blocks.append(block)
        return block

    def finish(self) -> None:
        """Write what was kept of targets that have ended: nothing here."""

    def now(self) -> float:
        """The time of the loop, in seconds."""
        return asyncio.get_running_loop().time()

    def take_floor(self, block: Block) -> None:
        """Let a target alone be heard until it pauses."""
        if self.holder is not block:
            self.holder, self.since = block, self.now()
        self.heard = self.now()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._look)

    def leave_floor(self) -> None:
        """Let the others be heard; the first that formats has the floor next."""
        self.holder = None
        for block in self.blocks:
            if self.holder is None:
                block.go_on()

    def _look(self) -> None:
        self._timer = None
        if self.holder is None:
            return
        quiet = self.now() - self.heard
        if quiet < PAUSE:
            self._timer = asyncio.get_running_loop().call_later(PAUSE - quiet, self._look)
        else:
            self.leave_floor()


class Block:
    """One target's way to the shared console. It hands over whole lines, and waits while another has the floor."""

    def __init__(self, blocks: Blocks, name: str) -> None:
        self._blocks, self._console, self._name = blocks, blocks.console, name
        self._line: list[Write] = []
        self._aside: list[Write] = []
        self._column = 0
        #: whole lines that wait for the floor
        self._waiting: list[list[Write]] = []
        self._weight = 0
        self._formats = False
        #: empty lines that may begin something formatted: the rest of it comes when PowerShell has seen enough of it
        self._begin: list[list[Write]] = []
        self._room = asyncio.Event()

    def write(self, record: Write) -> None:
        if not (record.text or record.newline):
            return
        if record.stream is not Stream.OUTPUT:
            self._aside.append(record)
            if record.newline or len(self._aside) > _PIECES:
                self._say_aside()
            return
        self._line.append(record)
        self._column = 0 if record.newline else self._column + len(record.text)
        if record.newline or self._column > _LENGTH or len(self._line) > _PIECES:
            self._end_line()

    def _end_line(self) -> None:
        line, self._line = self._line, []
        blocks = self._blocks
        if blocks.holder is self:
            turn = blocks.now() - blocks.since
            if turn > (LONGEST_TURN if any(record.text for record in line) else TURN):
                blocks.leave_floor()
        if self._waiting or blocks.holder not in (None, self):
            self._waiting.append(line)
            self._weight += 1 + sum(len(record.text) for record in line) // _PIECE
            return
        self._say(line)

    def _say(self, line: list[Write]) -> None:
        blocks = self._blocks
        if not (self._formats or any(record.text for record in line)):
            self._begin.append(line)
            if len(self._begin) <= _PIECES:
                return
            line = []  # a far end that writes nothing but empty lines must not fill the memory
        begin, self._begin = self._begin, []
        if begin or self._formats:
            blocks.take_floor(self)
            if begin or blocks.speaker is not self:
                self._head()
            self._formats = True
        blocks.speaker = self
        for part in (*begin, line):
            self._say_now(part)

    def _say_now(self, line: list[Write]) -> None:
        for record in line:
            self._console.write(record)

    def _say_aside(self) -> None:
        aside, self._aside = self._aside, []
        self._say_now(aside)

    def _head(self) -> None:
        if self._blocks.heads:
            self._console.write(Write(""))
            self._console.write(Write(f"   PSComputerName: {self._name}"))

    def go_on(self) -> None:
        """Say what waits, until there is nothing more or another is to have the floor."""
        waiting, self._waiting = self._waiting, []
        self._weight = 0
        self._room.set()
        for number, line in enumerate(waiting):
            self._say(line)
            if self._blocks.holder not in (None, self):
                self._waiting = waiting[number + 1 :]
                return

    def finish(self) -> None:
        """End a line that the far end left open, say the rest, and leave the floor."""
        if self._aside:
            self._aside[-1] = replace(self._aside[-1], newline=True)
            self._say_aside()
        if self._line:
            self._line[-1] = replace(self._line[-1], newline=True)
            self._column = 0
            self._end_line()
        begin, self._begin = self._begin, []
        for line in begin:
            self._say_now(line)
        if self._blocks.holder is self:
            self._blocks.leave_floor()
        elif self._blocks.holder is None:
            self.go_on()

    # -- the rest of a console ---------------------------------------------------------------------------------

    @property
    def size(self) -> ConsoleSize:
        return self._console.size

    @property
    def backlog(self) -> int:
        return self._console.backlog + self._weight

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
        while self._weight > BACKLOG_LIMIT // 2:
            self._room.clear()
            await self._room.wait()
        await self._console.drained()

    def progress(self, record: ProgressRecord) -> None:
        self._console.progress(record)

    def clear(self) -> None:
        self._console.clear()

    def set_title(self, title: str) -> None:
        self._console.set_title(title)

    def row(self) -> int:
        return self._console.row()

    def column(self) -> int:
        return self._column

    async def ask(self, question: Question) -> Secret:
        self._flush()
        return await self._console.ask(question)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        self._flush()
        return await self._console.read_key(echo=echo, source=source)

    def _flush(self) -> None:
        """Hand on an open line, which is the begin of a question."""
        line, self._line = self._line, []
        self._say_now(line)
        self._say_aside()
