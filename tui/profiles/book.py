"""The profile file while the screen is open: read again when it changes, edited without losing a word of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pstui.backends.addresses import parse_ssh_host
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.config.problems import Problem
from pstui.tui.profiles.edits import Change, ProfileFiles, merged, table_of
from pstui.tui.profiles.reading import Profiles, read
from pstui.tui.profiles.undo import UndoFile
from pstui.tui.sidebar.model import SidebarEntry

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
        """Return the keys of a profile, a credential, or a table that exists only once; empty where there is none."""
        return table_of(self.profiles, kind, name)

    @property
    def credentials(self) -> Mapping[str, Mapping[str, Any]]:
        """The [credentials] tables by name."""
        return self.profiles.configuration.credentials

    def users_of(self, credential: str) -> list[tuple[str, str]]:
        """Return kind and name of each profile that names a credential, for itself or for its proxy."""
        return [
            (kind, name)
            for kind, table in self.profiles.tables.items()
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

    def gate(self, name: str) -> ConnectionInfo | None:
        """Return a saved host as a way to others, None where there is none of that name. Raises CallError."""
        return self.profiles.gate(name)

    def entries(self) -> list[SidebarEntry]:
        """Return an entry for each profile. Where it leads is worked out when it is opened."""
        if not any(self.profiles.tables.values()):
            return []
        from pstui.backends.binding.parameters import set_of_keys  # all declarations, which few starts need

        found = []
        for kind, table in self.profiles.tables.items():
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
        configuration = self.profiles.configuration
        included = {profile.file for profile in configuration.profiles} | {*configuration.credential_files.values()}
        return (self.profiles.path, *sorted(included - {self.profiles.path}))

    # -- editing ----------------------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], said: str) -> None:
        """Write edits, all or none of them, and read the result. ``said`` names them for ``undo``.

        Raises ChangedMeanwhile, or PstuiError when a file is damaged or cannot be written.
        """
        with self._editing():
            self._edits.write([merged(change, self.profiles) for change in changes], self.profiles, said)

    def undo(self) -> str:
        """Take the last edit back; return what it was, empty when there is none. Raises PstuiError."""
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


def _target(sets: Sequence[ParameterSet], keys: Mapping[str, Any]) -> str:
    """Return ``target_text`` of a profile without binding it."""
    if not sets:
        return ""
    from pstui.backends.binding.parameters import option

    value = str(keys[option(sets[0].target).key])
    if sets[0] is ParameterSet.SSH_HOST:
        with contextlib.suppress(ValueError):
            value = parse_ssh_host(value).host
    return f"{sets[0].value}|{value.casefold()}"
