"""A text in few columns: what is left out is told by an ellipsis."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

#: columns from which a name is cut in its middle, so that both ends can be read
_LEAST_MIDDLE = 8


def cut_name(name: str, width: int) -> str:
    """Return a machine's name in at most ``width`` cells.

    Machines are numbered at the end of the first label, so the domain goes first, and then the middle of the label.
    """
    label = name.partition(".")[0]
    if cell_len(name) <= width or len(label) < width or width < _LEAST_MIDDLE or not label.isascii() or " " in name:
        return cut(name, width)
    tail = (width - 1) // 2
    return cut(label, width - tail) + label[-tail:]


def column(text: str, width: int) -> str:
    """Return ``text`` as a column of exactly ``width`` cells, what is left out told by an ellipsis."""
    return set_cell_size(cut(text, width), width)


def cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells, what is left out told by an ellipsis."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 1 else "…"[:width]
