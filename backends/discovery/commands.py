"""What a user's own command lists: a profile's ``discover`` prints names, its ``command`` enters one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.errors import OpenError
from pstui.backends.transports.command import run_tool
from pstui.backends.transports.streams import printable

#: what stands for the name in a command
PLACE = "{}"
#: seconds between two runs of the command: it may be slow, and paid for by the call
POLL = 30.0
#: longest name taken, in characters
MAX_NAME = 300


class CommandSource:
    """The names that a profile's discovery command prints, one a line.

    ``info`` is the profile's connection with ``Discover`` and a ``Command`` that has ``{}`` where the name belongs.
    """

    kind = "host"

    def __init__(self, info: ConnectionInfo) -> None:
        self.info = info
        self._discover = tuple(str(part) for part in info.values.get("Discover") or ())
        self.name = info.profile or (printable(self._discover[0]) if self._discover else "")

    async def look(self) -> Section | None:
        """Run the command; None where the profile has none. Raises OpenError with the command's own words."""
        if not self._discover:
            return None
        command = tuple(str(part) for part in self.info.values.get("Command") or ())
        if not any(PLACE in part for part in command[1:]):
            why = f"Its command has no {PLACE} where the name belongs."
            raise OpenError(f"the discovery command of {self.name} is of no use", why)
        answer = await run_tool(self._discover, limit=1 << 20)
        if answer.code != 0:
            raise OpenError(f"the discovery command of {self.name} failed", answer.reason)
        names = dict.fromkeys(line.strip() for line in answer.output.splitlines())
        found = [self._found(command, name) for name in names if is_enterable(name)]
        return Section(self.name, self.kind, tuple(found[:MAX_FOUND]))

    async def wait(self) -> None:
        await asyncio.sleep(POLL)

    async def close(self) -> None:
        return

    def _found(self, command: Sequence[str], name: str) -> Found:
        values = {"Command": (command[0], *(part.replace(PLACE, name) for part in command[1:]))}
        info = ConnectionInfo(ParameterSet.PROCESS, values, "", self.info.settings)
        return Found("host", printable(name), info)


def is_enterable(name: str) -> bool:
    """Whether a printed name may become an argument: not empty, printable, not to be read as an option."""
    return bool(name) and len(name) <= MAX_NAME and name.isprintable() and not name.startswith("-")
