"""The values of [settings] that hold for every pane, and what a colour of one may be. The first paint needs them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from pstui.tui.editor.mode import EditMode
from pstui.tui.log.place import DEFAULT, Keeping, template_problem
from pstui.tui.transcript.limits import MAX_LINES

#: least and most lines of scrollback; a line may cost 500 bytes
LEAST_LINES: Final = 1_000
MOST_LINES: Final = 1_000_000
#: seconds from which a command is a long one
TELL_AFTER: Final = 10


class Telling(enum.Enum):
    """How the end of a long command is told that nobody looks at."""

    NOTHING = "nothing"
    BELL = "bell"
    NOTICE = "notice"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class PaneSettings:
    """``predictions``: whether a ghost after the cursor shows what was typed before; ``scrollback`` counts lines.

    ``edit_mode``: which of PSReadLine's two sets of keys the editor has. ``tell`` is how the end of a command in the
    background is told that took at least ``tell_after`` seconds."""

    predictions: bool = True
    scrollback: int = MAX_LINES
    edit_mode: EditMode = EditMode.EMACS
    tell: Telling = Telling.NOTHING
    tell_after: int = TELL_AFTER
    log: Keeping = field(default_factory=Keeping)


def pane_settings(table: Mapping[str, Any]) -> PaneSettings:
    """Return what the [settings] table says; values that it may not have were taken out when it was read."""
    lines = int(table.get("scrollback", MAX_LINES))
    return PaneSettings(
        table.get("predictions", True) is not False,
        min(max(lines, LEAST_LINES), MOST_LINES),
        EditMode(str(table.get("edit_mode", EditMode.EMACS.value)).capitalize()),
        Telling(table.get("tell", Telling.NOTHING.value)),
        max(int(table.get("tell_after", TELL_AFTER)), 1),
        _keeping(table),
    )


def _keeping(table: Mapping[str, Any]) -> Keeping:
    template = str(table.get("log", ""))
    if template_problem(template):
        template = ""
    days, megabytes = int(table.get("log_days", 0)), int(table.get("log_megabytes", 0))
    cast = table.get("log_cast", True) is not False
    return Keeping(template or DEFAULT, bool(template), days, megabytes << 20, cast=cast)


@cache
def is_color(text: str) -> bool:
    """Whether a profile's colour is one: a name such as red, or #rrggbb."""
    from textual.color import Color, ColorParseError

    try:
        return bool(text) and Color.parse(text) is not None
    except ColorParseError:
        return False
