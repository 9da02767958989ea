"""The two kinds of tabs: sessions and terminals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.terminal.pane import TerminalPane

AnyPane: TypeAlias = "Pane | TerminalPane"


def session_of(pane: AnyPane | None) -> Pane | None:
    """Return a tab if it is a session's."""
    return None if pane is None else pane.as_session


def terminal_of(pane: AnyPane | None) -> TerminalPane | None:
    """Return a tab if it is a terminal."""
    return None if pane is None else pane.as_terminal


def sessions_of(panes: Iterable[AnyPane]) -> list[Pane]:
    """Return those tabs that are sessions'."""
    return [each for each in map(session_of, panes) if each is not None]
