"""Two tabs beside each other: one has the keys, the other is seen.

How this works. ``TabbedPanes`` shows one pane, the one in front. While there is a second, this part shows it as well
each time another comes to the front. Going to a tab that is seen gives it the keys where it is; going to any other puts
that in the place of the one that had them. It ends where the screen is too narrow for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.tui.workspace.tabs import TabbedPanes
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.workspace.kinds import AnyPane

#: columns that both together need, without the sidebar
LEAST = 88


class Beside:
    """The second pane. ``other`` is what stands beside the one in front, None for nothing."""

    def __init__(self, screen: Screen[None], tabs: TabbedPanes) -> None:
        self._screen, self._tabs = screen, tabs
        self.other: AnyPane | None = None
        tabs.on_front = self._came_to_front

    def action_two_panes(self) -> None:
        """Show the tab that was seen before beside the one in front, or the one in front alone again."""
        front, others = self._tabs.front, [pane for pane in self._tabs.panes if pane is not self._tabs.front]
        if self.other is not None:
            self.end()
        elif front is None or not others:
            self._say("Two panes need two tabs: F2 opens another.")
        elif self._tabs.size.width < LEAST:
            self._say(self._too_narrow)
        else:
            before = self._tabs.before
            self._put(before if before in others else others[-1], front)
            front.focus_main()

    def action_other_pane(self) -> None:
        """Give the keys to the other pane."""
        if self.other is None:
            self._say("There is one pane. Ctrl+] | shows another beside it.")
        else:
            self._tabs.bring_to_front(self.other)

    def focus_moved(self) -> None:
        """The keys are elsewhere, as after a click: in the other pane that one comes to the front."""
        other, focused = self.other, self._screen.focused
        if other is not None and focused is not None and other in focused.ancestors:
            self._tabs.bring_to_front(other)

    def resized(self) -> None:
        """End where there is no longer room for both."""
        if self.other is not None and 0 < self._tabs.size.width < LEAST:
            self.end()
            self._say(self._too_narrow)

    def end(self) -> None:
        """Show the pane in front alone."""
        other, self.other = self.other, None
        self._tabs.remove_class("-two")
        if other is not None and other.is_attached:
            other.is_beside = False
            other.remove_class("-beside")
            other.display = other is self._tabs.front

    @property
    def _too_narrow(self) -> str:
        # A folded sidebar still has a column.
        more = " F6 hides the sidebar." if self._screen.size.width > LEAST else ""
        return f"Two panes need {LEAST} columns, and there are {self._tabs.size.width}.{more}"

    def _came_to_front(self, before: AnyPane | None, front: AnyPane) -> None:
        """Another pane has come to the front: that of the other half leaves its place to the one before."""
        if self.other is None:
            return
        if self.other is front:
            self._put(before, front)
        else:
            self._put(self.other, front)

    def _put(self, other: AnyPane | None, front: AnyPane) -> None:
        if other is None or other is front or other not in self._tabs.panes:
            self.end()
            return
        if self.other is not None and self.other is not other:
            self.other.is_beside = False
            self.other.remove_class("-beside")
        self.other = other
        other.is_beside = True
        other.display = True
        front.remove_class("-beside")
        other.add_class("-beside")
        self._tabs.add_class("-two")

    def _say(self, text: str) -> None:
        self._screen.app.notify(text, markup=False)
