"""The forms of [defaults], [settings] and of what a group passes down, and of the session options.

A form shows the keys as the file has them and checks them while they are typed. Ctrl+O on the row of a credential or
of session options opens their own form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pstui.backends.binding.parameters import options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.config.schema import Field, Kind
from pstui.tui.dialogs.credential_form import CredentialForm
from pstui.tui.dialogs.host_profile import KNOWN_AS
from pstui.tui.dialogs.table_form import FormContext, FormRow, Item, TableForm, texts_of
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change, ChangedMeanwhile
from pstui.tui.profiles.pane_settings import TELL_AFTER
from pstui.tui.profiles.schema import schema, shown, value_of
from pstui.tui.transcript.limits import MAX_LINES
from textual.content import Content

#: what Ctrl+O opens on the row of a key
OPENS = {
    "credential": "the credential",
    "proxy_credential": "the credential",
    "session_option": "the options one by one",
}


def open_row(form: TableForm, row: FormRow) -> None:
    """Open what a row names: the session options one by one, or a credential. What is saved there is its new text."""
    value, wrong = value_of(row.input.value, row.item.field)
    if wrong:
        form.app.bell()
        return

    def closed(result: str | None) -> None:
        if result is not None:
            row.input.value = result
        form.set_focus(row.input)
        form.check()

    opened: TableForm
    if row.key == "session_option":
        opened = SessionOptionsForm(form.context, value or {})
    else:
        opened = CredentialForm(form.context, str(value or ""))
    form.app.push_screen(opened, closed)


def unknown_credential(book: ProfileBook, values: Mapping[str, Any], key: str) -> tuple[str, str]:
    """Return the key and why, where the credential that a key names does not exist; both empty where it does."""
    name = str(values.get(key, ""))
    if name and name not in book.credentials:
        return key, f"There is no [credentials.{name}] yet. Ctrl+O in its row makes it."
    return "", ""


_SETTINGS_HELP = {
    "theme": ("The colours; auto follows the terminal. Takes effect at once.", "auto"),
    "restore": ("Opens the tabs of last time when pstui starts without a target.", "no"),
    "history": ("Keeps typed lines for the next run, except those that look like secrets.", "yes"),
    "predictions": ("Shows after the cursor, in grey, what was typed before. Takes effect at the next start.", "yes"),
    "edit_mode": ("The keys of the editor, as PSReadLine's EditMode. Takes effect at the next start.", "Emacs"),
    "tell": ("How the end of a long command in the background is told. Takes effect at the next start.", "nothing"),
    "tell_after": ("Seconds from which a command is a long one.", str(TELL_AFTER)),
    "guard_hold": (
        "Commands or verbs that a guard holds, too, such as kubectl, Update. It protects from slips.",
        "none",
    ),
    "guard_pass": ("Commands that no guard holds, such as Set-Content, Clear-*.", "none"),
    "runbooks": ("Folders with runbooks, besides the folder runbooks beside the profile file.", "none"),
    "log": ("Where every session is logged, such as logs/{host}/{date}-{time}. From the next start on.", "no log"),
    "log_cast": ("Beside each log a recording that pstui replay plays again.", "yes"),
    "log_days": ("Days for which logs are kept; 0 for ever.", "0"),
    "log_megabytes": ("MiB that all logs together may take; the oldest go. 0: as much as there is.", "0"),
    "scrollback": ("Lines of text that each tab keeps. Takes effect at the next start.", f"{MAX_LINES:,}"),
}
_HEADINGS = {
    "defaults": ("Defaults", "used where a profile or a call does not say otherwise"),
    "settings": ("Settings", "of pstui itself"),
}


def default_items() -> Iterator[Item]:
    """Yield the keys that [defaults] may hold, each option once."""
    known = schema().single["defaults"]
    seen: set[str] = set()
    for parameter_set in ParameterSet.all():
        for option in options_of(parameter_set):
            if option.key in known and option.key not in seen and not option.fixed:
                seen.add(option.key)
                yield Item.of_option(option, known[option.key], OPENS.get(option.key, ""))


def group_items() -> Iterator[Item]:
    """Yield the keys that a group may pass down: what a profile is known as, and the options."""
    known = schema().named["groups"]
    for option in KNOWN_AS:
        if option.key in known:
            yield Item.of_option(option, known[option.key], "")
    yield from default_items()


def setting_items() -> Iterator[Item]:
    """Yield the keys of [settings]."""
    for key, field in schema().single["settings"].items():
        help, empty = _SETTINGS_HELP.get(key, ("", ""))
        yield Item.of(key, field, help, empty)


_ITEMS = {"defaults": default_items, "settings": setting_items, "groups": group_items}


class SingleForm(TableForm):
    """The form of [defaults], of [settings], or of the group with the path ``name``."""

    def __init__(self, context: FormContext, table: str, name: str = "") -> None:
        super().__init__(context)
        self._table, self._path = table, name
        self._values = dict(context.book.table(table, name))

    async def on_mount(self) -> None:
        """Fill the form."""
        items = list(_ITEMS[self._table]())
        await self.fill(items, texts_of(self._values, items))
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return which table it is."""
        if self._path:
            return f"Group {self._path}", "passed down to every host in it that does not say otherwise"
        return _HEADINGS[self._table]

    def opened(self, row: FormRow) -> None:
        """Open what a row names."""
        open_row(self, row)

    def wrong(self) -> tuple[str, str]:
        """Return what keeps it from being saved."""
        values, key, wrong = self.values()
        return (key, wrong) if wrong else unknown_credential(self.context.book, values, "credential")

    async def save(self) -> str:
        """Write the table. Raises PstuiError."""
        typed, shown_keys = self.values()[0], {row.key for row in self.rows}
        unseen = {key: value for key, value in self._values.items() if key not in shown_keys}
        said = f"group {self._path}" if self._path else f"[{self._table}]"
        is_new = bool(self._path) and not self._values
        change = Change(self._table, self._path, {**typed, **unseen}, base=self._values, new=is_new)
        try:
            await self.context.write([change], f"{said} saved")
        except ChangedMeanwhile:
            self._values = dict(self.context.book.table(self._table, self._path))
            raise
        return self._path or self._table


class SessionOptionsForm(TableForm):
    """The session options one by one. Returns them as the text of the row that opens them."""

    def __init__(self, context: FormContext, values: Mapping[str, Any]) -> None:
        super().__init__(context)
        self._values = dict(values)

    async def on_mount(self) -> None:
        """Fill the form."""
        fields = schema().single["defaults"]["session_option"].fields
        items = [Item.of_option(option, fields[option.key], OPENS.get(option.key, "")) for option in SESSION_OPTIONS]
        await self.fill(items, texts_of(self._values, items))
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return what it is."""
        return "Session options", "take effect over WinRM"

    def opened(self, row: FormRow) -> None:
        """Open what a row names."""
        open_row(self, row)

    def wrong(self) -> tuple[str, str]:
        """Return what keeps them from being taken."""
        values, key, wrong = self.values()
        return (key, wrong) if wrong else unknown_credential(self.context.book, values, "proxy_credential")

    async def save(self) -> str:
        """Return them as one text."""
        return shown(self.values()[0], Field(Kind.TABLE))
