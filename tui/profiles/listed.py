"""The hosts of the inventories as targets: those the sidebar has seen last, or looked for once where nobody looks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo
from pstui.config.problems import ConfigError
from pstui.config.profiles import Configuration
from pstui.tui.plain import plain
from pstui.tui.profiles.inheritance import around

if TYPE_CHECKING:
    from pstui.backends.discovery.inventory import Inventory
    from pstui.backends.discovery.model import Found, Section, Source

#: what a connection's settings call the groups that an inventory has for its host
FOUND_IN = "found_in"


def groups_text(info: ConnectionInfo) -> str:
    """Return the groups that an inventory has a host in, one a line, to be written down: a guard may be theirs."""
    return "\n".join(info.settings.get(FOUND_IN, ()))


def in_groups(info: ConnectionInfo, text: str) -> ConnectionInfo:
    """Return a connection that was written down, in the groups of ``groups_text``."""
    return replace(info, settings={**info.settings, FOUND_IN: tuple(text.splitlines())}) if text else info


def inventories(configuration: Configuration) -> list[Inventory]:
    """Return the lists of hosts that other programs keep, in the order of the files."""
    from pstui.backends.discovery.inventory import REFRESH, Inventory

    def several(value: Any) -> tuple[str, ...]:
        return (value,) if isinstance(value, str) else tuple(value)

    return [
        Inventory(
            profile.name,
            several(keys.get("ansible", ())),
            str(keys.get("csv", "")),
            tuple(keys.get("command", ())),
            str(keys.get("ssh_config", "")),
            str(keys.get("credential", "")),
            float(keys.get("refresh", REFRESH)),
            profile.file.absolute().parent,
        )
        for profile in configuration.profiles
        if profile.kind == "inventory" and (keys := profile.values)
    ]


class ListedHosts:
    """What the inventories list. The screen tells what it sees; on the command line they are looked at once."""

    def __init__(self) -> None:
        self._sections: dict[str, Section] = {}

    def watched(self, inventory: Inventory) -> Source:
        """Return an inventory as a source of the sidebar; what it sees are targets, too."""
        return _Watched(inventory, self._sections)

    async def look(self, configuration: Configuration) -> None:
        """Look at the inventories of which nothing was seen yet."""
        import asyncio  # which few calls of the command line need

        if missing := [each for each in inventories(configuration) if each.name not in self._sections]:
            await asyncio.gather(*(self.watched(each).look() for each in missing))

    def of(self, configuration: Configuration) -> Sequence[tuple[str, Found]]:
        """Return the name of the inventory and each host that it lists.

        Blocks where no event loop runs here: it looks at what was not seen yet, and says on standard error what failed.
        """
        names = [profile.name for profile in configuration.profiles if profile.kind == "inventory"]
        missing = [name for name in names if name not in self._sections]
        if missing and not _has_loop():
            import asyncio

            asyncio.run(self.look(configuration))
            self._complain(missing)
        found = [self._sections[name] for name in names if name in self._sections]
        return [(section.source, host) for section in found for host in section.found]

    def _complain(self, names: Iterable[str]) -> None:
        for name in names:
            section = self._sections.get(name)
            # which hosts are left out is told in the sidebar, not at each call
            if section is not None and section.problem and not (section.works and section.left_out):
                print(f"pstui: inventory {plain(name)}: {plain(section.problem)}", file=sys.stderr)


class _Watched:
    """The source of an inventory; what it sees is put into ``seen``."""

    kind = "host"

    def __init__(self, inventory: Inventory, seen: dict[str, Section]) -> None:
        from pstui.backends.discovery.inventory import InventorySource

        self.name, self._folder = inventory.name, inventory.folder
        self._seen, self._source = seen, InventorySource(inventory)

    async def look(self) -> Section | None:
        """Look once; what fails is a section with the reason."""
        from pstui.backends.discovery.model import look

        section = await look(self._source)
        if section is not None:
            self._seen[self.name] = section
            if section.found:
                import asyncio

                await asyncio.to_thread(self._keep, section)
        return section

    def _keep(self, section: Section) -> None:
        from pstui.tui.profiles.kept_hosts import keep

        groups = (above for host in section.found for tag in host.tags for above in reversed([*around(tag)]))
        with contextlib.suppress(OSError, ConfigError):  # it only helps a shell to complete
            keep(self._folder, self.name, (host.name for host in section.found), groups)

    async def wait(self) -> None:
        """Wait until it is time to look again."""
        await self._source.wait()

    async def close(self) -> None:
        """Let go of what was kept for the next look."""
        await self._source.close()


def _has_loop() -> bool:
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
