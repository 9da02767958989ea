"""Runs of Invoke-Command that are cut at random moments: ``python -m tests.support.cut_runs [NUMBER [SEED]]``.

Each run writes numbers without end. It is cut by Ctrl+C, by SIGTERM, by a reader that goes away, or by killing the far
end. Then the exit code and both streams must be as stated, and no process may be left. The far end is a real
PowerShell where there is one, else the demo endpoint.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

WAYS = ("interrupt", "terminate", "close", "kill")
#: what each way may end with; before pstui runs, a signal ends Python by itself, Ctrl+C in a way of its own
CODES = {
    "interrupt": {130},
    "terminate": {143, -signal.SIGTERM},
    "close": {141},
    "kill": {1, 3},
}
SCRIPT = "$n = 0; while ($true) { $n = $n + 1; $n }"
_MARK = "PSTUI_CUT_RUN"
_OURS = tuple(str(ROOT / name) for name in ("tui", "backends", "config"))
#: what of pstui runs before the signal is taken
_FIRST = {str(ROOT / "tui" / "cli" / f"{name}.py") for name in ("main", "exit_codes", "interrupts")}


@dataclass(frozen=True)
class Cut:
    """How a run ended. ``wrong`` says what is not as stated, empty if all is."""

    way: str
    delay: float
    code: int
    wrong: str = ""


def marked(mark: str) -> list[int]:
    """Return the processes that a run has started, itself included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"{_MARK}={mark}".encode() in environ and state != "Z":
                found.append(int(entry.name))
    return found


def cut_run(way: str, delay: float, *, begun: bool, real: str | None = None) -> Cut:
    """Start a run, cut it ``delay`` seconds later, and look at what is left.

    With ``begun`` the time counts from the first line of output. ``real`` is the path of a PowerShell.
    """
    mark = uuid.uuid4().hex
    command = f"{real},-NoLogo,-NoProfile,-s" if real else f"{sys.executable},-m,pstui.tui.cli.main,demo,--stdio"
    words = ["--line", f"icm {{ {SCRIPT} }}"]
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / mark
    folder.mkdir()
    stand_in = folder / "pwsh"
    stand_in.write_text(f"#!/bin/sh\nexec {command.replace(',', ' ')}\n")
    stand_in.chmod(0o755)
    environ = {**os.environ, _MARK: mark, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    with (folder / "err").open("w+") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "pstui.tui.cli.main", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            env=environ,
            start_new_session=True,
        )
        try:
            return _cut(process, way, delay, mark, folder / "err", begun)
        finally:
            for pid in marked(mark):
                os.kill(pid, signal.SIGKILL)
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _cut(process: subprocess.Popen[bytes], way: str, delay: float, mark: str, errors: Path, begun: bool) -> Cut:
    assert process.stdout is not None
    first = process.stdout.readline() if begun else b""
    time.sleep(delay)
    if way == "close":
        process.stdout.close()
        out = b""
    else:
        if way == "kill":
            for pid in [pid for pid in marked(mark) if pid != process.pid]:
                os.kill(pid, signal.SIGKILL)
        else:
            process.send_signal(signal.SIGINT if way == "interrupt" else signal.SIGTERM)
        out = first + process.stdout.read()
    code = process.wait(60)
    err = errors.read_text()
    deadline = time.monotonic() + 10
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return Cut(way, delay, code, _wrong(way, code, out, err, left))


def _wrong(way: str, code: int, out: bytes, err: str, left: list[int]) -> str:
    if way == "interrupt" and _in_pythons_start(code, out, err):
        return f"left behind: {left}" if left else ""
    if code not in CODES[way]:
        return f"exit code {code}: {err[-500:]}"
    *lines, rest = out.split(b"\n")
    if [int(line) for line in lines] != list(range(1, len(lines) + 1)) or not (rest == b"" or rest.isdigit()):
        return f"output: {out[-200:]!r}"
    told = "pstui: " in err
    silent = way != "kill" and err == ""
    if not (silent or (way == "kill" and told)):
        return f"standard error: {err[-500:]}"
    return f"left behind: {left}" if left else ""


def _in_pythons_start(code: int, out: bytes, err: str) -> bool:
    """Whether Python was interrupted before pstui had taken the signal; what it says then is its own."""
    files = set(re.findall(r'File "([^"<]+)"', err))
    return code in (1, -signal.SIGINT) and not out and not any(name.startswith(_OURS) for name in files - _FIRST)


def main(number: int, seed: int) -> int:
    """Cut so many runs; print what was wrong, and how they ended."""
    dice = random.Random(seed)
    ends: Counter[tuple[str, int]] = Counter()
    wrong = 0
    for count in range(number):
        way = WAYS[count % len(WAYS)]
        begun = way in ("close", "kill") or dice.random() < 0.7
        cut = cut_run(way, dice.uniform(0.0, 1.5), begun=begun, real=shutil.which("pwsh"))
        ends[cut.way, cut.code] += 1
        if cut.wrong:
            wrong += 1
            print(f"{count}: {cut.way} after {cut.delay:.3f} s: {cut.wrong}", flush=True)
    for (way, code), times in sorted(ends.items()):
        print(f"{way}: exit code {code}, {times} times")
    print(f"{number} runs, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*[*given, *(200, 1)[len(given) :]]))
