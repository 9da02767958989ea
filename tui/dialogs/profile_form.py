"""The form of one profile: its keys as the file has them, checked while they are typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pstui.backends.binding.options import options_of, set_of_keys
from pstui.backends.binding.targets import profile_connection
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import CallError
from pstui.config.schema import COMMON_FIELDS, Field, Kind
from pstui.tui.dialogs.forms import OPENS, FormDesk, OpeningForm
from pstui.tui.dialogs.table_form import Item, clickable, texts_of
from pstui.tui.profiles.cli_profiles import TABLES
from pstui.tui.profiles.cli_schema import schema
from pstui.tui.profiles.edits import Change, ChangedMeanwhile
from pstui.tui.profiles.profiles import ProfileBook
from pstui.tui.profiles.values import is_color
from textual.binding import Binding, BindingType
from textual.content import Content

#: the sets a new profile can be of, by the name its first row shows
SETS = {
    "WinRM": ("host", ParameterSet.COMPUTER_NAME),
    "SSH": ("host", ParameterSet.SSH_HOST),
    "URI": ("host", ParameterSet.URI),
    "VM name": ("vm", ParameterSet.VM_NAME),
    "VM id": ("vm", ParameterSet.VM_ID),
    "container": ("container", ParameterSet.CONTAINER_ID),
    "command": ("host", ParameterSet.PROCESS),
    "process": ("host", ParameterSet.HOST_PROCESS),
}
_MORE = ("SSHTransport", "Demo")
NAME = Item("name", Field(Kind.TEXT), "What the sidebar and the command line call it.")


def items_of(kind: str, parameter_set: ParameterSet) -> Iterator[Item]:
    """Yield what a profile of a set may hold, in the order of the form."""
    known = schema().named[TABLES[kind]]
    for option in options_of(parameter_set):
        if option.key in known and option.name not in _MORE:
            yield Item.of_option(option.within(parameter_set), known[option.key], OPENS.get(option.key, ""))
    for key, field in COMMON_FIELDS.items():
        yield Item.of(key, field, _COMMON_HELP.get(key, ""))


class ProfileForm(OpeningForm):
    """``name`` is empty for a new profile; ``like`` is what that begins as. Unknown keys stay as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "next_set", "Another kind", priority=True)]

    def __init__(
        self, book: ProfileBook, kind: str, name: str, values: Mapping[str, Any], desk: FormDesk, *, like: str = ""
    ) -> None:
        super().__init__(desk)
        self._book, self._old, self._values = book, name, dict(values)
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
        names = {name for table in self._book.profiles.tables.values() for name in table}
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
            if key not in shown_keys and not (self._is_new and key in _OTHER_TARGETS)
        }
        order = [key for key in self._values if key in typed]
        return {**{key: typed[key] for key in order}, **typed, **unseen}, "", ""

    def wrong(self) -> tuple[str, str]:
        """Return what keeps the profile from being opened."""
        name = self.text("name")
        values, key, wrong = self._read()
        if wrong:
            return key, wrong
        if not name:
            return "name", "It needs a name."
        if name != self._old and name in self._book.profiles.tables[self._kind]:
            return "name", f"There is a {self._kind} {name} already."
        if (color := values.get("color")) and not is_color(str(color)):
            return "color", f"{color} is no colour."
        book = self._book.profiles
        if (unknown := self.unknown_credential(values, "credential"))[1]:
            return unknown
        try:
            profile_connection(self._kind, name, values, book.credential, book.defaults)
        except CallError as error:
            what = error.what.removeprefix(f"The {self._kind} {name!r} cannot be opened")
            return "", " ".join(part for part in (what, error.why, error.hint) if part)
        return "", ""

    def good(self) -> str:
        """Return what to say where nothing is wrong."""
        return "This can be opened."

    async def save(self) -> str:
        """Write the profile and return its identity in the sidebar. Raises PstuiError."""
        name, values = self.text("name"), self._read()[0]
        base = None if self._is_new else self._values
        change = Change(self._kind, name, values, self._old, base, new=self._is_new)
        try:
            await self.desk.write([change], f"{name} saved")
        except ChangedMeanwhile:
            # saving once more is then a decision, made with the knowledge of the change
            self._values = dict(self._book.table(self._kind, self._old))
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
    "group": "Where it stands in the sidebar, such as Production/Web.",
    "tags": "Words to filter by, separated by commas.",
    "color": "The colour of its tab: a name such as red, or #rrggbb.",
    "note": "A remark of your own.",
    "pinned": "yes puts it at the top of the sidebar.",
}
_OTHER_TARGETS = (
    "computer_name",
    "host_name",
    "connection_uri",
    "vm_name",
    "vm_id",
    "container_id",
    "command",
    "process_id",
)
