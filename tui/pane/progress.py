"""Write-Progress as calm bars under the pane's text."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """The records in force, by source and activity id, and their order on the screen."""

    records: dict[_Key, ProgressRecord] = field(default_factory=dict)

    def take(self, record: ProgressRecord) -> None:
        """Note a record; a completed one goes, with everything below it."""
        key = (record.source_id, record.activity_id)
        if record.completed:
            self._drop(key)
            return
        self.records[key] = record
        while len(self.records) > MAX_RECORDS:
            self.records.pop(next(iter(self.records)))

    def rows(self) -> list[tuple[int, ProgressRecord]]:
        """Return the records in the order of their tree, each with its depth from 0."""
        below: dict[_Key | None, list[_Key]] = {}
        for key, record in self.records.items():
            parent = (key[0], record.parent_id)
            below.setdefault(parent if parent in self.records and parent != key else None, []).append(key)
        result: list[tuple[int, ProgressRecord]] = []
        seen: set[_Key] = set()
        todo = [(0, key) for key in reversed(below.get(None, []))]
        while todo:
            depth, key = todo.pop()
            if key in seen:
                continue
            seen.add(key)
            result.append((depth, self.records[key]))
            todo.extend((depth + 1, child) for child in reversed(below.get(key, [])))
        return result

    def _drop(self, key: _Key) -> None:
        todo = [key]
        while todo:
            gone = todo.pop()
            if self.records.pop(gone, None) is not None or gone == key:
                todo.extend(k for k, r in self.records.items() if k[0] == gone[0] and r.parent_id == gone[1])


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
            self.model.records.clear()
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
        rows = self.model.rows()
        width = self.size.width
        lines = [self._row(depth, record, width) for depth, record in rows[:MAX_ROWS]]
        if len(rows) > MAX_ROWS:
            lines.append(Content.styled(f"… and {len(rows) - MAX_ROWS} more", "$calm"))
        return Content("\n").join(lines)

    def _row(self, depth: int, record: ProgressRecord, width: int) -> Content:
        indent = "  " * min(depth, 6)
        title = plain(record.activity, limit=512)
        room = max(8, width // 4)
        title = set_cell_size(title, room - 1) + "…" if cell_len(title) > room else title
        parts = [Content(f"{indent}{title}  ")]
        if 0 <= record.percent <= 100:
            bar = _BAR if width >= 90 else _BAR // 2
            full = round(record.percent * bar / 100)
            parts.append(Content.styled("█" * full, "$primary"))
            parts.append(Content.styled("░" * (bar - full), "$calm"))
            parts.append(Content(f" {record.percent:3d} %"))
        rest = [remaining(record.seconds_remaining), plain(record.status, limit=512)]
        rest.append(plain(record.current_operation, limit=512))
        for text in rest:
            if text:
                parts.append(Content.styled(f"   {text}", "$calm"))
        return Content("").join(parts).truncate(max(width, 1), ellipsis=True)
