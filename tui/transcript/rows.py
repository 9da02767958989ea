"""The text as rows: which row shows which place of it, at one width and with what is folded left out.

``WrapIndex`` counts rows line by line; here a row is brought together with a *place*: the number of a line and an
index in its text. Places do not move when the width changes or the ring drops lines, rows do; whatever is to stay
where it is (the top of the view, the cursor, a match) is therefore kept as a place.
"""

from __future__ import annotations

from typing import Final

from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.wrap import WrapIndex

#: A place in the text: line number (see ``TextBuffer``) and index in the line's text.
Place = tuple[int, int]

#: Lines whose breaks are remembered.
_CACHED_LINES: Final = 512


#: End of a fold of the newest command's output, which may still grow: beyond any line number.
_OPEN_END: Final = 1 << 60


class Folds:
    """Folded commands, each known by the line number of its prompt."""

    def __init__(self, buffer: TextBuffer) -> None:
        self._buffer = buffer
        self._prompts: set[int] = set()

    def __contains__(self, prompt_number: int) -> bool:
        return prompt_number in self._prompts

    def __bool__(self) -> bool:
        return bool(self._prompts)

    def set(self, prompt_number: int, folded: bool) -> None:
        """Fold or unfold the output of one command."""
        if folded:
            self._prompts.add(prompt_number)
        else:
            self._prompts.discard(prompt_number)

    def unfold_around(self, number: int) -> bool:
        """Unfold the output that hides a line; return whether one did."""
        for first, last in self.ranges():
            if first <= number < last:
                found = self._buffer.prompt_before(number)
                if found is not None:
                    self._prompts.discard(self._buffer.prompts()[found] + self._buffer.dropped)
                return True
        return False

    def hidden_lines(self, prompt_number: int) -> int:
        """Return how many lines the fold of a command hides now."""
        found = self._buffer.prompt_before(prompt_number)
        if prompt_number not in self._prompts or found is None:
            return 0
        first, last = self._buffer.output_range(found)
        return last - first

    def ranges(self) -> list[tuple[int, int]]:
        """Return the line numbers to hide, ascending: first, and one after the last."""
        if not self._prompts:
            return []
        buffer = self._buffer
        prompts = [index + buffer.dropped for index in buffer.prompts()]
        self._prompts.intersection_update(prompts)
        result = []
        for place, number in enumerate(prompts):
            if number in self._prompts:
                first, last = buffer.output_range(place)
                newest = place == len(prompts) - 1
                result.append((first + buffer.dropped, _OPEN_END if newest else last + buffer.dropped))
        return [(first, last) for first, last in result if first < last]


class Rows:
    """The rows of a buffer, counted from 0 at the oldest line kept.

    Attributes:
        wrap: Whether long lines are broken into several rows.
        index: Rows by line.
        folds: What is left out; after a change of it ``hide_folded`` is to be called.
        generation: Changes whenever lines are broken or hidden otherwise than before, so that painted rows are stale.
        screen_top: Number of the line at the top of the screen after Clear-Host; None before the first one.
    """

    def __init__(self, buffer: TextBuffer, *, wrap: bool) -> None:
        self.wrap = wrap
        self.index = WrapIndex(buffer, None)
        self.folds = Folds(buffer)
        self.generation = 0
        self.screen_top: int | None = None
        self._buffer = buffer
        #: ``buffer.version`` and ``buffer.prompt_count`` when the rows were brought up to date.
        self._version = -1
        self._prompt_count = -1
        self._breaks: dict[int, list[int]] = {}

    def sync(self, columns: int | None) -> bool:
        """Bring the rows up to date with the text and the width.

        Args:
            columns: Cells a row holds; None for lines that are not wrapped.

        Returns:
            Whether all rows were counted again, many of them only estimated.
        """
        # A new prompt ends the fold of the command before it, which had no end.
        anew = bool(self.folds) and self._prompt_count != self._buffer.prompt_count
        if anew:
            self.hide_folded()
        if columns != self.index.columns:
            self.index.set_columns(columns)
            self._forget()
            anew = True
        elif self._version != self._buffer.version:
            self.index.sync()
        self._version = self._buffer.version
        return anew

    def hide_folded(self) -> None:
        """Leave out the rows of what is folded now."""
        self._prompt_count = self._buffer.prompt_count
        self.index.set_hidden(self.folds.ranges())
        self._forget()

    def _forget(self) -> None:
        self._breaks.clear()
        self.generation += 1

    @property
    def on_screen(self) -> int:
        """Rows of the text from the top of the screen on; partly estimated."""
        top = 0 if self.screen_top is None else self.index.row_of(self.screen_top)
        return self.index.rows - top

    def total(self, height: int) -> int:
        """Return all rows, those counted that an emptied screen of ``height`` rows still lacks."""
        rows = self.index.rows
        return rows if self.screen_top is None else max(rows, self.index.row_of(self.screen_top) + height)

    def row_of(self, place: Place) -> int:
        """Return the row that shows a place; for a place that is dropped or hidden, the next row shown."""
        number, index = place
        if not self._buffer.holds(number):
            return self.index.row_of(number)
        breaks = self.breaks(number, self._buffer.text_at(number))
        return self.index.row_of(number, sum(1 for start in breaks[1:] if start <= index))

    def place_at(self, row: int) -> Place:
        """Return the place of a row's first character; the end of the text for rows below it."""
        try:
            number, sub_row = self.index.locate(row)
        except IndexError:
            return self._buffer.end, 0
        breaks = self.breaks(number, self._buffer.text_at(number))
        return number, breaks[min(sub_row, len(breaks) - 1)]

    def breaks(self, number: int, text: str) -> list[int]:
        """Return the indices in a line's text at which its rows begin."""
        if number >= self._buffer.end:
            return self.index.open_starts()
        known = self._breaks.get(number)
        if known is None:
            if len(self._breaks) >= _CACHED_LINES:
                self._breaks.clear()
            known = self._breaks[number] = self.index.starts(text)
        return known
