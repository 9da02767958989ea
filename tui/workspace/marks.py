"""What the sidebar shows of the sessions: the state of each entry, by whatever name its session was entered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo
from pstui.tui.pane.glance import ORDER, Glance, glance
from pstui.tui.sidebar.model import Mark, SidebarEntry
from pstui.tui.sidebar.places import Places
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.kinds import session_of
from pstui.tui.workspace.status_bar import elapsed
from pstui.tui.workspace.tabs import TabbedPanes

if TYPE_CHECKING:
    from pstui.tui.pane.pane import Pane
    from pstui.tui.workspace.kinds import AnyPane


class SessionMarks:
    """Marks the sidebar's entries with what their tabs and kept sessions do."""

    def __init__(self, tabs: TabbedPanes, sidebar: Sidebar, context: AppContext) -> None:
        self._tabs, self._sidebar, self._context = tabs, sidebar, context
        self._places, self._begun = Places(), False

    def show(self) -> bool:
        """Show them as they are now; tell whether that is news."""
        shown: dict[str, Glance] = {}
        for pane in self._tabs.panes:
            seen = glance(pane)
            if seen.state == "running" and seen.seconds is None:
                seen = Glance("open", None, seen.lines, seen.errors)  # most commands have ended before it can be read
            self._note(shown, self._place(_info(pane)), seen)
        entered = {id(pane.session) for pane in self._tabs.sessions}
        for session in self._context.kept:
            if id(session) not in entered:
                self._note(shown, self._place(session.info), Glance("kept"))
        return self._sidebar.mark({place: _mark(seen) for place, seen in shown.items()})

    @staticmethod
    def _note(shown: dict[str, Glance], place: str, seen: Glance) -> None:
        other = shown.get(place)
        if other is None or ORDER.index(seen.state) < ORDER.index(other.state):
            shown[place] = seen

    def tab_of(self, entry: SidebarEntry) -> Pane | None:
        """Return the tab of an entry, one with a live session if there is one."""
        found = [pane for pane in self._tabs.sessions if self._place(_info(pane)) == entry.identity]
        return next((pane for pane in found if pane.state.live), found[0] if found else None)

    def begin_at(self, pane: Pane | None) -> None:
        """Let the sidebar begin at the entry of a tab; once, as later its cursor stays where it was left."""
        place = "" if pane is None or self._begun else self._place(_info(pane))
        entry = next((each for each in self._sidebar.entries if place and each.identity == place), None)
        if entry is not None:
            self._begun = True
            self._sidebar.move_to(entry)

    def _place(self, info: ConnectionInfo) -> str:
        model = self._sidebar.model
        self._places.among(model.saved, model.found)
        return self._places.of(info)


def _info(pane: AnyPane) -> ConnectionInfo:
    """Return where a pane leads: what looks a session up leads where that one does."""
    session = session_of(pane)
    found = None if session is None else session.session
    return found.info if found is not None and pane.info.parameter_set.is_lookup else pane.info


def _mark(seen: Glance) -> Mark:
    news = seen.news[0]
    match seen.state:
        case "connecting":
            said = "opens" if seen.seconds is None else f"{seen.seconds} s"
        case "running":
            said = elapsed(seen.seconds or 0)
        case "asks" | "left" | "kept":
            said = seen.state
        case _:
            said = ""
    return Mark(seen.state, " ".join(part for part in (said, news) if part))
