"""Make the wheel and the sdist, look what is in them, and install: python -m tests.packages. ``make wheel`` runs it.

Both are made of a clean copy, into dist/. Then a wheel made of the sdist must be the same as the one made of the copy,
hold every file of the rooms and what belongs into ``share``, and run where it is installed into an empty environment
with what pip finds for it. Asks for the extra ``package``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path, PurePosixPath

from pstui.backends.version import VERSION

from tests.support.clean_copy import clean_copy
from tests.support.paths import ROOT

ROOMS = ("tui", "backends", "config")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def build(source: Path, kind: str, folder: Path) -> Path:
    """Build "wheel" or "sdist" of a folder, and return the file."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


def content(wheel: Path) -> dict[str, str]:
    """Return the names in a wheel with the digests of what they hold."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def expected(source: Path) -> dict[str, str]:
    """Return what of a clean copy belongs into the wheel: name there, and digest."""
    found = {
        PurePosixPath("pstui", path.relative_to(source).as_posix()): path
        for room in ROOMS
        for path in (source / room).rglob("*")
        if path.is_file()
    }
    data = PurePosixPath(f"{PROJECT['project']['name'].replace('-', '_')}-{VERSION}.data/data")
    for folder, names in PROJECT["tool"]["setuptools"]["data-files"].items():
        found |= {data / folder / Path(name).name: source / name for name in names}
    return {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}


def differences(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return what two contents do not have in common, in words."""
    names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    return [
        f"{name}: {'missing' if name not in found else 'too much' if name not in wanted else 'another content'}"
        for name in names
    ]


def installed(wheel: Path, folder: Path) -> list[str]:
    """Install a wheel into an empty environment, run it there, and return what is wrong."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    wrong = [
        f"{place} is not installed"
        for place, names in PROJECT["tool"]["setuptools"]["data-files"].items()
        for name in names
        if not (folder / place / Path(name).name).exists()
    ]
    home = folder / "home"
    home.mkdir()
    (home / "some.toml").write_text("[hosts.here]\ndemo = true\n", encoding="utf-8")
    environ = {**os.environ, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    environ.pop("PYTHONPATH", None)
    for arguments, said in (
        (("--version", "-v"), "textual"),
        (("--check",), "profiles.toml"),
        (("--config", "some.toml", "icm", "here", "-ScriptBlock", "6 * 7"), "42"),
    ):
        command = [programs / "pstui", *arguments]
        with Path(os.devnull).open() as silent:
            done = subprocess.run(
                command, stdin=silent, capture_output=True, text=True, check=False, env=environ, cwd=home, timeout=120
            )
        if done.returncode or said not in done.stdout + done.stderr:
            wrong.append(f"pstui {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return wrong


def main() -> int:
    """Make both, look, install; the exit code is the number of faults."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = clean_copy(folder / "source")
        wanted = expected(source)
        sdist = build(source, "sdist", folder / "sdist")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        wheel = build(next((folder / "unpacked").iterdir()), "wheel", folder / "wheel")
        direct = build(clean_copy(folder / "again"), "wheel", folder / "direct")
        own = {name: digest for name, digest in content(wheel).items() if ".dist-info/" not in name}
        wrong = [f"the wheel: {one}" for one in differences(wanted, own)]
        wrong += [f"made of the clone: {one}" for one in differences(content(wheel), content(direct))]
        wrong += installed(wheel, folder / "empty")
        (ROOT / "dist").mkdir(exist_ok=True)
        for made in (sdist, wheel):
            print(f"dist/{Path(shutil.copy(made, ROOT / 'dist')).name}: {made.stat().st_size / 1e6:.1f} MB")
    for one in wrong:
        print(one, file=sys.stderr)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
