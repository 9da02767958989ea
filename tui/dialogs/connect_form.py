"""The form of the connection dialog: the kinds of target to choose from, and the fields of the one that is chosen.

The session options are folded under a row of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports import registry
from pstui.tui.dialogs.connect_draft import SESSION_OPTION, Draft, FieldProblem
from pstui.tui.dialogs.fields import ChoiceField, DialogInput, DialogStatic, FieldRow, PickList
from pstui.tui.plain import plain
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

#: the look-ups of the entry for open sessions, in the order in which its field offers them
LOOKUPS = tuple(one for one in ParameterSet.all() if one.is_lookup)


@dataclass(frozen=True, slots=True)
class SetEntry:
    """One row: its caption, the way, and the sets it offers."""

    caption: str
    way: str
    sets: tuple[ParameterSet, ...]


def _entries() -> tuple[SetEntry, ...]:
    rows: dict[tuple[str, str], tuple[ParameterSet, ...]] = {}
    for one in ParameterSet.all():
        rows[one.caption, one.way] = (*rows.get((one.caption, one.way), ()), one)
    return tuple(SetEntry(caption, way, sets) for (caption, way), sets in rows.items())


#: the rows that are offered; the look-ups share one
ENTRIES = _entries()


def entry_of(parameter_set: ParameterSet) -> int:
    """Return the place of the row that a set belongs to."""
    return next(index for index, entry in enumerate(ENTRIES) if parameter_set in entry.sets)


def unreachable(parameter_set: ParameterSet) -> str:
    """Return why a set cannot be opened here, empty where it can."""
    if parameter_set.is_lookup:
        return ""
    try:
        registry.for_set(parameter_set)
    except OpenError as error:
        return error.text()
    return ""


def winrm_alone(parameter_set: ParameterSet) -> str:
    """Return what only WinRM can do, for a set that goes another way; empty for WinRM's own."""
    if parameter_set.is_lookup or parameter_set.way == "WinRM":
        return ""
    return "WinRM alone has: session options, redirection, certificates, sessions that outlive a disconnection."


NO_SESSIONS = "No session is kept open. New-PSSession opens one; the list of sessions can keep one that is entered."


class OptionsFold(DialogStatic):
    """Stands for the session options: says how many are set, opens and closes their fields."""

    class Toggled(Message):
        """Open or close the fields."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.unfolded = False
        self._count = 0

    def on_mount(self) -> None:
        """Draw it."""
        self.show_count(self._count)

    def draw(self) -> None:
        """Draw it; with the keys, what Enter does."""
        self.show_count(self._count)

    def show_count(self, count: int) -> None:
        """Say how many are set."""
        self._count = count
        sign, does = ("▾", "closes") if self.unfolded else ("▸", "opens")
        said = f"{count} of {len(SESSION_OPTIONS)} set"
        hint = f"   Enter {does}" if self.keyed else ""
        self.update(Content.assemble((f"{sign} {said}", "" if count else "$calm"), (hint, "$calm")))

    async def take_key(self, key: str, character: str | None) -> None:
        """Open or close."""
        if key in ("space", "right", "left"):
            self.toggle()

    def on_click(self) -> None:
        """Open or close."""
        self.toggle()

    def toggle(self) -> None:
        """Open or close."""
        self.unfolded = not self.unfolded
        self.show_count(self._count)
        self.post_message(self.Toggled())


class ConnectForm(VerticalScroll, can_focus=False):
    """The fields of the draft's set. Changes of the user are in the draft before ``Changed`` is posted."""

    class Changed(Message):
        """A field, or the key of a look-up, is another."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.rows: dict[str, FieldRow] = {}
        self.sessions: Sequence[PSSession] = ()
        self._fold = OptionsFold()
        self._picker = PickList(empty=NO_SESSIONS)
        self._key: ChoiceField | None = None

    def compose(self) -> ComposeResult:
        self._fold, self._picker = OptionsFold(), PickList(empty=NO_SESSIONS, index=-1)
        self.rows, self._key = {}, None
        if self.draft.parameter_set.is_lookup:
            yield from self._lookup()
            return
        for option in options_of(self.draft.parameter_set):
            if option.kind is OptionKind.SESSION_OPTION:
                with Horizontal(classes="fold"):
                    yield Static(option.name, classes="label", markup=False)
                    yield self._fold
            elif option.fixed:
                with Horizontal(classes="fold"):
                    yield Static(option.name, classes="label", markup=False)
                    yield Static(Content.styled("on for this choice", "$calm"), markup=False)
            else:
                yield self._row(option.name, option)

    def _lookup(self) -> ComposeResult:
        names = [each.value for each in LOOKUPS]
        self._key = ChoiceField(names[1:], names[0], "")
        self._key.value = "" if self.draft.parameter_set is LOOKUPS[0] else self.draft.parameter_set.value
        with Horizontal(classes="fold"):
            yield Static("Found by", classes="label", markup=False)
            yield self._key
        option = options_of(self.draft.parameter_set)[0]
        yield self._row(option.name, option)
        yield Static(
            Content.styled(f"  {'Id':>4}  {'Name':<12} {'ComputerName':<14} InstanceId", "$calm"),
            classes="captions",
            markup=False,
        )
        yield self._picker

    def _row(self, name: str, option: Option, *, indent: bool = False) -> FieldRow:
        parameter_set = self.draft.parameter_set
        must = parameter_set in option.sets and (option.sets[parameter_set].mandatory or parameter_set.is_lookup)
        row = FieldRow(name, option.within(parameter_set), self.draft.texts.get(name, ""), must=must, indent=indent)
        self.rows[name] = row
        return row

    # -- what the dialog says ---------------------------------------------------------------------------------

    async def show_draft(self, draft: Draft) -> None:
        """Show another draft; the fields are made again only where the set is another."""
        same = draft.parameter_set is self.draft.parameter_set and self.is_mounted
        self.draft = draft
        if not same:
            await self.recompose()
        for name, row in self.rows.items():
            row.put(draft.texts.get(name, ""))
        if any(draft.text(SESSION_OPTION + item.name) for item in SESSION_OPTIONS) and not self._fold.unfolded:
            self._fold.show_count(self._options_set())
        self.show_sessions(self.sessions)

    def show_sessions(self, sessions: Sequence[PSSession]) -> None:
        """List the sessions that can be named."""
        self.sessions = sessions
        rows = [
            f"{each.id:>4}  {plain(each.name, limit=12):<12} {plain(each.info.computer_name, limit=14):<14} "
            f"{each.instance_id}"
            for each in sessions
        ]
        key = self.draft.text(self.draft.parameter_set.value)
        self._picker.put_rows(rows)
        self._picker.put(next((i for i, each in enumerate(sessions) if key and key == self._key_of(each)), -1))

    def gather(self) -> None:
        """Take over what is in the fields, also what their messages have not said yet."""
        for name, row in self.rows.items():
            if row.text or name in self.draft.texts:
                self.draft.texts[name] = row.text

    def show_problems(self, problems: dict[str, FieldProblem], missing: Sequence[str]) -> None:
        """Mark the fields that are wrong, and say which values are written in HostName."""
        host = self.draft.from_host()
        for name, row in self.rows.items():
            aside = f"{host[name]}, from HostName" if host.get(name) else ""
            if name in missing:
                aside = "needed"
            row.show_state(wrong=name in problems, aside=aside)
        self._fold.show_count(self._options_set())

    async def focus_field(self, name: str) -> None:
        """Give the keys to a field, unfolding what hides it; the first one for an empty name."""
        if name.startswith(SESSION_OPTION) and name not in self.rows:
            self._fold.toggle()
            await self._unfold()
        row = self.rows.get(name) or next(iter(self.rows.values()), None)
        if row is not None:
            self.screen.set_focus(row.control)

    def help_of(self, widget: Widget | None) -> str:
        """Return help and caution of the field that has the keys."""
        if widget is self._fold:
            return next(o.help for o in options_of(self.draft.parameter_set) if o.kind is OptionKind.SESSION_OPTION)
        row = next((row for row in self.rows.values() if row.control is widget), None)
        if row is None:
            return ""
        option = row.option
        default = f" Default: {option.default_text}." if option.default_text and not row.must else ""
        return f"{option.help}{default}" + (f"\n! {option.caution}" if option.caution else "")

    # -- what the user does -----------------------------------------------------------------------------------

    def on_field_row_changed(self, event: FieldRow.Changed) -> None:
        """Note what was typed."""
        event.stop()
        if self.draft.texts.get(event.name, "") == event.text:
            return
        self.draft.texts[event.name] = event.text
        self.post_message(self.Changed())

    async def on_choice_field_changed(self, event: ChoiceField.Changed) -> None:
        """Look the session up by another key."""
        event.stop()
        chosen = next((each for each in LOOKUPS if each.value == event.field.value), LOOKUPS[0])
        picked = self._picker.index
        self.draft = Draft(chosen)
        if 0 <= picked < len(self.sessions):
            self.draft.texts[chosen.value] = self._key_of(self.sessions[picked])
        await self.recompose()
        self.show_sessions(self.sessions)
        if self._key is not None:
            self.screen.set_focus(self._key)
        self.post_message(self.Changed())

    @on(PickList.Picked)
    def picked(self, event: PickList.Picked) -> None:
        """Name the session that was chosen."""
        event.stop()
        key = self.draft.parameter_set.value
        self.draft.texts[key] = self._key_of(self.sessions[event.index])
        self.rows[key].put(self.draft.texts[key])
        self.post_message(self.Changed())

    async def on_options_fold_toggled(self) -> None:
        """Show or hide the fields of the session options."""
        await self._unfold()

    async def _unfold(self) -> None:
        if not self._fold.unfolded:
            names = [name for name in self.rows if name.startswith(SESSION_OPTION)]
            await self.remove_children([self.rows.pop(name) for name in names])
        elif not any(name.startswith(SESSION_OPTION) for name in self.rows):
            fields = [(SESSION_OPTION + item.name, item) for item in SESSION_OPTIONS]
            holder = self._fold.parent
            if isinstance(holder, Widget):
                await self.mount_all([self._row(name, item, indent=True) for name, item in fields], after=holder)

    def _key_of(self, session: PSSession) -> str:
        match self.draft.parameter_set:
            case ParameterSet.ID:
                return str(session.id)
            case ParameterSet.NAME:
                return session.name
        return str(session.instance_id)

    def _options_set(self) -> int:
        return sum(bool(self.draft.text(SESSION_OPTION + item.name)) for item in SESSION_OPTIONS)

    def on_mount(self) -> None:
        """Let no input of an earlier set be asked."""
        self.show_sessions(self.sessions)


def is_text(widget: Widget | None) -> bool:
    """Tell whether a widget is a line of text."""
    return isinstance(widget, DialogInput)
