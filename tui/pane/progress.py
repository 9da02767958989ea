"""Write-Progress as calm bars under the pane's text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pstui.backends.records import ProgressRecord
from pstui.tui.plain import plain
from rich.cells import cell_len, set_cell_size
from textual.app import RenderResult
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

#: bars shown at once; the rest is counted
MAX_ROWS = 4
#: bars remembered; a far end that starts more loses the oldest
MAX_RECORDS = 256
#: seconds between two repaints, so that a busy loop of Write-Progress does not flicker
INTERVAL = 0.1
_BAR = 24

_Key = tuple[int, int]


@dataclass(slots=True)
class ProgressModel:
    """The records in force by source and activity id, as they began; ``touched`` has their keys, the last one last.

    As the console's pending progress: a completed record goes and its children move up to where it was, a record
    whose parent is unknown, itself or below it stands at the root.
    """

    records: dict[_Key, ProgressRecord] = field(default_factory=dict)
    touched: dict[_Key, None] = field(default_factory=dict)

    def take(self, record: ProgressRecord) -> None:
        """Note a record, or that its activity is completed."""
        key = (record.source_id, record.activity_id)
        if record.completed:
            self._remove(key)
            return
        self.records[key] = record
        self.touched.pop(key, None)
        self.touched[key] = None
        while len(self.records) > MAX_RECORDS:
            self._remove(next(iter(self.touched)))

    def clear(self) -> None:
        """Forget every record."""
        self.records.clear()
        self.touched.clear()

    def rows(self, most: int | None = None) -> list[tuple[int, ProgressRecord]]:
        """Return the records in the order of their tree, each with its depth from 0; only the ``most`` touched last."""
        newest = set(list(self.touched)[-most:]) if most else set(self.records)
        keys = [key for key in self.records if key in newest]
        below: dict[_Key | None, list[_Key]] = {}
        for key in keys:
            below.setdefault(self._parent(key, newest), []).append(key)
        result: list[tuple[int, ProgressRecord]] = []
        todo = [(0, key) for key in reversed(below.get(None, []))]
        while todo:
            depth, key = todo.pop()
            result.append((depth, self.records[key]))
            todo.extend((depth + 1, child) for child in reversed(below.get(key, [])))
        return result

    def _parent(self, key: _Key, shown: Collection[_Key]) -> _Key | None:
        """Return what a record stands under: its parent, unless that is not shown or the way up leads back to it."""
        parent = (key[0], self.records[key].parent_id)
        above, seen = parent, {key}
        while above in self.records:
            if above in seen:
                return None
            seen.add(above)
            above = (key[0], self.records[above].parent_id)
        return parent if parent in shown else None

    def _remove(self, key: _Key) -> None:
        gone = self.records.pop(key, None)
        self.touched.pop(key, None)
        if gone is not None:
            self._move_up(key, gone)

    def _move_up(self, key: _Key, gone: ProgressRecord) -> None:
        """Put the children of a record that is gone under its parent."""
        for child, record in self.records.items():
            if child[0] == key[0] and record.parent_id == gone.activity_id:
                self.records[child] = replace(record, parent_id=gone.parent_id)


def remaining(seconds: int) -> str:
    """Return ``~12 s left`` and the like, empty when unknown."""
    if seconds < 0:
        return ""
    if seconds < 100:
        return f"~{seconds} s left"
    if seconds < 6000:
        return f"~{round(seconds / 60)} min left"
    return f"~{round(seconds / 3600)} h left"


class ProgressArea(Widget):
    """The bars of one pane; no height when there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.model = ProgressModel()
        self._timer: Timer | None = None
        self.display = False

    def take(self, record: ProgressRecord) -> None:
        """Note a record and show it with the next repaint."""
        self.model.take(record)
        if self._timer is None and self.is_mounted:
            self._timer = self.set_timer(INTERVAL, self._show)

    def clear(self) -> None:
        """Forget every bar, as a console does at the next prompt."""
        if self.model.records:
            self.model.clear()
            self._show()

    def _show(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        rows = min(len(self.model.records), MAX_ROWS + 1)
        self.display = rows > 0
        self.styles.height = rows
        self.refresh()

    def render(self) -> RenderResult:
        width = self.size.width
        lines = [self._row(depth, record, width) for depth, record in self.model.rows(MAX_ROWS)]
        if (more := len(self.model.records) - MAX_ROWS) > 0:
            lines.append(Content.styled(f"… and {more} more", "$calm"))
        return Content("\n").join(lines)

    def _row(self, depth: int, record: ProgressRecord, width: int) -> Content:
        indent = "  " * min(depth, 6)
        title = plain(record.activity, limit=512)
        room = max(8, width // 4)
        title = set_cell_size(title, room - 1) + "…" if cell_len(title) > room else title
        parts = [Content(f"{indent}{title}")]
        if 0 <= record.percent <= 100:
            bar = _BAR if width >= 90 else _BAR // 2
            full = round(record.percent * bar / 100)
            parts.append(Content.styled("  " + "█" * full, "$primary"))
            parts.append(Content.styled("░" * (bar - full), "$calm"))
            parts.append(Content(f" {record.percent:3d} %"))
        rest = [remaining(record.seconds_remaining), plain(record.status, limit=512)]
        rest.append(plain(record.current_operation, limit=512))
        for text in rest:
            if text:
                parts.append(Content.styled(f"   {text}", "$calm"))
        return Content("").join(parts).truncate(max(width, 1), ellipsis=True)
