"""One row of the transcript as segments: text, the styles of its runs, and what is laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pstui.tui.transcript.render.cells import cluster_start, is_simple, width
from pstui.tui.transcript.render.line import Runs
from pstui.tui.transcript.render.palette import Palette
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

#: A style over part of a text: first index, one after the last, style.
Overlay = tuple[int, int, Style]


class Brush:
    """Turns text and runs into segments over the pane's own style; remembers what it mixed."""

    def __init__(self, palette: Palette, base: Style) -> None:
        self.base = base
        self._palette = palette
        self._mixed: dict[int, Style] = {}

    def style(self, packed: int) -> Style:
        """The pane's style with a packed one over it."""
        mixed = self._mixed.get(packed)
        if mixed is None:
            if len(self._mixed) > 4096:
                self._mixed.clear()
            mixed = self._mixed[packed] = self.base + self._palette.style(packed)
        return mixed

    def segments(self, text: str, runs: Runs, overlays: Sequence[Overlay] = ()) -> list[Segment]:
        """The segments of a row. Later overlays win over earlier ones.

        A style never changes inside a cluster (a letter and its marks, joined emoji): the parts measured alone would
        not be as wide as the whole.
        """
        if not text:
            return []
        if not runs and not overlays:
            return [Segment(text, self.base)]
        bounds = [0, *(position for position, _ in runs if position < len(text))]
        for first, last, _ in overlays:
            bounds += (min(max(first, 0), len(text)), min(max(last, 0), len(text)))
        if not is_simple(text):
            bounds = [cluster_start(text, bound) for bound in bounds]
        cuts = sorted({*bounds, len(text)})
        result = []
        run, style = 0, self.base
        for start, end in pairwise(cuts):
            while run < len(runs) and runs[run][0] < end:
                style = self.style(runs[run][1])
                run += 1
            over = style
            for first, last, laid in overlays:
                if first < end and last > start:
                    over += laid
            result.append(Segment(text[start:end], over))
        return result


def fitted(pieces: list[Segment], skip: int, columns: int, base: Style) -> Strip:
    """The strip of ``columns`` cells from the cell ``skip`` on."""
    cells = sum(width(text) for text, _, _ in pieces)
    if skip or cells > columns:
        return Strip(pieces, cells).crop_extend(skip, skip + columns, base)
    if cells < columns:
        pieces.append(Segment(" " * (columns - cells), base))
    return Strip(pieces, columns)


def with_tail(pieces: list[Segment], tail: list[Segment], columns: int) -> list[Segment]:
    """The row with something behind it that is always seen: where the text leaves too little room it gives way."""
    room = max(columns - sum(width(text) for text, _, _ in tail), 0)
    cells = sum(width(text) for text, _, _ in pieces)
    return [*(Strip(pieces, cells).crop(0, room) if cells > room else pieces), *tail]


def with_places(strip: Strip, number: int, start: int) -> Strip:
    """The strip with, in each segment, the place in the text it shows (as Textual's selection reads it).

    A segment that is not part of the text has brought its own.
    """
    pieces = []
    for text, style, _ in strip:
        if style is not None and "offset" in style.meta:
            pieces.append(Segment(text, style))
            continue
        place = Style.from_meta({"offset": (start, number)})
        pieces.append(Segment(text, style + place if style else place))
        start += len(text)
    return Strip(pieces, strip.cell_length)
