"""Logs of a busy day: written, read into the index, and searched.

A day is 50 MB of text in 40 sessions, 20,000 commands. Searched are words that stand everywhere, words that are rare,
and beginnings of words as they are typed. Times are of the processor, the best of several.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
from pathlib import Path

from pstui.backends.records import Write
from pstui.tui.log.files import LogFiles
from pstui.tui.log.index import LogIndex
from pstui.tui.log.place import About, Keeping

SIZE = 50_000_000
SESSIONS, COMMANDS = 40, 500
ROUNDS = 5
#: what is typed, letter by letter
TYPED = "rem", "restart-service", "error 0x8", "web17 remove-item", "e", "status running", "nothing-like-it"
BAR = 0.1
_WORDS = [f"{a}{b}" for a in ("disk", "web", "node", "task", "user", "rack", "svc", "log") for b in range(500)]
_LINES = (
    "Get-Process {w}",
    "Restart-Service {w} -Force",
    "Remove-Item ./{w} -Recurse",
    "Test-Connection {w}.example.com",
)


def write_day(folder: Path, *, cast: bool) -> tuple[int, float]:
    """Write the logs; bytes of text, and seconds of processor time."""
    chance, size, spent = random.Random(1), 0, 0.0
    each = SIZE // (SESSIONS * COMMANDS)
    for number in range(SESSIONS):
        files = LogFiles(Keeping(f"{folder}/web{number}/{{date}}", cast=cast))
        about = About(f"web{number}", "root")
        for _ in range(COMMANDS):
            word = chance.choice(_WORDS)
            rows: list[str] = []
            length = 0
            while length < each:
                said = " ".join(chance.choices(_WORDS, k=8))
                rows.append(f"2026-11-30 09:12:44 status running {said} error 0x{chance.getrandbits(32):08x}")
                length += len(rows[-1]) + 1
            size += length
            began = time.thread_time()
            files.prompted(f"[web{number}]: PS> ")
            files.began(chance.choice(_LINES).format(w=word), about)
            for row in rows:
                files.wrote(Write(row))
            files.ended("completed", None)
            files.flush()
            spent += time.thread_time() - began
        files.close()
    return size, spent


def run() -> list[str]:
    """How fast logs are written, read and searched."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size, spent = write_day(folder / "logs", cast=True)
        index = LogIndex(folder / "index" / "logs.sqlite3")
        with contextlib.closing(index):
            began = time.thread_time()
            index.refresh(folder / "logs")
            read = time.thread_time() - began
            began = time.thread_time()
            index.refresh(folder / "logs")
            again = time.thread_time() - began
            times = {text: min(_searched(index, text) for _ in range(ROUNDS)) for text in TYPED}
        base = (folder / "index" / "logs.sqlite3").stat().st_size
    worst = max(times, key=lambda text: times[text])
    return [
        f"a day of {size / 1e6:.0f} MB in {SESSIONS * COMMANDS:,} commands, with recordings: written at "
        f"{size / 1e6 / spent:.0f} MB/s, read into the index at {size / 1e6 / read:.0f} MB/s ({base / 1e6:.0f} MB)",
        f"nothing new to be read: {again * 1000:.0f} ms",
        *(f"search for {text!r}: {seconds * 1000:.1f} ms" for text, seconds in times.items()),
        f"the longest search, {worst!r}: {times[worst] * 1000:.0f} ms (bar: {BAR * 1000:.0f})",
    ]


def _searched(index: LogIndex, text: str) -> float:
    began = time.thread_time()
    index.search(text)
    return time.thread_time() - began
