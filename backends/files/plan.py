"""What a copy consists of: the tree walked before anything is written, hostile names and endless listings refused.

Every refusal is an ``Outcome`` of its own, so that the rest is copied and the person is told of each.
"""

from __future__ import annotations

import enum
import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pstui.backends.files.base import Entry, FileError, FileSystem, Kind, Reason
from pstui.backends.files.names import MAX_PATH, PART, folded, leads_outside, odd_text
from pstui.backends.files.options import Options

#: most files and folders of one copy
MAX_ITEMS = 500_000
#: most folders inside one another
MAX_DEPTH = 128
_WILD = re.compile(r"[*?\[]")


class State(enum.Enum):
    """How it went with one file, link or folder."""

    COPIED = "copied"
    #: the same file was there already
    SAME = "there already"
    #: not copied because a person wants it so
    SKIPPED = "left as it is"
    FAILED = "not copied"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went with one source. ``text`` says why where it did not go well, or what else is to be said."""

    path: str
    to: str
    state: State
    size: int = 0
    text: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to copy: from ``path`` at the source to ``to`` at the destination, both absolute."""

    entry: Entry
    path: str
    to: str


@dataclass(slots=True)
class Plan:
    """All of a copy: ``folders`` outer ones first, ``others`` files and links. ``refused`` is not copied."""

    folders: list[Item] = field(default_factory=list)
    others: list[Item] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    size: int = 0

    @property
    def count(self) -> int:
        """How many files, links and folders it has."""
        return len(self.folders) + len(self.others)


async def expanded(files: FileSystem, path: str) -> list[str]:
    """Return the paths that a path with ``*``, ``?`` or ``[a-c]`` in it means; one that is a file's name means itself.

    Raises FileError where nothing is meant.
    """
    if not _WILD.search(path) or await files.stat(path, follow=False) is not None:
        return [path]
    folder, pattern = files.names.split(path)
    found = await expanded(files, folder) if _WILD.search(folder) else [folder]
    paths: list[str] = []
    fits = re.compile(fnmatch.translate(files.names.key(pattern))).match
    for each in found:
        try:
            entries = await files.entries(each or files.here)
        except FileError as error:
            if error.reason is Reason.MISSING:
                continue
            raise
        names = sorted(entry.name for entry in entries if not entry.is_hidden or pattern.startswith("."))
        paths += [files.names.join(each, name) for name in names if fits(files.names.key(name))]
    if not paths:
        raise FileError(f"{path}: nothing has this name", reason=Reason.MISSING)
    return paths


async def folds(files: FileSystem, folder: str) -> bool:
    """Whether names that differ in case are one in a folder of a far end, or in the next above that is there.

    No protocol tells: it is asked for the folder under its name with small and capital letters exchanged.
    """
    names = files.names
    try:
        while not names.is_root(folder):
            above, name = names.split(folder)
            there = await files.stat(folder)
            if there is not None and name != name.swapcase():
                twin = await files.stat(names.join(above, name.swapcase()))
                return twin is not None and replace(twin, name="") == replace(there, name="")
            folder = above
    except FileError as error:
        if error.reason is Reason.LOST:
            raise
    return False


class Planner:
    """Walks the sources of one copy. ``progress`` is told how much was found so far."""

    def __init__(
        self, source: FileSystem, destination: FileSystem, options: Options, progress: Callable[[Plan], None]
    ) -> None:
        self._source, self._destination, self._options, self._progress = source, destination, options, progress
        self.plan = Plan()
        #: the names that come into each folder of the destination, by what those share that may be one there
        self._coming: dict[str, dict[str, set[str]]] = {}
        self._folds: bool | None = None

    async def add(self, paths: Sequence[str], to: str, *, into: bool) -> None:
        """Plan to copy ``paths``; ``into`` a folder ``to``, or one to be ``to`` itself. Raises FileError when lost."""
        places = set[str]()
        for path in paths:
            names = self._source.names
            place = names.absolute(path, self._source.here)
            if place in places:
                continue
            places.add(place)
            try:
                entry = await self._source.stat(place)
                if entry is None:
                    raise FileError(f"{path} is not there", reason=Reason.MISSING)
                name = names.split(place)[1]
                there = self._destination.names
                target = there.join(to, name) if into else to
                # a name that the person gave may have control characters in it
                if (into or there.is_windows) and (why := there.refusal(name if into else there.split(to)[1])):
                    raise FileError(
                        f"{path} cannot be copied" if into else f"{to} cannot be made", why, reason=Reason.NAME
                    )
                if into and await self._is_taken(to, name, entry.kind):
                    raise _twice(path)
                await self._one(Item(entry, place, target), "", 0)
            except FileError as error:
                self._refuse(path, to, error)

    async def _one(self, item: Item, inside: str, depth: int) -> None:
        """Plan one thing; ``inside`` is the folder it is in, from the top of its tree."""
        if self.plan.count >= MAX_ITEMS:
            text = f"There are more than {MAX_ITEMS:,} files and folders."
            raise FileError(f"{item.path} is too much", text, "Copy a part of it.", reason=Reason.REFUSED)
        match item.entry.kind:
            case Kind.FILE:
                self.plan.others.append(item)
                self.plan.size += item.entry.size
            case Kind.LINK if self._options.follows:
                followed = await self._followed(item)
                if followed.entry.kind is not Kind.FILE or not depth or self._options.wanted(item.entry.name):
                    await self._one(followed, inside, depth)
                return
            case Kind.LINK:
                if odd_text(item.entry.target):
                    what = f"{item.path} is a link to a name with control characters"
                    raise FileError(what, reason=Reason.NAME)
                if leads_outside(inside, item.entry.target):
                    what = f"{item.path} is a link that leads outside of what is copied"
                    raise FileError(what, reason=Reason.REFUSED)
                self.plan.others.append(item)
            case Kind.FOLDER:
                await self._folder(item, inside, depth)
            case Kind.OTHER:
                raise FileError(f"{item.path} is a device, a pipe or a socket", reason=Reason.REFUSED)
        self._progress(self.plan)

    async def _folder(self, item: Item, inside: str, depth: int) -> None:
        if not self._options.recurse and not self._options.shallow:
            hint = "With -r it is copied with all in it."
            raise FileError(f"{item.path} is a folder", "", hint, reason=Reason.REFUSED)
        if depth >= MAX_DEPTH or len(item.path) > MAX_PATH:
            raise FileError(f"{item.path} is too deep", "Folders without end stand in it.", reason=Reason.REFUSED)
        if self._source is self._destination and self._contains(item.path, item.to):
            raise FileError(f"{item.path} cannot be copied into itself", reason=Reason.REFUSED)
        entries = await self._source.entries(item.path) if self._options.recurse else []
        self.plan.folders.append(item)
        names, seen = self._destination.names, set[str]()
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_hidden and not self._options.hidden:
                continue
            if entry.kind is Kind.FILE and not self._options.wanted(entry.name):
                continue
            path = self._source.names.join(item.path, entry.name)
            to = names.join(item.to, entry.name)
            try:
                if why := self._source.names.refusal(entry.name) or names.refusal(entry.name):
                    raise FileError(f"{path!r} cannot be copied under its name", why, reason=Reason.NAME)
                if entry.name.endswith(PART):
                    raise FileError(f"{path} is the beginning of a copy", "It was left out.", reason=Reason.REFUSED)
                if names.key(entry.name) in seen or await self._is_taken(item.to, entry.name, entry.kind):
                    raise _twice(path)
                seen.add(names.key(entry.name))
                below = f"{inside}/{entry.name}".lstrip("/") if entry.kind is Kind.FOLDER else inside
                await self._one(Item(entry, path, to), below, depth + 1)
            except FileError as error:
                self._refuse(path, to, error)

    async def _is_taken(self, folder: str, name: str, kind: Kind) -> bool:
        """Whether something else of this copy gets that name there; two folders of one name become one."""
        names = self._destination.names
        key = names.key(name)
        keys = self._coming.setdefault(names.key(folder), {}).setdefault(folded(name), set())
        taken = key in keys and kind is not Kind.FOLDER
        if keys - {key} and not names.is_windows:
            if self._folds is None:
                self._folds = await folds(self._destination, folder)
            taken = taken or self._folds
        keys.add(key)
        return taken

    async def _followed(self, item: Item) -> Item:
        """Return what a link leads to; one that leads to a folder it stands in would have no end."""
        names = self._source.names
        folder = names.split(item.path)[0]
        if self._contains(names.absolute(item.entry.target, folder), item.path):
            what = f"{item.path} is a link to a folder that it stands in"
            raise FileError(what, reason=Reason.REFUSED)
        entry = await self._source.stat(item.path)
        if entry is None or entry.kind is Kind.LINK:
            raise FileError(f"{item.path} is a link that leads nowhere", reason=Reason.MISSING)
        return Item(entry, item.path, item.to)

    def _contains(self, folder: str, path: str) -> bool:
        names = self._source.names
        return names.key(names.join(path, "")).startswith(names.key(names.join(names.trim(folder), "")))

    def _refuse(self, path: str, to: str, error: FileError) -> None:
        if error.reason is Reason.LOST:
            raise error
        self.plan.refused.append(Outcome(path, to, State.FAILED, 0, error.text(), error.reason))


def _twice(path: str) -> FileError:
    return FileError(f"{path} is there twice", "Another has the same name.", reason=Reason.NAME)
