"""The profile file while the screen is open: read again when it changes, edited without losing a word of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.config.problems import Problem
from pstui.tui.profiles.edits import Change, ProfileFiles, merged, table_of
from pstui.tui.profiles.listed import inventories
from pstui.tui.profiles.reading import Profiles, read
from pstui.tui.profiles.undo import Step, UndoFile
from pstui.tui.sidebar.model import Listing, SidebarEntry, saved_listing

if TYPE_CHECKING:
    from pstui.backends.discovery.inventory import Inventory
    from pstui.backends.discovery.model import Found, Source
    from pstui.tui.guard.guards import Guards

#: the short word at the right where a set has none for the way there, and the heading does not say it already
_WAYS = {ParameterSet.DEMO: "built in", ParameterSet.PROCESS: "Process", ParameterSet.HOST_PROCESS: "NamedPipe"}


class ProfileBook:
    """Profiles for the screen. ``profiles`` is what was read last; every edit is written at once.

    ``undo`` keeps the way back from edits for the next run.

    Reading and writing block for as long as the disk does: call them in a thread.
    """

    def __init__(self, profiles: Profiles, undo: UndoFile | None = None) -> None:
        self.profiles = profiles
        self._stamp = _stamp(self._files)
        self._edits = ProfileFiles(undo)
        self._guards: tuple[Profiles, Guards] | None = None
        self._turn = threading.RLock()
        self._busy = 0

    @property
    def is_whole(self) -> bool:
        """Whether everything was read; where only settings and keys were, ``reread`` reads the rest."""
        return self.profiles.is_whole

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
        """Return the keys of a profile, a credential, or a table that exists only once; empty where there is none."""
        return table_of(self.profiles, kind, name)

    @property
    def credentials(self) -> Mapping[str, Mapping[str, Any]]:
        """The [credentials] tables by name."""
        return self.profiles.configuration.credentials

    def users_of(self, credential: str) -> list[tuple[str, str]]:
        """Return kind and name of each profile and group that names a credential, for itself or for its proxy."""
        tables = {**self.profiles.tables, "groups": self.profiles.configuration.groups}
        return [
            (kind, name)
            for kind, table in tables.items()
            for name, keys in table.items()
            if credential in _credentials_of(keys)
        ]

    def renamed_credential(self, old: str, new: str) -> list[Change]:
        """Return the edits after which everything that named a credential names it by its new name."""
        tables = [(kind, name, self.table(kind, name)) for kind, name in self.users_of(old)]
        if old in _credentials_of(self.defaults):
            tables.append(("defaults", "", self.defaults))
        return [Change(kind, name, _naming(keys, old, new), base=keys) for kind, name, keys in tables]

    def connection(self, kind: str, name: str) -> ConnectionInfo:
        """Return where a profile leads. Raises CallError."""
        if name not in self.profiles.tables.get(kind, {}):
            raise CallError(f"there is no saved {kind} named {name!r}", "", "It may have been deleted meanwhile.")
        return self.profiles.connection(kind, name)

    @property
    def guards(self) -> Guards:
        """Which guard holds where, as the files are now."""
        if self._guards is None or self._guards[0] is not self.profiles:
            from pstui.tui.guard.guards import Guards

            self._guards = self.profiles, Guards(self.profiles)
        return self._guards[1]

    def gate(self, name: str) -> ConnectionInfo | None:
        """Return a saved host as a way to others, None where there is none of that name. Raises CallError."""
        return self.profiles.gate(name)

    def listing(self) -> Listing:
        """Return the profiles as the sidebar takes them."""
        return saved_listing(self.entries())

    def entries(self) -> list[SidebarEntry]:
        """Return an entry for each profile. Where it leads is worked out when it is opened."""
        if not any(self.profiles.tables.values()):
            return []
        # All declarations, which few starts need.
        from pstui.backends.binding.parameters import set_of_keys
        from pstui.tui.profiles.targets import place_of_keys

        found = []
        for kind, table in self.profiles.effective.items():
            for name, keys in table.items():
                sets = set_of_keys(keys)
                found.append(
                    SidebarEntry(
                        kind,
                        name,
                        str(keys.get("group", "")),
                        sets[0].way or _WAYS.get(sets[0], "") if sets else "",
                        pinned=bool(keys.get("pinned", False)),
                        tags=tuple(keys.get("tags", ())),
                        saved=True,
                        target=place_of_keys(keys),
                        resolve=partial(self.connection, kind, name),
                    )
                )
        return found

    def sources(self) -> list[ConnectionInfo]:
        """Return the connections of profiles that bring a source of their own."""
        found = []
        for kind, table in self.profiles.effective.items():
            for name, keys in table.items():
                if "discover" in keys:
                    with contextlib.suppress(CallError):
                        found.append(self.connection(kind, name))
        return [info for info in found if "Discover" in info.values]

    def watched_inventories(self) -> list[Source]:
        """Return the inventories as sources of the sidebar, whose hosts are targets as well."""
        return [self.profiles.hosts.watched(each) for each in self.inventories()]

    def inventories(self) -> list[Inventory]:
        """Return the lists of hosts that other programs keep."""
        return inventories(self.profiles.configuration)

    def color(self, info: ConnectionInfo) -> str:
        """Return the colour that a profile gives its tab, empty for none."""
        return str(self.keys_of(info).get("color", ""))

    def keys_of(self, info: ConnectionInfo) -> Mapping[str, Any]:
        """Return the keys that hold for the profile of a connection, its groups' included (see ``Profiles``)."""
        return self.profiles.keys_of(info)

    def found_connection(self, found: Found) -> ConnectionInfo:
        """Return where something that was found leads, as the files are now. Raises CallError."""
        return self.profiles.found_connection(found)

    def keys_passed_down(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the keys that hold for a profile that would have these, its groups' included."""
        return self.profiles.groups.inherited(values).values

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
            profiles = replace(read(self.path), hosts=self.profiles.hosts)
            assert profiles.effective is not None  # what groups pass down is worked out here, not on the event loop
            self.profiles = profiles
            files = self._files
            self._stamp = stamp if len(files) == len(stamp) else _stamp(files)

    @property
    def _files(self) -> tuple[Path, ...]:
        configuration = self.profiles.configuration
        included = {profile.file for profile in configuration.profiles}
        included |= {*configuration.credential_files.values(), *configuration.group_files.values()}
        return (self.profiles.path, *sorted(included - {self.profiles.path}))

    # -- editing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], said: str) -> None:
        """Write edits, all or none of them, and read the result. ``said`` names them for ``undo``.

        Raises ChangedMeanwhile, or PstuiError when a file is damaged or cannot be written.
        """
        with self._editing():
            self._edits.write([merged(change, self.profiles) for change in changes], self.profiles, said)

    def undo(self) -> Step | None:
        """Take the last edit back and return it; None when there is none. Raises PstuiError."""
        with self._editing():
            return self._edits.undo()

    @contextlib.contextmanager
    def _editing(self) -> Iterator[None]:
        """One edit at a time, on the files as they are by then."""
        self._busy += 1
        try:
            with self._turn, self._edits.turn(self.path) as changed:
                if changed or self.is_stale():
                    self.reread()
                yield
                self.reread()
        finally:
            self._busy -= 1


def _credentials_of(keys: Mapping[str, Any]) -> tuple[Any, Any]:
    options = keys.get("session_option")
    return keys.get("credential"), options.get("proxy_credential") if isinstance(options, Mapping) else None


def _naming(keys: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return the keys of a table with a credential called by its new name."""
    changed = dict(keys)
    credential, proxy = _credentials_of(keys)
    if credential == old:
        changed["credential"] = new
    if proxy == old:
        changed["session_option"] = {**keys["session_option"], "proxy_credential": new}
    return changed


def _stamp(files: Sequence[Path]) -> tuple[tuple[int, int, int], ...]:
    def one(file: Path) -> tuple[int, int, int]:
        try:
            said = file.stat()
        except OSError:
            return (0, 0, 0)
        return (said.st_mtime_ns, said.st_size, said.st_ino)

    return tuple(one(file) for file in files)
