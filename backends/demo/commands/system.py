"""Commands about the machine and the session: date, host, variables, history, processes, uptime."""

from __future__ import annotations

import asyncio
import datetime
import os
import re
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pstui.backends.demo.commands.formatting import HISTORY, PROCESS, VARIABLE
from pstui.backends.demo.commands.registry import Call, Param, command
from pstui.backends.demo.language import operators
from pstui.backends.demo.language.values import Thing, format_date
from pstui.backends.demo.server.session import automatic_names, host_object
from pstui.backends.demo.server.streams import now

Output = AsyncGenerator[Any, None]


@command("prompt", "Make the text of the prompt.", kind="Function")
async def prompt(call: Call) -> Output:
    """Say at every line what the client is connected to."""
    session = call.session
    is_own = session.home == Path.home() or not session.location.is_relative_to(session.home)
    place = session.location if is_own else Path("~", session.location.relative_to(session.home))
    yield f"PS(demo) {place}> "


@command(
    "Get-Date",
    "Show the date and time, or format it.",
    Param("Date", position=0),
    Param("Format"),
    Param("AsUTC", "switch"),
)
async def get_date(call: Call) -> Output:
    """Yield the time, as a date or as a text."""
    when = operators.cast("datetime", call.get("Date")) if call.get("Date") else datetime.datetime.now()
    if call.switch("AsUTC"):
        when = when.astimezone(datetime.UTC)
    spec = call.get("Format")
    yield format_date(when, spec) if spec else when


@command("Get-Host", "Show what this endpoint is.")
async def get_host(call: Call) -> Output:
    """Yield the endpoint's description."""
    yield host_object(call.session)


@command(
    "Get-Variable", "List the variables.", Param("Name", position=0), Param("ValueOnly", "switch"), aliases=("gv",)
)
async def get_variable(call: Call) -> Output:
    """Yield variables, automatic ones included."""
    pattern = operators.wildcard(call.text("Name", "*"))
    names = sorted({*automatic_names(), *call.scope.local, *call.session.variables})
    for name in names:
        if pattern.match(name):
            value = call.scope.get(name)
            yield value if call.switch("ValueOnly") else Thing((VARIABLE,), {"Name": name, "Value": value}, name)


@command("Get-History", "List the lines of this session.", Param("Count", "number"), aliases=("history", "h", "ghy"))
async def get_history(call: Call) -> Output:
    """Yield the history, oldest first."""
    for entry in call.session.history[-max(0, int(call.number("Count", 1000))) :]:
        yield Thing(
            (HISTORY, "System.Object"),
            {
                "Id": entry.number,
                "CommandLine": entry.line,
                "StartExecutionTime": entry.start,
                "Duration": entry.duration,
            },
            entry.line,
        )


@command("Exit-PSSession", "Leave the session.", aliases=("exsn",))
async def exit_session(call: Call) -> None:
    """Make the host call PopRunspace (protocol-notes 2.8)."""
    await call.streams.settle()
    await call.streams.link.tell(53)


@command(
    "Get-Process",
    "List the processes of this computer.",
    Param("Name", position=0, many=True),
    Param("Id", "number", many=True),
    aliases=("ps", "gps"),
)
async def get_process(call: Call) -> Output:
    """Yield processes from /proc, or from ``ps`` where there is none."""
    found = _from_proc() or await _from_ps()
    names, numbers = call.get("Name"), call.get("Id")
    wanted = [(name, operators.wildcard(name)) for name in names or []]
    for name, pattern in wanted:
        if not re.search(r"[*?\[]", name) and not any(pattern.match(item.properties["ProcessName"]) for item in found):
            await _no_process(call, f"named '{name}'", "NoProcessFoundForGivenName", name)
    known = {item.properties["Id"] for item in found}
    for number in numbers or []:
        if int(number) not in known:
            await _no_process(call, f"with the id {int(number)}", "NoProcessFoundForGivenId", int(number))
    for item in sorted(found, key=lambda item: item.properties["ProcessName"].lower()):
        by_name = not wanted or any(pattern.match(item.properties["ProcessName"]) for _, pattern in wanted)
        if by_name and (not numbers or item.properties["Id"] in [int(number) for number in numbers]):
            yield item


async def _no_process(call: Call, which: str, error_id: str, target: Any) -> None:
    message, kind = f"There is no process {which} on this computer.", "ProcessCommandException"
    full = f"Microsoft.PowerShell.Commands.{kind}"
    await call.error(message, error_id, "ObjectNotFound", kind, target, full)


def _process(number: int, name: str, resident: int, private: int, seconds: float, session: int, start: Any) -> Thing:
    shown = {"ProcessName": name, "Id": number, "CPU": round(seconds, 2), "WS": resident, "PM": private, "NPM": 0,
             "SI": session, "StartTime": start, "Name": name}  # fmt: skip
    return Thing((PROCESS, "System.Object"), shown, f"{PROCESS} ({name})")


def _from_proc() -> list[Thing]:
    if sys.platform == "win32" or not Path("/proc/self/stat").exists():
        return []
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    boot = time.time() - _seconds_up()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError, IndexError):  # a process may end while it is read
            name, _, rest = (folder / "stat").read_text(errors="replace").partition("(")[2].rpartition(")")
            fields = rest.split()
            sizes = (folder / "statm").read_text().split()
            seconds = (int(fields[11]) + int(fields[12])) / tick
            start = datetime.datetime.fromtimestamp(boot + int(fields[19]) / tick)
            resident, private = int(sizes[1]) * page, int(sizes[5]) * page
            found.append(_process(int(folder.name), name, resident, private, seconds, int(fields[3]), start))
    return found


async def _from_ps() -> list[Thing]:
    process = await asyncio.create_subprocess_exec(
        "ps", "-axo", "pid=,sess=,rss=,vsz=,time=,comm=", stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    text, _ = await process.communicate()
    found = []
    for line in text.decode(errors="replace").splitlines():
        with suppress(ValueError):
            number, _, resident, size, used, name = line.split(None, 5)
            seconds = 0.0
            for part in used.replace("-", ":").split(":"):
                seconds = seconds * 60 + float(part)
            found.append(
                _process(int(number), Path(name).name, int(resident) * 1024, int(size) * 1024, seconds, 0, None)
            )
    return found


@command("Get-Uptime", "Say how long this computer has been up.", Param("Since", "switch"))
async def get_uptime(call: Call) -> Output:
    """Yield a time span, or with -Since a date."""
    span = datetime.timedelta(seconds=int(_seconds_up()))
    yield now().replace(tzinfo=None, microsecond=0) - span if call.switch("Since") else span


def _seconds_up() -> float:
    with suppress(OSError, ValueError):
        return float(Path("/proc/uptime").read_text().split()[0])
    return time.monotonic()
