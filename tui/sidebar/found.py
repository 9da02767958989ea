"""What discovery finds, as entries of the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from pstui.backends.connection import ConnectionInfo
from pstui.backends.discovery.model import Found, Section, Source
from pstui.tui.sidebar.model import OPEN_KINDS, SidebarEntry, found_group, without_saved

#: found things from which on their entries are made in a thread: on the loop that would hold up a key
MANY = 2_000
#: what a source says of a thing that is there and runs: nothing worth a word
_RUNNING = ("running", "up", "")
_NAMES = {"ssh_config": "from ssh_config", "processes": "local processes"}


def default_sources(connections: Iterable[ConnectionInfo] = (), inventories: Sequence[Source] = ()) -> list[Source]:
    """Return the sources of this computer, of profiles that bring one (``connections``), and the inventories."""
    from pstui.backends.discovery.containers import container_sources
    from pstui.backends.discovery.polled import CommandSource, ProcessSource, vm_sources
    from pstui.backends.discovery.ssh_config import SSHConfigSource

    commands = [CommandSource(info) for info in connections if info.values.get("Discover")]
    return [*inventories, SSHConfigSource(), *commands, *vm_sources(), *container_sources(), ProcessSource()]


#: works out where something that was found leads, with what the profile file adds
Connect = Callable[[Found], ConnectionInfo]


def new_entries(
    sections: Sequence[Section], saved: Sequence[SidebarEntry], connect: Connect | None = None
) -> list[SidebarEntry]:
    """Return the entries of what was seen last, without what is saved already."""
    return without_saved(found_entries(sections, connect), saved)


def found_entries(sections: Sequence[Section], connect: Connect | None = None) -> list[SidebarEntry]:
    """Return the entries of what was seen last; a source that has nothing says why in a row of its own.

    Where one leads is worked out by ``connect`` when it is opened; without it what was found is all.
    """
    entries: list[SidebarEntry] = []
    for section in sections:
        title = _NAMES.get(section.source, section.source)
        group = found_group(title, section.kind)
        entries += (_entry(one, _inside(group, one), section.source, connect) for one in section.found)
        if section.problem:
            kind = section.kind if section.kind in OPEN_KINDS else "host"
            # There is little room, and the source's name comes before it: "docker is not running" need not repeat it.
            said = section.problem.removeprefix(f"{section.source} ").removeprefix("is ")
            entries.append(SidebarEntry(kind, f"{section.source}: {said}", state="note"))
    return entries


def none_found(listed: Iterable[SidebarEntry]) -> list[SidebarEntry]:
    """Return a row for each heading that would have nothing below it, so that it does not look as if it still comes."""
    kinds = {entry.kind for entry in listed}
    return [SidebarEntry(kind, "none found", state="note") for kind in OPEN_KINDS if kind not in kinds]


def _inside(group: str, found: Found) -> str:
    """Return the heading below which a thing stands: that of its source, and in an inventory its group there."""
    return f"{group}/{found.group.replace('/', '-')}" if found.group else group


def _entry(found: Found, group: str, source: str, connect: Connect | None) -> SidebarEntry:
    said = found.state if found.state not in _RUNNING else ""
    if found.kind in OPEN_KINDS:
        said = said or source.rpartition("/")[2]
    kind = "host" if found.kind == "process" else found.kind
    return SidebarEntry(
        kind,
        found.name,
        group,
        said or found.address,
        info=found.info,
        tags=found.tags,
        source=source,
        id=found.id,
        resolve=None if connect is None else partial(connect, found),
    )
