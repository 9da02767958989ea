"""The part of the workspace that writes the profile file, and opens the screens in which it is edited."""

from __future__ import annotations

from collections.abc import Sequence

from pstui.backends.errors import PstuiError
from pstui.tui.dialogs.profile_form import FormDesk
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change
from pstui.tui.profiles.vault import in_thread
from pstui.tui.workspace.tab_work import TabWork

_UNSAVED = "This window has no profile file"


class ProfileWriting(TabWork):
    """``book`` is None where there is no file: then nothing can be edited."""

    book: ProfileBook | None = None

    def refill(self) -> None:
        """Show the profiles as they were read last."""

    def renamed(self, kind: str, old: str, new: str) -> None:
        """Let what belongs to a profile follow its new name."""

    def saved(self, identity: str | None) -> None:
        """Show the profile that was saved; None where none was."""

    def complain(self, error: PstuiError) -> None:
        """Say what went wrong, outside of any session."""
        self.app.notify(error.text(), severity="error", markup=False, timeout=10)

    # -- writing ----------------------------------------------------------------------------------------------

    async def write(self, changes: Sequence[Change], said: str) -> bool:
        """Write edits to the profile file; False, with the reason on the screen, where that cannot be done."""
        try:
            await self._write(changes, said)
        except PstuiError as error:
            self.complain(error)
            return False
        return True

    async def _write(self, changes: Sequence[Change], said: str) -> None:
        if self.book is None:
            raise PstuiError(_UNSAVED)
        book = self.book
        try:
            await in_thread(lambda: book.apply(changes, said))
            for change in changes:
                if change.old not in ("", change.name):
                    self.renamed(change.kind, change.old, change.name)
        finally:
            # also after a failure: the file has been read again, and may be another
            self.refill()
        self.app.notify(f"{said}. u in the sidebar takes it back.", markup=False)

    async def _take_back(self) -> str:
        if self.book is None:
            raise PstuiError(_UNSAVED)
        try:
            return await in_thread(self.book.undo)
        finally:
            self.refill()

    async def undo(self) -> None:
        """Take the last edit back, and say which."""
        try:
            said = await self._take_back()
        except PstuiError as error:
            self.complain(error)
            return
        self.app.notify(f"Taken back: {said}" if said else "There is nothing to take back", markup=False)

    # -- screens of their own ---------------------------------------------------------------------------------

    def _desk(self) -> FormDesk | None:
        """Return what makes the forms; None, with a word on the screen, where nothing can be edited."""
        if self.book is None:
            self.app.notify(_UNSAVED, severity="warning", markup=False)
            return None
        return FormDesk(self.book, self._write, self._take_back, self._forget)

    def _forget(self, credential: str) -> None:
        if self.vault is not None:
            self.vault.forget(credential)

    def edit_profile(self, kind: str, name: str, values: dict[str, object], *, like: str = "") -> None:
        """Show the form of a profile; ``name`` is empty for a new one, ``like`` what it begins as."""
        if (desk := self._desk()) is not None:
            self.app.push_screen(desk.profile(kind, name, values, like), self.saved)

    def action_credentials(self) -> None:
        """List the credentials that profiles name."""
        if (desk := self._desk()) is not None:
            from pstui.tui.dialogs.credential_form import CredentialsScreen

            self.app.push_screen(CredentialsScreen(desk))

    def action_defaults(self) -> None:
        """Edit what holds for every connection that does not say otherwise."""
        if (desk := self._desk()) is not None:
            self.app.push_screen(desk.single("defaults"))

    def action_settings(self) -> None:
        """Edit the settings of pstui itself."""
        if (desk := self._desk()) is not None:
            self.app.push_screen(desk.single("settings"))

    def action_problems(self) -> None:
        """List what is wrong in the profile file."""
        from pstui.tui.dialogs.messages import ProblemsScreen

        problems = self.book.problems if self.book is not None else ()
        self.app.push_screen(ProblemsScreen(problems))

    def action_import_profiles(self) -> None:
        """Take hosts from another program's file."""
        if self.book is None:
            self.app.notify(_UNSAVED, severity="warning", markup=False)
            return
        from pstui.tui.dialogs.import_hosts import ImportScreen

        def chosen(changes: Sequence[Change] | None) -> None:
            if changes:
                count = len([one for one in changes if one.kind != "credentials"])
                said = f"{count} profile{'' if count == 1 else 's'} imported"
                self.run_worker(self.write(changes, said), group="profiles")

        self.app.push_screen(ImportScreen(self.book), chosen)
