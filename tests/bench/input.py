"""Standard input of ``icm``: processor time a line beside the real client's, and memory for a long input.

The far end is a PowerShell that is started as a process; only the client's own time counts. Needs pwsh.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.powershell import QUIET, invoke, powershell_sshd

LINES, BYTES = 100_000, 32 * 1024 * 1024
SCRIPT = "$input | Measure-Object | ForEach-Object Count"
#: runs icm and tells the processor time in seconds and the most memory in KiB
_OURS = """
import json, resource, sys
from pstui.tui.cli.main import main
code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss]), file=sys.stderr)
"""
#: the same lines through the real client, whose time it tells
_REAL = """
$o = @{{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }}
$s = New-PSSession -HostName {host} -UserName {user} -Port {port} -KeyFilePath {key} -Options $o
$lines = [IO.File]::ReadAllLines('{file}'); $me = Get-Process -Id $PID; $before = $me.TotalProcessorTime
$null = $lines | Invoke-Command $s {{ {script} }}
$me.Refresh(); ($me.TotalProcessorTime - $before).TotalSeconds
"""


def ours(file: Path, *words: str) -> tuple[float, int]:
    """Run icm with a file as its input; return the processor time in seconds and the most memory in KiB."""
    with file.open("rb") as given:
        done = subprocess.run(
            [sys.executable, "-c", _OURS, "icm", *words],
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            env={**os.environ, **QUIET},
        )
    code, seconds, memory = json.loads(done.stderr.splitlines()[-1])
    if code:
        raise AssertionError(f"exit code {code}: {done.stderr[-500:]}")
    return seconds, memory


def run() -> Iterator[str]:
    if shutil.which("pwsh") is None:
        yield "no pwsh here"
        return
    with tempfile.TemporaryDirectory() as folder:
        file, nothing = Path(folder) / "lines", Path(folder) / "nothing"
        nothing.touch()
        file.write_text("".join(f"line number {number}\n" for number in range(LINES)))
        (start, memory), (whole, _) = ours(nothing, "-ScriptBlock", SCRIPT), ours(file, "-ScriptBlock", SCRIPT)
        yield f"{LINES:,} lines: {(whole - start) / LINES * 1e6:.1f} µs of processor time each"
        with powershell_sshd(Path(folder) / "sshd") as server:
            where = {"host": server.host, "user": server.user, "port": server.port, "key": server.user_key}
            done = invoke(_REAL.format(file=file, script=SCRIPT, **where), timeout=300)
        yield f"  the real client: {float(done.stdout) / LINES * 1e6:.1f} µs"
        with file.open("wb") as out:
            for _ in range(BYTES // 2**20):
                out.write(os.urandom(2**20))
        script = "$input | ForEach-Object Length | Measure-Object -Sum"
        _, long = ours(file, "--input", "raw", "-ScriptBlock", script)
        yield f"{BYTES // 2**20} MiB of bytes: {(long - memory) / 1024:.1f} MiB more memory than for none"
