"""``make test`` on a machine with Python, make and git, and nothing else: ``python -m tests.support.bare [PYTHON]``.

PYTHON is an interpreter of this computer to use there, with its whole installation, instead of the base system's own.
A container of the base system that ``tests/support/podman.py`` bootstraps, without a network. It gets a clone of this
tree's last commit, and a folder of the packages to install, which this computer's own pip fetches: so pip finds here
what it finds outside, however it is configured, and nothing of that configuration has to be known.
"""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.podman import BASE, LIMITS, alone

#: the Python of the base system, and the platforms whose wheels it takes, newest first
OWN = "3.11"
PLATFORMS = [f"{kind}_{platform.machine()}" for kind in ("manylinux_2_34", "manylinux_2_28", "manylinux2014")]
#: seconds for fetching the packages, and for the tests
FETCH, TESTS = 300.0, 1100.0


def requirements() -> list[str]:
    """Return what ``make test`` installs, its build system included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed: list[str] = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    return needed + list(project["project"]["optional-dependencies"]["test"])


def installation(python: str) -> tuple[Path, str]:
    """Return the folder a Python of this computer is installed in, and its version as ``3.12``."""
    ask = "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2], sep='\\n')"
    told = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True, timeout=FETCH).stdout
    folder, version = told.splitlines()
    return Path(folder), version


def fetch(folder: Path, version: str) -> None:
    """Let this computer's pip fetch the packages as wheels for the base system and a version of Python."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--dest", str(folder), "--only-binary", ":all:", "--python-version", version]
    command += [part for name in PLATFORMS for part in ("--platform", name)]
    subprocess.run([*command, *requirements()], check=True, timeout=FETCH)


def main(arguments: list[str]) -> int:
    """Run ``make test``, with the Python that the first argument names if there is one; returns its exit code."""
    make, volumes, version = ["make", "test"], [], OWN
    if arguments:
        prefix, version = installation(arguments[0])
        volumes = ["--volume", f"{prefix}:{prefix}:ro"]
        make.append(f"PYTHON={prefix / 'bin' / f'python{version}'}")
    with tempfile.TemporaryDirectory(prefix="pstui-bare-") as name, alone() as podman:
        packages, tree = Path(name) / "packages", Path(name) / "pstui"
        fetch(packages, version)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(tree)], check=True, timeout=FETCH)
        settings = ("--env", "PIP_NO_INDEX=1", "--env", "PIP_FIND_LINKS=/packages", "--env", "HOME=/root")
        volumes += ["--volume", f"{packages}:/packages:ro", "--volume", f"{tree}:/pstui", "--workdir", "/pstui"]
        command = [*podman.command, "run", "--rm", "--init=false", *LIMITS, *settings, *volumes, BASE]
        run = shlex.join(make)
        # As the build server does: what failed must pass alone.
        again = f"{run} JOBS=0 ARGS='--last-failed --last-failed-no-failures none'"
        return subprocess.run([*command, "sh", "-c", f"{run} || {again}"], check=False, timeout=TESTS).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
