"""``python -m tests.fuzz [--seconds N] [SUBJECT …]``: each subject for so long, by atheris where it is installed."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import json
import pkgutil
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import tests.fuzz as package
from tests.support.paths import ROOT

SECONDS = 60.0


def subjects() -> list[str]:
    """Return the names of the subjects."""
    return [one.name for one in pkgutil.iter_modules(package.__path__) if not one.name.startswith(("_", "test_"))]


def subject(name: str) -> Any:
    """Return a subject."""
    return importlib.import_module(f"tests.fuzz.{name}")


#: the most that is taken of the recordings
RECORDED = 2_000


def corpus(name: str) -> list[bytes]:
    """Return what a long run begins with: the seeds, and for readers of the wire what was recorded of PowerShell."""
    seeds: list[bytes] = list(subject(name).SEEDS)
    if name not in ("clixml", "host_calls"):
        return seeds
    recorded = (
        message["clixml"].encode()
        for file in sorted((ROOT / "tests" / "recordings").glob("*.jsonl.gz"))
        for line in gzip.decompress(file.read_bytes()).splitlines()
        for message in json.loads(line).get("messages", ())
        if message["type"].endswith("HOST_CALL") == (name == "host_calls") and len(message["clixml"]) < 4_096
    )
    return [*seeds, *islice(dict.fromkeys(recorded), RECORDED)]


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a seed with some of it changed, dropped, doubled, or mixed with another."""
    data = bytearray(chance.choice(list(seeds) or [b""]))
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.randint(0, 16))
        match chance.randint(0, 4):
            case 0:
                data[start:end] = chance.randbytes(end - start)
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end] * chance.randint(1, 30)
            case 3:
                other = chance.choice(list(seeds) or [b""])
                data[start:end] = other[chance.randint(0, len(other)) :][:64]
            case _:
                data[start:start] = chance.choice([b"\x1b", b"\0", b"\xff", b"<", b">", b"'", b'"', b"\n", b"_x", b"&"])
    return bytes(data)


def by_chance(seeds: Sequence[bytes], check: Callable[[bytes], object], seconds: float, seed: int) -> int:
    """Check mutated seeds for so long; return how many. What fails is printed, and raised."""
    chance, end, count = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = mutated(seeds, chance)
        count += 1
        try:
            check(data)
        except BaseException:
            print(f"a fault after {count}: {data!r}", file=sys.stderr)
            raise
    return count


def _atheris(name: str, seconds: float) -> None:
    """Run a subject under atheris, from its seeds on. What fails is left in this folder as crash-NAME-…"""
    program = (
        "import sys, atheris\n"
        f"with atheris.instrument_imports(include=['pstui', 'tests.fuzz']):\n"
        f"    from tests.fuzz import {name} as subject\n"
        "atheris.Setup(sys.argv, subject.check)\natheris.Fuzz()\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(corpus(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        options = f"-max_total_time={seconds:.0f}", "-timeout=20", f"-artifact_prefix=crash-{name}-"
        subprocess.run([sys.executable, "-c", program, folder, *options], check=True)


def main(arguments: list[str]) -> None:
    """Run the subjects that are named, or all."""
    seconds = SECONDS
    if arguments[:1] == ["--seconds"]:
        seconds, arguments = float(arguments[1]), arguments[2:]
    for name in arguments or subjects():
        if importlib.util.find_spec("atheris") is not None:
            _atheris(name, seconds)
        else:
            found = subject(name)
            print(
                f"{name}: {by_chance(corpus(name), found.check, seconds, time.time_ns())} inputs, no fault", flush=True
            )


if __name__ == "__main__":
    main(sys.argv[1:])
