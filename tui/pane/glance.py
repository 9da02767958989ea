"""A session at a glance: what tabs, sidebar and lists show of it in a sign, a word or a time, and a number of lines."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from pstui.backends.records import RunspaceState
from pstui.tui.pane.state import PaneState

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.terminal.pane import TerminalPane

#: seconds of an opening, or of a command in the sidebar, from which they are shown: most have ended by then
PATIENCE: Final = 3.0
#: most lines that are counted
_MOST_LINES: Final = 999
#: the sign of each state on a tab, and its colour
SIGNS: Final = {
    "asks": ("?", "$warning"),
    "broken": ("✗", "$error"),
    "failed": ("✗", "$error"),
    "connecting": ("◌", "$calm"),
    "running": ("…", "$calm"),
    "done": ("✓", "$success"),
    "left": ("left", "$calm"),
    "kept": ("kept", "$calm"),
    "saved": ("○", "$calm"),
    "open": ("", ""),
}
#: states in the order in which one speaks for an entry that several tabs belong to
ORDER: Final = ("asks", "broken", "failed", "connecting", "running", "done", "open", "kept", "left", "saved")
#: what a terminal shows of its state; one that is open shows nothing, whatever runs in it
_TERMINAL: Final = {
    PaneState.OPENING: "connecting",
    PaneState.LEFT: "left",
    PaneState.CANCELLED: "left",
    PaneState.FAILED: "broken",
    PaneState.BROKEN: "broken",
}
_KEPT = (RunspaceState.OPENED, RunspaceState.DISCONNECTED)


@dataclass(frozen=True, slots=True)
class Glance:
    """``state`` is a key of SIGNS, ``seconds`` how long it has lasted, None where that does not matter (yet).

    ``lines`` came since somebody looked, ``errors`` says whether one was among them.
    """

    state: str
    seconds: int | None = None
    lines: int = 0
    errors: bool = False

    @property
    def sign(self) -> tuple[str, str]:
        """The sign and its colour; an opening that takes long says for how many seconds."""
        sign, colour = SIGNS[self.state]
        shown = f"{sign} {self.seconds} s" if self.state == "connecting" and self.seconds is not None else sign
        return shown, colour

    @property
    def news(self) -> tuple[str, str]:
        """The lines that came, and their colour."""
        if not self.lines:
            return "", ""
        count = min(self.lines, _MOST_LINES)
        return (f"!{count}", "$error") if self.errors else (f"●{count}", "$primary")


def glance(pane: Pane | TerminalPane) -> Glance:
    """Return what is to be seen of a pane now."""
    if pane.is_terminal:
        return Glance(_TERMINAL.get(pane.state, "open"))
    pane = cast("Pane", pane)
    conversation, unseen = pane.conversation, pane.unseen
    state, since = _state(pane), 0.0
    if state == "connecting":
        since = conversation.opening_since
    elif state == "running":
        since = conversation.busy_since
    return Glance(state, seconds(since), unseen.lines, unseen.errors)


def seconds(since: float) -> int | None:
    """Return for how many seconds something lasts; None while that is not worth telling, and for nothing (0.0)."""
    lasted = time.monotonic() - since
    return int(lasted) if since and lasted >= PATIENCE else None


def _state(pane: Pane) -> str:
    if pane.asking is not None:
        return "asks"
    match pane.state:
        case PaneState.FAILED | PaneState.BROKEN:
            return "broken"
        case PaneState.OPENING:
            return "connecting"
        case PaneState.BUSY:
            return "running"
        case PaneState.CANCELLED:
            return "saved"
        case PaneState.LEFT:
            session = pane.session
            kept = session is not None and not session.temporary and session.state in _KEPT
            return "kept" if kept else "left"
    if pane.unseen.ended:
        return "failed" if pane.unseen.errors else "done"
    return "open"


def badge(pane: Pane | TerminalPane) -> tuple[str, str]:
    """Return a tab's sign and its colour, empty for nothing: what the tab in front does is seen in its pane."""
    seen = glance(pane)
    if pane.active and seen.state in ("asks", "running"):
        return "", ""
    return seen.sign
