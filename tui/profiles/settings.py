"""The [settings] that hold for every pane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pstui.tui.transcript.render.buffer import MAX_LINES

#: least and most lines of scrollback; a line may cost 500 bytes
LEAST_LINES: Final = 1_000
MOST_LINES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PaneSettings:
    """``predictions``: whether a ghost behind the cursor shows what was typed before; ``scrollback`` counts lines."""

    predictions: bool = True
    scrollback: int = MAX_LINES


def pane_settings(table: Mapping[str, Any]) -> PaneSettings:
    """Return what the [settings] table says; values that it may not have were taken out when it was read."""
    lines = int(table.get("scrollback", MAX_LINES))
    return PaneSettings(table.get("predictions", True) is not False, min(max(lines, LEAST_LINES), MOST_LINES))
