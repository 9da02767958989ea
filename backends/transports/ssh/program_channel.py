"""The standard streams of ssh as a Channel, and how far its login has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from pstui.backends.console import BACKLOG_LIMIT, Console
from pstui.backends.errors import SessionBroken
from pstui.backends.records import Stream, Write
from pstui.backends.transports.command import detached
from pstui.backends.transports.process import ProcessChannel
from pstui.backends.transports.ssh.own_master import OwnMaster
from pstui.backends.transports.ssh.said import WRONG, Progress, ending_of, is_fatal, progress_of, tells_end
from pstui.backends.transports.streams import LineTail, printable

#: lines of what ssh said that are kept, and shown before the session has begun
MAX_KEPT, MAX_SHOWN = 100, 200


class ProgramChannel(ProcessChannel):
    """The streams of an ssh that runs a subsystem, or ``passes`` a connection on (-W).

    ``on_progress`` is told its account, ``on_stop`` is awaited once.
    """

    def __init__(
        self,
        host: str,
        console: Console,
        on_progress: Callable[[Progress], None],
        on_stop: Callable[[], Awaitable[None]],
        own_master: OwnMaster | None = None,
        *,
        passes: bool = False,
    ) -> None:
        super().__init__()
        self._passes = passes
        self._host, self._console = host, console
        self._own_master, self._is_master = own_master, False
        self._on_progress, self._on_stop = on_progress, on_stop
        self._stderr = LineTail(self._take)
        self._heeds_input = False  # before the session has begun, ssh does not look at it
        self._shown = 0
        self._late = ""
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Future[None] | None = None
        #: what ssh said, oldest first, without its account of the login
        self.said: list[str] = []
        #: set once the session has begun, or ssh has ended
        self.settled = asyncio.Event()
        self.has_begun = False

    @classmethod
    async def begin(
        cls, argv: Sequence[str], environment: Mapping[str, str], make: Callable[[], ProgramChannel]
    ) -> ProgramChannel:
        """Start ssh and return its channel. Raises OSError, ValueError."""
        options = {**detached(), "env": dict(environment)}
        _, channel = await asyncio.get_running_loop().subprocess_exec(make, *argv, **options)
        return channel

    @property
    def code(self) -> int | None:
        """What ssh ended with, None while it runs."""
        return self._transport.get_returncode() if self._transport else None

    def limit_first_answer(self, seconds: float, message: str) -> None:
        """End the channel with ``message`` unless the first byte arrives within ``seconds`` (ConnectingTimeout)."""

        def too_late() -> None:
            self._late = message
            self._received.end()

        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), too_late)

    # What asyncio calls.

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if self._stopped:
            return  # it lives on as the master of others
        if fd == 1:
            if self._leaving is None:
                # What the subsystem says is the end of the login: ssh asks nothing more.
                self._stop_timer()
                self._leaving = asyncio.ensure_future(self._on_stop())
                self._begin()
            self._received.put(data)
        else:
            self._stderr.feed(data)

    # What a Channel offers.

    async def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end. Raises SessionBroken if the first came too late."""
        data = await self._received.get()
        if not data and self._late:
            raise SessionBroken(self._late, self.ending())
        return data

    async def stop(self) -> None:
        """End ssh, and remove what was made for it; the master of others only loses its input."""
        self._stop_timer()
        own, self._own_master = self._own_master, None
        try:
            if own is not None and self._is_master and own.has_others and not self._exited.is_set():
                own.linger(self._end_at_last)
                self._stopped = True
                if self._transport is not None and (stdin := self._transport.get_pipe_transport(0)) is not None:
                    stdin.close()
                self._finish()
            else:
                await super().stop()
        finally:
            await self._on_stop()
            if own is not None:
                await own.leave()

    async def _end_at_last(self) -> None:
        self._stopped = False
        await super().stop()

    def ending(self) -> str:
        """Return how the session ended, and the last words of ssh."""
        silent = self._leaving is None
        told = "" if self._stopped or self._late else ending_of(self._host, self.said, self.code, was_silent=silent)
        last = [printable(line) for line in self.said[-5:] if not tells_end(line)]
        return "\n".join(part for part in (told, *last) if part)

    def _take(self, line: str) -> None:
        if (progress := progress_of(line)) is not None:
            self._is_master |= progress.is_master
            if progress.is_passed if self._passes else progress.has_begun:
                self._begin()
            self._on_progress(progress)
            return
        line = line.strip("\r\n")
        self.said.append(line)
        del self.said[:-MAX_KEPT]
        shows = self._shown < MAX_SHOWN and self._console.backlog <= BACKLOG_LIMIT
        if shows and not self._stopped and line != WRONG and not is_fatal(line) and not tells_end(line):
            self._shown += not self.has_begun
            self._console.write(Write(f"{printable(self._host)}: {printable(line)}", stream=Stream.NOTICE))

    def _begin(self) -> None:
        if not self.has_begun:
            self.said.clear()  # of the login, which is over
        self.has_begun = self._heeds_input = True
        self.settled.set()

    def _finish(self) -> None:
        super()._finish()
        self.settled.set()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
