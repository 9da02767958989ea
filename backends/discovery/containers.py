"""The containers that can be entered now, one source an engine, kept current by the engine's own events."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.discovery.model import MAX_FOUND, Found, Section
from pstui.backends.timeouts import timeout
from pstui.backends.transports.command import detached, end
from pstui.backends.transports.container.engine import KNOWN, Container, Engine

#: seconds between two looks at an engine that tells no events; twice as many each time, up to LONGEST
POLL = 5.0
#: longest time without a look, in seconds: an event may be lost between two clocks
LONGEST = 60.0
#: events remembered, so that one told twice is not news twice
REMEMBERED = 200
#: longest event taken, in bytes
MAX_EVENT = 64 << 10
#: states in which a container is shown; those that have ended are left out
SHOWN = ("running", "paused", "restarting")
#: what happens all the time and changes nothing in the list
_NOISE = ("exec", "attach", "top", "resize", "cleanup")


class ContainerSource:
    """The containers of one engine. ``command`` is the engine's, as the option ``Engine`` gives it."""

    kind = "container"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.name
        self._since = 0
        self._rest = POLL
        self._told: deque[bytes] = deque(maxlen=REMEMBERED)

    async def look(self) -> Section | None:
        """Return the running and paused containers; None where there is no such engine."""
        if shutil.which(self.engine.command[0]) is None:
            return None
        self._since = int(time.time())
        containers = [one for one in await self.engine.containers() if one.state in SHOWN]
        containers.sort(key=lambda one: one.name.casefold())
        return Section(self.name, self.kind, tuple(self._found(one) for one in containers[:MAX_FOUND]))

    async def wait(self) -> None:
        """Return at the engine's next event that may change the list, or after a while if it tells none.

        Events are asked for from the second in which the last look began, so that none falls between the two, and
        until a minute from now, so that the engine's program ends by itself even where this one was killed.
        """
        span = (f"--since={self._since}", f"--until={int(time.time() + LONGEST)}")
        try:
            process = await asyncio.create_subprocess_exec(
                *self.engine.argv("events", "--filter=type=container", *span, "--format={{json .}}"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=MAX_EVENT,
                **detached(),
            )
        except OSError:
            await self._pause()
            return
        began = time.monotonic()
        try:
            async with timeout(LONGEST):
                is_news = await self._until_news(process)
            if is_news or time.monotonic() - began > POLL:
                self._rest = POLL  # it does tell them
            if not is_news:
                await self._pause()
        except TimeoutError:
            return
        finally:
            await end(process)

    async def _pause(self) -> None:
        """Let an engine that tells no events rest, ever longer."""
        await asyncio.sleep(self._rest)
        self._rest = min(self._rest * 2, LONGEST)

    async def close(self) -> None:
        self._told.clear()

    async def _until_news(self, process: asyncio.subprocess.Process) -> bool:
        """Read events until one matters; False when the engine tells no more."""
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                return True  # an event longer than any that is known: look, to be safe
            if not line:
                return False
            if line in self._told:
                continue
            self._told.append(line)
            try:
                event = json.loads(line)
                folded = {str(key).lower(): value for key, value in event.items()}
                word = str(folded.get("status") or folded.get("action") or "")
            except (ValueError, AttributeError, RecursionError):
                continue
            if not word.lower().startswith(_NOISE):
                return True

    def _found(self, container: Container) -> Found:
        info = ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": container.name, "Engine": self.engine.command})
        return Found(
            "container",
            container.name,
            info,
            container.state,
            container.image,
            container.health,
            container.created,
            id=container.id,
        )


def container_sources(more: Sequence[Engine] = ()) -> list[ContainerSource]:
    """Return a source for each engine on the PATH and for those of profiles, each engine once."""
    found = [Engine((path,)) for name in KNOWN if (path := shutil.which(name)) and not _is_podman_in_disguise(path)]
    return [ContainerSource(engine) for engine in dict.fromkeys([*found, *more])]


def _is_podman_in_disguise(path: str) -> bool:
    """Whether a program named docker is the script that calls Podman: its containers are listed already."""
    file = Path(path)
    if not file.name.lower().startswith("docker"):
        return False
    try:
        if "podman" in file.resolve().name:
            return True
        with file.open("rb") as stream:
            start = stream.read(4096)
    except OSError:
        return False
    return start.startswith(b"#!") and b"podman" in start
