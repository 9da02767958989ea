"""Cells to rows: text that is harmless and as wide as the cells it stands in, with runs of packed style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pstui.tui.terminal.emulator import Row
from pstui.tui.transcript.render.cells import width
from pstui.tui.transcript.render.clean import clean
from pstui.tui.transcript.render.style import COLOR_BITS, OVERLINE, REVERSE, STRIKE, UNDERLINE, Run, with_background

#: what stands for a character that cannot be shown in its cells
_INSTEAD = {1: "\ufffd", 2: "\ufffd "}
#: what shows something where nothing is written: a background, and these attributes
_SEEN = UNDERLINE | REVERSE | STRIKE | OVERLINE | with_background(0, (1 << COLOR_BITS) - 1)


@lru_cache(maxsize=8192)
def shown(text: str, cells: int) -> str:
    """Return what is shown of the text of a cell, or of two: harmless, and exactly as wide."""
    safe = clean(text)
    if not safe.isprintable() or not safe or width(safe) != cells:
        return _INSTEAD[cells]
    return safe


def row_by_cells(texts: Sequence[str], starts: Sequence[Run]) -> Row:
    """Return the row of cells with these texts; the second cell of a wide character has none.

    ``starts`` are the cells from which on each style holds.
    """
    parts: list[str] = []
    runs: list[Run] = []
    place, count, following = 0, len(texts), 0
    for index, text in enumerate(texts):
        if following < len(starts) and starts[following][0] <= index:
            runs.append((place, starts[following][1]))
            following += 1
        if not text:
            continue
        wide = index + 1 < count and not texts[index + 1]
        is_plain = len(text) == 1 and " " <= text <= "~" and not wide
        parts.append(text if is_plain else shown(text, 2 if wide else 1))
        place += len(parts[-1])
    return trimmed("".join(parts), runs)


def trimmed(text: str, starts: Sequence[Run]) -> Row:
    """Return a row without the blanks at its end that show nothing, and without a first run that changes nothing."""
    end = len(text)
    for start, style in reversed(starts):
        written = start + len(text[start:end].rstrip(" "))
        if written > start or style & _SEEN:
            end = end if style & _SEEN else written
            break
        end = start
    runs = tuple(run for run in starts if run[0] < end)
    return text[:end], runs[1:] if runs and runs[0] == (0, 0) else runs
