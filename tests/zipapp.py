"""Make the single file: python -m tests.zipapp [FILE], by default dist/pstui.pyz. ``make zipapp`` runs it.

What pip installs of this folder goes into it, with the libraries, for the Python that makes it and for its system:
some libraries are compiled. ``EXTRAS`` of the environment names extras, separated by commas. At the end its start is
timed beside that of the pstui installed here.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from pstui.backends.extras import ZIPAPP_FILE
from pstui.tui.cli import zipapp

from tests.support.clean_copy import clean_copy
from tests.support.paths import ROOT

#: the time of every file in the archive: the same content makes the same file
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def fill(folder: Path, source: Path, extras: str) -> None:
    """Install the pstui of a folder of its source, and its libraries, into another."""
    wanted = f"{source}[{extras}]" if extras else str(source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(folder), wanted]
    subprocess.run(command, check=True)


def write(site: Path, file: Path) -> str:
    """Write the archive of a folder of libraries, and return the digest of what is in it."""
    (site / ZIPAPP_FILE).touch()
    found = sorted(path for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc")
    found = [path for path in found if path.relative_to(site).parts[0] not in ("bin", "share")]
    content = [(path.relative_to(site).as_posix(), path.read_bytes()) for path in found]
    sums = hashlib.sha256()
    for name, data in content:
        sums.update(f"{name}\0{len(data)}\0".encode() + data)
    digest = sums.hexdigest()[:32]
    told = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}"
    values = ", ".join(repr(value) for value in (digest, zipapp.this_python(), told))
    main = f"{inspect.getsource(zipapp)}\n\nif __name__ == '__main__':\n    sys.exit(start(sys.argv[0], {values}))\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in [("__main__.py", main.encode()), *((f"{zipapp.SITE}/{n}", d) for n, d in content)]:
                entry = zipfile.ZipInfo(name, _LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, data)
    file.chmod(0o755)
    return digest


def seconds(*command: str, environ: dict[str, str]) -> float:
    """Return the least time of five starts."""
    taken = []
    for _ in range(5):
        before = time.perf_counter()
        subprocess.run([*command, "--version"], check=True, stdout=subprocess.DEVNULL, env=environ)
        taken.append(time.perf_counter() - before)
    return min(taken)


def main() -> int:
    """Make the file, and say its size and how long it takes to start."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "pstui.pyz"
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder, "site"), clean_copy(Path(folder, "source")), os.environ.get("EXTRAS", ""))
        digest = write(Path(folder, "site"), file)
        environ = {**os.environ, "PSTUI_CACHE": str(Path(folder, "cache"))}
        before = time.perf_counter()
        subprocess.run([sys.executable, str(file), "--version"], check=True, env=environ)
        first = time.perf_counter() - before
        later = seconds(sys.executable, str(file), environ=environ)
        own = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        installed = seconds(shutil.which("pstui", path=own) or "pstui", environ=environ)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB, content {digest}, for {zipapp.this_python()}")
    print(f"--version: the first time {first:.1f} s, then {later * 1000:.0f} ms; installed {installed * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
