"""How many terminal cells text takes, and where a line may be broken.

The widths are Rich's, because Textual lays out its strips by them: text measured otherwise would push the
columns beside it out of place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

#: Characters that Rich may count as other than one cell; everything outside this class is one cell wide.
_NOT_ONE_CELL = re.compile("[^ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2500-\u25fc\u2800-\u28ff]")
_ZWJ = "\u200d"
_JOINERS = frozenset("\u200c\u200d") | frozenset(map(chr, range(0xE0020, 0xE0080)))
_WIDE_SELECTOR = "\ufe0f"
#: two regional indicators are one flag
_INDICATORS = range(0x1F1E6, 0x1F200)
_JOINS = re.compile("[\u200d\ufe0e\ufe0f]")


def is_simple(text: str) -> bool:
    """Whether every character is one cell wide, so that columns and indices are the same."""
    return text.isascii() or _NOT_ONE_CELL.search(text) is None


def width(text: str) -> int:
    """Cells taken by a line of clean text (no control characters)."""
    if text.isascii():
        return len(text)
    special = _NOT_ONE_CELL.findall(text)
    if not special:
        return len(text)
    if _JOINS.search(text) is not None:
        return cell_len(text)
    return len(text) - len(special) + sum(map(get_character_cell_size, special))


def clusters(text: str) -> Iterator[tuple[int, int, int]]:
    """Each cluster that stays together as (start, end, cells): a character, its marks, and what ZWJ joins to it."""
    start = 0
    length = len(text)
    while start < length:
        cells = get_character_cell_size(text[start])
        end = cluster_end(text, start)
        if end - start > 1:
            cells = cell_len(text[start:end])
        yield start, end, cells
        start = end


def cluster_end(text: str, start: int) -> int:
    """The end of the cluster that begins at ``start``."""
    end, length = start + 1, len(text)
    if end < length and ord(text[start]) in _INDICATORS and ord(text[end]) in _INDICATORS:
        end += 1
    while end < length:
        if text[end] == _ZWJ:
            end = min(end + 2, length)
        elif get_character_cell_size(text[end]) == 0:
            end += 1
        else:
            break
    return min(end, length)


def cluster_start(text: str, index: int) -> int:
    """The beginning of the cluster that holds an index."""
    while 0 < index < len(text) and (text[index - 1] == _ZWJ or get_character_cell_size(text[index]) == 0):
        index -= 1
    first = index
    while 0 <= first < len(text) and ord(text[first]) in _INDICATORS:
        first -= 1
    # Flags are counted from the first indicator of a run; the second of a pair belongs to the one before it.
    return index - 1 if (index - first) % 2 == 0 and first < index else index


def without_last(text: str) -> str:
    """Return what Backspace leaves of a text: its last letter goes, with its marks, or a whole emoji."""
    return text[: step_left(text, len(text))]


def step_left(text: str, index: int) -> int:
    """The place one step before an index: over a whole cluster, or over one invisible sign that joins nothing."""
    if index <= 0:
        return 0
    if text[index - 1] not in _JOINERS and unicodedata.category(text[index - 1]) == "Cf":
        return index - 1
    return cluster_start(text, index - 1)


def row_starts(text: str, columns: int) -> list[int]:
    """Indices at which the rows of a line begin when it is wrapped at ``columns`` cells (at least one row).

    Rows break between clusters, never inside one, wherever the column is reached: as a terminal wraps, not at words.
    A cluster wider than the row is on a row of its own.
    """
    columns = max(columns, 1)
    if len(text) <= columns and is_simple(text):
        return [0]
    if is_simple(text):
        return list(range(0, len(text), columns))
    starts = [0]
    used, position, base = 0, 0, 0
    for match in _NOT_ONE_CELL.finditer(text):
        at = match.start()
        if at > position:
            used = _fill_rows(starts, used, position, at, columns)
            base = at - 1
        position = at + 1
        joined = at > 0 and text[at - 1] == _ZWJ
        cells = 0 if joined else get_character_cell_size(text[at])
        if cells == 0 and text[at] == _WIDE_SELECTOR and at:
            # The emoji selector widens some characters: the whole cluster may have to move to the next row.
            cells = cell_len(text[base:position]) - cell_len(text[base:at])
        elif cells:
            base = at
        if used + cells > columns and base > starts[-1]:
            starts.append(base)
            used = cell_len(text[base:position])
        else:
            used += cells
    _fill_rows(starts, used, position, len(text), columns)
    return starts


def _fill_rows(starts: list[int], used: int, first: int, last: int, columns: int) -> int:
    """Place characters of one cell each; the cells used in the row reached."""
    room = columns - used
    if last == first or last - first <= room:
        return used + last - first
    full = range(first + max(room, 0), last, columns)
    starts.extend(full)
    return last - full[-1]


def row_count(text: str, columns: int) -> int:
    """How many rows ``row_starts`` gives, without building them where it can be known."""
    length = len(text)
    if is_simple(text):
        return max(1, -(-length // max(columns, 1)))
    # Measuring is quicker than breaking, but for a long line both would be done.
    if length <= 2 * columns and width(text) <= columns:
        return 1
    return len(row_starts(text, columns))


def index_at_column(text: str, column: int) -> int:
    """The index of the cluster that covers a cell column; the length of the text when it ends before."""
    if column <= 0:
        return 0
    if is_simple(text):
        return min(column, len(text))
    used = 0
    for start, _, cells in clusters(text):
        if used + cells > column:
            return start
        used += cells
    return len(text)
