"""The hosts of the inventories as targets: those the sidebar has seen last, or looked for once where nobody looks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pstui.config.profiles import Configuration
from pstui.tui.plain import plain

if TYPE_CHECKING:
    from pstui.backends.discovery.inventory import Inventory
    from pstui.backends.discovery.model import Found, Section

#: what a connection's settings call the name that an inventory has for its host
LISTED_AS = "listed_as"


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
    """What the inventories list. The screen tells what it has seen; on the command line they are looked at once."""

    def __init__(self) -> None:
        self._sections: tuple[Section, ...] | None = None

    def tell(self, sections: Iterable[Section]) -> None:
        """Take what was seen last."""
        self._sections = tuple(sections)

    async def look(self, configuration: Configuration) -> None:
        """Look at the inventories, where nothing was seen of them yet."""
        from pstui.backends.discovery.inventory import InventorySource
        from pstui.backends.discovery.model import look

        if self._sections is None and (wanted := inventories(configuration)):
            found = await asyncio.gather(*(look(InventorySource(each)) for each in wanted))
            if self._sections is None:
                self.tell(section for section in found if section is not None)

    def of(self, configuration: Configuration) -> Sequence[tuple[str, Found]]:
        """Return the name of the inventory and each host that it lists.

        Blocks where nothing was told and no event loop runs here: it looks, and says on standard error what failed.
        """
        names = {profile.name for profile in configuration.profiles if profile.kind == "inventory"}
        if not names:
            return ()
        if self._sections is None and not _has_loop():
            asyncio.run(self.look(configuration))
            for one in self._sections or ():
                if one.problem and not one.works:
                    print(f"pstui: inventory {plain(one.source)}: {plain(one.problem)}", file=sys.stderr)
        return [(one.source, found) for one in self._sections or () if one.source in names for found in one.found]


def _has_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
