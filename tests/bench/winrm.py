"""WinRM beside pypsrp's own client: the same commands to the same service, by Negotiate, sealed, turn about.

The opening is measured on the loopback and with 100 ms for each round trip, and beside evil-winrm-py too, up to the
first prompt. PSTUI_EVIL_WINRM names a Python that has that package; it is no part of the project.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.session import PSSession
from pypsrp.complex_objects import CultureInfo
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from tests.bench._delay import delayed
from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import PASSWORD, USER, WinRMEndpoint, running_winrm

OBJECTS, LINES, TRIPS = 10_000, 5_000, 30
#: seconds that a round trip takes longer to a service that is far away
DELAY = 0.1
#: how often each of the two gets its turn; the median counts
TURNS = 5

Work = Callable[[], Awaitable[None]]


class Lines(PSHostUserInterface):
    """pypsrp's console, which counts lines."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def WriteLine2(self, runspace: Any, pipeline: Any, value: str) -> None:
        self.count += 1


class Other:
    """A session of pypsrp's client."""

    def __init__(self, port: int) -> None:
        self._wsman = WSMan("localhost", port=port, ssl=False, username=USER, password=PASSWORD, auth="negotiate")
        self.lines = Lines()
        host = PSHost(CultureInfo(), CultureInfo(), False, "bench", None, self.lines, "1.0")
        self.pool = RunspacePool(self._wsman, host=host)

    def close(self) -> None:
        """Close the session and its connections."""
        self.pool.close()
        self._wsman.close()

    async def run(self, script: str, *, shown: bool = False) -> int:
        """Run a script; return how many objects or, if it is shown, lines it brought."""
        self.lines.count = 0
        shell = PowerShell(self.pool)
        shell.add_script(script)
        if shown:
            shell.add_cmdlet("Out-Default")
        found = len(shell.invoke())
        return self.lines.count if shown else found


class Ours:
    """A session of pstui."""

    def __init__(self, port: int) -> None:
        self._manager = SessionManager()
        values = {"ComputerName": "localhost", "Port": port, "Authentication": "Negotiate"}
        values["Credential"] = PSCredential(USER, Secret(PASSWORD))
        info = ConnectionInfo(ParameterSet.COMPUTER_NAME, values, settings={"trusted_hosts": ["localhost"]})
        self.session: PSSession = self._manager.create(info, ScriptedConsole())

    async def enter(self) -> None:
        """Open the session and come to the first prompt."""
        await self._manager.interact(self.session, self.session.console).enter()

    async def close(self) -> None:
        """Close the session."""
        await self._manager.close_all()

    async def run(self, script: str, *, shown: bool = False) -> int:
        """Run a script; return how many objects or, if it is shown, lines it brought."""
        console, found = ScriptedConsole(), list[object]()
        await self.session.invoke_script(script, console, out_default=shown, on_object=found.append)
        return len(console.shown()) if shown else len(found)


async def timed(ours: Work, other: Work) -> tuple[float, float]:
    """Return the median seconds of both, measured turn about."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for times, work in zip(taken, (ours, other), strict=True):
            began = time.perf_counter()
            await work()
            times.append(time.perf_counter() - began)
    return median(taken[0]), median(taken[1])


def row(what: str, ours: float, other: float, name: str = "pypsrp") -> str:
    """Write one comparison, in milliseconds."""
    return f"{what:<34} pstui {ours * 1000:8.1f} ms   {name} {other * 1000:8.1f} ms   {other / ours:5.2f} x"


def repeated(client: Ours | Other, script: str, expected: int, times: int = 1, *, shown: bool = False) -> Work:
    """Return the work of running a script so many times, its results counted."""

    async def work() -> None:
        for _ in range(times):
            found = await client.run(script, shown=shown)
            if found != expected:
                raise AssertionError(f"{found} instead of {expected} for {script}")

    return work


async def _opening(port: int, what: str) -> list[str]:
    """Measure opening a session: open, run and close beside pypsrp, the first prompt beside evil-winrm-py."""

    async def run_by_ours() -> None:
        session = Ours(port)
        await session.session.open()
        await session.run("1")
        await session.close()

    async def run_by_other() -> None:
        session = Other(port)
        session.pool.open()
        await session.run("1")
        session.close()

    entered: list[float] = []

    async def prompted() -> None:
        session = Ours(port)
        began = time.perf_counter()
        await session.enter()
        entered.append(time.perf_counter() - began)
        await session.close()

    # Neither is to pay for its imports.
    await run_by_ours()
    await run_by_other()
    rows = [row(f"open, run, close{what}", *await timed(run_by_ours, run_by_other))]
    python = os.environ.get("PSTUI_EVIL_WINRM")
    if not python:
        return [*rows, f"first prompt{what}: PSTUI_EVIL_WINRM names no Python that has evil-winrm-py"]
    for _ in range(TURNS):
        await prompted()
    command = [python, "-c", EVIL, str(port), USER, PASSWORD, str(TURNS)]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, text=True)
    return [*rows, row(f"first prompt{what}", median(entered), median(json.loads(told.stdout)), "evil-winrm-py")]


#: what evil-winrm-py does from its start to its first prompt, without its imports
EVIL = """
import json, sys, time
from evil_winrm_py import evil_winrm_py as evil
port, user, password, turns = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
taken = []
for turn in range(turns + 1):
    began = time.perf_counter()
    with evil.WSManEWP(server="localhost", port=port, auth="ntlm", encryption="auto", username=user,
                       password=password, ssl=False) as wsman, evil.RunspacePool(wsman) as pool:
        evil.get_prompt(pool)
        taken.append(time.perf_counter() - began)
print(json.dumps(taken[1:]))
"""


async def _measure(endpoint: WinRMEndpoint) -> list[str]:
    rows = await _opening(endpoint.port, "")
    with delayed(endpoint.port, DELAY) as port:
        rows += await _opening(port, f", {DELAY * 1000:.0f} ms away")
    ours, other = Ours(endpoint.port), Other(endpoint.port)
    await ours.session.open()
    other.pool.open()
    try:
        for what, script, count, times, shown in (
            (f"{OBJECTS} objects", f"1..{OBJECTS}", OBJECTS, 1, False),
            (f"{LINES} lines of Out-Default", f"1..{LINES}", LINES, 1, True),
            ("round trip of a command", "1", 1, TRIPS, False),
        ):
            pair = (repeated(one, script, count, times, shown=shown) for one in (ours, other))
            ours_took, other_took = await timed(*pair)
            rows.append(row(what, ours_took / times, other_took / times))
    finally:
        other.close()
        await ours.close()
    return rows


@contextlib.contextmanager
def _endpoint() -> Iterator[WinRMEndpoint]:
    with tempfile.TemporaryDirectory() as folder, running_winrm(Path(folder)) as endpoint:
        yield endpoint


def run() -> Iterator[str]:
    """Yield the rows."""
    with _endpoint() as endpoint:
        yield from asyncio.run(_measure(endpoint))
