"""One line on many machines: endpoints beside their processes alone, and ``pstui icm --group`` beside ``clush -b``.

``PSTUI_FAN_OUT`` sets the number of endpoints: 40, and 200 for the whole. "Alone" starts the same processes with the
same throttle, plays them what a session of ours has sent, and decodes nothing of the answers. Both take the processors
for themselves, so that the processor time is compared as well: it holds on a machine that does other things, too.

``PSTUI_CLUSH`` names the program clush, which is no part of the project. Its hosts and ours are one sshd by several
names, each with a login of its own; the real PowerShell answers both.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.fanout.board import Board
from pstui.tui.fanout.engine import THROTTLE_LIMIT, FanOut, State

from tests.bench._beside import environment
from tests.support.parts import program
from tests.support.paths import ROOT
from tests.support.powershell import powershell_sshd

COUNT = int(os.environ.get("PSTUI_FAN_OUT", "40"))
TURNS = 2
#: bounds: the time beside the processes alone and beside clush, and MiB of memory of an idle target
MOST_TIME, MOST_BESIDE, MOST_MEMORY = 1.2, 1.3, 2.0
#: machines of the comparison with clush
HOSTS = 8
ENDPOINT = (sys.executable, "-m", "pstui.tui.cli.main", "demo", "--stdio")
_TEE = ROOT / "tests" / "support" / "record_tee.py"
_LINE = "'an' + 'swer'"


def _fan(infos: list[ConnectionInfo]) -> FanOut:
    def board(others: object) -> Board:
        return Board(lambda asking: None, lambda asking: None, lambda: 0)

    async def as_it_is(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        return info

    targets = [(f"host{number}", info) for number, info in enumerate(infos)]
    return FanOut(targets, SessionManager(), as_it_is, board=board)


def _info(*command: str) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.PROCESS, {"Command": command})


async def _ours() -> float:
    """Run the line on all endpoints; return the MiB of an idle target."""
    fan, before = _fan([_info(*ENDPOINT)] * COUNT), _memory()
    await fan.run(_LINE)
    taken = (_memory() - before) / COUNT
    assert all(host.state is State.DONE for host in fan.hosts) and len(fan.groups()) == 1
    await fan.close()
    return taken


async def _recorded(folder: Path) -> list[bytes | None]:
    """Return what a session of ours sends for the line, in its order, and None for each line that is answered."""
    fan = _fan([_info(sys.executable, str(_TEE), str(folder), *ENDPOINT)])
    await fan.run(_LINE)
    (file,) = folder.iterdir()
    rows = [row.split(b" ", 2) for row in file.read_bytes().splitlines(keepends=True)]
    await fan.close()
    return [data if who == b"client" else None for _, who, data in rows]


async def _alone(notes: list[bytes | None]) -> float:
    """Play the notes to as many endpoints; like ours they stay until all have answered, and end with their input."""
    gate, pipe = asyncio.Semaphore(THROTTLE_LIMIT), asyncio.subprocess.PIPE

    async def one() -> asyncio.subprocess.Process:
        async with gate:
            process = await asyncio.create_subprocess_exec(*ENDPOINT, stdin=pipe, stdout=pipe, limit=1 << 20)
            assert process.stdin is not None and process.stdout is not None
            for data in notes:
                if data is not None:
                    process.stdin.write(data)
                else:
                    assert await process.stdout.readline()
            return process

    for process in await asyncio.gather(*(one() for _ in range(COUNT))):
        await process.communicate(b"")  # which closes its input
    return 0.0


def _memory() -> float:
    """Return the memory of this process in MiB."""
    for row in Path("/proc/self/status").read_text().splitlines():
        if row.startswith("VmRSS"):
            return int(row.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def _took(work: Coroutine[Any, Any, float]) -> tuple[float, float, float]:
    """Return seconds, seconds of the processors with those of the children, and what the work returns."""
    before, began = os.times(), time.perf_counter()
    found = asyncio.run(work)
    seconds, after = time.perf_counter() - began, os.times()
    return seconds, sum(after[:4]) - sum(before[:4]), found


def _beside_processes() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        notes = asyncio.run(_recorded(Path(folder)))
    rows = [(_took(_ours()), _took(_alone(notes))) for _ in range(TURNS)]
    (ours, theirs), (our_time, their_time) = (
        [min(row[side][what] for row in rows) for side in (0, 1)] for what in (0, 1)
    )
    memory = rows[0][0][2]  # of the first run: those after it find memory that was given back
    yield f"{COUNT} endpoints, {THROTTLE_LIMIT} at once: {ours:.1f} s, their processes alone {theirs:.1f} s"
    yield f"{ours / theirs:.2f} times, of processor time {our_time / their_time:.2f} times (bar: {MOST_TIME})"
    yield f"{memory:.2f} MiB for each idle target (bar: {MOST_MEMORY})"


def _call(command: list[str], environ: dict[str, str]) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "answer" in done.stdout, (done.stdout[-500:], done.stderr[-500:])
    return time.perf_counter() - began, done.stdout


def _groups(told: str) -> list[tuple[set[str], str]]:
    """Return what both tell: the hosts of each group, and what they answered."""
    parts = re.split(r"-{15}\n(.+)\n-{15}\n", told)[1:]
    found = []
    for told_of, text in zip(parts[::2], parts[1::2], strict=True):
        title = told_of.rpartition(" (")[0] or told_of
        span = re.fullmatch(r"n\[(\d+)-(\d+)\]", title)
        names = title.split(",") if span is None else [f"n{each}" for each in range(int(span[1]), int(span[2]) + 1)]
        found.append((set(names), text.strip()))
    return found


def _beside_clush(clush: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(powershell_sshd(folder / "sshd", more_config="MaxStartups 100\n"))
        home = folder / "home"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
        who = getpass.getuser()
        config = (
            f"Host n*\n  HostName {server.host}\n  Port {server.port}\n  User {who}\n  IdentityFile {server.user_key}\n"
        )
        (home / "config").write_text(f"{config}  UserKnownHostsFile {home}/.ssh/known_hosts\n")
        values = f'ssh_config = "{home}/config"\nshare = false\n'
        (home / "hosts.toml").write_text(
            "".join(f'[hosts.n{n}]\nhost_name = "n{n}"\n{values}' for n in range(1, HOSTS + 1))
        )
        there = f'{program("pwsh")} -NoLogo -NoProfile -Command "{_LINE}"'
        theirs = [clush, "-b", "-o", f"-F {home}/config", "-w", f"n[1-{HOSTS}]", there]
        ours = [sys.executable, "-m", "pstui.tui.cli.main", "--config", str(home / "hosts.toml"), "--group"]
        ours += ["icm", "n*", "-ScriptBlock", _LINE]
        environ = environment(home)
        rounds = [(_call(ours, environ), _call(theirs, environ)) for _ in range(TURNS + 1)][1:]
    (mine, told), (other, said) = (min(row[side] for row in rounds) for side in (0, 1))
    same = "the same groups" if _groups(told) == _groups(said) != [] else f"OTHER GROUPS {told!r} {said!r}"
    text = f"{HOSTS} hosts over SSH, a PowerShell on each: icm --group {mine:.1f} s, clush -b {other:.1f} s"
    yield f"{text}: {mine / other:.2f} times (bar: {MOST_BESIDE}), {same}"


def run() -> Iterator[str]:
    """Yield the rows; one that says so where a part is missing."""
    if not Path("/proc/self/status").exists():
        yield "not measured: it reads /proc"
        return
    yield from _beside_processes()
    clush = os.environ.get("PSTUI_CLUSH", "")
    if not clush:
        yield "clush: PSTUI_CLUSH does not name it"
    elif missing := [name for name in ("pwsh", "sshd", "ssh", "ssh-keygen") if not program(name)]:
        yield f"clush: not measured, {', '.join(missing)} is not here"
    else:
        yield from _beside_clush(clush)
    yield f"the machine had {os.getloadavg()[0]:.1f} programs to run on {os.cpu_count()} processors"
