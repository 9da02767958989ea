"""Objects as JSON from a real server: pstui beside PowerShell's client with ``| ConvertTo-Json -Compress``, one run.

Both are whole processes on the same sshd, one after the other. The processor time of the client alone is compared: the
server's, which is most of the time that passes, is the same for both. A second row is about the memory of a long run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.powershell import QUIET, powershell_sshd, pwsh
from tests.support.sshd import Sshd

OBJECTS = int(os.environ.get("PSTUI_BENCH_OBJECTS", "100000"))
#: how many times as fast pstui is to be
BAR = 3
#: MiB that ten times the objects may take more
GROWTH = 20
SCRIPT = """
$d = [datetime]::new(2024, 2, 29, 13, 14, 15, [DateTimeKind]::Utc)
foreach ($i in 1..COUNT) {
    [pscustomobject]@{ Id = $i; Name = "item number $i"; Size = $i * 1.5; When = $d; Flag = $true; None = $null }
}
"""


def measured(
    command: list[str], output: Path, environ: dict[str, str], given: Path = Path(os.devnull)
) -> tuple[float, float]:
    """Run a program with a file as its input; return its processor time in seconds and its largest memory in MiB.

    The processes that it starts, such as the ssh of the real client, count.
    """
    watcher = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[2:], stdin=open(sys.argv[1])).returncode\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(code, used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)\n"
    )
    with output.open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", watcher, str(given), *command],
            stdout=stream,
            stderr=subprocess.PIPE,
            check=True,
            env=environ,
        )
    code, seconds, memory = done.stderr.decode().splitlines()[-1].split()
    if code != "0":
        raise AssertionError(done.stderr.decode())
    return float(seconds), float(memory) / 1024


def ours(server: Sshd, folder: Path, count: int) -> tuple[float, float]:
    """Have pstui fetch so many objects."""
    (folder / ".ssh").mkdir(exist_ok=True)
    (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
    where = ["-HostName", server.host, "-UserName", server.user, "-Port", str(server.port)]
    script = SCRIPT.replace("COUNT", str(count))
    call = ["--json", "icm", *where, "-KeyFilePath", str(server.user_key), "-ScriptBlock", script]
    environ = {**os.environ, "HOME": str(folder)}
    found = measured([sys.executable, "-m", "pstui.tui.cli.main", *call], folder / "ours.json", environ)
    lines = (folder / "ours.json").read_bytes().count(b"\n")
    if lines != count:
        raise AssertionError(f"{lines} of {count} objects")
    return found


def real(server: Sshd, folder: Path, count: int) -> tuple[float, float]:
    """Have the real client fetch so many objects and make JSON of them."""
    options = "@{StrictHostKeyChecking='no'; UserKnownHostsFile='/dev/null'; LogLevel='ERROR'}"
    where = f"-HostName {server.host} -Port {server.port} -UserName {server.user} -KeyFilePath {server.user_key}"
    script = SCRIPT.replace("COUNT", str(count))
    call = f"Invoke-Command {where} -Options {options} -ScriptBlock {{ {script} }} | ConvertTo-Json -Compress"
    command = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", call]
    return measured(command, folder / "real.json", {**os.environ, **QUIET, "HOME": str(folder)})


def run() -> list[str]:
    """Times of both, and the memory of pstui."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with powershell_sshd(folder / "sshd") as server:
            their_time, their_memory = real(server, folder, OBJECTS)
            _, small_memory = ours(server, folder, OBJECTS // 10)
            our_time, our_memory = ours(server, folder, OBJECTS)
    return [
        f"{OBJECTS:,} objects as JSON: {our_time:.1f} s of the processor, the real client {their_time:.1f} s: "
        f"{their_time / our_time:.1f} times (bar: {BAR})",
        f"memory: {our_memory:.0f} MiB, {our_memory - small_memory:+.0f} MiB to a tenth of it (bar: {GROWTH}); "
        f"the real client {their_memory:.0f} MiB",
    ]
