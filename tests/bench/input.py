"""Standard input of ``icm``: processor time a line beside the real client's, and memory for a long input.

Both are whole processes on the same sshd, with the time of what they start; the time of a run without lines is taken
off. So nothing is read of a clock that a client keeps of itself. Needs pwsh.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.objects import measured
from tests.support.powershell import QUIET, powershell_sshd, pwsh
from tests.support.sshd import Sshd

LINES, BYTES = 100_000, 32 * 1024 * 1024
#: rounds; the best counts
ROUNDS = 3
SCRIPT = "$input | Measure-Object | ForEach-Object Count"
#: the same lines through the real client
_REAL = """
$o = @{{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; LogLevel = 'ERROR' }}
$lines = [IO.File]::ReadAllLines('{file}')
$lines | Invoke-Command -HostName {host} -UserName {user} -Port {port} -KeyFilePath {key} -Options $o {{ {script} }}
"""


def ours(server: Sshd, folder: Path, file: Path, *words: str) -> tuple[float, float]:
    """Run icm with a file as its input; return the processor time in seconds and the most memory in MiB."""
    (folder / ".ssh").mkdir(exist_ok=True)
    (folder / ".ssh" / "known_hosts").write_text(server.known_hosts_line)
    where = ["-HostName", server.host, "-UserName", server.user, "-Port", str(server.port)]
    call = ["icm", *words[:-1], *where, "-KeyFilePath", str(server.user_key), "-ScriptBlock", words[-1]]
    environ = {**os.environ, **QUIET, "HOME": str(folder)}
    return measured([sys.executable, "-m", "pstui.tui.cli.main", *call], folder / "ours.out", environ, file)


def real(server: Sshd, folder: Path, file: Path) -> tuple[float, float]:
    """Have the real client send the lines of a file."""
    where = {"host": server.host, "user": server.user, "port": server.port, "key": server.user_key}
    call = _REAL.format(file=file, script=SCRIPT, **where)
    command = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", call]
    return measured(command, folder / "real.out", {**os.environ, **QUIET, "HOME": str(folder)})


def run() -> Iterator[str]:
    if shutil.which("pwsh") is None:
        yield "no pwsh here"
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file, one = folder / "lines", folder / "one"
        one.write_text("line\n")
        file.write_text("".join(f"line number {number}\n" for number in range(LINES)))
        with powershell_sshd(folder / "sshd") as server:
            rounds = [
                (
                    *(ours(server, folder, each, SCRIPT)[0] for each in (one, file)),
                    *(real(server, folder, each)[0] for each in (one, file)),
                )
                for _ in range(ROUNDS)
            ]
            our_start, mine, real_start, theirs = (min(each) for each in zip(*rounds, strict=True))
            per_line, real_line = (mine - our_start) / LINES * 1e6, (theirs - real_start) / LINES * 1e6
            yield (
                f"{LINES:,} lines: {per_line:.1f} µs of processor time each, the real client {real_line:.1f} µs: "
                f"{per_line / real_line:.2f} times (bar: 1)"
            )
            memory = ours(server, folder, one, SCRIPT)[1]
            with file.open("wb") as out:
                for _ in range(BYTES // 2**20):
                    out.write(os.urandom(2**20))
            script = "$input | ForEach-Object Length | Measure-Object -Sum"
            long = ours(server, folder, file, "--input", "raw", script)[1]
            yield f"{BYTES // 2**20} MiB of bytes: {long - memory:.1f} MiB more memory than for one line"
