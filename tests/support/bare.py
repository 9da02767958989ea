"""``make test`` on a machine with Python, make and git, and nothing else: ``python -m tests.support.bare``.

A container of the base system that ``tests/support/podman.py`` bootstraps, without a network. It gets a clone of this
tree's last commit, and a folder of the packages to install, which this computer's own pip fetches: so pip finds here
what it finds outside, however it is configured, and nothing of that configuration has to be known.
"""

from __future__ import annotations

import platform
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


def fetch(folder: Path) -> None:
    """Let this computer's pip fetch the packages as wheels for the base system and its Python."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--dest", str(folder), "--only-binary", ":all:", "--python-version", OWN]
    command += [part for name in PLATFORMS for part in ("--platform", name)]
    subprocess.run([*command, *requirements()], check=True, timeout=FETCH)


def main() -> int:
    """Run ``make test`` there; returns its exit code."""
    with tempfile.TemporaryDirectory(prefix="pstui-bare-") as name, alone() as podman:
        packages, tree = Path(name) / "packages", Path(name) / "pstui"
        fetch(packages)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(tree)], check=True, timeout=FETCH)
        settings = ("--env", "PIP_NO_INDEX=1", "--env", "PIP_FIND_LINKS=/packages", "--env", "HOME=/root")
        volumes = ["--volume", f"{packages}:/packages:ro", "--volume", f"{tree}:/pstui", "--workdir", "/pstui"]
        command = [*podman.command, "run", "--rm", "--init=false", *LIMITS, *settings, *volumes, BASE]
        # As the build server does: what failed must pass alone.
        run = "make test || make test JOBS=0 ARGS='--last-failed --last-failed-no-failures none'"
        return subprocess.run([*command, "sh", "-c", run], check=False, timeout=TESTS).returncode


if __name__ == "__main__":
    sys.exit(main())
