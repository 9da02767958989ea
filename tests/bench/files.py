"""Files: over SFTP beside ``sftp``, and over WinRM beside evil-winrm-py and beside a pipeline that drops its input.

PSTUI_EVIL_WINRM names a Python that has evil-winrm-py. Sizes are small; PSTUI_BENCH_MIB and PSTUI_BENCH_FILES make them
1 GiB and 2,000 files: PSTUI_BENCH_MIB=1024 PSTUI_BENCH_FILES=2000.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from shutil import rmtree, which

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.files.base import FileError, Reason
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.opening import open_files
from pstui.backends.files.options import Options
from pstui.backends.files.transfer import Transfer
from pstui.backends.sessions.manager import SessionManager

from tests.support.far_files import far_files, sftp_sshd
from tests.support.parts import program
from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd
from tests.support.winrm_fixture import PASSWORD, USER, WinRMOptions, running_winrm
from tests.support.winrm_powershell import VARIABLE

MIB = int(os.environ.get("PSTUI_BENCH_MIB", "64"))
FILES = int(os.environ.get("PSTUI_BENCH_FILES", "300"))
WINRM_MIB = 8
TURNS = 4
#: the ``upload`` of evil-winrm-py
EVIL = """
import sys, time
from evil_winrm_py import evil_winrm_py as evil
port, user, password, source, target = int(sys.argv[1]), *sys.argv[2:6]
with evil.WSManEWP(server="localhost", port=port, auth="ntlm", encryption="auto", username=user,
                   password=password, ssl=False) as wsman, evil.RunspacePool(wsman) as pool:
    evil.get_prompt(pool)
    began = time.perf_counter()
    evil.upload_file(pool, source, target)
    print("took", time.perf_counter() - began)
"""


def make(folder: Path) -> None:
    """Make one large file and a tree of small ones."""
    with (folder / "large").open("wb") as stream:
        for _ in range(MIB):
            stream.write(os.urandom(1 << 20))
    for number in range(FILES):
        place = folder / "tree" / f"d{number % 20}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}").write_bytes(os.urandom(1000 + number * 7 % 9000))


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _sftp(server: Sshd, command: str) -> None:
    options = ["-q", "-b", "-", "-P", str(server.port), "-i", str(server.user_key)]
    options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{server.user}@{server.host}"]
    done = await asyncio.create_subprocess_exec(program("sftp"), *options, stdin=-1, stdout=-3, stderr=-3)
    await done.communicate(command.encode())


async def _ssh_rows(server: Sshd, folder: Path) -> list[str]:
    rows = []
    near = LocalFiles(str(folder))
    async with far_files(server.info()) as far:
        for what, name in ((f"{MIB} MiB", "large"), (f"{FILES} files", "tree")):
            for way, source, to in (("up", near, far), ("down", far, near)):
                ours: list[float] = []
                checked: list[float] = []
                theirs: list[float] = []
                for turn in range(TURNS):
                    for times, checks in ((ours, False), (checked, True)):
                        rmtree(folder / "to", ignore_errors=True)
                        (folder / "to").mkdir()
                        copy = Transfer(source, to, Options(recurse=True, checks=checks))
                        times.append(await _timed(copy.run([str(folder / name)], str(folder / "to"))))
                        assert not copy.failed
                    rmtree(folder / "to")
                    (folder / "to").mkdir()
                    verb = f"{'put' if way == 'up' else 'get'} -pr {folder / name} {folder / 'to'}/{turn}"
                    theirs.append(await _timed(_sftp(server, verb)))
                ratio = min(theirs) / min(ours)
                text = f"{what:<12} {way:<4}  pstui {min(ours):6.2f} s, checked {min(checked):6.2f} s"
                rows.append(f"{text}   sftp {min(theirs):6.2f} s   {ratio:.2f} of its rate (bar: 0.8)")
    await near.close()
    return rows


def _sums(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return the sum, the permission bits and the time of each file of a tree, by its path from the top."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                sum_ = hashlib.file_digest(stream, "sha256").hexdigest()
            found[str(path.relative_to(folder))] = (sum_, path.stat().st_mode, int(path.stat().st_mtime))
    return found


async def _cut_rows(server: Sshd, folder: Path) -> list[str]:
    """Copy all of it both ways; sshd is killed in the middle, started again, and the copy taken up."""
    rows = []
    near, all_ = LocalFiles(str(folder)), Options(recurse=True)
    wanted = _sums(folder / "tree") | {"large": _sums(folder)["large"]}
    for way in ("up", "down"):
        target = folder / "to"
        rmtree(target, ignore_errors=True)
        target.mkdir()
        paths = [str(folder / "large"), str(folder / "tree")]
        async with far_files(server.info()) as far:
            cut = Transfer(near, far, all_) if way == "up" else Transfer(far, near, all_)
            running = asyncio.ensure_future(cut.run(paths, str(target)))
            while not cut.progress.is_planned or cut.progress.done < cut.progress.total / 2:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(server.stop)
            found = (await asyncio.gather(running, return_exceptions=True))[0]
            assert isinstance(found, FileError) and found.reason is Reason.LOST
        await asyncio.to_thread(server.start)
        async with far_files(server.info()) as far:
            again = Transfer(near, far, all_) if way == "up" else Transfer(far, near, all_)
            await again.run(paths, str(target))
        same = not again.failed and _sums(target / "tree") | {"large": _sums(target)["large"]} == wanted
        left = [path.name for path in target.rglob("*.pstui-part")]
        at, spared, total = (size >> 20 for size in (cut.progress.done, again.progress.spared, again.progress.total))
        text = f"cut {way}: sshd killed after {at} of {total} MiB, taken up with {spared} MiB there already"
        rows.append(f"{text}: {'equal trees' if same and not left else f'NOT EQUAL {left}'}")
    await near.close()
    return rows


async def _winrm_rows(port: int, folder: Path) -> list[str]:
    source = folder / "upload"
    source.write_bytes(os.urandom(WINRM_MIB << 20))
    values = {"ComputerName": "localhost", "Port": port, "Authentication": "Negotiate"}
    values["Credential"] = PSCredential(USER, Secret(PASSWORD))
    info = ConnectionInfo(ParameterSet.COMPUTER_NAME, values, settings={"trusted_hosts": ["localhost"]})
    manager, console, near = SessionManager(), ScriptedConsole(), LocalFiles(str(folder))
    session = manager.create(info, console)
    await session.open()

    async def pieces() -> AsyncIterator[bytes]:
        data = source.read_bytes()
        for at in range(0, len(data), 1 << 20):
            yield data[at : at + (1 << 20)]

    async def dropped() -> None:
        await session.invoke_script("process { }", console, input=pieces(), out_default=False)

    far = await open_files(info, console, manager)
    took, drops = [], []
    for turn in range(TURNS):  # in turn: a PowerShell gets faster the longer it runs, and so must both
        drops.append(await _timed(dropped()))
        copy = Transfer(near, far, Options())
        took.append(await _timed(copy.run(["upload"], str(folder / f"there{turn}"))))
        assert not copy.failed and (folder / f"there{turn}").read_bytes() == source.read_bytes()
    await far.close()
    await manager.close_all()
    await near.close()
    ceiling = min(drops)
    text = f"WinRM {WINRM_MIB} MiB up   pstui {min(took):6.2f} s   dropped input {ceiling:6.2f} s"
    rows = [f"{text}   {min(took) / ceiling:.2f} of the ceiling's time (bar: 1.5)"]
    if python := os.environ.get("PSTUI_EVIL_WINRM"):
        command = [python, "-c", EVIL, str(port), USER, PASSWORD, str(source), str(folder / "evil")]
        told = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, text=True)
        theirs = float(told.stdout.rpartition("took")[2])
        rows.append(f"evil-winrm-py {theirs:6.2f} s   {theirs / min(took):.1f} x (bar: 3)")
    else:
        rows.append("evil-winrm-py: PSTUI_EVIL_WINRM names no Python that has it")
    return rows


def run() -> Iterator[str]:
    """Yield the rows; one that says so where a part is missing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = os.environ.get("HOME")
        if program("sshd") and program("sftp"):
            make(folder)
            with sftp_sshd(folder / "sshd") as server:
                (folder / ".ssh").mkdir()
                (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
                os.environ["HOME"] = name
                try:
                    yield from asyncio.run(_ssh_rows(server, folder))
                    yield from asyncio.run(_cut_rows(server, folder))
                finally:
                    os.environ.pop("HOME") if before is None else os.environ.update(HOME=before)
        else:
            yield "over SSH: not measured, sshd or sftp is not here"
        if (pwsh := which("pwsh")) is None:
            yield "over WinRM: not measured, pwsh is not here"
            return
        with running_winrm(folder / "winrm", WinRMOptions(environment={VARIABLE: pwsh})) as endpoint:
            yield from asyncio.run(_winrm_rows(endpoint.port, folder))
