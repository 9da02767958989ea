"""What came: each object as it was sent, and beside it one row of cells.

How this works. ``take`` keeps the body of an object, which costs nothing. ``read`` makes the row of it, in steps of a
few milliseconds: the texts of its cells in one string, and for numbers, dates and the like a key in the array of its
column. Objects of one shape go through a template (``tui/output/templates.py``), others are parsed. With other columns
all rows are read again. What is beyond the bounds is counted, not kept.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from pstui.backends.errors import Unreadable
from pstui.backends.psrp.long_text import PORTION
from pstui.backends.records import SentObject
from pstui.tui.grid.cells import BETWEEN, KEYS, NO_KEY, NULL, TEXT, Single, clean, converted, write_cell
from pstui.tui.grid.columns import MOST_NAMES, VALUE, Column, first_columns, names_of, types_of
from pstui.tui.output.csv_rows import properties
from pstui.tui.output.elements import Document, Element, long_value, read
from pstui.tui.output.templates import Templates

#: rows and bytes of objects that are kept
MAX_ROWS, MAX_BYTES = 250_000, 256 * 1024 * 1024
#: seconds of one step, and rows between two looks at the clock
STEP, LOOK = 0.008, 64
#: objects whose properties are looked at for the names of columns
_SAMPLE = 50
_UNREADABLE = "cannot be read"


class Clock:
    """Tells when a step has lasted long enough."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def turn(self) -> None:
        """Let others have their turn, if it is time."""
        if time.perf_counter() - self._began >= STEP:
            await asyncio.sleep(0)
            self._began = time.perf_counter()


@dataclass(slots=True)
class Keys:
    """What a column is compared by: numbers, and how many of its cells are texts."""

    numbers: array[float] = field(default_factory=lambda: array("d"))
    texts: int = 0


class Rows:
    """The objects of one grid. ``version`` counts how often the rows were begun anew, because of other columns."""

    def __init__(self, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> None:
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self.bodies: list[bytes] = []
        #: the rows that were read: the cells, each with its kind, between separators
        self.cells: list[str] = []
        self.keys: list[Keys] = []
        self.columns: tuple[Column, ...] = ()
        #: names of properties, of those objects that were looked at for them
        self.names: dict[str, None] = {}
        #: the type names of the first object
        self.types: tuple[str, ...] = ()
        #: how many objects came, and how many bytes are kept
        self.came = self.size = 0
        self.version = 0
        self.sent: SentObject | None = None
        self._templates = Templates(self._learn)

    @property
    def left_out(self) -> int:
        """How many objects came and are not kept."""
        return self.came - len(self.bodies)

    def take(self, sent: SentObject) -> None:
        """Keep an object, if there is room."""
        self.came += 1
        if len(self.bodies) < self._max_rows and self.size + len(sent.body) <= self._max_bytes:
            self.sent = self.sent or sent
            self.bodies.append(sent.body)
            self.size += len(sent.body)
        else:
            self._max_rows = 0  # what comes behind a gap would have another place than over there

    def body(self, row: int) -> SentObject:
        """Return the object of a row."""
        assert self.sent is not None
        return SentObject(self.bodies[row], self.sent.decrypt)

    def show(self, columns: Sequence[Column]) -> None:
        """Show other columns: every row is read anew."""
        self.columns = tuple(columns)
        self.version += 1
        self.cells = []
        self.keys = [Keys() for _ in columns]
        self._templates = Templates(self._learn)

    @property
    def unread(self) -> int:
        """How many objects have no row yet."""
        return len(self.bodies) - len(self.cells)

    async def read(self) -> None:
        """Make the rows of what has come by now, a few milliseconds at a time."""
        clock = Clock()
        while self.unread:
            number, version = len(self.cells), self.version
            body = self.bodies[number]
            if len(self.names) < MOST_NAMES and number < _SAMPLE:
                self._look(body)
            if len(body) > PORTION:
                cells = await asyncio.to_thread(self._row, body)
                if version != self.version:
                    continue
            else:
                cells = self._templates.json(body) or self._row(body)
            self._add(cells)
            if number % LOOK == 0 or len(body) > 4096:
                await clock.turn()

    def _add(self, cells: str) -> None:
        for keys, cell in zip(self.keys, cells.split(BETWEEN), strict=False):
            key = KEYS.get(cell[:1])
            number = key(cell[1:]) if key is not None else NO_KEY
            keys.numbers.append(number)
            if number != number and cell[:1] != NULL:
                keys.texts += 1
        self.cells.append(cells)

    def _look(self, body: bytes) -> None:
        """Take the names of the properties; the first object says which columns there are."""
        if len(body) > PORTION and self.columns:
            return
        try:
            document = document_of(body)
        except Unreadable:
            return
        found = members(document)
        for name in names_of(found):
            self.names.setdefault(name)
        if not self.columns:
            self.types = types_of(document)
            self.show(first_columns(found, document))

    def _row(self, body: bytes) -> str:
        try:
            return self._walk(body, converted)
        except (Unreadable, RecursionError):
            return BETWEEN.join([TEXT + _UNREADABLE, *[NULL] * (len(self.columns) - 1)])

    def _learn(self, body: bytes, single: Single) -> str | None:
        """Return the row of an object for the template of its shape; None where there can be none."""
        try:
            return self._walk(body, single)
        except (Unreadable, RecursionError):
            return None

    def _walk(self, body: bytes, single: Single) -> str:
        document = document_of(body)
        found = {name.casefold(): item for name, item in members(document).items()}
        parts: list[str] = []
        for number, column in enumerate(self.columns):
            if number:
                parts.append(BETWEEN)
            write_cell(found.get(column.name.casefold()), document, parts.append, single)
        if self.columns and VALUE in found and all(column.name.casefold() not in found for column in self.columns):
            rest = "".join(BETWEEN + NULL for _ in self.columns[1:])
            parts.clear()  # a value among objects: it has no property of theirs, and would be an empty row
            write_cell(found[VALUE], document, parts.append, single)
            parts.append(rest)
        return "".join(parts)


def document_of(body: bytes) -> Document:
    """Return an object as it was sent; of one long value there is its beginning. Raises Unreadable."""
    if (long := long_value(body)) is not None:
        root = Element(long[0])
        root.text = clean(next(long[1], "")) if long[0] == "S" else next(long[1], "")[:4096]
        return Document(root)
    return Document(read(body))


def members(document: Document) -> dict[str, Element]:
    """Return what an object has, by name; what has no properties is one value."""
    return properties(document.root, document) or {VALUE: document.root}
