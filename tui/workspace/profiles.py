"""The part of the workspace that keeps the profiles: the sidebar's wishes, the file that changes, its problems."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.model import Sources
from pstui.backends.errors import PstuiError
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.pane.face import PaneState
from pstui.tui.pane.pane import Pane
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.vault import Vault, in_thread
from pstui.tui.sidebar.model import SidebarEntry, identity, kind_of
from pstui.tui.sidebar.widget import Sidebar, SidebarStrip
from pstui.tui.workspace.profile_writing import ProfileWriting
from pstui.tui.workspace.state import SavedTab, StateFile

#: seconds between two looks at the profile file's times
LOOK = 2.0


class ProfileWork(ProfileWriting):
    """What can be done to profiles in the sidebar."""

    def __init__(
        self,
        sessions: SessionManager,
        *,
        entries: Sequence[SidebarEntry] = (),
        sources: Sources = (),
        book: ProfileBook | None = None,
        memory: StateFile | None = None,
    ) -> None:
        super().__init__(sessions, memory=memory)
        self.book = book
        self.sidebar = Sidebar(entries, sources)
        self.strip = SidebarStrip()
        model, known = self.sidebar.model, self.remembered
        model.used, model.toggled, model.by_use = dict(known.used), set(known.folds), known.by_use
        if book is not None:
            self.preparer = Vault(lambda: book.profiles.configuration.credentials)

    def begin_profiles(self) -> None:
        """Keep the profiles current from now on, and tell what is wrong with them."""
        if self.book is None:
            return
        self.set_interval(LOOK, self._look)
        self._tell_problems()

    def pane_color(self, info: ConnectionInfo) -> str:
        """Return the colour of a profile's tab."""
        return self.book.color(info) if self.book is not None else ""

    def mark_sidebar(self) -> None:
        """Show in the sidebar what is open and what is broken."""
        states: dict[str, str] = {}
        for pane in self.panes:
            if pane.state in (PaneState.FAILED, PaneState.BROKEN):
                states.setdefault(identity(pane.info), "broken")
            elif pane.state.live:
                states[identity(pane.info)] = "open"
        if self.sidebar.mark(states):
            self.show_strip()

    def show_strip(self) -> None:
        """Write the folded sidebar anew."""
        self.strip.show(self.sidebar.state_of(entry) for entry in self.sidebar.entries[:200])

    def on_sidebar_focus_changed(self, event: Sidebar.FocusChanged) -> None:
        """Other keys matter with the sidebar in focus."""
        event.stop()
        self.refresh_frame()

    # -- opening ----------------------------------------------------------------------------------------------

    async def on_sidebar_chosen(self, event: Sidebar.Chosen) -> None:
        """Go to the tab of what was chosen, or open one."""
        event.stop()
        try:
            info = event.entry.connection()
        except PstuiError as error:
            self.complain(error)
            return
        if info is None:
            return
        self.remove_class("-unfolded")
        same = identity(info)
        there = next((pane for pane in self.panes if identity(pane.info) == same), None)
        if there is None or event.again:
            await self.open(info)
        else:
            self.bring_to_front(there)
            if not there.state.live:
                there.enter()

    def bring_to_front(self, pane: Pane) -> None:
        """Show a pane; a sidebar that was opened over it folds again."""
        self.remove_class("-unfolded")
        super().bring_to_front(pane)

    async def close(self, pane: Pane) -> None:
        """Close a tab; after the last one the keys go to the sidebar."""
        await super().close(pane)
        if not self.panes:
            self.remove_class("-folded")
            self.add_class("-unfolded")
            self.set_focus(self.sidebar)

    async def open(self, info: ConnectionInfo) -> Pane:
        """Open a tab, and remember when for the order by last use."""
        self.sidebar.use(identity(info), time.time())
        self._remember()
        return await super().open(info)

    def _remember(self) -> None:
        model = self.sidebar.model
        self.remembered.used, self.remembered.by_use = model.used, model.by_use
        self.remembered.folds = sorted(model.toggled)
        self.keep()

    def renamed(self, kind: str, old: str, new: str) -> None:
        """Let tabs and the order by last use follow a profile's new name."""
        for pane in self.panes:
            if kind_of(pane.info) == kind and pane.info.profile == old:
                pane.info = replace(pane.info, profile=new)
        used = self.sidebar.model.used
        if (when := used.pop(f"{kind}:{old}", None)) is not None:
            used[f"{kind}:{new}"] = when
        self._remember()
        self.keep_tabs()

    def saved(self, identity: str | None) -> None:
        """Put the cursor on the profile that was saved."""
        entry = next((each for each in self.sidebar.model.saved if each.identity == identity), None)
        if entry is not None:
            self.sidebar.move_to(entry)

    def connect_saved(self, tab: SavedTab, bind: Callable[[str], ConnectionInfo] | None) -> ConnectionInfo | None:
        """Return where a tab of last time leads, None where it leads nowhere any more. Raises PstuiError."""
        if tab.profile and self.book is not None:
            kind, _, name = tab.profile.partition(":")
            return self.book.connection(kind, name)
        return bind(tab.line) if tab.line and bind is not None else None

    # -- reading ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self.book is not None and not self.book.is_busy and self.book.is_stale():
            self.run_worker(self.read_again(), group="profile file", exclusive=True)

    async def read_again(self) -> None:
        """Read the profile file anew because somebody changed it."""
        assert self.book is not None
        await in_thread(self.book.reread)
        self.refill()
        self.app.notify(f"{self.book.path.name} was changed and has been read again", markup=False)
        self._tell_problems()

    def refill(self) -> None:
        """Show the profiles as they were read last."""
        assert self.book is not None
        self.sidebar.set_entries(self.book.entries())
        self.show_strip()
        self.refresh_frame()

    def _tell_problems(self) -> None:
        count = len(self.book.problems) if self.book is not None else 0
        if count:
            said = "1 problem" if count == 1 else f"{count} problems"
            self.app.notify(
                f"{said} in the profile file. ! in the sidebar lists them.", severity="warning", markup=False
            )

    # -- what the sidebar wants -------------------------------------------------------------------------------

    def on_sidebar_wanted(self, event: Sidebar.Wanted) -> None:
        """Do to the profiles what was asked for in the sidebar."""
        event.stop()
        entry = event.entry
        match event.verb:
            case "why" if entry is not None:
                self.app.notify(entry.name, markup=False)
            case "folded" | "order":
                self._remember()
            case "problems":
                self.action_problems()
            case "undo":
                self.run_worker(self.undo(), group="profiles")
            case "add":
                self.edit_profile("host", "", {})
            case "import":
                self.action_import_profiles()
            case "edit" | "clone" if entry is not None:
                self._edit(entry, copy=event.verb == "clone")
            case "delete" | "pin" if entry is not None:
                self._change(entry, event.verb)
            case "edit" | "clone" | "delete" | "pin":
                self.app.notify("This is a heading. Go to an entry below it first.", markup=False)

    def _edit(self, entry: SidebarEntry, *, copy: bool) -> None:
        if entry.saved and self.book is not None:
            values = dict(self.book.table(entry.kind, entry.name))
            self.edit_profile(entry.kind, "" if copy else entry.name, values, like=entry.name)
        elif entry.info is not None:
            from pstui.tui.profiles.schema import profile_table

            self.edit_profile(kind_of(entry.info), "", profile_table(entry.info), like=entry.name)

    def _change(self, entry: SidebarEntry, verb: str) -> None:
        if not entry.saved or self.book is None:
            self.app.notify(f"{entry.name} is no profile. e makes one of it.", markup=False)
            return
        if verb == "delete":
            change = Change(entry.kind, entry.name, None)
            said = f"{entry.name} deleted"
        else:
            values = dict(self.book.table(entry.kind, entry.name))
            if values.pop("pinned", False) is not True:
                values["pinned"] = True
            change = Change(entry.kind, entry.name, values, base=self.book.table(entry.kind, entry.name))
            said = f"{entry.name} {'pinned' if values.get('pinned') else 'no longer pinned'}"
        self.run_worker(self.write([change], said), group="profiles")
