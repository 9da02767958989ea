"""One row of the transcript as segments: text, the styles of its runs, and what is laid over them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pstui.tui.render.cells import clusters, is_simple
from pstui.tui.render.palette import Palette
from pstui.tui.render.style import Runs
from rich.segment import Segment
from rich.style import Style

#: A style over part of a text: first index, one after the last, style.
Overlay = tuple[int, int, Style]


def segments(text: str, runs: Runs, palette: Palette, base: Style, overlays: Sequence[Overlay] = ()) -> list[Segment]:
    """The segments of a row. Later overlays win over earlier ones.

    A style never changes inside a cluster (a letter and its marks, joined emoji): the parts measured alone would not
    be as wide as the whole.
    """
    if not text:
        return []
    if not runs and not overlays:
        return [Segment(text, base)]
    bounds = {0, *(position for position, _ in runs if position < len(text))}
    for first, last, _ in overlays:
        bounds.update((min(max(first, 0), len(text)), min(max(last, 0), len(text))))
    bounds.discard(len(text))
    if not is_simple(text):
        starts = [start for start, _, _ in clusters(text)]
        bounds = {starts[bisect_right(starts, bound) - 1] for bound in bounds}
    cuts = sorted(bounds)
    result = []
    for index, start in enumerate(cuts):
        end = cuts[index + 1] if index + 1 < len(cuts) else len(text)
        at = bisect_right(runs, (end - 1, 1 << 64)) - 1
        style = base + palette.style(runs[at][1]) if at >= 0 else base
        for first, last, over in overlays:
            if first < end and last > start:
                style += over
        result.append(Segment(text[start:end], style))
    return result
