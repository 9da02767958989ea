"""The form of one profile: its keys as the file has them, checked while they are typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pstui.backends.connection import ParameterSet
from pstui.backends.errors import CallError
from pstui.backends.options import options_of, set_of_keys
from pstui.backends.targets import profile_connection
from pstui.config.schema import COMMON_FIELDS, Field
from pstui.tui.cli_profiles import TABLES
from pstui.tui.cli_schema import schema
from pstui.tui.profiles import Change, ProfileBook
from pstui.tui.profiles_values import is_color, shown, value_of
from pstui.tui.screens.typing_screen import TypedInput, TypingScreen
from pstui.tui.widgets.plain import plain
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

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


def fields_of(kind: str, parameter_set: ParameterSet) -> Iterator[tuple[str, Field, str, str]]:
    """Yield what a profile of a set may hold, in the order of the form: key, field, help, what an empty text means."""
    known = schema().named[TABLES[kind]]
    for option in options_of(parameter_set):
        if option.key in known and option.name not in _MORE:
            caution = f" {option.caution}" if option.caution else ""
            yield option.key, known[option.key], f"{option.help}{caution}", option.default_text
    for key, field in COMMON_FIELDS.items():
        yield key, field, _COMMON_HELP.get(key, ""), ""


class FormRow(Horizontal):
    """A key and its text."""

    def __init__(self, key: str, text: str, help: str, empty: str = "") -> None:
        super().__init__(classes="form-row")
        self.key, self.help = key, help
        self.input = TypedInput(text, placeholder=empty)

    def compose(self) -> ComposeResult:
        yield Static(self.key, classes="form-key", markup=False)
        yield self.input


class ProfileForm(TypingScreen[Change | None]):
    """Enter or Ctrl+S saves, Esc leaves everything as it was, Up and Down go from key to key.

    ``name`` is empty for a new profile; ``like`` is what that begins as. Keys the form does not know stay as they are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "Cancel", priority=True),
        Binding("ctrl+s", "save", "Save", priority=True),
        Binding("up,shift+tab", "move(-1)", "Up", priority=True),
        Binding("down,tab", "move(1)", "Down", priority=True),
        Binding("ctrl+t", "next_set", "Another kind", priority=True),
    ]

    def __init__(self, book: ProfileBook, kind: str, name: str, values: Mapping[str, Any], *, like: str = "") -> None:
        super().__init__()
        self._book, self._old, self._values = book, name, dict(values)
        sets = set_of_keys(values)
        self._set = sets[0] if sets else ParameterSet.COMPUTER_NAME
        self._kind = kind
        self._is_new = not name
        self._named = FormRow("name", name or self._free_name(like), "What the sidebar and the command line call it.")
        self._rows: list[FormRow] = []
        self._box = VerticalScroll(classes="form-rows", can_focus=False)
        self._title = Static(classes="title", markup=False)
        self._said = Static(classes="form-said", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box form"):
            yield self._title
            yield self._box
            yield self._said

    async def on_mount(self) -> None:
        """Fill the form."""
        await self._fill(self._values)
        self.set_focus(self._named.input)

    async def _fill(self, values: Mapping[str, Any]) -> None:
        what = "New profile" if self._is_new else f"Profile {plain(self._old, limit=60)}"
        label = next((label for label, (_, one) in SETS.items() if one is self._set), self._set.value)
        other = "   Ctrl+T another kind" if self._is_new else ""
        self._title.update(Content.assemble((what, "bold"), (f"   {label}{other}", "$calm")))
        rows = [
            FormRow(key, shown(values[key], field) if key in values else "", help, empty)
            for key, field, help, empty in fields_of(self._kind, self._set)
        ]
        await self._box.remove_children()
        self._rows = rows
        await self._box.mount_all([self._named, *rows])
        self._check()

    def _free_name(self, like: str) -> str:
        if not like:
            return ""
        names = {name for table in self._book.profiles.tables.values() for name in table}
        return next(name for name in (like, *(f"{like}-{n}" for n in range(2, 10_000))) if name not in names)

    # -- values -----------------------------------------------------------------------------------------------

    def _read(self) -> tuple[dict[str, Any], str]:
        """Return the keys as typed, and the first thing that is wrong."""
        fields = {key: field for key, field, *_ in fields_of(self._kind, self._set)}
        values = {key: value for key, value in self._values.items() if key not in fields and key not in _OTHER_TARGETS}
        typed: dict[str, Any] = {}
        for row in self._rows:
            value, wrong = value_of(row.input.value, fields[row.key])
            if wrong:
                return {}, f"{row.key} {wrong}."
            if value not in (None, False):
                typed[row.key] = value
        order = [key for key in self._values if key in typed]
        return {**{key: typed[key] for key in order}, **typed, **values}, ""

    def _wrong(self) -> str:
        name = self._named.input.value.strip()
        values, wrong = self._read()
        if wrong:
            return wrong
        if not name:
            return "It needs a name."
        if name != self._old and name in self._book.profiles.tables[self._kind]:
            return f"There is a {self._kind} {name} already."
        if (color := values.get("color")) and not is_color(str(color)):
            return f"{color} is no colour."
        book = self._book.profiles
        try:
            profile_connection(self._kind, name, values, book.credential, book.defaults)
        except CallError as error:
            return " ".join(part for part in (error.what, error.why) if part)
        return ""

    def _check(self) -> None:
        row = self._row_with_keys()
        help = "" if row is None else row.help
        wrong = self._wrong()
        verdict = ("✗ ", "$error") if wrong else ("✓ ", "$success")
        said = Content.assemble(verdict, plain(wrong or "This can be opened.", limit=300))
        keys = Content.styled("Enter saves   Esc cancels   ↑ ↓ keys", "$calm")
        self._said.update(Content("\n").join([Content.styled(help, "$calm"), said, keys]))

    def _row_with_keys(self) -> FormRow | None:
        return next((row for row in (self._named, *self._rows) if row.input is self.focused), None)

    # -- keys -------------------------------------------------------------------------------------------------

    @property
    def typed_into(self) -> Input:
        """The row with the keys; first the name."""
        return row.input if (row := self._row_with_keys()) is not None else self._named.input

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check what was typed."""
        event.stop()
        self._check()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the help of another key."""
        self._check()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter saves."""
        event.stop()
        self.action_save()

    def action_save(self) -> None:
        """Save, if nothing is wrong."""
        if self._wrong():
            self.app.bell()
            return
        values, _ = self._read()
        self.dismiss(Change(self._kind, self._named.input.value.strip(), values, self._old))

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Go to another key."""
        rows = [self._named, *self._rows]
        here = self._row_with_keys()
        place = rows.index(here) if here is not None else 0
        self.set_focus(rows[(place + by) % len(rows)].input)

    async def action_next_set(self) -> None:
        """Make a new profile one of the next kind; what both kinds know is kept."""
        if not self._is_new:
            return
        sets = list(SETS.values())
        place = next((index for index, (_, one) in enumerate(sets) if one is self._set), 0)
        typed = {row.key: row.input.value for row in self._rows if row.input.value}
        self._kind, self._set = sets[(place + 1) % len(sets)]
        await self._fill({})
        for row in self._rows:
            row.input.value = typed.get(row.key, "")
        self.set_focus(self._named.input)


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
