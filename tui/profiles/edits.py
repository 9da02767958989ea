"""Edits of the profile files as the screen makes them: each goes to the file that holds its table."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pstui.backends.errors import PstuiError
from pstui.config.problems import ConfigError
from pstui.tui.profiles.reading import TABLES, Profiles
from pstui.tui.profiles.undo import MAX_UNDO, Step, UndoFile

if TYPE_CHECKING:
    from pstui.config.edits import Edits
    from pstui.config.store import ProfileStore

#: the tables that exist only once and are edited in the screen
SINGLE = ("defaults", "settings")


@dataclass(frozen=True, slots=True)
class Change:
    """One edit.

    ``kind`` is host, vm, container, credentials, groups, or a table that exists only once (then ``name`` is empty).
    ``values`` are the keys it will have, None deletes it; ``old`` is its name before it is renamed. ``base`` are the
    keys that the edit began with: what somebody else has changed in the file since then is kept. A ``new`` one must
    not exist yet.
    """

    kind: str
    name: str
    values: Mapping[str, Any] | None
    old: str = ""
    base: Mapping[str, Any] | None = None
    new: bool = False

    @property
    def renames(self) -> bool:
        """Whether it gives what was there another name."""
        return self.old not in ("", self.name)


class ChangedMeanwhile(PstuiError):
    """Somebody else has changed the very keys that were edited. Nothing was written."""


def table_of(profiles: Profiles, kind: str, name: str) -> Mapping[str, Any]:
    """Return the keys of a profile, a credential, or a table that exists only once; empty where there is none."""
    if kind in SINGLE:
        return profiles.configuration.table(kind)
    if kind == "credentials":
        return profiles.configuration.credentials.get(name, {})
    if kind == "groups":
        return profiles.configuration.groups.get(name, {})
    return profiles.tables.get(kind, {}).get(name, {})


def merged(change: Change, profiles: Profiles) -> Change:
    """Return a change that leaves alone what somebody else changed since it began. Raises ChangedMeanwhile."""
    base, values = change.base, change.values
    if base is None or values is None:
        return change
    now = table_of(profiles, change.kind, change.old or change.name)
    if now == base or not now:
        return change
    keys = dict.fromkeys((*values, *now, *base))
    mine = {key for key in keys if values.get(key) != base.get(key)}
    both = [key for key in keys if key in mine and now.get(key) not in (base.get(key), values.get(key))]
    if both:
        name = change.old or change.name or f"[{change.kind}]"
        what = f"{name}: {', '.join(both)} was changed in the file meanwhile"
        raise ChangedMeanwhile(what, "", "Save again to replace it with yours; Esc leaves the file as it is.")
    result = {key: (values if key in mine else now).get(key) for key in keys}
    kept = {key: value for key, value in result.items() if value is not None}
    return replace(change, values=kept, base=now)


def file_of(change: Change, profiles: Profiles) -> Path:
    """Return the file that a change belongs to: the one its table is in, the main one for what is new."""
    configuration, name = profiles.configuration, change.old or change.name
    if change.kind == "credentials":
        return configuration.credential_files.get(name, profiles.path)
    if change.kind == "groups":
        return configuration.group_files.get(name, profiles.path)
    table = TABLES.get(change.kind, "")
    found = (one.file for one in configuration.profiles if one.kind == table and one.name == name)
    return next(found, profiles.path)


def edit(changes: Sequence[Change], edits: Edits) -> None:
    """Do changes to the tables of one file."""
    for change in changes:
        if change.kind in SINGLE:
            base, values = change.base or {}, change.values or {}
            wanted = {key: value for key, value in values.items() if base.get(key) != value}
            edits.update(change.kind, wanted, [key for key in base if key not in values])
            continue
        table = TABLES.get(change.kind, change.kind)
        if change.renames:
            edits.rename(table, change.old, change.name)
        if change.values is None:
            edits.delete(table, change.name)
        else:
            edits.put(table, change.name, change.values, new=change.new)


class ProfileFiles:
    """The files that edits go to, with the way back from each. Everything blocks for as long as the disk does.

    ``undo`` keeps that for the next run.
    """

    def __init__(self, undo: UndoFile | None = None) -> None:
        self._stores: dict[Path, ProfileStore] = {}
        self._kept = undo or UndoFile(None)
        self._steps: list[Step] | None = None

    def _steps_back(self) -> list[Step]:
        """Return the edits that can be taken back; those of another run only while the files are as it left them."""
        if self._steps is None:
            from pstui.config.store import fingerprint

            kept = self._kept.load()
            unchanged = bool(kept) and all(fingerprint(file) == after for file, after in kept[-1].after.items())
            self._steps = kept if unchanged else []
        return self._steps

    def _keep(self, steps: list[Step]) -> None:
        self._steps = steps[-MAX_UNDO:]
        self._kept.save(self._steps)

    @contextlib.contextmanager
    def turn(self, path: Path) -> Iterator[bool]:
        """Lock the files for one edit; gives whether one was changed by somebody else since the last one."""
        from pstui.config.store import locked

        with _told(), locked(path):
            changed = [store for store in self._stores.values() if store.changed_on_disk()]
            for store in changed:
                store.reread()
            if changed:
                self._keep([])
            yield bool(changed)

    def write(self, changes: Sequence[Change], profiles: Profiles, said: str) -> None:
        """Write changes, all or none of them. ``said`` names them for ``undo``. Raises ConfigError."""
        from pstui.config.store import ProfileStore, fingerprint

        by_file: dict[Path, list[Change]] = {}
        for change in changes:
            by_file.setdefault(file_of(change, profiles), []).append(change)
        work: list[tuple[ProfileStore, Callable[[Edits], None]]] = []
        for file, part in by_file.items():
            if file not in self._stores:
                self._stores[file] = ProfileStore(file)
            work.append((self._stores[file], partial(edit, part)))
        for store, one in work:
            store.try_out(one)
        steps, before = self._steps_back(), {store.file: store.text() for store, _ in work if store.file.exists()}
        done: list[ProfileStore] = []
        try:
            for store, one in work:
                store.change(one)
                done.append(store)
        except ConfigError:
            for store in done:
                store.undo()
            raise
        if before:
            renamed = tuple((change.kind, change.old, change.name) for change in changes if change.renames)
            steps = [*steps, Step(said, before, {file: fingerprint(file) for file in before}, renamed)]
        self._keep(steps)

    def undo(self) -> Step | None:
        """Take the last edit back and return it; None when there is none. Raises ConfigError."""
        from pstui.config.store import fingerprint, write_atomic

        steps = self._steps_back()
        if not steps:
            return None
        step = steps[-1]
        for file, after in step.after.items():
            if fingerprint(file) != after:
                self._keep([])
                raise ConfigError(f"{file} was changed by somebody else meanwhile", "Nothing was undone.")
        for file, text in step.before.items():
            write_atomic(file, text)
            if file in self._stores:
                self._stores[file].reread()
        self._keep(steps[:-1])
        return step


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise PstuiError(error.args[0], "", error.hint) from error
