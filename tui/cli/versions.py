"""What ``pstui --version -v`` prints: what a report of a fault needs to name."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pstui.backends.extras import DISTRIBUTION, made_by, requirements
from pstui.backends.version import VERSION

_MADE_BY = {"pipx": "by pipx", "uv": "by uv", "zipapp": "as a single file, unpacked", "pip": ""}


def versions() -> str:
    """Return pstui, Python, the system and every library that pstui declares, a line each."""
    rows = [("Python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}")]
    rows.append(
        ("system", " ".join(filter(None, (platform.system(), platform.release(), platform.machine(), _libc()))))
    )
    rows += _libraries()
    width = max(len(name) for name, _ in rows)
    how = " ".join(filter(None, ("installed", _MADE_BY[made_by()], "in", str(Path(__file__).parents[2]))))
    return "\n".join([f"pstui {VERSION}, {how}", *(f"{name:{width}}  {said}" for name, said in rows)]) + "\n"


def _libc() -> str:
    return "-".join(filter(None, platform.libc_ver())) if sys.platform == "linux" else ""


def _libraries() -> Iterator[tuple[str, str]]:
    """Yield each library with its version; those of the extras for its own development are left out."""
    declared = requirements()
    if not declared:
        yield "libraries", f"unknown: there is no metadata of {DISTRIBUTION} here"
    for requirement, extra in declared:
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if extra in ("test", "check", "docs", "package"):
            continue
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, f"not installed (extra {extra})" if extra else "not installed"
