"""Progress of the far end as one line at the foot of a terminal, gone as soon as anything else is written."""

from __future__ import annotations

import time
from collections.abc import Callable

from pstui.backends.records import ProgressRecord
from pstui.tui.plain import plain

#: seconds between two drawings
_INTERVAL = 0.1
_CLEAR = "\r\x1b[K"
#: activities that are remembered; a far end that never ends any must not fill the memory
_MOST = 20


class ProgressLine:
    """The line. ``put`` writes to standard error, ``width`` is in cells."""

    def __init__(self, put: Callable[[str], None], width: int, now: Callable[[], float] = time.monotonic) -> None:
        self._put, self._width, self._now = put, width, now
        self._running: dict[tuple[int, int], str] = {}
        self._drawn_at = float("-inf")
        self._is_drawn = False
        #: whether nothing is drawn now: a question stands in the line
        self.is_off = False

    def take(self, record: ProgressRecord) -> None:
        """Take a record; the line shows the latest activity that has not ended."""
        key = (record.source_id, record.activity_id)
        self._running.pop(key, None)
        if record.completed:
            if not self._running:
                self.hide()
            return
        if len(self._running) >= _MOST:
            del self._running[next(iter(self._running))]
        self._running[key] = _text(record)
        if not self.is_off and self._now() - self._drawn_at >= _INTERVAL:
            self._drawn_at = self._now()
            self._is_drawn = True
            self._put(_CLEAR + plain(self._running[key])[: max(self._width - 1, 0)])

    def hide(self) -> None:
        """Make room for something else."""
        if self._is_drawn:
            self._is_drawn = False
            self._drawn_at = float("-inf")
            self._put(_CLEAR)


def _text(record: ProgressRecord) -> str:
    parts = [f"{record.activity}: {record.status}" if record.status else record.activity]
    if record.percent >= 0:
        parts.append(f"{record.percent}%")
    if record.seconds_remaining >= 0:
        parts.append(f"{record.seconds_remaining} s left")
    if record.current_operation:
        parts.append(record.current_operation)
    return "  ".join(parts)
