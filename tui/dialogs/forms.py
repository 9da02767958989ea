"""What every form over the profile file needs: the file, a way to write to it, and the other forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from pstui.tui.dialogs.table_form import FormRow, TableForm, Write
from pstui.tui.profiles.profiles import ProfileBook
from pstui.tui.profiles.values import value_of

if TYPE_CHECKING:
    from pstui.tui.dialogs.credential_form import CredentialForm
    from pstui.tui.dialogs.profile_form import ProfileForm
    from pstui.tui.dialogs.single_form import SessionOptionsForm, SingleForm


#: what Ctrl+O opens on the row of a key
OPENS = {
    "credential": "the credential",
    "proxy_credential": "the credential",
    "session_option": "the options one by one",
}


class FormDesk:
    """Makes the forms. ``write`` and ``undo`` raise PstuiError; undo returns what was taken back.

    ``forget`` is told of a credential whose password may be another now.
    """

    def __init__(
        self, book: ProfileBook, write: Write, undo: Callable[[], Awaitable[str]], forget: Callable[[str], None]
    ) -> None:
        self.book, self.write, self.undo, self.forget = book, write, undo, forget

    def profile(self, kind: str, name: str, values: Mapping[str, Any], like: str = "") -> ProfileForm:
        """Return the form of a profile; an empty name makes a new one that begins as ``like``."""
        from pstui.tui.dialogs.profile_form import ProfileForm

        return ProfileForm(self.book, kind, name, values, self, like=like)

    def credential(self, name: str) -> CredentialForm:
        """Return the form of a credential, a new one where there is none of that name."""
        from pstui.tui.dialogs.credential_form import CredentialForm

        return CredentialForm(self.book, name, self)

    def single(self, table: str) -> SingleForm:
        """Return the form of [defaults] or [settings]."""
        from pstui.tui.dialogs.single_form import SingleForm

        return SingleForm(self.book, table, self)

    def session_options(self, values: Mapping[str, Any]) -> SessionOptionsForm:
        """Return the form of session options, which writes nothing itself."""
        from pstui.tui.dialogs.single_form import SessionOptionsForm

        return SessionOptionsForm(values, self)


class OpeningForm(TableForm):
    """A form whose rows can hold a credential or session options."""

    def __init__(self, desk: FormDesk) -> None:
        super().__init__()
        self.desk = desk

    def opened(self, row: FormRow) -> None:
        """Open what the row names."""
        value, wrong = value_of(row.input.value, row.item.field)
        if wrong:
            self.app.bell()
            return

        def closed(result: str | None) -> None:
            if result is not None:
                row.input.value = result
            self.set_focus(row.input)
            self.check()

        if row.key == "session_option":
            self.app.push_screen(self.desk.session_options(value or {}), closed)
        else:
            self.app.push_screen(self.desk.credential(str(value or "")), closed)

    def unknown_credential(self, values: Mapping[str, Any], key: str) -> tuple[str, str]:
        """Return the key and why, where the credential that a key names is not there."""
        name = str(values.get(key, ""))
        if name and name not in self.desk.book.credentials:
            return key, f"There is no [credentials.{name}] yet. Ctrl+O in its row makes it."
        return "", ""
