"""The bottom row: the keys that matter now, and what the session in front is doing."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pstui.tui.keys import ACTIONS, PREFIX_SHOWN
from pstui.tui.widgets.conversation import PaneState
from pstui.tui.widgets.pane import Pane
from pstui.tui.widgets.plain import plain
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

#: columns below which the row keeps the three keys that matter most
NARROW = 90

_Hint = tuple[str, str]


def hints(pane: Pane | None, panes: Sequence[Pane]) -> list[_Hint]:
    """Return keys and their words, what matters most first: a question elsewhere, this pane, the rest."""
    first = [] if pane is None else _of_state(pane)
    if pane is not None and (below := pane.transcript.new_output):
        first.append(("Ctrl+End", f"{below:,} new below"))
    for number, other in enumerate(panes, 1):
        if other.asking is not None and other is not pane:
            first.append((f"Alt+{number}", f"{plain(other.info.label, limit=20)} asks"))
    rest = [("F1", "help"), ("F2", "connect"), (PREFIX_SHOWN, "keys"), ("F6", "sidebar")]
    if len(panes) > 1:
        rest.append(("Alt+1…9", "tabs"))
    return [*first, *rest, ("F10", "quit")]


def _of_state(pane: Pane) -> list[_Hint]:
    if pane.asking is not None:
        there = pane.question_has_keys
        return [("Enter", "answers"), ("Esc", "cancels")] if there else [("F4", "answers the question")]
    if pane.pending is not None:
        return [("Ctrl+C", "drops the waiting line")]
    match pane.state:
        case PaneState.OPENING:
            return [("Ctrl+C", "cancels")]
        case PaneState.BUSY:
            return [("Ctrl+C", "stops")]
        case PaneState.LEFT | PaneState.CANCELLED:
            return [("Enter", "enters again")]
        case PaneState.FAILED | PaneState.BROKEN:
            again = [("F5", "tries again")]
            return [*again, ("Alt+E", "details")] if pane.error is not None and pane.error.details else again
        case _:
            return []


def elapsed(seconds: float) -> str:
    """Return ``00:12``, with hours from one on."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


class StatusBar(Horizontal):
    """Shows hints at the left and the session's state at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = Static(classes="keys", markup=False)
        self._state = Static(classes="state", markup=False)
        self._pane: Pane | None = None

    def compose(self) -> ComposeResult:
        yield self._keys
        yield self._state

    def on_mount(self) -> None:
        """Count the seconds of a running command."""
        self.set_interval(1.0, self._show_state)

    def show(self, pane: Pane | None, panes: Sequence[Pane]) -> None:
        """Show what matters for the pane in front."""
        self._pane = pane
        most = 3 if self.app.size.width < NARROW else 7
        self.remove_class("-prefix")
        self._keys.update(_row(hints(pane, panes)[:most]))
        self._show_state()

    def show_prefix(self) -> None:
        """Show what may follow the prefix key."""
        self.add_class("-prefix")
        pairs = [("1…9", "tab"), *((each.prefix_shown, each.label) for each in ACTIONS)]
        self._keys.update(Content.assemble((f"{PREFIX_SHOWN} ", "bold $primary"), _row(pairs)))

    def _show_state(self) -> None:
        pane = self._pane
        text = ""
        if pane is not None:
            text = elapsed(time.monotonic() - pane.busy_since) if pane.busy_since else pane.state.value
        self._state.update(Content(text))


def _row(pairs: Sequence[_Hint]) -> Content:
    return Content("  ").join(Content.assemble((key, "bold"), (f" {word}", "$calm")) for key, word in pairs)
