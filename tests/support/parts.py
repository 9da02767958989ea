"""Parts of the system that some tests need (sshd, tmux, podman, …): skipped with the reason when one is missing.

Where a part is promised, its absence is a failure: the environment variable ``PSTUI_REQUIRE`` names such parts,
separated by commas.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

#: programs that stand outside the PATH of ordinary users
EXTRA_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def program(name: str) -> str:
    """Return the path of a program, looked for on the PATH and where system programs stand, or ``""``."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *EXTRA_FOLDERS])
    return shutil.which(name, path=path) or ""


def is_required(part: str) -> bool:
    """Return whether ``PSTUI_REQUIRE`` names the part."""
    return part in {name.strip() for name in os.environ.get("PSTUI_REQUIRE", "").split(",")}


def missing(part: str, reason: str) -> None:
    """Skip the running test because ``part`` is missing, or fail it when the part is required."""
    if is_required(part):
        pytest.fail(f"{part} is required by PSTUI_REQUIRE, but {reason}", pytrace=False)
    pytest.skip(f"{part}: {reason}")


def requires(part: str, programs: Iterable[str] = ()) -> str:
    """Return the path of the first program a part consists of (by default one of its own name).

    When one of the programs is missing the running test is skipped, or failed if the part is required.
    """
    paths = {name: program(name) for name in (tuple(programs) or (part,))}
    absent = [name for name, path in paths.items() if not path]
    if absent:
        missing(part, f"{', '.join(absent)} is not installed here")
    return str(Path(next(iter(paths.values()))))
