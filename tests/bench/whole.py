"""Texts and byte arrays of 2, 9 and 100 MiB through ``icm --json`` into a file: whole, and the loop goes on meanwhile.

The far end is a real PowerShell that is started as a process. The longest turn of the loop is given in processor time,
as what else the machine does is no fault of ours. Needs pwsh.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pstui.tui.cli.run import Invocation, running
from pstui.tui.cli.target import Script

from tests.support.powershell import process_info

SIZES = (2, 9, 100)
#: the longest turn of the loop, in ms
BAR = 50
_TEXT = "$t = 'ab_x0041_é{{0}}' -f [char]0x416; $t = $t * [math]::Ceiling({0} * 1mb / $t.Length); $t"
_BYTES = "$b = [byte[]]::new({0} * 1mb); [Random]::new(7).NextBytes($b); , $b"
_DIGEST = "; [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData({0})).ToLower()"


async def _beat(turns: list[float]) -> None:
    last = time.thread_time()
    while True:
        await asyncio.sleep(0)
        now = time.thread_time()
        turns.append(now - last)
        last = now


async def _watched(invocation: Invocation) -> tuple[int, float]:
    longest = [0.0]

    class Longest(list[float]):
        def append(self, turn: float) -> None:
            longest[0] = max(longest[0], turn)

    beat = asyncio.create_task(_beat(Longest()))
    try:
        return await running(invocation), longest[0]
    finally:
        beat.cancel()


def _text_digest(file: Path) -> str:
    with file.open("rb") as stream:
        text = stream.readline()
    return hashlib.sha256(text[1:-2]).hexdigest()


def _bytes_digest(file: Path) -> str:
    found, rest = hashlib.sha256(), b""
    with file.open("rb") as stream:
        for part in iter(lambda: stream.read(1 << 20), b""):
            whole, newline, _ = part.partition(b"\n")
            *numbers, rest = (rest + whole).lstrip(b"[").rstrip(b"]").split(b",")
            found.update(bytes(map(int, numbers)))
            if newline:
                break
    found.update(bytes([int(rest)]))
    return found.hexdigest()


def _run(script: str, file: Path) -> tuple[int, float]:
    """Run a script with the file as standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with file.open("wb") as stream:
            os.dup2(stream.fileno(), 1)
        return asyncio.run(_watched(Invocation([process_info()], Script(script), form="json")))
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def run() -> Iterator[str]:
    if shutil.which("pwsh") is None:
        yield "no pwsh here"
        return
    kinds: tuple[tuple[str, str, str, Callable[[Path], str]], ...] = (
        ("text", _TEXT, "[Text.Encoding]::UTF8.GetBytes($t)", _text_digest),
        ("bytes", _BYTES, "$b", _bytes_digest),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "out"
        for size in SIZES:
            for name, script, hashed, digest in kinds:
                started = time.perf_counter()
                code, turn = _run(script.format(size) + _DIGEST.format(hashed), file)
                took = time.perf_counter() - started
                with file.open("rb") as stream:
                    stream.seek(-80, os.SEEK_END)
                    told = stream.read().split(b"\n")[-2].strip(b'"').decode()
                if code or digest(file) != told:
                    raise AssertionError(f"{size} MiB of {name}: exit code {code}, or another text arrived")
                most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                yield (
                    f"{size} MiB of {name}: whole, {took:.1f} s, longest turn of the loop {turn * 1000:.0f} ms "
                    f"(bar: {BAR}), at most {most} MiB of memory so far"
                )
