"""What the sidebar lists, as plain records: entries, groups that fold, a filter, an order. Knows nothing of widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from pstui.backends.connection import FOUND_AS, ConnectionInfo, ParameterSet

#: the three kinds and their headings, in the order shown
ROOTS = (("host", "Hosts"), ("vm", "Virtual machines"), ("container", "Containers"))
PINNED = "pinned"
#: the place of found things that are not a kind of their own
_SHELF = {"process": "host"}
#: marks the path of a group made from a source, which is folded until it is opened
FOUND = "⌁"
#: sources whose finds are shown without a group of their own
OPEN_KINDS = ("container", "vm")


@dataclass(frozen=True, slots=True)
class SidebarEntry:
    """One thing to enter.

    ``kind`` is ``host``, ``vm`` or ``container``; ``group`` a path such as ``Production/Web``; ``subtitle`` the short
    text at the right (WinRM, SSH, podman); ``state`` ``open``, ``saved``, ``broken`` or ``note``. A note cannot be
    opened: it tells why a source has nothing to offer. ``info`` is what opening it connects to, or what was found;
    where working out the connection is put off, ``resolve`` returns it or raises CallError. ``saved`` marks a profile,
    which can be edited, and ``target`` is where it leads as ``place_text`` has it; ``source`` names the source that
    found it, ``id`` is the whole id that it has there. ``kept`` is how many sessions an entry offers to take up;
    ``place`` is then the identity of their connection.
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
    return str(info.settings.get(FOUND_AS) or said_of(info))


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
    """A heading and what is below it, in order: groups, and runs of entries between them."""

    def __init__(self, path: str, text: str, depth: int) -> None:
        self.path, self.text, self.depth = path, text, depth
        self.parts: list[_Group | _Run] = []
        self.groups: dict[str, _Group] = {}
        self.count = 0

    def group(self, path: str) -> _Group:
        """Return the group below at a path such as ``Production/Web``, made where it is missing."""
        here = self
        for name in filter(None, path.split("/")):
            if name not in here.groups:
                here.groups[name] = made = _Group(f"{here.path}/{name}", name, here.depth + 1)
                here.parts.append(made)
            here = here.groups[name]
        return here

    def add(self, entry: SidebarEntry) -> None:
        """Add an entry behind what is there."""
        run = self.parts[-1] if self.parts else None
        if not isinstance(run, _Run):
            self.parts.append(run := _Run())
        name = entry.identity
        run.add(Row(self.depth + 1, f"{self.path}/={name}", entry.name, entry), name, entry.haystack)

    def sum_up(self) -> int:
        """Count the entries below, once for all."""
        self.count = sum(part.sum_up() if isinstance(part, _Group) else len(part.rows) for part in self.parts)
        return self.count


class _Run:
    """The rows of entries that stand together; of each its identity, and what a filter looks into."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.names: list[str] = []
        self.texts: list[str] = []

    def add(self, row: Row, name: str, text: str) -> None:
        """Add an entry."""
        self.rows.append(row)
        self.names.append(name)
        self.texts.append(text)

    def fitting(self, words: Sequence[str]) -> list[Row]:
        """Return the rows whose entry holds every word."""
        rows, texts = self.rows, self.texts
        for word in words:
            fits = [word in text for text in texts]
            rows, texts = list(compress(rows, fits)), list(compress(texts, fits))
        return rows


class Listing:
    """Entries in their groups, with the rows that show them.

    What takes long of ten thousand entries is done here once, and may be done in a thread.
    """

    def __init__(self, entries: Iterable[SidebarEntry] = ()) -> None:
        self.entries = list(entries)
        roots = {kind: _Group(kind, title, 0) for kind, title in ((PINNED, "Pinned"), *ROOTS)}
        places: dict[tuple[str, str], _Group] = {}
        for entry in self.entries:
            place = root_of(entry), "" if entry.pinned else entry.group
            if (group := places.get(place)) is None:
                group = places[place] = roots[place[0]].group(place[1])
            group.add(entry)
        for root in roots.values():
            root.sum_up()
        self.roots = roots


def root_of(entry: SidebarEntry) -> str:
    """Return the path of the heading that an entry is below: its kind's, or that of pinned ones."""
    return PINNED if entry.pinned else _SHELF.get(entry.kind, entry.kind)


class SidebarModel:
    """Entries in, rows out.

    ``filter`` are words that an entry must all contain; while there are any, nothing is folded. ``by_use`` puts what
    was opened last first, by ``used`` (identity → seconds since the epoch).
    """

    def __init__(self, entries: Iterable[SidebarEntry] = ()) -> None:
        self._saved = saved_listing(entries)
        self._found = Listing()
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
        self._alone = Listing()

    @property
    def saved(self) -> Sequence[SidebarEntry]:
        """The demo endpoint and the profiles."""
        return self._saved.entries

    @property
    def found(self) -> Sequence[SidebarEntry]:
        """What was discovered."""
        return self._found.entries

    @property
    def entries(self) -> Sequence[SidebarEntry]:
        """Every entry, saved ones first."""
        return [*self.saved, *self.found, *self._alone.entries]

    def set_kept(self, kept: Iterable[tuple[str, str, int]]) -> None:
        """Take what computers keep: for each connection its identity, its label, and how many sessions."""
        self._kept = {
            place: SidebarEntry("host", label, "", f"{count} kept", "kept", kept=count, place=place)
            for place, label, count in kept
        }
        self._set_alone()

    def set_saved(self, listing: Listing) -> None:
        """Take the profiles again: see ``saved_listing``."""
        self._saved = listing
        self._set_alone()

    def set_found(self, entries: Iterable[SidebarEntry]) -> None:
        """Take what was discovered again."""
        self._found = Listing(entries)
        self._set_alone()

    def _set_alone(self) -> None:
        listed = {entry.identity for entry in (*self.saved, *self.found)} if self._kept else set()
        self._alone = Listing(entry for place, entry in self._kept.items() if place not in listed)

    def below(self, row: Row) -> list[SidebarEntry]:
        """Return what can be opened of a row: its entry, or every entry below its heading that fits the filter."""
        if row.entry is not None:
            return [row.entry] if row.entry.can_open and not row.entry.kept else []
        root, _, path = row.path.partition("/")
        words = self.filter.casefold().split()
        found = []
        for entry in self.entries:
            inside = not path or entry.pinned or entry.group == path or entry.group.startswith(f"{path}/")
            if root_of(entry) == root and inside and entry.can_open and all(word in entry.haystack for word in words):
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
        listings = (self._saved, self._found, self._alone)
        rows: list[Row] = []
        for path, title in ((PINNED, "Pinned"), *ROOTS):
            roots = [listing.roots[path] for listing in listings]
            root = _Group(path, title, 0)
            root.parts = [part for each in roots for part in each.parts]
            root.count = sum(each.count for each in roots)
            if root.count or (path != PINNED and not words):
                self._write(root, words, rows)
        return rows

    def _write(self, group: _Group, words: Sequence[str], rows: list[Row]) -> None:
        """Add the rows of a heading and of what is below it; none where nothing below it fits the words."""
        folded, first = self.is_folded(group.path), len(rows)
        rows.append(Row(group.depth, group.path, group.text, folded=folded, count=group.count))
        if folded:
            return
        for part in self._by_age(group.parts) if self.by_use else group.parts:
            if isinstance(part, _Group):
                self._write(part, words, rows)
            elif self._kept:
                for row in part.fitting(words):
                    rows += [row, *self._kept_below(row)]
            else:
                rows += part.fitting(words)
        if words and len(rows) == first + 1:
            del rows[first]

    def _kept_below(self, row: Row) -> list[Row]:
        """Return the row of what is kept where an entry leads."""
        kept = None if row.entry is None else self._kept.get(row.entry.identity)
        if kept is None:
            return []
        return [Row(row.depth + 1, f"{row.path}/kept", kept.subtitle, replace(kept, subtitle=""))]

    def _by_age(self, parts: Sequence[_Group | _Run]) -> list[_Group | _Run]:
        """Return parts with what was used last first: each entry that was used stands in a run of its own."""
        aged: list[tuple[float, _Group | _Run]] = []
        for part in parts:
            if isinstance(part, _Group) or self.used.keys().isdisjoint(part.names):
                aged.append((self._age(part), part))
                continue
            rest = _Run()
            for row, name, text in zip(part.rows, part.names, part.texts, strict=True):
                run = _Run() if name in self.used else rest
                run.add(row, name, text)
                if run is not rest:
                    aged.append((self.used[name], run))
            aged.append((0.0, rest))
        return [part for _, part in sorted(aged, key=lambda each: -each[0])]

    def _age(self, part: _Group | _Run) -> float:
        """Return when something of a part was last used."""
        if isinstance(part, _Group):
            return max(map(self._age, part.parts), default=0.0)
        return max((self.used[name] for name in self.used.keys() & part.names), default=0.0)


def saved_listing(entries: Iterable[SidebarEntry]) -> Listing:
    """Return profiles as ``SidebarModel.set_saved`` takes them, the demo endpoint before them."""
    return Listing((DEMO, *entries))


def found_group(source: str, kind: str) -> str:
    """Return the group of what a source has found: none for kinds that are listed with the saved ones."""
    return "" if kind in OPEN_KINDS else f"{FOUND} {source.replace('/', ' ')}"


def without_saved(found: Iterable[SidebarEntry], saved: Iterable[SidebarEntry]) -> list[SidebarEntry]:
    """Leave out of what was found what is saved already."""
    places = KnownPlaces(entry.target for entry in saved if entry.target)
    return [entry for entry in found if entry.info is None or entry.info not in places]


class KnownPlaces:
    """Where connections lead, by ``place_text``. One that names no port leads there whatever port is meant there."""

    def __init__(self, places: Iterable[str]) -> None:
        self._places = frozenset(places)
        self._targets = frozenset(map(target_of, self._places))

    def __contains__(self, info: ConnectionInfo) -> bool:
        place = place_text(info)
        return target_of(place) in self._targets if place.endswith("|") else place in self._places


def place_text(info: ConnectionInfo) -> str:
    """Return set, target and port of a connection as one text; machines behind one address have ports of their own."""
    return f"{target_text(info)}|{port_text(info.values.get('Port'))}"


def target_of(place: str) -> str:
    """Return the ``target_text`` of a ``place_text``."""
    return place.rpartition("|")[0]


def port_text(port: object) -> str:
    """Return a port as it stands in ``place_text``: nothing for none, and for the one that SSH has anyway."""
    return "" if port in (None, 22, "22") else str(port)


def target_text(info: ConnectionInfo) -> str:
    """Return set and target of a connection as one text, to tell that two lead to the same place."""
    if info.parameter_set is ParameterSet.HOST_PROCESS:
        return f"{info.parameter_set.value}|{info.number('ProcessId')}"
    return f"{info.parameter_set.value}|{info.computer_name.casefold()}"
