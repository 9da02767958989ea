"""Real containers: a Podman store of the tests' own, and an image whose ``pwsh`` is the demo endpoint of this tree.

The base system is bootstrapped once a machine and kept under the user's cache; the endpoint is laid over it at each
run, so that it is always the one of this tree. Everything lives in that store and nothing of the user's is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psrpcore
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet

from tests.support.parts import missing, program, requires

#: the packages of the base image; a change of the list makes a new one
PACKAGES = ("python3-minimal", "python3", "python3-cffi-backend", "python3-cryptography", "python3-venv", "make", "git")
SUITE = "bookworm"
BASE, PLAIN, IMAGE, USER = "pstui-base:3", "pstui-plain:1", "pstui-demo:1", "tester"
#: seconds for the bootstrap, and for any one command of the engine
BOOTSTRAP, COMMAND = 900.0, 60.0
#: limits that a container may have even where the tests run in a container themselves
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--network", "none")

ROOT = Path(__file__).resolve().parent.parent.parent

_PWSH = """\
#!/bin/sh
printf '%s\\n' "$@" > /tmp/pwsh-arguments-$(id -u)
cd
exec python3 -m pstui.backends.demo.server.stdio
"""

_CONTAINERFILE = f"""\
FROM {BASE}
COPY psrpcore /usr/lib/python3/dist-packages/psrpcore
COPY backends /usr/lib/python3/dist-packages/pstui/backends
COPY pwsh /usr/bin/pwsh
ENV HOME=/tmp
USER {USER}
CMD ["sleep", "3600"]
"""


def cache() -> Path:
    """Return the folder kept between runs: PSTUI_TEST_CACHE, or one in the cache of the user, not of the test."""
    given = os.environ.get("PSTUI_TEST_CACHE")
    return Path(given) if given else Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "pstui-tests"


class Podman:
    """The engine with its own store."""

    def __init__(self) -> None:
        store = cache() / "podman"
        # Paths of sockets are short: the running state does not fit into a deep folder.
        run = Path(tempfile.gettempdir()) / f"pstui-podman-{os.getuid()}"
        self.command = (
            program("podman"),
            "--runtime",
            "runc",
            "--cgroup-manager",
            "cgroupfs",
            "--events-backend",
            "file",
            "--root",
            str(store),
            "--runroot",
            str(run),
            "--tmpdir",
            str(run / "tmp"),
        )

    def __call__(self, *arguments: str, timeout: float = COMMAND, check: bool = True, **options: Any) -> str:
        """Run one command and return its output."""
        done = subprocess.run(
            [*self.command, *arguments],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )
        if check and done.returncode:
            raise RuntimeError(f"podman {' '.join(arguments)}: {done.stderr.strip()}")
        return str(done.stdout)

    def has(self, image: str) -> bool:
        return subprocess.run([*self.command, "image", "exists", image], check=False, timeout=COMMAND).returncode == 0

    def run(self, name: str = "", image: str = IMAGE, *more: str) -> str:
        """Start a container and return its id."""
        name = name or f"t{uuid.uuid4().hex[:12]}"
        return self("run", "--detach", "--name", name, *LIMITS, *more, image).strip()

    def remove(self, *containers: str) -> None:
        with contextlib.suppress(RuntimeError):
            self("rm", "--force", "--time", "0", *containers)

    def state(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("inspect", "--format", "{{json .State}}", container))
        return found

    async def later(self, *arguments: str) -> None:
        """Run a command beside the test's own loop."""
        await asyncio.to_thread(self, *arguments)

    def info(self, container: str, **values: Any) -> ConnectionInfo:
        """Return the connection to a container of this store."""
        return ConnectionInfo(ParameterSet.CONTAINER_ID, {"ContainerId": container, "Engine": self.command, **values})


def _bootstrap(podman: Podman, folder: Path) -> None:
    """Make the base image: a minimal system with Python, its documentation left out."""
    tree = folder / "tree"
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(tree)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOOTSTRAP, check=False
        )
    finally:
        # A bootstrap that is cut short leaves them mounted, and the folder is about to be removed with all it holds.
        for mounted in (tree / "proc", tree / "sys"):
            if mounted.is_mount():
                subprocess.run(["umount", "--lazy", str(mounted)], check=False, timeout=COMMAND)
    if done.returncode:
        raise RuntimeError(f"debootstrap failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    for unneeded in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(tree / unneeded, ignore_errors=True)
    with (tree / "etc/passwd").open("a") as users:
        users.write(f"{USER}:x:1234:1234::/tmp:/bin/sh\n")
    with (tree / "etc/group").open("a") as groups:
        groups.write(f"{USER}:x:1234:\n")
    with subprocess.Popen(["tar", "-C", str(tree), "-c", "."], stdout=subprocess.PIPE) as tar:
        podman("import", "-", BASE, timeout=BOOTSTRAP, stdin=tar.stdout)


def _lay_over(podman: Podman, folder: Path) -> None:
    """Make the images of this tree's endpoint, and of a system without any PowerShell."""
    site = Path(psrpcore.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(site, folder / "psrpcore", ignore=ignore)
    shutil.copytree(ROOT / "backends", folder / "backends", ignore=ignore)
    (folder / "pwsh").write_text(_PWSH)
    (folder / "pwsh").chmod(0o755)
    (folder / "Containerfile").write_text(_CONTAINERFILE)
    podman("build", "--isolation", "chroot", "--quiet", "--tag", IMAGE, str(folder), timeout=BOOTSTRAP)
    (folder / "Containerfile").write_text(f'FROM {BASE}\nUSER {USER}\nCMD ["sleep", "3600"]\n')
    (folder / ".containerignore").write_text("*\n!Containerfile\n")
    podman("build", "--isolation", "chroot", "--quiet", "--tag", PLAIN, str(folder), timeout=BOOTSTRAP)
    podman("image", "prune", "--force", check=False)


@contextlib.contextmanager
def alone() -> Iterator[Podman]:
    """Have the store to oneself, its images made and no container in it. Raises RuntimeError."""
    podman = Podman()
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "podman.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        podman.remove("--all")
        if not podman.has(BASE):
            with tempfile.TemporaryDirectory(prefix="pstui-base-") as folder:
                _bootstrap(podman, Path(folder))
        with tempfile.TemporaryDirectory(prefix="pstui-image-") as folder:
            _lay_over(podman, Path(folder))
        try:
            yield podman
        finally:
            podman.remove("--all")


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """The engine for one module, which has its store to itself. Import the name to use it."""
    if sys.platform != "linux":
        missing("podman", "these tests need Linux")
    requires("podman", ("podman", "runc", "debootstrap", "tar"))
    if os.getuid() != 0:
        missing("podman", "making its image needs root")
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(alone())
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            missing("podman", f"its image could not be made: {error}")
            raise
        yield engine


if __name__ == "__main__":
    with alone():
        pass
