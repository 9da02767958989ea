"""Copies that wait for one another in the background: each can be paused, given up and tried again."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pstui.backends.errors import PstuiError
from pstui.backends.files.base import FileSystem
from pstui.backends.files.options import Options
from pstui.backends.files.plan import Outcome, State
from pstui.backends.files.transfer import Ask, Progress, Transfer


class JobState(enum.Enum):
    """Where a copy stands; the value is its word."""

    WAITING = "waits"
    RUNNING = "copies"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(slots=True, eq=False)
class Job:
    """One copy of the queue. ``error`` says why it ended early, ``failures`` what was not copied."""

    source: FileSystem
    destination: FileSystem
    paths: Sequence[str]
    to: str
    options: Options
    state: JobState = JobState.WAITING
    error: str = ""
    failures: list[Outcome] = field(default_factory=list)
    transfer: Transfer | None = None

    @property
    def progress(self) -> Progress | None:
        """How far it is, None before it began."""
        return None if self.transfer is None else self.transfer.progress

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it unless it is tried again."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.STOPPED)


class CopyQueue:
    """Runs one job after the other. ``on_change`` is called when one begins, ends or stands still."""

    def __init__(self, ask: Ask, on_change: Callable[[Job], None]) -> None:
        self.jobs: list[Job] = []
        self._ask, self._on_change = ask, on_change
        self._worker: asyncio.Task[None] | None = None
        self._running: asyncio.Task[Sequence[Outcome]] | None = None

    @property
    def current(self) -> Job | None:
        """The job that copies or is paused."""
        return next((job for job in self.jobs if job.state in (JobState.RUNNING, JobState.PAUSED)), None)

    @property
    def waiting(self) -> int:
        """How many have not begun."""
        return sum(job.state is JobState.WAITING for job in self.jobs)

    def add(self, job: Job) -> None:
        """Put a job at the end, and begin where nothing runs. What ended well before is forgotten."""
        self.jobs = [each for each in self.jobs if each.state is not JobState.DONE]
        self.jobs.append(job)
        self._begin()

    def _begin(self) -> None:
        if self._worker is None or self._worker.done():
            self._worker = asyncio.ensure_future(self._work())

    def pause(self, job: Job) -> None:
        """Let a job stand still, or go on."""
        if job.transfer is None or job.is_over:
            return
        if job.transfer.is_paused:
            job.transfer.go_on()
            job.state = JobState.RUNNING
        else:
            job.transfer.pause()
            job.state = JobState.PAUSED
        self._on_change(job)

    def cancel(self, job: Job) -> None:
        """Give a job up; the beginning of a file stays, to be gone on with."""
        if job is self.current and self._running is not None:
            self._running.cancel()
        elif not job.is_over:
            job.state = JobState.STOPPED
            self._on_change(job)

    def retry(self, job: Job) -> None:
        """Put a job that failed or was given up at the end; what is there already is not sent again."""
        if job.is_over and job.state is not JobState.DONE:
            self.jobs.remove(job)
            options = replace(job.options, forces=False)
            self.add(Job(job.source, job.destination, job.paths, job.to, options))

    def forget(self, job: Job) -> None:
        """Take a job that is over off the list."""
        if job.is_over and job in self.jobs:
            self.jobs.remove(job)

    async def close(self) -> None:
        """Give everything up."""
        for job in self.jobs:
            self.cancel(job)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        while (job := next((each for each in self.jobs if each.state is JobState.WAITING), None)) is not None:
            job.state = JobState.RUNNING
            job.transfer = transfer = Transfer(job.source, job.destination, job.options, ask=self._ask)
            self._on_change(job)
            self._running = running = asyncio.ensure_future(transfer.run(job.paths, job.to))
            try:
                await asyncio.wait({running})
            finally:
                running.cancel()
                await asyncio.wait({running})
            self._ended(job, running)

    def _ended(self, job: Job, running: asyncio.Task[Sequence[Outcome]]) -> None:
        self._running = None
        assert job.transfer is not None
        job.failures = [each for each in job.transfer.outcomes if each.state is State.FAILED]
        if running.cancelled():
            job.state = JobState.STOPPED
        elif (error := running.exception()) is not None:
            job.state = JobState.FAILED
            job.error = error.text() if isinstance(error, PstuiError) else type(error).__name__
        else:
            job.state = JobState.FAILED if job.failures else JobState.DONE
            job.error = job.failures[0].text if job.failures else ""
        self._on_change(job)
