"""What a tab keeps of its file screen while that is closed: both file systems and the queue of copies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pstui.backends.files.base import FileSystem
from pstui.backends.files.local import LocalFiles
from pstui.backends.files.opening import open_files
from pstui.backends.files.queue import CopyQueue, Job, JobState
from pstui.backends.files.transfer import Answer, Conflict
from pstui.backends.sessions.location import location
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.pane.pane import Pane

#: seconds that are waited for a session that is busy, to ask where it is
WAITS = 1.0


class Desk:
    """The files of one tab. ``changed`` is called when a job or a question has come or gone."""

    def __init__(self, pane: Pane, manager: SessionManager) -> None:
        self.pane = pane
        self._manager = manager
        self.near = LocalFiles()
        self.far: FileSystem | None = None
        #: the folders that were shown last, here and there
        self.near_folder = self.far_folder = ""
        self.queue = CopyQueue(self._ask, self._job_changed)
        #: the file that is asked about, None while none is
        self.conflict: Conflict | None = None
        self.changed: Callable[[], None] = lambda: None
        #: is told a job that has ended
        self.ended: Callable[[Job], None] = lambda job: None
        self._answer: asyncio.Future[Answer] | None = None

    async def open(self) -> FileSystem:
        """Return the files of the tab's session, opened the first time and after they were lost. Raises PstuiError."""
        session = self.pane.session
        if self.far is None:
            info = self.pane.info if session is None else session.info
            self.far = await open_files(info, self.pane.console, self._manager)
        return self.far

    async def place(self) -> str:
        """Return the folder that the session is in, empty where that is not to be had."""
        return await location(self.pane.session, waits=WAITS) if self.pane.session is not None else ""

    async def reopen(self) -> FileSystem:
        """Let go of files that were lost, and open them anew. Raises PstuiError."""
        far, self.far = self.far, None
        if far is not None:
            await far.close()
        return await self.open()

    async def _ask(self, conflict: Conflict) -> Answer:
        self._answer = asyncio.get_running_loop().create_future()
        self.conflict = conflict
        self._show()
        try:
            return await self._answer
        finally:
            self.conflict = None
            self._show()

    def answer(self, answer: Answer) -> None:
        """Answer what is asked."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _job_changed(self, job: Job) -> None:
        self._show()
        if job.is_over:
            self.ended(job)

    def _show(self) -> None:
        """Say on the tab what the queue does."""
        current = self.queue.current
        if self.conflict is not None:
            badge = "⇄?"
        elif any(job.state is JobState.FAILED for job in self.queue.jobs):
            badge = "⇄✗"
        else:
            badge = "⇄" if current is not None else ""
        self.pane.files_badge = badge
        self.changed()

    async def close(self) -> None:
        """Give the copies up and the files back."""
        self.changed, self.ended = (lambda: None), (lambda job: None)
        await self.queue.close()
        if self.far is not None:
            await self.far.close()
        await self.near.close()
