"""How a row of the sidebar looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pstui.tui.cut import cut, cut_name
from pstui.tui.plain import plain
from pstui.tui.sidebar.model import MARKS, Mark, Row
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_INDENT = 2
#: least columns that a name keeps beside its short text
_LEAST_NAME = 8


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of a row: ``base`` of the whole row, the others added to it."""

    base: Style
    calm: Style
    states: Mapping[str, Style]


def paint(row: Row, mark: Mark, styles: Styles, width: int) -> Strip:
    """Return a row ``width`` cells wide."""
    indent = " " * min(row.depth * _INDENT, width // 2)
    room = width - len(indent)
    if row.entry is None:
        sign = "▸" if row.folded else "▾"
        count = f" ({row.count})" if row.folded and row.count else ""
        style = styles.base + Style(bold=row.depth == 0)
        segments = [
            Segment(indent, styles.base),
            Segment(cut(f"{sign} {plain(row.text, limit=200)}{count}", room), style),
        ]
        return Strip(segments).adjust_cell_length(width, styles.base)
    name, aside = plain(row.text, limit=200), plain(mark.aside or row.entry.subtitle, limit=40)
    left = room - 2
    if aside and left - cell_len(aside) - 1 >= min(cell_len(name), _LEAST_NAME):
        left -= cell_len(aside) + 1
    else:
        aside = ""
    sign_style = styles.base + styles.states.get(mark.state, Style())
    name_style = styles.base + styles.calm if mark.state == "note" else styles.base
    segments = [
        Segment(indent, styles.base),
        Segment(f"{MARKS.get(mark.state, '○')} ", sign_style),
        Segment(set_cell_size(cut_name(name, left), left), name_style),
    ]
    if aside:
        segments.append(Segment(f" {aside}", styles.base + styles.calm))
    return Strip(segments).adjust_cell_length(width, styles.base)
