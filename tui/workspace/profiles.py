"""What the workspace does with profiles: the sidebar's wishes, the file that changes, its problems, the forms.

The forms are imported when they are opened: the first paint does not wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.config.profiles import folded
from pstui.tui.once import Once
from pstui.tui.profiles.edits import Change
from pstui.tui.sidebar.model import SidebarEntry, identity, kind_of
from pstui.tui.sidebar.strip import SidebarStrip
from pstui.tui.sidebar.widget import Sidebar
from pstui.tui.themes import theme_name
from pstui.tui.workspace.context import AppContext
from pstui.tui.workspace.marks import SessionMarks
from pstui.tui.workspace.reading import ContextChanged
from pstui.tui.workspace.state import Memory
from pstui.tui.workspace.tabs import TabbedPanes, may_hold_secret
from textual.screen import Screen

if TYPE_CHECKING:
    from pstui.tui.dialogs.table_form import FormContext

#: seconds between two looks at the profile file's times
LOOK = 2.0
#: seconds after which it is told that the first reading of the profiles goes on, and for which keys wait for it at most
SLOW, PATIENCE = 0.3, 10.0
_NO_FILE = "This window has no profile file"


class ProfileActions:
    """Edits profiles and shows them in the sidebar. Without a profile file nothing can be edited."""

    def __init__(
        self, screen: Screen[None], tabs: TabbedPanes, sidebar: Sidebar, context: AppContext, memory: Memory
    ) -> None:
        self._screen, self._tabs, self._context, self._memory = screen, tabs, context, memory
        self.sidebar, self.strip = sidebar, SidebarStrip()
        self.book = context.book
        self.marks = SessionMarks(tabs, sidebar, context)
        self._once = Once()
        if self.book is not None:
            context.forms = self._form_context
        #: whether the profiles are still being read, beside the first keys
        self.is_reading = self.book is not None and not self.book.is_whole
        self._restores = False
        sidebar.await_profiles(self.is_reading)
        model, known = sidebar.model, memory.state
        model.used, model.toggled, model.by_use = dict(known.used), set(known.folds), known.by_use

    def begin(self, *, restores: bool = False) -> None:
        """Keep the profiles current from now on, and tell what is wrong with them.

        Where they are not read yet, that is done first, after the first paint; then tabs are restored if they shall be.
        """
        self.show_strip()
        if self.is_reading:
            self._restores = restores
            self._screen.call_after_refresh(self._read_beside)
        elif self.book is not None:
            self._keep_current()

    def _keep_current(self) -> None:
        self._screen.set_interval(LOOK, self.check_file)
        self._tell_problems()

    def _read_beside(self) -> None:
        self._screen.set_timer(SLOW, self._tell_reading)
        self._screen.set_timer(PATIENCE, self._has_read)
        self._screen.run_worker(self._read_first(), group="profile file", exclusive=True)

    async def _read_first(self) -> None:
        assert self.book is not None
        try:
            await in_thread(self.book.reread)
            await self.refill()
        finally:
            self._has_read()
        if self._restores and not self._tabs.panes:
            await self._tabs.restore()
        self._keep_current()

    def _tell_reading(self) -> None:
        self.sidebar.show_reading(self.is_reading)

    def _has_read(self) -> None:
        """What was typed waits no longer: everything is there, or its disk does not answer."""
        self.is_reading = False
        self.sidebar.show_reading(False)
        self.sidebar.await_profiles(False)

    # -- what the sidebar shows -------------------------------------------------------------------------------

    def mark_sidebar(self) -> None:
        """Show in the sidebar what its sessions do."""
        if self.marks.show():
            self.show_strip()

    def show_strip(self) -> None:
        """Update the folded sidebar."""
        self.strip.show(self.sidebar.mark_of(entry).state for entry in self.sidebar.entries[:200])

    async def refill(self) -> None:
        """Show the profiles as they were read last."""
        assert self.book is not None
        self.sidebar.set_entries(await in_thread(self.book.listing))
        self._tabs.mark_panes()
        self.sidebar.show_problems(len(self.book.problems))
        self._screen.app.theme = theme_name(self.book.profiles.settings.get("theme"))
        self.show_strip()
        self._screen.post_message(ContextChanged())

    def used(self, info: ConnectionInfo) -> None:
        """Remember that a connection was opened now, for the order by last use."""
        meant = getattr(info.values.get("Session"), "info", info)
        if meant.profile or not may_hold_secret(meant):
            self.sidebar.use(identity(meant), time.time())
            self._remember()

    def _remember(self) -> None:
        model, state = self.sidebar.model, self._memory.state
        state.used, state.by_use, state.folds = model.used, model.by_use, sorted(model.toggled)
        self._memory.keep()

    # -- reading ----------------------------------------------------------------------------------------------

    def check_file(self) -> None:
        """Read the profile file again if it is no longer the one that was read."""
        if self.book is not None and not self.book.is_busy and self.book.is_stale():
            self._screen.run_worker(self._read_again(), group="profile file", exclusive=True)

    async def _read_again(self) -> None:
        assert self.book is not None
        await in_thread(self.book.reread)
        await self.refill()
        self._screen.app.notify(f"{self.book.path.name} was changed and has been read again", markup=False)
        self._tell_problems()

    def _tell_problems(self) -> None:
        count = len(self.book.problems) if self.book is not None else 0
        self.sidebar.show_problems(count)
        if count:
            said = "1 problem" if count == 1 else f"{count} problems"
            self._screen.app.notify(
                f"{said} in the profile file. ! in the sidebar lists them.", severity="warning", markup=False
            )

    # -- what is asked for in the sidebar ---------------------------------------------------------------------

    def do(self, verb: str, entry: SidebarEntry | None) -> None:
        """Do to the profiles what a key of the sidebar asks for; ``entry`` is the one below the cursor."""
        match verb:
            case "why" if entry is not None:
                self._screen.app.notify(entry.name, markup=False)
            case "folded" | "order":
                self._remember()
            case "problems":
                self.action_problems()
            case "undo":
                self._screen.run_worker(self.undo(), group="profiles")
            case "add":
                self.edit("host", "", {})
            case "import":
                self.action_import_profiles()
            case "edit" | "clone" if entry is not None:
                self._edit_entry(entry, copy=verb == "clone")
            case "delete" | "pin" if entry is not None:
                self._change_entry(entry, verb)
            case "edit" | "clone" | "delete" | "pin":
                self._screen.app.notify("This is a heading. Go to an entry below it first.", markup=False)

    def _edit_entry(self, entry: SidebarEntry, *, copy: bool) -> None:
        if entry.saved and self.book is not None:
            values = dict(self.book.table(entry.kind, entry.name))
            self.edit(entry.kind, "" if copy else entry.name, values, like=entry.name)
        elif entry.info is not None:
            from pstui.tui.profiles.schema import profile_table

            self.edit(kind_of(entry.info), "", profile_table(entry.info), like=entry.name)

    def _change_entry(self, entry: SidebarEntry, verb: str) -> None:
        if not entry.saved or self.book is None:
            self._screen.app.notify(f"{entry.name} is not a profile. e makes one of it.", markup=False)
            return
        if verb == "delete":
            if not self._once.begin(self.sidebar):
                return
            change = Change(entry.kind, entry.name, None)
            said = f"{entry.name} deleted"
        else:
            values = dict(self.book.table(entry.kind, entry.name))
            values.pop("pinned", None)
            if not entry.pinned:
                values["pinned"] = True
            elif self.book.keys_passed_down(values).get("pinned"):
                values["pinned"] = False
            change = Change(entry.kind, entry.name, values, base=self.book.table(entry.kind, entry.name))
            said = f"{entry.name} {'pinned' if values.get('pinned') else 'no longer pinned'}"
        self._screen.run_worker(self._try_write([change], said), group="profiles")

    # -- writing ----------------------------------------------------------------------------------------------

    async def _try_write(self, changes: Sequence[Change], said: str) -> None:
        """Write edits to the profile file, or show why that cannot be done."""
        try:
            await self._write(changes, said)
        except PstuiError as error:
            self._complain(error)
        finally:
            self._once.ended()

    async def _write(self, changes: Sequence[Change], said: str) -> None:
        """Write edits to the profile file. Raises PstuiError."""
        if (book := self.book) is None:
            raise PstuiError(_NO_FILE)
        try:
            await in_thread(lambda: book.apply(changes, said))
            for change in changes:
                if change.renames:
                    self._renamed(change.kind, change.old, change.name)
        finally:
            # also after a failure: the file has been read again, and may be another
            await self.refill()
        # A form that stays open says so itself: a notice would cover its buttons.
        if not getattr(self._screen.app.screen, "tells_saved", False):
            self._screen.app.notify(f"{said}. u in the sidebar undoes it.", markup=False)

    def _renamed(self, kind: str, old: str, new: str) -> None:
        """Let tabs and the order by last use follow a profile's new name."""
        used = self.sidebar.model.used
        if (when := used.pop(f"{kind}:{old}", None)) is not None:
            used[f"{kind}:{new}"] = when
        self._remember()
        self._tabs.rename_profile(kind, old, new)

    async def _take_back(self) -> str:
        """Take the last edit back and return what it was, empty when there is none. Raises PstuiError."""
        if self.book is None:
            raise PstuiError(_NO_FILE)
        try:
            step = await in_thread(self.book.undo)
            for kind, old, new in reversed(step.renamed if step else ()):
                self._renamed(kind, new, old)
        finally:
            await self.refill()
        return step.said if step else ""

    async def undo(self) -> None:
        """Take the last edit back, and say which."""
        try:
            said = await self._take_back()
        except PstuiError as error:
            self._complain(error)
            return
        self._screen.app.notify(f"Taken back: {said}" if said else "There is nothing to undo", markup=False)

    def _complain(self, error: PstuiError) -> None:
        self._screen.app.notify(error.text(), severity="error", markup=False, timeout=10)

    # -- forms and lists --------------------------------------------------------------------------------------

    def _form_context(self) -> FormContext | None:
        """Return what the forms need; None, with a notice, where nothing can be edited."""
        if self.book is None:
            self._screen.app.notify(_NO_FILE, severity="warning", markup=False)
            return None
        from pstui.tui.dialogs.table_form import FormContext

        return FormContext(self.book, self._write, self._take_back, self._forget)

    def _forget(self, credential: str) -> None:
        if self._context.vault is not None:
            self._context.vault.forget(credential)

    def edit(self, kind: str, name: str, values: dict[str, object], *, like: str = "") -> None:
        """Show the form of a host; ``name`` is empty for a new one, ``like`` what it begins as."""
        if self.book is None:
            self._screen.app.notify(_NO_FILE, severity="warning", markup=False)
            return
        from pstui.tui.dialogs.connect import ConnectScreen
        from pstui.tui.dialogs.host_profile import Known, new_known

        proposed = new_known(self._context, like) if not name else ""
        form = ConnectScreen(self._context, known=Known(kind, name, values), saves=True, name=proposed)

        async def closed(info: ConnectionInfo | None) -> None:
            if form.saved is not None:
                self._saved(f"{form.saved.kind}:{form.saved.name}")
            if info is not None:
                await self._tabs.open(info)

        self._screen.app.push_screen(form, closed)

    def _saved(self, identity: str) -> None:
        """Put the cursor on the profile that was saved."""
        entry = next((each for each in self.sidebar.model.saved if each.identity == identity), None)
        if entry is not None:
            self.sidebar.move_to(entry)

    def action_credentials(self) -> None:
        """List the credentials that profiles name."""
        if (context := self._form_context()) is not None:
            from pstui.tui.dialogs.credential_list import CredentialsScreen

            self._screen.app.push_screen(CredentialsScreen(context))

    def action_defaults(self) -> None:
        """Edit what holds for every connection that does not say otherwise."""
        self._edit_single("defaults")

    def action_settings(self) -> None:
        """Edit the settings of pstui itself."""
        self._edit_single("settings")

    def edit_group(self, path: str) -> None:
        """Edit what a group of the sidebar passes down; its table may be spelled with other capitals."""
        groups = self.book.profiles.configuration.groups if self.book is not None else {}
        self._edit_single("groups", next((each for each in groups if folded(each) == folded(path)), path))

    def _edit_single(self, table: str, name: str = "") -> None:
        if (context := self._form_context()) is not None:
            from pstui.tui.dialogs.single_form import SingleForm

            self._screen.app.push_screen(SingleForm(context, table, name))

    def action_problems(self) -> None:
        """List what is wrong in the profile file."""
        from pstui.tui.dialogs.messages import ProblemsScreen

        problems = self.book.problems if self.book is not None else ()
        self._screen.app.push_screen(ProblemsScreen(problems))

    def action_import_profiles(self) -> None:
        """Take hosts from another program's file."""
        if self.book is None:
            self._screen.app.notify(_NO_FILE, severity="warning", markup=False)
            return
        from pstui.tui.dialogs.import_hosts import ImportScreen

        def chosen(changes: Sequence[Change] | None) -> None:
            if changes:
                count = len([one for one in changes if one.kind != "credentials"])
                said = f"{count} profile{'' if count == 1 else 's'} imported"
                self._screen.run_worker(self._try_write(changes, said), group="profiles")

        self._screen.app.push_screen(ImportScreen(self.book), chosen)
