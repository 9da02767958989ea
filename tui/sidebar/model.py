"""What the sidebar lists, as plain records: entries, groups that fold, a filter, an order. Knows nothing of widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pstui.backends.connection import ConnectionInfo, ParameterSet

#: the three kinds and their headings, in the order shown
ROOTS = (("host", "Hosts"), ("vm", "Virtual machines"), ("container", "Containers"))
PINNED = "pinned"
#: the place of found things that are not a kind of their own
_SHELF = {"process": "host"}
#: marks the path of a group made from a source, which is folded until it is opened
FOUND = "⌁"
#: sources whose finds are shown without a group of their own
_OPEN_KINDS = ("container", "vm")


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """One thing to enter.

    ``kind`` is ``host``, ``vm`` or ``container``; ``group`` a path such as ``Production/Web``; ``subtitle`` the short
    text at the right (WinRM, SSH, podman); ``state`` ``open``, ``saved``, ``broken`` or ``note``. A note cannot be
    opened: it tells why a source has nothing to offer. ``info`` is what opening it connects to; where working that
    out is put off, ``resolve`` returns it or raises CallError. ``saved`` marks a profile, which can be edited, and
    ``target`` is where it leads as ``target_text`` has it; ``source`` names the source that found it,
    ``id`` is the whole id that it has there. ``kept`` is how many sessions an entry offers to take up; ``place`` is
    then the identity of their connection.
    """

    kind: str
    name: str
    group: str = ""
    subtitle: str = ""
    state: str = "saved"
    info: ConnectionInfo | None = None
    pinned: bool = False
    tags: tuple[str, ...] = ()
    saved: bool = False
    source: str = ""
    target: str = ""
    id: str = ""
    kept: int = 0
    place: str = ""
    resolve: Callable[[], ConnectionInfo] | None = field(default=None, compare=False, repr=False)

    @property
    def can_open(self) -> bool:
        """Whether there is something to connect to."""
        return self.info is not None or self.resolve is not None or self.kept > 0

    @property
    def identity(self) -> str:
        """The text that an entry and the tabs opened from it have in common."""
        if self.kept:
            return f"kept:{self.place}"
        if self.saved or self.info is None:
            return f"{self.kind}:{self.name}"
        return identity(self.info)

    @property
    def haystack(self) -> str:
        """What a filter looks into."""
        return " ".join((self.name, self.group, self.subtitle, *self.tags)).casefold()

    def connection(self) -> ConnectionInfo | None:
        """Return what opening connects to, None for a note. Raises CallError."""
        return self.info if self.resolve is None else self.resolve()


@dataclass(frozen=True, slots=True)
class Mark:
    """What is shown of an entry's session: ``state``, and a short text in place of the entry's own, empty for none."""

    state: str
    aside: str = ""


#: the sign of each state; one that is left, or kept open by the far end or here, is no longer in a tab
MARKS = {
    "open": "●",
    "saved": "○",
    "left": "○",
    "kept": "◎",
    "asks": "?",
    "connecting": "◌",
    "running": "…",
    "done": "✓",
    "failed": "✗",
    "broken": "✗",
    "note": "⌁",
    "marked": "■",
}

DEMO = SidebarEntry("host", "demo", "", "built in", "saved", ConnectionInfo(ParameterSet.DEMO))


def kind_of(info: ConnectionInfo) -> str:
    """Return ``host``, ``vm`` or ``container``."""
    return info.parameter_set.kind


def identity(info: ConnectionInfo) -> str:
    """Return a text that two connections share when they go to the same place in the same way; no secret is in it."""
    info = getattr(info.values.get("Session"), "info", info)
    if info.profile:
        return f"{kind_of(info)}:{info.profile}"
    return said_of(info)


def said_of(info: ConnectionInfo) -> str:
    """Return set and values of a connection as one text, without whose it is; no secret is in it."""
    said = sorted((key, value) for key, value in info.values.items() if key not in ("Credential", "SessionOption"))
    return "|".join((info.parameter_set.value, *(f"{key}={value}" for key, value in said)))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a heading with its ``count`` of entries, or an entry. ``path`` tells it from all other rows."""

    depth: int
    path: str
    text: str
    entry: SidebarEntry | None = None
    folded: bool = False
    count: int = 0

    @property
    def group(self) -> str:
        """The path of a heading as profiles name it; empty for an entry, and where no profile can be."""
        root, _, path = self.path.partition("/")
        return "" if self.entry is not None or root == PINNED or path.startswith(FOUND) else path


class _Group:
    """A heading and what is below it, in order."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.children: list[_Group | SidebarEntry] = []
        self.groups: dict[str, _Group] = {}
        self.count = 0
        self.used = 0.0

    def group(self, path: str) -> _Group:
        """Return the group below at a path such as ``Production/Web``, made where it is missing."""
        here = self
        for name in filter(None, path.split("/")):
            if name not in here.groups:
                here.groups[name] = made = _Group(f"{here.path}/{name}", name)
                here.children.append(made)
            here = here.groups[name]
        return here


class SidebarModel:
    """Entries in, rows out.

    ``filter`` are words that an entry must all contain; while there are any, nothing is folded. ``by_use`` puts what
    was opened last first, by ``used`` (identity → seconds since the epoch).
    """

    def __init__(self, entries: Iterable[SidebarEntry] = ()) -> None:
        self.saved: list[SidebarEntry] = [DEMO, *entries]
        self.found: list[SidebarEntry] = []
        self.filter = ""
        self.by_use = False
        self.used: dict[str, float] = {}
        #: the identities of entries that are marked
        self.marked: set[str] = set()
        #: headings that are not as they are by default
        self.toggled: set[str] = set()
        #: what is offered to be taken up, by the identity of the entry that it is shown under
        self._kept: dict[str, SidebarEntry] = {}
        #: those of it that are under no entry
        self._alone: list[SidebarEntry] = []
        #: what a filter looks into, and the row, of each entry by its ``id()``
        self._haystacks: dict[int, str] = {}
        self._entry_rows: dict[int, Row] = {}
        #: the filter that was looked for last, and what it left
        self._narrowed = ""
        self._fitting: Sequence[SidebarEntry] = ()

    @property
    def entries(self) -> Sequence[SidebarEntry]:
        """Every entry, saved ones first."""
        return [*self.saved, *self.found, *self._alone]

    def set_kept(self, kept: Iterable[tuple[str, str, int]]) -> None:
        """Take what computers keep: for each connection its identity, its label, and how many sessions."""
        self._kept = {
            place: SidebarEntry("host", label, "", f"{count} kept", "kept", kept=count, place=place)
            for place, label, count in kept
        }
        self._forget()

    def set_saved(self, entries: Iterable[SidebarEntry]) -> None:
        """Take the profiles again."""
        self.saved = [DEMO, *entries]
        self._forget()

    def set_found(self, entries: Iterable[SidebarEntry]) -> None:
        """Take what was discovered again."""
        self.found = list(entries)
        self._forget()

    def _forget(self) -> None:
        listed = {entry.identity for entry in (*self.saved, *self.found)} if self._kept else set()
        self._alone = [entry for place, entry in self._kept.items() if place not in listed]
        self._haystacks.clear()
        self._entry_rows.clear()
        self._narrowed = ""

    def below(self, row: Row) -> list[SidebarEntry]:
        """Return what can be opened of a row: its entry, or every entry below its heading that fits the filter."""
        if row.entry is not None:
            return [row.entry] if row.entry.can_open and not row.entry.kept else []
        root, _, path = row.path.partition("/")
        found = []
        for entry in self._shown(self.filter.casefold().split()):
            kind = PINNED if entry.pinned else _SHELF.get(entry.kind, entry.kind)
            inside = not path or entry.pinned or entry.group == path or entry.group.startswith(f"{path}/")
            if kind == root and inside and entry.can_open:
                found.append(entry)
        return found

    def mark(self, entries: Sequence[SidebarEntry]) -> None:
        """Mark entries; where all of them are marked already, take the marks away."""
        names = {entry.identity for entry in entries}
        self.marked = self.marked - names if names <= self.marked else self.marked | names

    @property
    def marked_entries(self) -> list[SidebarEntry]:
        """What is marked and still there."""
        return [entry for entry in self.entries if entry.identity in self.marked and entry.can_open]

    def is_folded(self, path: str) -> bool:
        """Whether a heading hides what is below it."""
        return not self.filter.strip() and (path in self.toggled) != (f"/{FOUND} " in path)

    def toggle(self, path: str) -> None:
        """Fold or unfold a heading."""
        self.toggled ^= {path}

    def rows(self) -> list[Row]:
        """Return every row there is to show, in order."""
        words = self.filter.casefold().split()
        roots = [_Group(kind, title) for kind, title in ROOTS]
        by_kind = {root.path: root for root in roots}
        pinned = _Group(PINNED, "Pinned")
        groups: dict[tuple[str, str], _Group] = {}
        for entry in self._shown(words):
            kind = PINNED if entry.pinned else _SHELF.get(entry.kind, entry.kind)
            place = kind, "" if entry.pinned else entry.group
            group = groups.get(place)
            if group is None:
                root = pinned if entry.pinned else by_kind[kind]
                group = groups[place] = root.group(place[1])
            group.children.append(entry)
        rows: list[Row] = []
        for root in (pinned, *roots):
            if root.children or (root is not pinned and not words):
                self._sum_up(root)
                self._write(root, 0, rows)
        return rows

    def _shown(self, words: Sequence[str]) -> Iterable[SidebarEntry]:
        """Return the entries that hold every word; of those that held the beginning of them, where that is known."""
        entries: Sequence[SidebarEntry] = self.entries
        if not words:
            return entries
        if len(self._haystacks) != len(entries):
            self._haystacks = {id(entry): entry.haystack for entry in entries}
            self._narrowed = ""
        if self._narrowed and self.filter.startswith(self._narrowed):
            entries = self._fitting
        texts = self._haystacks
        for word in words:
            entries = [entry for entry in entries if word in texts[id(entry)]]
        self._narrowed, self._fitting = self.filter, entries
        return entries

    def _sum_up(self, group: _Group) -> None:
        """Count what is below a heading, and note when something there was last used."""
        group.count = len(group.children) - len(group.groups)
        if self.by_use:
            group.used = max(map(self._used, group.children), default=0.0)
        for below in group.groups.values():
            self._sum_up(below)
            group.count += below.count
            group.used = max(group.used, below.used)

    def _used(self, child: _Group | SidebarEntry) -> float:
        return 0.0 if isinstance(child, _Group) else self.used.get(child.identity, 0.0)

    def _write(self, group: _Group, depth: int, rows: list[Row]) -> None:
        folded = self.is_folded(group.path)
        rows.append(Row(depth, group.path, group.text, folded=folded, count=group.count))
        if folded:
            return
        children = group.children
        if self.by_use:
            children = sorted(children, key=self._age)
        known = self._entry_rows
        for child in children:
            if isinstance(child, _Group):
                self._write(child, depth + 1, rows)
                continue
            row = known.get(id(child))
            if row is None:
                row = known[id(child)] = Row(depth + 1, f"{group.path}/={child.identity}", child.name, child)
            rows.append(row)
            if self._kept and (kept := self._kept.get(child.identity)) is not None:
                path = f"{group.path}/={child.identity}/kept"
                rows.append(Row(depth + 2, path, kept.subtitle, replace(kept, subtitle="")))

    def _age(self, child: _Group | SidebarEntry) -> float:
        return -(child.used if isinstance(child, _Group) else self.used.get(child.identity, 0.0))


def found_group(source: str, kind: str) -> str:
    """Return the group of what a source has found: none for kinds that are listed with the saved ones."""
    return "" if kind in _OPEN_KINDS else f"{FOUND} {source.replace('/', ' ')}"


def without_saved(found: Iterable[SidebarEntry], saved: Iterable[SidebarEntry]) -> list[SidebarEntry]:
    """Leave out of what was found what is saved already."""
    targets = {entry.target for entry in saved if entry.target}
    return [entry for entry in found if entry.info is None or target_text(entry.info) not in targets]


def target_text(info: ConnectionInfo) -> str:
    """Return set and target of a connection as one text, to tell that two lead to the same place."""
    if info.parameter_set is ParameterSet.HOST_PROCESS:
        return f"{info.parameter_set.value}|{info.number('ProcessId')}"
    return f"{info.parameter_set.value}|{info.computer_name.casefold()}"
