"""The log of one tab: takes what happens on the event loop, and has a thread write it.

How this works: each event is put into a queue; the thread of logs, one for the whole program, takes them out and does
all the work (``files.py``). A disk that is slow holds up nothing: what waits is bounded, and what has no room is
counted and said in the log. One that takes nothing more is told once; the session goes on without its log.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from pstui.backends.records import Stream, Write
from pstui.tui.log.files import SAVE, LogFiles
from pstui.tui.log.place import About, Keeping

#: characters that may wait for the disk
MOST_WAITING = 16 << 20


class LogThread:
    """Does the work of all logs, one after the other. A daemon: a disk that hangs does not hold up the end."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended = False
        #: logs with something that is to be written after a while though nothing else happens
        self.later: set[SessionLog] = set()

    def do(self, work: Callable[[], None]) -> None:
        """Have something done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
            self._thread.start()
        self._work.put(work)

    def stop(self) -> None:
        """Let the thread end after what it has been given."""
        self.do(lambda: setattr(self, "_ended", True))

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, for so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended:
            try:
                work = self._work.get(timeout=SAVE if self.later else None)
            except queue.Empty:
                for log in tuple(self.later):
                    log.drain()
            else:
                work()


class SessionLog:
    """What one tab shows and does. ``about`` says whose session it is, ``tell`` tells a person what went wrong."""

    def __init__(
        self, thread: LogThread, keeping: Keeping, about: Callable[[], About], tell: Callable[[str], None]
    ) -> None:
        self._thread, self._about, self._tell = thread, about, tell
        self._loop, self._context = asyncio.get_running_loop(), contextvars.copy_context()
        self._files = LogFiles(keeping)
        self._events: deque[tuple[Callable[[], None], int, float]] = deque()
        #: whether the thread is to look, nothing is written any more, nothing more is taken, the files know whose it is
        self._due = self._over = self._closed = self._named = False
        #: characters taken, by the loop, and written, by the thread
        self._taken = self._written = 0
        self._lost = 0

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    # -- on the event loop ------------------------------------------------------------------------------------

    def prompted(self, prompt: str) -> None:
        """A prompt is shown."""
        self._put(partial(self._files.prompted, prompt), len(prompt))

    def began(self, line: str, *, runs: bool = True) -> None:
        """A line was typed; one that does not run was cancelled."""
        self._put(partial(self._files.began, line, self._about(), runs=runs), len(line))

    def wrote(self, record: Write) -> None:
        """Text came."""
        if self._taken - self._written > MOST_WAITING:
            self._lost += 1
            return
        if not self._named:
            self._named = True
            self._put(partial(self._files.belongs, self._about()), 0)
        self._put(partial(self._files.wrote, record), len(record.text) + 1)

    def answered(self, question: str, answer: str | None, *, newline: bool = True) -> None:
        """A question was answered; None stands for a secret."""
        self._put(partial(self._files.answered, question, answer, newline=newline), len(question))

    def opened_terminal(self, line: str) -> None:
        """A terminal opens; ``line`` runs in it, or a shell."""
        self._put(partial(self._files.opened_terminal, line, self._about()), len(line))

    def fed(self, data: bytes) -> None:
        """A terminal's program wrote."""
        if self._taken - self._written > MOST_WAITING:
            self._lost += 1
        else:
            self._put(partial(self._files.fed, data), len(data))

    def cleared(self) -> None:
        """The screen was emptied."""
        self._put(self._files.cleared, 0)

    def resized(self, columns: int, rows: int) -> None:
        """What is seen has another size."""
        self._put(partial(self._files.resized, columns, rows), 0)

    def ended(self, outcome: str, exit_code: int | None = None) -> None:
        """A line has run."""
        self._put(partial(self._files.ended, outcome, exit_code), 0)

    async def close(self) -> None:
        """Write the rest and return when it is on the disk."""
        if self._closed:
            return
        done = asyncio.Event()
        self._put(self._files.close, 0)
        self._closed = True
        self._thread.do(lambda: self._on_loop(done.set))
        await done.wait()

    def _put(self, event: Callable[[], None], size: int) -> None:
        if self._over or self._closed:
            return
        if self._lost and self._taken - self._written < MOST_WAITING // 2:
            said = f"[{self._lost} texts are not logged: the disk was too slow]"
            self._lost = 0
            self._events.append((partial(self._files.wrote, Write(said, stream=Stream.NOTICE)), 0, time.monotonic()))
        self._events.append((event, size, time.monotonic()))
        self._taken += size
        if not self._due:
            self._due = True
            self._thread.do(self.drain)

    # -- in the thread of logs --------------------------------------------------------------------------------

    def drain(self) -> None:
        """Write what waits."""
        self._due = False
        try:
            while self._events and not self._over:
                event, size, self._files.now = self._events.popleft()
                self._written += size
                event()
            if not self._over:
                self._files.flush()
        except OSError as error:
            self._fail(f"{error.filename}: " * bool(error.filename) + (error.strerror or str(error)))
        except Exception as error:  # a fault of ours must not end the other logs
            self._fail(f"a fault of pstui ({type(error).__name__})")
        (self._thread.later.add if self._files.unsaved and not self._over else self._thread.later.discard)(self)

    def _fail(self, why: str) -> None:
        self._over = True
        self._events.clear()
        with contextlib.suppress(Exception):
            self._files.close()
        said = f"The log ends here: {why}. The session continues without it."
        self._on_loop(partial(self._tell, said))

    def _on_loop(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(call, context=self._context)
