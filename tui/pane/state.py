"""Where a pane is in the life of its session."""

from __future__ import annotations

import enum


class PaneState(enum.Enum):
    """Where a pane is in the life of its session; the value is the word that the status bar shows."""

    OPENING = "connecting"
    PROMPT = "ready"
    BUSY = "running"
    LEFT = "left"
    CANCELLED = "not connected"
    FAILED = "failed"
    BROKEN = "broken"

    @property
    def live(self) -> bool:
        """True while lines can go to a session, now or soon."""
        return self in (PaneState.OPENING, PaneState.PROMPT, PaneState.BUSY)
