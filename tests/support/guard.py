"""What a test may leave behind: nothing. Tasks, threads, child processes, descriptors, files and memory are compared.

How this works. Before a test, and before a module with its fixtures, the guard notes what there is; afterwards it looks
for what is new. Only then does it take its time: what ends by itself within ``GRACE`` has not been left, and neither
has garbage. Tasks are looked at when their loop is closed, which would end them silently. What a test or a fixture of a
wider scope has made before is no matter of this test, and a test that fails is not asked for more.
"""

from __future__ import annotations

import asyncio.runners
import contextlib
import ctypes
import gc
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.stall import memory

#: seconds that something may take to end by itself
GRACE = 5.0
#: threads that belong to the process from their first use on
_LASTING_THREADS = re.compile(
    r"asyncio_\d+$|ThreadPoolExecutor|pytest_timeout|loading$|execnet|files_\d+$|pstui winrm$"
)
#: descriptors that belong to the process from their first use on
_LASTING_FILES = re.compile(
    r"/dev/(null|urandom|random|tty|pts/\d+)$|\.(so|pyc|py|zip)\b|/pytest-[^/]*/\S*capture|memfd:"
)
#: the tests that are looked at: those of the screen end as the program does, with sessions open
LOOKED_AT = "tests/backends/"
#: folders that pytest keeps, and those of a login that is given up, which a thread removes
_KEPT = re.compile(r"/pytest-of-|/garbage-|/pstui-ssh-")
_FILES = Path("/proc/self/fd")
#: Bytes that a process may have more than before: what is loaded with a first use stays, what a flood has filled goes.
_MEMORY = 128 << 20


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not _LASTING_THREADS.match(thread.name)}


def _children() -> dict[int, str]:
    """Return the child processes, zombies too, with their command lines."""
    found: dict[int, str] = {}
    for thread in Path("/proc/self/task").glob("*/children"):
        try:
            for number in thread.read_text().split():
                found[int(number)] = Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")[:200] or "(ended)"
        except OSError:
            continue
    return found


def _descriptors() -> dict[int, str]:
    found: dict[int, str] = {}
    for name in os.listdir(_FILES):  # noqa: PTH208  numbers, before a path is made of each
        if int(name) < 3:
            continue  # pytest exchanges them
        try:
            target = str((_FILES / name).readlink())
        except OSError:
            continue
        if not _LASTING_FILES.search(target):
            found[int(name)] = target
    return found


@dataclass
class _Made:
    """What this process has made so far and can be told only while it is made."""

    folders: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


_made = _Made()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("tempfile.mkstemp", "tempfile.mkdtemp"):
        _made.folders.append(str(arguments[0]))


def install() -> None:
    """Listen to what can be told only while it happens. Once for the process."""
    sys.addaudithook(_hear)
    runners: Any = asyncio.runners
    cancel: Callable[[asyncio.AbstractEventLoop], None] = runners._cancel_all_tasks

    def noted(loop: asyncio.AbstractEventLoop) -> None:
        if os.environ.get("PYTEST_CURRENT_TEST", "").startswith(LOOKED_AT):
            until = time.monotonic() + GRACE
            while (left := asyncio.all_tasks(loop)) and time.monotonic() < until:
                loop.run_until_complete(asyncio.wait(left, timeout=0.05))
            _made.tasks += [f"{task.get_name()} in {_where(task)}" for task in left]
        cancel(loop)

    runners._cancel_all_tasks = noted


def _where(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    place = f" at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    return f"{getattr(task.get_coro(), '__qualname__', task.get_coro())}{place}"


def _give_back() -> None:
    """Let the C library hand back memory that nobody uses, where it can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Before:
    """What there is before a test."""

    def __init__(self) -> None:
        self.threads, self.children, self.descriptors = _threads(), _children(), _descriptors()
        self.folders, self.tasks = len(_made.folders), len(_made.tasks)
        self.memory = memory()
        self.allowed: set[str] = set()

    def allow(self, earlier: Before) -> None:
        """Take for given what has come since ``earlier``: a fixture of a wider scope has made it."""
        now = Before()
        self.threads |= now.threads - earlier.threads
        self.children |= {key: value for key, value in now.children.items() if key not in earlier.children}
        self.descriptors |= {
            key: value for key, value in now.descriptors.items() if earlier.descriptors.get(key) != value
        }
        self.allowed |= {*_made.folders[earlier.folders :]}
        self.memory += max(now.memory - earlier.memory, 0)

    def look_away_from_sockets(self) -> None:
        """Take the connections that there are now for given."""
        self.descriptors |= {number: to for number, to in _descriptors().items() if to.startswith("socket:")}

    def told(self) -> None:
        """Say nothing more of tasks: each test has been told of its own."""
        self.tasks = len(_made.tasks)

    def left(self) -> list[str]:
        """Return what is new, once it has had its time."""
        found = [f"the task {name}" for name in _made.tasks[self.tasks :]]
        if found:
            return found  # that does not go by itself
        until = time.monotonic() + GRACE
        collected = False
        while (found := self._left()) and time.monotonic() < until:
            if not collected:
                gc.collect()
                _give_back()
                collected = True
            else:
                time.sleep(0.02)
        return found

    def _left(self) -> list[str]:
        found = [f"the thread {thread.name}" for thread in _threads() - self.threads if thread.is_alive()]
        children = _children()
        found += [f"the process {number}: {children[number]}" for number in children.keys() - self.children.keys()]
        now = _descriptors()
        new = [number for number in now if self.descriptors.get(number) != now[number]]
        found += [f"the descriptor {number}: {now[number]}" for number in new]
        made = [path for path in _made.folders[self.folders :] if path not in self.allowed and not _KEPT.search(path)]
        found += [f"the temporary file {path}" for path in made if os.path.lexists(path)]
        if (more := memory() - self.memory) > _MEMORY:
            found.append(f"{more >> 20} MiB of memory")
        return found


#: what there was before the test at hand, and before its module
tests: list[Before] = []
modules: dict[Any, Before] = {}


@contextlib.contextmanager
def outliving(*, the_module: bool = False) -> Iterator[None]:
    """Take what is made in the block for given: it outlives the test, or the module too."""
    earlier = Before()
    yield
    for before in (*tests, *(modules.values() if the_module else ())):
        before.allow(earlier)
