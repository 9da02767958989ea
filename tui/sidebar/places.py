"""Which entry a connection belongs to, however it was named: by a profile, a line that was typed, a session's Id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pstui.backends.connection import FOUND_AS, ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.tui.sidebar.model import SidebarEntry, identity, said_of, target_of, target_text

#: characters of a container's id from which it is taken for one
_LEAST_ID = 4
#: answers that are kept
MOST_KNOWN = 1000


class Places:
    """Finds the entries of connections among profiles and what was found; each is looked for once."""

    def __init__(self) -> None:
        self._saved: Sequence[SidebarEntry] = ()
        self._found: Sequence[SidebarEntry] = ()
        self._by_target: dict[str, list[SidebarEntry]] | None = None
        self._found_by_target: dict[str, list[SidebarEntry]] | None = None
        #: what was looked for, kept with its answer so that no other object takes its place
        self._known: dict[int, tuple[ConnectionInfo, str]] = {}

    def among(self, saved: Sequence[SidebarEntry], found: Sequence[SidebarEntry]) -> None:
        """Look among other entries from now on; the same ones change nothing."""
        if saved is not self._saved:
            self._by_target = None
        if found is not self._found:
            self._found_by_target = None
        if saved is not self._saved or found is not self._found:
            self._saved, self._found = saved, found
            self._known.clear()

    def of(self, info: ConnectionInfo) -> str:
        """Return the identity of the entry that a connection belongs to; without one it has an identity of its own."""
        info = getattr(info.values.get("Session"), "info", info)
        known = self._known.get(id(info))
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[id(info)] = info, self._looked_for(info)
        return known[1]

    def _looked_for(self, info: ConnectionInfo) -> str:
        if info.profile:
            return identity(info)
        if info.parameter_set is ParameterSet.CONTAINER_ID:
            return _container(info, self._found) or self._profile(info) or identity(info)
        if FOUND_AS in info.settings:
            return self._profile(info) or identity(info)
        return self._profile(info) or self._listed(info) or identity(info)

    def _profile(self, info: ConnectionInfo) -> str:
        """Return the profile that leads to the same place in the same way."""
        if self._by_target is None:
            self._by_target = {}
            for entry in self._saved:
                if entry.target:
                    self._by_target.setdefault(target_of(entry.target), []).append(entry)
        return _same_way(info, self._by_target.get(target_text(info), ()))

    def _listed(self, info: ConnectionInfo) -> str:
        """Return the host that was found and leads to the same place in the same way."""
        if self._found_by_target is None:
            self._found_by_target = {}
            for entry in self._found:
                if entry.info is not None:
                    self._found_by_target.setdefault(target_text(entry.info), []).append(entry)
        return _same_way(info, self._found_by_target.get(target_text(info), ()))


def _same_way(info: ConnectionInfo, entries: Iterable[SidebarEntry]) -> str:
    """Return the first entry that leads where a connection does, empty for none."""
    wanted = said_of(info)
    for entry in entries:
        try:
            there = entry.connection()
        except CallError:
            continue
        if there is not None and said_of(there) == wanted:
            return entry.identity
    return ""


def _container(info: ConnectionInfo, found: Iterable[SidebarEntry]) -> str:
    """Return the container that was found under a name, an id or the beginning of one; empty for none."""
    wanted, engine = info.text("ContainerId"), info.values.get("Engine")
    for entry in found:
        there = entry.info
        if there is None or there.parameter_set is not ParameterSet.CONTAINER_ID:
            continue
        begins = len(wanted) >= _LEAST_ID and entry.id.startswith(wanted.casefold())
        same = engine is None or engine == there.values.get("Engine")
        if same and (wanted in (entry.name, there.text("ContainerId")) or begins):
            return entry.identity
    return ""
