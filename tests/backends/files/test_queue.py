"""The queue: one copy after the other, paused, given up, tried again; and whole folders removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pstui.backends.files.base import Pieces
from pstui.backends.files.changes import remove_all
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.options import Options
from pstui.backends.files.queue import CopyQueue, Job, JobState
from pstui.backends.files.transfer import nobody


class Held(LocalFiles):
    """Files whose content waits for ``may_go_on``."""

    def __init__(self, here: str) -> None:
        super().__init__(here)
        self.may_go_on = asyncio.Event()

    async def read(self, path: str, offset: int, length: int) -> Pieces:
        async for piece in super().read(path, offset, length):
            await self.may_go_on.wait()
            yield piece


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Held]:
    found = Held(str(tmp_path))
    for name in "ab":
        (tmp_path / name).write_text(name)
    (tmp_path / "to").mkdir()
    yield found
    found.may_go_on.set()
    await found.close()


class Watched:
    """A queue, and waiting for what becomes of it."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.queue = CopyQueue(nobody, lambda job: self._changed.set())

    async def until(self, seen: Callable[[], bool]) -> None:
        while not seen():
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 20)


def job(files: LocalFiles, *paths: str, to: str = "to") -> Job:
    return Job(files, files, paths, to, Options())


async def test_one_after_the_other(files: Held, tmp_path: Path) -> None:
    watched = Watched()
    first, second = job(files, "a"), job(files, "b")
    watched.queue.add(first)
    watched.queue.add(second)
    await watched.until(lambda: first.state is JobState.RUNNING)
    assert (watched.queue.current, watched.queue.waiting) == (first, 1)
    files.may_go_on.set()
    await watched.until(lambda: second.state is JobState.DONE)
    assert first.state is JobState.DONE
    assert (tmp_path / "to" / "a").exists() and (tmp_path / "to" / "b").exists()


async def test_given_up_and_tried_again(files: Held, tmp_path: Path) -> None:
    watched = Watched()
    first = job(files, "a")
    watched.queue.add(first)
    await watched.until(lambda: first.state is JobState.RUNNING)
    watched.queue.cancel(first)
    await watched.until(lambda: first.state is JobState.STOPPED)
    assert not (tmp_path / "to" / "a").exists()
    files.may_go_on.set()
    watched.queue.retry(first)
    (again,) = watched.queue.jobs
    await watched.until(lambda: again.state is JobState.DONE)
    assert (tmp_path / "to" / "a").read_text() == "a"


async def test_paused_and_gone_on_with(files: Held, tmp_path: Path) -> None:
    watched = Watched()
    first = job(files, "a")
    watched.queue.add(first)
    await watched.until(lambda: first.state is JobState.RUNNING)
    watched.queue.pause(first)
    assert first.state is JobState.PAUSED
    files.may_go_on.set()
    watched.queue.pause(first)
    await watched.until(lambda: first.state is JobState.DONE)


async def test_one_that_waits_is_given_up_at_once(files: Held) -> None:
    watched = Watched()
    first, second = job(files, "a"), job(files, "b")
    watched.queue.add(first)
    watched.queue.add(second)
    watched.queue.cancel(second)
    assert second.state is JobState.STOPPED
    await watched.queue.close()
    assert first.state in (JobState.STOPPED, JobState.WAITING)


async def test_what_fails_says_why(files: Held, tmp_path: Path) -> None:
    watched = Watched()
    for wrong in (job(files, "missing"), job(files, "a", "b", to="nowhere")):
        watched.queue.add(wrong)
        await watched.until(lambda wrong=wrong: wrong.state is JobState.FAILED)
        assert wrong.error


async def test_a_tree_is_removed_and_no_link_gone_through(files: Held, tmp_path: Path) -> None:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "sub" / "file").touch()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "to")
    (tmp_path / "to" / "kept").touch()
    await remove_all(files, "tree")
    assert not (tmp_path / "tree").exists()
    assert (tmp_path / "to" / "kept").exists()
