"""What discovery finds, as plain records, and the watcher that keeps it current while somebody looks.

While nobody looks nothing runs. A source that has nothing to show says why in one line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import PstuiError

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
    #: where an inventory has it: one group, and whatever else it belongs to
    group: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What one source has to show now. ``problem`` is one line saying why it has nothing, empty if it works.

    One that ``works`` has something all the same: it is not looked at again sooner.
    """

    source: str
    kind: str
    found: tuple[Found, ...] = ()
    problem: str = ""
    works: bool = False
    #: how many things of it cannot be entered
    left_out: int = 0


class Source(Protocol):
    """One place to look. Its methods may be cancelled at any time; after ``close`` nothing runs or is open."""

    #: what the section is called: ``podman``, ``ssh_config``, ``qemu:///system``
    name: str
    kind: str

    async def look(self) -> Section | None:
        """Return what is there now, None where this source does not exist on this computer.

        Raises PstuiError when it exists and fails.
        """

    async def wait(self) -> None:
        """Return when looking again may show something else."""

    async def close(self) -> None:
        """Let go of what was kept for the next look; looking again is possible."""


#: shortest time between two looks at one source, in seconds
PAUSE = 0.5
#: seconds until a source that failed is looked at again: twice as long each time
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0

Sources = Sequence[Source] | Callable[[], Sequence[Source]]


class Watcher:
    """``start`` and ``stop`` it as the list becomes visible and hidden.

    ``on_change`` is called on the event loop with the sections that exist, in the order of the sources, each time one
    of them differs. What was seen last stays readable in ``sections``. ``sources`` that are given as a function are
    made at the first start.
    """

    def __init__(self, sources: Sources, on_change: Callable[[Sequence[Section]], None]) -> None:
        self._given, self._on_change = sources, on_change
        self._sources: Sequence[Source] = ()
        self._seen: dict[int, Section | None] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections seen last, of sources that exist here."""
        found = (self._seen.get(number) for number in range(len(self._sources)))
        return tuple(section for section in found if section is not None)

    @property
    def has_looked(self) -> bool:
        """Whether every source was looked at once."""
        return bool(self._sources) and len(self._seen) == len(self._sources)

    @property
    def is_running(self) -> bool:
        return bool(self._tasks)

    def start(self) -> None:
        """Look now and keep looking. Needs a running event loop; starting twice does nothing more."""
        if not self._sources:
            self._sources = tuple(self._given() if callable(self._given) else self._given)
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._keep(number, source), name=f"discovery {source.name}")
                for number, source in enumerate(self._sources)
            ]

    async def stop(self) -> None:
        """Stop looking; returns when nothing runs any more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            await asyncio.gather(*(source.close() for source in self._sources))

    async def _keep(self, number: int, source: Source) -> None:
        failures = 0
        while True:
            section = await look(source)
            if number not in self._seen or self._seen[number] != section:
                self._seen[number] = section
                self._on_change(self.sections)
            if section is not None and section.problem and not section.works:
                # Nothing is started again at once that has just failed, its events neither.
                await asyncio.sleep(min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(failures, 10)))
                failures += 1
                continue
            failures = 0
            waiting = asyncio.ensure_future(source.wait())
            try:
                await asyncio.sleep(PAUSE)
                await waiting
            finally:
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting


async def look(source: Source) -> Section | None:
    """Look once; a source that fails becomes a section with one line saying why."""
    try:
        return await source.look()
    except PstuiError as error:
        line = " ".join(part for part in (f"{error.what}.", error.why) if part)
        return Section(source.name, source.kind, problem=" ".join(line.split())[:300])
