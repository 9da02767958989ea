"""What discovery finds, as plain records: things that can be entered now, and why a source has none to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pstui.backends.connection import ConnectionInfo

#: most things one source shows
MAX_FOUND = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that can be entered. Texts are free of control characters; what is unknown is empty or 0.

    ``kind`` is ``host``, ``vm``, ``container`` or ``process``; ``state`` the source's own word (running, paused, shut
    off …); ``image`` a container's image or a process's program; ``created`` seconds since the epoch.
    """

    kind: str
    name: str
    info: ConnectionInfo
    state: str = ""
    image: str = ""
    health: str = ""
    created: float = 0.0
    address: str = ""
    id: str = ""

    def age(self, now: float) -> str:
        """Return how old it is at ``now`` (seconds since the epoch): ``45 s``, ``3 h``, ``12 d``; empty if unknown."""
        if not self.created or now < self.created:
            return ""
        seconds = now - self.created
        for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
            if seconds < limit:
                return f"{int(seconds // size)} {unit}"
        return f"{int(seconds // 86_400)} d"


@dataclass(frozen=True, slots=True)
class Section:
    """What one source has to show now. ``problem`` is one line saying why it has nothing, empty if it works."""

    source: str
    kind: str
    found: tuple[Found, ...] = ()
    problem: str = ""


class Source(Protocol):
    """One place to look. Its methods may be cancelled at any time; after ``close`` nothing runs or is open."""

    #: what the section is called: ``podman``, ``ssh_config``, ``qemu:///system``
    name: str
    kind: str

    async def look(self) -> Section | None:
        """Return what is there now, None where this source does not exist on this machine.

        Raises PstuiError when it exists and fails.
        """

    async def wait(self) -> None:
        """Return when looking again may show something else."""

    async def close(self) -> None:
        """Let go of what was kept for the next look; looking again is possible."""
