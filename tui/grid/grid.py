"""One grid: what came, how it is seen, what is picked, and whether more comes. Its screen may come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pstui.backends.records import ErrorInfo, SentObject
from pstui.tui.grid.columns import Column
from pstui.tui.grid.line import GridCall, OutputMode
from pstui.tui.grid.rows import Rows
from pstui.tui.grid.view import View

#: least seconds between two looks at what has come
REST = 0.05


class Grid:
    """The objects of one line. ``keeps`` says whether the far end keeps them too, so that picked ones can go back."""

    def __init__(
        self, call: GridCall, *, keeps: bool, error: Callable[[ErrorInfo], None], rows: Rows | None = None
    ) -> None:
        self.call, self.keeps, self.error = call, keeps, error
        self.history = call.typed
        self.rows = rows or Rows()
        self.view = View(self.rows)
        self.running = True
        #: whether the far end was asked for its columns, or need not be
        self.settled = False
        #: the rows that are picked, in the order in which they were
        self.picked: dict[int, None] = {}
        #: whether a person has chosen the columns
        self.has_own_columns = False
        #: what a person decided: rows to hand back, or None while nothing is
        self.answer: Sequence[int] | None = None
        self.changed: Callable[[], None] = lambda: None
        self._closed, self._wake = asyncio.Event(), asyncio.Event()
        self.view.look_for(call.filter)

    @property
    def is_closed(self) -> bool:
        """Whether the person is done with it."""
        return self._closed.is_set()

    @property
    def hands_on(self) -> bool:
        """Whether picked rows go down the pipeline."""
        return self.call.mode is not OutputMode.NONE

    def take(self, sent: SentObject) -> None:
        """Take an object of the pipeline."""
        self.rows.take(sent)
        self._wake.set()

    def ended(self) -> None:
        """The pipeline is over: what came is all there is."""
        self.running = False
        self.wake()

    def wake(self) -> None:
        """Something is to be done: another filter, another order, other columns."""
        self._wake.set()

    def show(self, columns: Sequence[Column], *, own: bool) -> None:
        """Show other columns; ``own`` where a person chose them."""
        self.has_own_columns = self.has_own_columns or own
        self.rows.show(columns)
        self.wake()

    def pick(self, rows: Sequence[int], *, picked: bool) -> None:
        """Pick rows, or no longer; of a single choice only the last."""
        if self.call.mode is OutputMode.SINGLE and picked:
            self.picked.clear()
            rows = rows[:1]
        for row in rows:
            if picked:
                self.picked.setdefault(row)
            else:
                self.picked.pop(row, None)

    def close(self, answer: Sequence[int] | None = None) -> None:
        """The person is done; ``answer`` are the rows that are handed back."""
        self.answer = answer
        self._closed.set()

    async def closed(self) -> None:
        """Wait until the person is done."""
        await self._closed.wait()

    async def work(self) -> None:
        """Read, filter and sort what comes and what is asked for, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.rows.unread or not self.view.current:
                await self.rows.read()
                await self.view.refresh()
                self.changed()
            self.changed()
            await asyncio.sleep(REST if self.running else 0)
