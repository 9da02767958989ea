"""The forms of a profile, of its session options, and of the tables that exist only once: [defaults] and [settings].

A form shows the keys as the file has them and checks them while they are typed. Ctrl+O on the row of a credential or
of session options opens their own form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pstui.backends.binding.connections import profile_connection
from pstui.backends.binding.parameters import TARGET_KEYS, options_of, set_of_keys
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import CallError
from pstui.config.schema import COMMON_FIELDS, Field, Kind
from pstui.tui.dialogs.credential_form import CredentialForm
from pstui.tui.dialogs.table_form import FormContext, FormRow, Item, TableForm, clickable, texts_of
from pstui.tui.profiles.book import ProfileBook
from pstui.tui.profiles.edits import Change, ChangedMeanwhile
from pstui.tui.profiles.reading import TABLES
from pstui.tui.profiles.schema import TELL_AFTER, is_color, schema, shown, value_of
from pstui.tui.transcript.limits import MAX_LINES
from textual.binding import Binding, BindingType
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
    "theme": ("The colours; auto follows the terminal. Takes effect at the next start.", "auto"),
    "restore": ("Opens the tabs of last time when pstui starts without a target.", "no"),
    "history": ("Keeps typed lines for the next run, except those that look like secrets.", "yes"),
    "predictions": ("Shows after the cursor, in grey, what was typed before. Takes effect at the next start.", "yes"),
    "edit_mode": ("The keys of the editor, as PSReadLine's EditMode. Takes effect at the next start.", "Emacs"),
    "tell": ("How the end of a long command in the background is told. Takes effect at the next start.", "nothing"),
    "tell_after": ("Seconds from which a command is a long one.", str(TELL_AFTER)),
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


def setting_items() -> Iterator[Item]:
    """Yield the keys of [settings]."""
    for key, field in schema().single["settings"].items():
        help, empty = _SETTINGS_HELP.get(key, ("", ""))
        yield Item.of(key, field, help, empty)


class SingleForm(TableForm):
    """The form of [defaults] or [settings]."""

    def __init__(self, context: FormContext, table: str) -> None:
        super().__init__(context)
        self._table = table
        self._values = dict(context.book.table(table, ""))

    async def on_mount(self) -> None:
        """Fill the form."""
        items = list(default_items() if self._table == "defaults" else setting_items())
        await self.fill(items, texts_of(self._values, items))
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return which table it is."""
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
        change = Change(self._table, "", {**typed, **unseen}, base=self._values)
        try:
            await self.context.write([change], f"[{self._table}] saved")
        except ChangedMeanwhile:
            self._values = dict(self.context.book.table(self._table, ""))
            raise
        return self._table


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


#: the sets a new profile can be of, by the name its first row shows
SETS = {one.short: (one.kind, one) for one in ParameterSet.opening() if one.short}
NAME = Item("name", Field(Kind.TEXT), "What the sidebar and the command line call it.")


def items_of(kind: str, parameter_set: ParameterSet) -> Iterator[Item]:
    """Yield what a profile of a set may hold, in the order of the form."""
    known = schema().named[TABLES[kind]]
    for option in options_of(parameter_set):
        if option.key in known and not option.fixed:
            yield Item.of_option(option.within(parameter_set), known[option.key], OPENS.get(option.key, ""))
    for key, field in COMMON_FIELDS.items():
        yield Item.of(key, field, _COMMON_HELP.get(key, ""))


class ProfileForm(TableForm):
    """``name`` is empty for a new profile; ``like`` is what that begins as. Unknown keys stay as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "next_set", "Another kind", priority=True)]

    def __init__(
        self, context: FormContext, kind: str, name: str, values: Mapping[str, Any], *, like: str = ""
    ) -> None:
        super().__init__(context)
        self._old, self._values = name, dict(values)
        sets = set_of_keys(values)
        self._set = sets[0] if sets else ParameterSet.COMPUTER_NAME
        self._kind, self._like = kind, like
        self._is_new = not name

    async def on_mount(self) -> None:
        """Fill the form."""
        await self._fill({"name": self._old or self._free_name(self._like)})

    async def _fill(self, texts: Mapping[str, str]) -> None:
        items = list(items_of(self._kind, self._set))
        await self.fill([NAME, *items], {**texts_of(self._values, items), **texts})
        self.set_focus(self.rows[0].input)

    def heading(self) -> tuple[str, str | Content]:
        """Return whose form it is, and of what kind."""
        label = next((label for label, (_, one) in SETS.items() if one is self._set), self._set.value)
        if self._is_new:
            kind = clickable("Ctrl+T another kind", "next_set")
            return "New profile", Content.assemble((f"{label}   ", "$calm"), kind)
        return f"Profile {self._old}", label

    def _free_name(self, like: str) -> str:
        if not like:
            return ""
        names = {name for table in self.context.book.profiles.tables.values() for name in table}
        return next(name for name in (like, *(f"{like}-{n}" for n in range(2, 10_000))) if name not in names)

    # -- values -----------------------------------------------------------------------------------------------

    def _read(self) -> tuple[dict[str, Any], str, str]:
        """Return the keys as typed, and the first that is wrong with the reason."""
        typed, key, wrong = self.values()
        if wrong:
            return {}, key, wrong
        typed.pop("name", None)
        shown_keys = {row.key for row in self.rows}
        unseen = {
            key: value
            for key, value in self._values.items()
            if key not in shown_keys and not (self._is_new and key in TARGET_KEYS)
        }
        order = [key for key in self._values if key in typed]
        return {**{key: typed[key] for key in order}, **typed, **unseen}, "", ""

    def opened(self, row: FormRow) -> None:
        """Open what a row names."""
        open_row(self, row)

    def wrong(self) -> tuple[str, str]:
        """Return what keeps the profile from being opened."""
        name = self.text("name")
        values, key, wrong = self._read()
        if wrong:
            return key, wrong
        if not name:
            return "name", "It needs a name."
        if name != self._old and name in self.context.book.profiles.tables[self._kind]:
            return "name", f"There is a {self._kind} {name} already."
        if (color := values.get("color")) and not is_color(str(color)):
            return "color", f"{color} is not a colour."
        if (unknown := unknown_credential(self.context.book, values, "credential"))[1]:
            return unknown
        book = self.context.book.profiles
        try:
            profile_connection(self._kind, name, values, book.credential, book.defaults)
        except CallError as error:
            what = error.what.removeprefix(f"The {self._kind} {name!r} cannot be opened")
            return "", " ".join(part for part in (what, error.why, error.hint) if part)
        return "", ""

    def good(self) -> str:
        """Return what to say when nothing is wrong."""
        return "This can be opened."

    async def save(self) -> str:
        """Write the profile and return its identity in the sidebar. Raises PstuiError."""
        name, values = self.text("name"), self._read()[0]
        base = None if self._is_new else self._values
        change = Change(self._kind, name, values, self._old, base, new=self._is_new)
        try:
            await self.context.write([change], f"{name} saved")
        except ChangedMeanwhile:
            # saving once more is then a decision, made with the knowledge of the change
            self._values = dict(self.context.book.table(self._kind, self._old))
            raise
        return f"{self._kind}:{name}"

    # -- keys -------------------------------------------------------------------------------------------------

    async def action_next_set(self) -> None:
        """Make a new profile one of the next kind; what both kinds know is kept."""
        if not self._is_new:
            return
        sets = list(SETS.values())
        place = next((index for index, (_, one) in enumerate(sets) if one is self._set), 0)
        typed = {row.key: row.input.value for row in self.rows if row.input.value}
        self._kind, self._set = sets[(place + 1) % len(sets)]
        self._values = {}
        await self._fill(typed)


_COMMON_HELP = {
    "group": "Its place in the sidebar, such as Production/Web.",
    "tags": "Words to filter by, separated by commas.",
    "color": "The colour of its tab: a name such as red, or #rrggbb.",
    "note": "A remark of your own.",
    "pinned": "yes puts it at the top of the sidebar.",
}
