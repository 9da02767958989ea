"""The profile file while the screen is open: read again when it changes, edited without losing a word of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError, PstuiError
from pstui.backends.options import set_of_keys
from pstui.config.edits import Edits
from pstui.config.problems import ConfigError, Problem
from pstui.config.store import ProfileStore
from pstui.tui.cli_profiles import TABLES, Profiles, read
from pstui.tui.sidebar_model import SidebarEntry

#: the short word at the right for each transport: the way, where it is not what the heading says already
_WORDS = {"WSMan": "WinRM", "VMBus": "", "Container": "", "Libvirt": ""}
_TARGET_KEYS = ("host_name", "computer_name", "connection_uri", "vm_name", "vm_id", "container_id", "process_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: ``values`` are the keys of the profile, None deletes it; ``old`` is its name before a renaming."""

    kind: str
    name: str
    values: Mapping[str, Any] | None
    old: str = ""


class ProfileBook:
    """Profiles for the screen. ``profiles`` is what was read last; every edit is written at once.

    Reading and writing block for as long as the disk does: call them in a thread.
    """

    def __init__(self, profiles: Profiles) -> None:
        self.profiles = profiles
        self._stamp = _stamp(self._files)
        self._store: ProfileStore | None = None
        self._undone: list[str] = []
        self._turn = threading.RLock()
        self._busy = 0

    @property
    def path(self) -> Path:
        """The file that edits go to."""
        return self.profiles.path

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong in the files, in their order."""
        return self.profiles.configuration.problems

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The ``[defaults]`` table."""
        return self.profiles.defaults

    def table(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return the keys of a profile, empty where there is none."""
        return self.profiles.tables.get(kind, {}).get(name, {})

    def connection(self, kind: str, name: str) -> ConnectionInfo:
        """Return where a profile leads. Raises CallError."""
        if name not in self.profiles.tables.get(kind, {}):
            raise CallError(f"there is no saved {kind} named {name!r}", "", "It may have been deleted meanwhile.")
        return self.profiles.connection(kind, name)

    def entries(self) -> list[SidebarEntry]:
        """Return an entry for each profile. Where it leads is worked out when it is opened."""
        ways = _ways()
        found = []
        for kind, table in self.profiles.tables.items():
            for name, keys in table.items():
                sets = set_of_keys(keys)
                found.append(
                    SidebarEntry(
                        kind,
                        name,
                        str(keys.get("group", "")),
                        ways.get(sets[0], "") if sets else "",
                        pinned=bool(keys.get("pinned", False)),
                        tags=tuple(keys.get("tags", ())),
                        saved=True,
                        target=_target(sets, keys),
                        resolve=partial(self.connection, kind, name),
                    )
                )
        return found

    def sources(self) -> list[ConnectionInfo]:
        """Return the connections of profiles that bring a source of their own."""
        found = []
        for kind, table in self.profiles.tables.items():
            for name, keys in table.items():
                if "discover" in keys:
                    with contextlib.suppress(CallError):
                        found.append(self.connection(kind, name))
        return found

    def color(self, info: ConnectionInfo) -> str:
        """Return the colour that a profile gives its tab, empty for none."""
        for table in self.profiles.tables.values():
            if info.profile and info.profile in table:
                return str(table[info.profile].get("color", ""))
        return ""

    @property
    def is_busy(self) -> bool:
        """Whether an edit is being written."""
        return self._busy > 0

    # -- reading ----------------------------------------------------------------------------------------------

    def is_stale(self) -> bool:
        """Whether one of the files is no longer the one that was read. Costs a look at each file's times."""
        return _stamp(self._files) != self._stamp

    def reread(self) -> None:
        """Read the files again. Never raises for what they hold."""
        with self._turn:
            stamp = _stamp(self._files)
            self.profiles = read(self.path)
            files = self._files
            self._stamp = stamp if len(files) == len(stamp) else _stamp(files)

    @property
    def _files(self) -> tuple[Path, ...]:
        included = {profile.file for profile in self.profiles.configuration.profiles}
        return (self.profiles.path, *sorted(included - {self.profiles.path}))

    # -- editing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], said: str) -> None:
        """Write edits, all or none of them, and read the result. ``said`` names them for ``undo``.

        Raises PstuiError when the file is damaged, was changed by somebody else, or cannot be written.
        """
        self._write(lambda store: store.change(partial(_edit, changes)))
        self._undone.append(said)

    def undo(self) -> str:
        """Take the last edit back; return what it was, empty when there is none. Raises PstuiError."""
        if not self._undone:
            return ""
        done = False

        def write(store: ProfileStore) -> None:
            nonlocal done
            done = store.undo()

        self._write(write)
        said = self._undone.pop()
        return said if done else ""

    def _write(self, write: Callable[[ProfileStore], None]) -> None:
        self._busy += 1
        try:
            with self._turn:
                self._write_in_turn(write)
        finally:
            self._busy -= 1

    def _write_in_turn(self, write: Callable[[ProfileStore], None]) -> None:
        try:
            if self._store is None:
                self._store = ProfileStore(self.path)
            elif self._store.changed_on_disk():
                self._store.reread()
                self._undone.clear()
            write(self._store)
        except ConfigError as error:
            raise PstuiError(error.args[0], "", error.hint) from error
        self.reread()


def _edit(changes: Sequence[Change], edits: Edits) -> None:
    for change in changes:
        table = TABLES.get(change.kind, change.kind)
        if change.old and change.old != change.name:
            edits.rename(table, change.old, change.name)
        if change.values is None:
            edits.delete(table, change.name)
        else:
            edits.put(table, change.name, change.values)


def _stamp(files: Sequence[Path]) -> tuple[tuple[int, int, int], ...]:
    def one(file: Path) -> tuple[int, int, int]:
        try:
            said = file.stat()
        except OSError:
            return (0, 0, 0)
        return (said.st_mtime_ns, said.st_size, said.st_ino)

    return tuple(one(file) for file in files)


def _ways() -> dict[ParameterSet, str]:
    from pstui.backends.transports import registry

    ways = {ParameterSet.DEMO: "built in"}
    for kind in registry.kinds():
        for parameter_set in kind.parameter_sets:
            ways.setdefault(parameter_set, _WORDS.get(kind.name, kind.name))
    return ways


def _target(sets: Sequence[ParameterSet], keys: Mapping[str, Any]) -> str:
    """Return ``target_text`` of a profile without binding it."""
    if not sets:
        return ""
    value = next((str(keys[key]) for key in _TARGET_KEYS if key in keys), "")
    if sets[0] is ParameterSet.SSH_HOST:
        value = value.rpartition("@")[2]
        if not value.endswith("]"):
            value = value.rpartition(":")[0] or value
    return f"{sets[0].value}|{value.casefold()}"
