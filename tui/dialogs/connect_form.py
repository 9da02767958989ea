"""The fields of a host: its target, how to sign in, what it is known as; what is needed less often is folded.

``KindRow`` chooses the kind of target; ``ConnectForm`` has the fields of that kind in their groups.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import is_of_profiles, options_of, profile_options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.connection import ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.sessions.session import PSSession
from pstui.backends.transports import registry
from pstui.tui.cut import column
from pstui.tui.dialogs.connect_draft import SESSION_OPTION, Draft, FieldProblem
from pstui.tui.dialogs.fields import ChoiceField, DialogStatic, FieldRow, PickList
from pstui.tui.dialogs.host_profile import KNOWN, KNOWN_AS
from pstui.tui.plain import plain
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

#: the look-ups of the entry for open sessions, in the order in which its field offers them
LOOKUPS = tuple(one for one in ParameterSet.all() if one.is_lookup)
#: the way that is at home on this computer: its kind of host comes first, and is what a new host begins as
HOME = ParameterSet.COMPUTER_NAME if sys.platform == "win32" else ParameterSet.SSH_HOST


@dataclass(frozen=True, slots=True)
class SetEntry:
    """One kind of target: its caption, and the sets it offers."""

    caption: str
    sets: tuple[ParameterSet, ...]


def _entries() -> tuple[SetEntry, ...]:
    rows: dict[tuple[str, str], tuple[ParameterSet, ...]] = {}
    for one in sorted(ParameterSet.all(), key=lambda one: one is not HOME):
        rows[one.caption, one.way] = (*rows.get((one.caption, one.way), ()), one)
    return tuple(SetEntry(_caption(sets[0]), sets) for sets in rows.values())


def _caption(one: ParameterSet) -> str:
    short = "session" if one.is_lookup else one.short or one.caption
    return short[:1].upper() + short[1:]


#: the kinds that are offered; the look-ups share one
ENTRIES = _entries()


def entry_of(parameter_set: ParameterSet) -> int:
    """Return the place of the kind that a set belongs to."""
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


class KindRow(DialogStatic):
    """The kinds of target in a row: Left and Right choose, so does a click."""

    class Picked(Message):
        """Another kind was chosen: its place in ``ENTRIES``."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(markup=False, id="sets")
        self._offered: tuple[int, ...] = tuple(range(len(ENTRIES)))
        self.index = 0

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def put(self, index: int, offered: Sequence[int]) -> None:
        """Offer some kinds and choose one of them without saying so."""
        self.index, self._offered = index, tuple(offered)
        self.draw()

    def step(self, by: int) -> None:
        """Choose the next kind, from the last the first."""
        place = self._offered.index(self.index) if self.index in self._offered else 0
        self.pick(self._offered[(place + by) % len(self._offered)])

    def pick(self, index: int) -> None:
        """Choose a kind and say so."""
        if index != self.index and index in self._offered:
            self.index = index
            self.draw()
            self.post_message(self.Picked(index))

    async def take_key(self, key: str, character: str | None) -> None:
        """Choose."""
        if key in ("right", "space"):
            self.step(1)
        elif key == "left":
            self.step(-1)

    @property
    def _gap(self) -> int:
        return 1 if self.size.width >= _ROOMY else 0

    def draw(self) -> None:
        """Draw the kinds, the chosen one in brackets."""
        if not self.is_attached:
            return
        parts: list[Content] = []
        rows: list[Content] = []
        for index in self._offered:
            name, chosen = ENTRIES[index].caption, index == self.index
            style = ("bold reverse" if self.keyed else "bold $primary") if chosen else "$calm"
            part = Content.styled(f"[{name}]" if chosen else f" {name} ", style)
            if parts and 0 < self.size.width < self._width([*parts, part]):
                rows.append(Content(" " * self._gap).join(parts))
                parts = []
            parts.append(part)
        self.update(Content("\n").join([*rows, Content(" " * self._gap).join(parts)]))

    def _width(self, parts: Sequence[Content]) -> int:
        return sum(part.cell_length + self._gap for part in parts) - self._gap

    def on_click(self, event: events.Click) -> None:
        """Choose the kind under the mouse."""
        x, y = 0, 0
        for index in self._offered:
            width = len(ENTRIES[index].caption) + 2
            if x and x + width > self.size.width:
                x, y = 0, y + 1
            if y == event.y and x <= event.x < x + width:
                self.pick(index)
                return
            x += width + self._gap

    def on_resize(self) -> None:
        """Give the kinds the room there is."""
        self.draw()


#: columns from which the kinds stand apart
_ROOMY = 84


class Fold(DialogStatic):
    """The head of a group that is folded until it is wanted: says how much is set in it."""

    class Toggled(Message):
        """Open or close the fields."""

        def __init__(self, fold: Fold) -> None:
            super().__init__()
            self.fold = fold

    def __init__(self, group: Group) -> None:
        super().__init__(markup=False, classes="fold")
        self.group = group
        self.unfolded = False
        self._count = 0

    def on_mount(self) -> None:
        """Draw it."""
        self.draw()

    def draw(self) -> None:
        """Draw it; with the keys, what Enter does."""
        sign, does = ("▾", "closes") if self.unfolded else ("▸", "opens")
        words = f"{self._count} set" if self._count else self.group.words
        hint = f"   Enter {does}" if self.keyed else ""
        style = "bold reverse" if self.keyed else "bold"
        self.update(Content.assemble((f"{sign} {self.group.title}", style), (f"   {words}{hint}", "$calm")))

    def show_count(self, count: int) -> None:
        """Say how many of its fields are set."""
        if count != self._count:
            self._count = count
            self.draw()

    async def take_key(self, key: str, character: str | None) -> None:
        """Open or close."""
        if key == "space" or key == ("left" if self.unfolded else "right"):
            self.toggle()

    def on_click(self) -> None:
        """Open or close."""
        self.toggle()

    def toggle(self) -> None:
        """Open or close."""
        self.unfolded = not self.unfolded
        self.draw()
        self.post_message(self.Toggled(self))


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, by their names in a draft. ``words`` say what a folded one is about."""

    title: str
    fields: tuple[tuple[str, Option], ...]
    words: str = ""

    @property
    def is_folded(self) -> bool:
        """Whether it is folded at first."""
        return bool(self.words)


_TARGET = ("Port", "UseSSL", "Engine", "GuestTransport")
_SIGN_IN = ("UserName", "Credential", "KeyFilePath", "Authentication", "CertificateThumbprint")
_SESSION = ("ConfigurationName", "Subsystem", "Width", "LoadProfile", "RunAsAdministrator", "EnableNetworkAccess")


def groups_of(parameter_set: ParameterSet, *, known: bool) -> list[Group]:
    """Return the groups of a set in their order, those without fields left out; ``known`` adds that of a profile."""
    parts: dict[str, list[tuple[str, Option]]] = {name: [] for name in ("target", "sign in", "session", "more")}
    for item in profile_options_of(parameter_set):
        if item.kind is OptionKind.SESSION_OPTION or item.fixed:
            continue
        if item.name == "Engine" and parameter_set is ParameterSet.SSH_HOST:
            part = "more"
        elif item.name == parameter_set.target or item.name in _TARGET:
            part = "target"
        elif item.name in _SIGN_IN:
            part = "sign in"
        else:
            part = "session" if item.name in _SESSION else "more"
        parts[part].append((item.name, item))
    options = [item for item in options_of(parameter_set) if item.kind is OptionKind.SESSION_OPTION]
    inside = tuple((SESSION_OPTION + item.name, item) for item in SESSION_OPTIONS) if options else ()
    known_as = tuple((KNOWN + item.name, item) for item in KNOWN_AS) if known else ()
    more = ", ".join(name for name, _ in parts["more"][:3])
    found = [
        Group("Target", tuple(parts["target"])),
        Group("Sign in", tuple(parts["sign in"])),
        Group("Known as", known_as),
        Group("Session", tuple(parts["session"]), "width, profile scripts, configuration"),
        Group("SessionOption", inside, "timeouts, limits, proxy, checks"),
        Group("More", tuple(parts["more"]), f"{more}…" if len(parts["more"]) > 3 else more),
    ]
    return [group for group in found if group.fields]


NO_SESSIONS = "No session is kept open. New-PSSession opens one; the list of sessions can keep one that is entered."


class ConnectForm(VerticalScroll, can_focus=False):
    """The fields of the draft's set. Changes of the user are in the draft before ``Changed`` is posted.

    ``known`` says whether it also has the fields of a profile.
    """

    class Changed(Message):
        """A field, or the key of a look-up, is another."""

    def __init__(self, draft: Draft, *, known: bool = False) -> None:
        super().__init__()
        self.draft, self._known = draft, known
        self.rows: dict[str, FieldRow] = {}
        self.sessions: Sequence[PSSession] = ()
        self.groups: list[Group] = []
        self.folds: list[Fold] = []
        self._picker = PickList(empty=NO_SESSIONS)
        self._key: ChoiceField | None = None
        self._origins: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        self._picker = PickList(empty=NO_SESSIONS, index=-1)
        self.rows, self.folds, self.groups, self._key = {}, [], [], None
        if self.draft.parameter_set.is_lookup:
            yield from self._lookup()
            return
        self.groups = groups_of(self.draft.parameter_set, known=self._known)
        for group in self.groups:
            if group.is_folded:
                fold = Fold(group)
                fold.set_class(not self.folds, "-first")
                self.folds.append(fold)
                yield self.folds[-1]
            else:
                yield Static(group.title, classes="group", markup=False)
                for part in _side_by_side(group.fields):
                    if len(part) == 1:
                        yield self._row(*part[0])
                    else:
                        with Horizontal(classes="pair"):
                            yield self._row(*part[0])
                            yield self._row(*part[1])

    def _lookup(self) -> ComposeResult:
        names = [each.value for each in LOOKUPS]
        self._key = ChoiceField(names[1:], names[0], "")
        self._key.value = "" if self.draft.parameter_set is LOOKUPS[0] else self.draft.parameter_set.value
        yield Static("Target", classes="group", markup=False)
        with Horizontal(classes="found-by"):
            yield Static("Found by", classes="label", markup=False)
            yield self._key
        option = options_of(self.draft.parameter_set)[0]
        yield self._row(option.name, option)
        yield Static("Sessions", classes="group", markup=False)
        yield Static(
            Content.styled(f"  {'Id':>4}  {'Name':<12} {'ComputerName':<14} InstanceId", "$calm"),
            classes="captions",
            markup=False,
        )
        yield self._picker

    def _row(self, name: str, option: Option) -> FieldRow:
        parameter_set = self.draft.parameter_set
        must = parameter_set in option.sets and (option.sets[parameter_set].mandatory or parameter_set.is_lookup)
        shown = _over_ssh(option) if is_of_profiles(option.name, parameter_set) else option.within(parameter_set)
        row = FieldRow(name, shown, self.draft.texts.get(name, ""), must=must)
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
        self.show_counts()
        self.show_sessions(self.sessions)

    def show_sessions(self, sessions: Sequence[PSSession]) -> None:
        """List the sessions that can be named."""
        self.sessions = sessions
        rows = [
            f"{each.id:>4}  {column(plain(each.name), 12)} {column(plain(each.info.computer_name), 14)} "
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

    def show_problems(
        self, problems: dict[str, FieldProblem], missing: Sequence[str], origins: Mapping[str, str]
    ) -> None:
        """Mark the fields that are wrong or still missing, and say which values come from HostName or a group."""
        host = self.draft.from_host()
        self._origins = origins
        for name, row in self.rows.items():
            aside = f"{host[name]}, from HostName" if host.get(name) else origins.get(name, "")
            if name in missing:
                aside = "needed"
            row.show_state(wrong=name in problems, aside=aside)
        self.show_counts()

    def show_counts(self) -> None:
        """Say in the head of each folded group how much is set in it."""
        for fold in self.folds:
            fold.show_count(sum(bool(self.draft.text(name) or name in self._origins) for name, _ in fold.group.fields))

    async def focus_field(self, name: str) -> None:
        """Give the keys to a field, unfolding what hides it; the first one for an empty name."""
        if name not in self.rows:
            for fold in self.folds:
                if any(each == name for each, _ in fold.group.fields):
                    fold.unfolded = True
                    fold.draw()
                    await self._unfold(fold)
        row = self.rows.get(name) or next(iter(self.rows.values()), None)
        if row is not None:
            self.screen.set_focus(row.control)

    def help_of(self, widget: Widget | None) -> str:
        """Return help and caution of the field that has the keys."""
        if isinstance(widget, Fold):
            names = ", ".join(option.name for _, option in widget.group.fields[:8])
            return f"{names}{'…' if len(widget.group.fields) > 8 else '.'}"
        row = next((row for row in self.rows.values() if row.control is widget), None)
        if row is None:
            return ""
        option = row.option
        return option.help + (f"\n! {option.caution}" if option.caution else "")

    def name_with_keys(self, widget: Widget | None) -> str:
        """Return the name of the field that has the keys, empty for none."""
        return next((name for name, row in self.rows.items() if row.control is widget), "")

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

    async def on_fold_toggled(self, event: Fold.Toggled) -> None:
        """Show or hide the fields of a group."""
        event.stop()
        await self._unfold(event.fold)

    async def _unfold(self, fold: Fold) -> None:
        names = [name for name, _ in fold.group.fields]
        if not fold.unfolded:
            await self.remove_children([self.rows.pop(name) for name in names if name in self.rows])
        elif not any(name in self.rows for name in names):
            await self.mount_all([self._row(name, item) for name, item in fold.group.fields], after=fold)
            for name in names:
                self.rows[name].show_state(aside=self._origins.get(name, ""))
            self.call_after_refresh(fold.scroll_visible, animate=False)

    def _key_of(self, session: PSSession) -> str:
        match self.draft.parameter_set:
            case ParameterSet.ID:
                return str(session.id)
            case ParameterSet.NAME:
                return session.name
        return str(session.instance_id)

    def on_mount(self) -> None:
        """Let no input of an earlier set be asked."""
        self.show_sessions(self.sessions)


def _side_by_side(fields: Sequence[tuple[str, Option]]) -> list[Sequence[tuple[str, Option]]]:
    """Return the fields row by row: the short ones of what a host is known as two in a row."""
    known = [each for each in fields if each[0].startswith(KNOWN)]
    if not known:
        return [[each] for each in fields]
    return [known[:2], known[2:4], *([each] for each in known[4:])]


def _over_ssh(option: Option) -> Option:
    """Return the option of a credential as a host of SSH has it."""
    help = "A saved account and the source of its password, where the server wants one. Ctrl+O makes or edits it."
    return replace(option, help=help, default_text="asked when needed")
