"""Keys with their words as a table whose columns are read downwards."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

#: cells between two columns
_GAP = 2


def key_table(pairs: Sequence[tuple[str, str]], width: int) -> Content:
    """Return keys and their words in as many columns of one width as ``width`` cells hold, at least one."""
    cells = [Content.assemble((key, "bold"), (f" {word}", "$calm")) for key, word in pairs]
    column = max((cell.cell_length for cell in cells), default=0) + _GAP
    columns = max((width + _GAP) // column, 1)
    height = -(-len(cells) // columns)
    rows = [cells[row::height] for row in range(height)]
    filled = [[cell.pad_right(column - cell.cell_length) for cell in row[:-1]] + row[-1:] for row in rows]
    return Content("\n").join(Content("").join(row) for row in filled)
