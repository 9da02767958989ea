"""Typing into several tabs at once: which ones, the bar that says so, and the lines that go to all of them.

How this works. A line that was taken in the tab in front is given to the other marked tabs as if it had been typed
there: it runs at their prompt, waits while something runs, and their guard asks in them. Answers to questions, and what
is typed while a secret is asked for, stay where they are typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.cut import cut
from pstui.tui.plain import plain
from pstui.tui.refusing import NO_SESSION, refuse
from pstui.tui.workspace.tabs import TabbedPanes
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane

#: characters of a tab's name in the bar
_NAME = 20


class Together:
    """The tabs that are typed into together. ``bar`` is shown while there are any."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs
        #: the tabs that are marked, those that are closed by now included
        self.marked: list[Pane] = []
        self.bar = Static(id="together", markup=False)
        self.bar.display = False

    @property
    def panes(self) -> list[Pane]:
        """The marked tabs that are still there, in their order."""
        return [pane for pane in self._tabs.sessions if pane in self.marked]

    def action_type_together(self) -> None:
        """Mark the tab in front, or take its mark away."""
        front, panes = self._tabs.session, self.panes
        if front is None:
            refuse(self._screen.app, NO_SESSION)
        elif front in panes:
            self.marked = [pane for pane in panes if pane is not front]
        else:
            self.marked = [*panes, front]
        self.show()

    def action_type_into_all(self) -> None:
        """Mark every tab; where all are marked, take the marks away."""
        self.marked = [] if len(self.panes) == len(self._tabs.sessions) else list(self._tabs.sessions)
        self.show()

    def show(self) -> None:
        """Show the bar as it is now: a tab has come, gone, or moved to the front."""
        panes, front = self.panes, self._tabs.session
        self.marked = panes
        for pane in self._tabs.sessions:
            pane.shares = self._typed if pane in panes else None
        self.bar.display = bool(panes)
        names = ", ".join(cut(plain(pane.caption), _NAME) for pane in panes)
        if len(panes) == 1:
            said = f"{names} is marked: mark another tab with Ctrl+] b to type into both"
        elif front in panes:
            said = f"TYPING INTO {len(panes)} TABS: {names}   Ctrl+] B ends it"
        else:
            said = f"{len(panes)} tabs are typed into together, but not this one: {names}"
        self.bar.update(Content(f" {said}"))
        self.bar.set_class(len(panes) > 1 and front in panes, "-typing")

    def _typed(self, pane: Pane, line: str) -> None:
        """A line was taken in a tab: give it to the others, if that is meant, and tell of those that do not take it."""
        panes = self.panes
        if pane is not self._tabs.session or pane not in panes:
            return
        refused = [other.caption for other in panes if other is not pane and not other.submit_line(line)]
        if refused:
            said = ", ".join(cut(plain(name), _NAME) for name in refused)
            self._screen.app.notify(f"The line was not taken by {said}.", severity="warning", markup=False)
