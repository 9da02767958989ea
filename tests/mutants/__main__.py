"""``python -m tests.mutants [WORD …]``: each planted fault, or those whose words are given, in a copy of the tree.

Prints a table and ends with 1 when the tests it names let a fault live, or fail without one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.edits import EDITS, Edit
from tests.support.paths import ROOT

#: seconds for the tests of one fault; one that makes them hang is caught, too
LIMIT = 300.0
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".mypy_cache", ".ruff_cache", ".pytest_cache", "screenshots")


def copied(folder: Path) -> Path:
    """Return a copy of the tree that runs by itself."""
    copy = folder / "copy"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT, symlinks=True)
    rooms = copy / ".rooms" / "pstui"
    rooms.mkdir(parents=True)
    for room in ("tui", "backends", "config"):
        (rooms / room).symlink_to(copy / room)
    return copy


def tested(copy: Path, tests: tuple[str, ...]) -> tuple[str, list[str]]:
    """Run tests in the copy; return how they ended, and which failed."""
    environment = {**os.environ, "PYTHONPATH": f"{copy / '.rooms'}{os.pathsep}{copy}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "-p", "no:cacheprovider", "--timeout", "60"]
    try:
        done = subprocess.run(
            [*command, *(f"tests/{test}" for test in tests)],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "hung", []
    failed = re.findall(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    # 1 says that tests failed; anything else that they did not run
    return {0: "passed", 1: "failed"}.get(
        done.returncode, f"ended with {done.returncode}: {done.stdout[-300:]}"
    ), failed


def tried(copy: Path, edit: Edit) -> tuple[bool, str]:
    """Apply a fault, run its tests, take it back; return whether it was caught, and by what."""
    file = copy / edit.file
    text = file.read_text(encoding="utf-8")
    assert text.count(edit.old) >= 1, f"{edit.file} does not hold: {edit.old}"
    file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    try:
        end, failed = tested(copy, edit.tests)
    finally:
        file.write_text(text, encoding="utf-8")
    return end in ("failed", "hung"), failed[0] if failed else end


def main(words: list[str]) -> int:
    """Try the faults; return the exit code."""
    survived = 0
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        copy = copied(Path(folder))
        for edit in EDITS:
            if words and not any(word in edit.what for word in words):
                continue
            began = time.monotonic()
            caught, by = tried(copy, edit)
            survived += not caught
            print(
                f"{'caught' if caught else 'ALIVE ':<7} {edit.what:<62} {time.monotonic() - began:4.0f} s  {by}",
                flush=True,
            )
        every = tuple(dict.fromkeys(test for edit in EDITS for test in edit.tests)) if not words else ()
        end, failed = tested(copy, every) if every else ("passed", [])
    if end != "passed":
        print(f"without a fault the tests end thus: {end} {failed}")
    print(f"{survived} of {len(EDITS)} planted faults live" if survived else "no planted fault lives")
    return 1 if survived or end != "passed" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
