"""The form of one [credentials] table: the account, and where its password comes from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from pstui.backends.errors import PstuiError
from pstui.backends.threads import in_thread
from pstui.config.problems import ConfigError
from pstui.config.schema import Field, Kind
from pstui.config.sources import SOURCES, keyring_problem, store_password
from pstui.tui.dialogs.table_form import FormContext, Item, TableForm
from pstui.tui.profiles.edits import Change, ChangedMeanwhile
from textual.content import Content
from textual.widgets import Input

#: the row of what is put into the keyring
STORED = "store"
_TEXT = Field(Kind.TEXT)
_ITEMS = (
    Item("name", _TEXT, "What profiles call it, in their key credential."),
    Item("user_name", _TEXT, "The account, such as CONTOSO\\admin or admin@contoso.com.", "the name above"),
    Item(
        "password",
        Field(Kind.CHOICE, choices=SOURCES),
        "Where the password comes from. The file names the source, never the password.",
        "prompt: it is asked when it is needed",
        SOURCES,
    ),
    Item("keyring", _TEXT, "The entry in this system's keyring: service/name.", "such as pstui/admin"),
    Item("command", _TEXT, "A program that prints the password, with its arguments.", "such as pass show admin"),
    Item("env", _TEXT, "The environment variable that holds the password when pstui starts.", "such as ADMIN_PASSWORD"),
    Item(
        STORED,
        _TEXT,
        "Put into the keyring when this is saved, and nowhere else. It is not shown.",
        "empty: the one that is there stays",
        masked=True,
    ),
)


def source_of(table: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind of a credential's password source and its text, ``prompt`` where it names none."""
    source = table.get("password")
    if not isinstance(source, Mapping) or len(source) != 1:
        return "prompt", ""
    ((kind, value),) = source.items()
    if kind == "prompt":
        return "prompt", ""
    return str(kind), shlex.join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class CredentialForm(TableForm):
    """Returns the credential's name. ``name`` of one that is not there yet begins a new one of that name."""

    def __init__(self, context: FormContext, name: str) -> None:
        super().__init__(context)
        self._is_new = name not in context.book.credentials
        self._old, self._begun = "" if self._is_new else name, name
        self._values = dict(context.book.credentials.get(name, {}))
        self._no_keyring = ""
        self._fill_entry = True

    async def on_mount(self) -> None:
        """Fill the form, and see whether there is a keyring."""
        kind, text = source_of(self._values)
        texts = {"name": self._begun, "user_name": str(self._values.get("user_name", "")), kind: text}
        texts["password"] = "" if self._is_new else kind
        self._fill_entry = kind != "keyring"
        await self.fill(_ITEMS, texts)
        self.set_focus(self.rows[1 if self._begun and self._is_new else 0].input)
        self._no_keyring = await in_thread(keyring_problem)
        self.check()

    def heading(self) -> tuple[str, str | Content]:
        """Return whose form it is."""
        if self._is_new:
            return "New credential", ""
        users = len(self.context.book.users_of(self._old))
        used = f"used by {users} profile{'' if users == 1 else 's'}" if users else "used by no profile"
        return f"Credential {self._old}", used

    @property
    def source(self) -> str:
        """The kind of source that is chosen."""
        return self.text("password").casefold() or "prompt"

    def check(self) -> None:
        """Show the rows of the chosen source alone."""
        for row in self.rows:
            if row.key in ("keyring", "command", "env"):
                row.display = row.key == self.source
            elif row.key == STORED:
                row.display = self.source == "keyring" and not self._no_keyring
        super().check()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Name the entry of the keyring after the credential until another is typed."""
        row = self.row_with_keys
        if row is not None and row.key == "keyring" and event.input is row.input:
            self._fill_entry = False
        entry, name = self.row("keyring"), self.row("name")
        if self._fill_entry and entry is not None and name is not None:
            typed = name.input.value.strip()
            with entry.input.prevent(Input.Changed):
                entry.input.value = f"pstui/{typed}" if typed else ""
        super().on_input_changed(event)

    def wrong(self) -> tuple[str, str]:
        """Return what keeps it from being saved."""
        values, key, wrong = self.values()
        if wrong:
            return key, wrong
        name, source = str(values.get("name", "")), self.source
        if not name:
            return "name", "It needs a name."
        if name != self._old and name in self.context.book.credentials:
            return "name", f"There is a credential {name} already."
        if source != "prompt" and not values.get(source):
            return source, f"{source} needs a text."
        if source == "command":
            try:
                shlex.split(str(values["command"]))
            except ValueError:
                return "command", "A closing quote is missing."
        return "", ""

    def good(self) -> str:
        """Return what to say when nothing is wrong."""
        if self.source == "keyring" and self._no_keyring:
            return f"This can be saved. But: {self._no_keyring}"
        return super().good()

    def _table(self) -> dict[str, Any]:
        values, source = self.values()[0], self.source
        table: dict[str, Any] = {key: values[key] for key in ("user_name",) if key in values}
        match source:
            case "prompt":
                table["password"] = {"prompt": True}
            case "command":
                table["password"] = {"command": shlex.split(str(values["command"]))}
            case _:
                table["password"] = {source: values[source]}
        return table

    async def save(self) -> str:
        """Put a typed password into the keyring, then write the table. Raises PstuiError."""
        name = self.text("name")
        secret = self.row(STORED)
        if secret is not None and secret.display and secret.input.value:
            entry, password = self.text("keyring"), secret.input.value
            try:
                await in_thread(lambda: store_password(entry, password))
            except ConfigError as error:
                raise PstuiError(f"{error.what[:1].upper()}{error.what[1:]}", "", error.hint) from None
        base = None if self._is_new else self._values
        change = Change("credentials", name, self._table(), self._old, base, new=self._is_new)
        renamed = self.context.book.renamed_credential(self._old, name) if self._old not in ("", name) else []
        try:
            await self.context.write([change, *renamed], f"credential {name} saved")
        except ChangedMeanwhile:
            self._values = dict(self.context.book.credentials.get(self._old, {}))
            raise
        self.context.forget(self._old or name)
        return name
