"""A program of this computer with a terminal of its own: a pseudo-terminal of the system (POSIX).

What has been read and not yet taken is bounded: the descriptor is not watched meanwhile, so the kernel's buffer fills
and the program waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.base import ConnectContext, TerminalWish
from pstui.backends.transports.streams import ReadBuffer, exit_text, printable
from pstui.backends.transports.terminal_line import posix_argv

#: what a program is told of the terminal
TERM, COLORTERM = "xterm-256color", "truecolor"
#: bytes that may wait unread, and bytes read at once
ENOUGH, PIECE = 16 << 10, 16 << 10
#: seconds that a program has to end after its terminal was hung up
GRACE = 0.5
#: what belongs to the terminal that pstui itself runs in
_FOREIGN = frozenset(("TMUX", "TMUX_PANE", "STY", "WINDOW", "LINES", "COLUMNS", "TERMCAP"))
#: Gives the new session its terminal and becomes the program. Between fork and exec of a process with threads nothing
#: of Python may run, so this is a small program of its own.
_STARTER = "import fcntl,os,sys,termios;fcntl.ioctl(0,termios.TIOCSCTTY,0);os.execvp(sys.argv[1],sys.argv[1:])"


def unavailable() -> str:
    """Return why there are no pseudo-terminals here, or ``""``."""
    return "pstui opens terminals of this computer on Linux and macOS only." if sys.platform == "win32" else ""


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a program in such a terminal."""
    kept = {name: value for name, value in environ.items() if name not in _FOREIGN and not name.startswith("TERM_")}
    return {**kept, "TERM": TERM, "COLORTERM": COLORTERM}


class PtyChannel:
    """A program and its pseudo-terminal. ``start`` makes one."""

    def __init__(self, master: int, process: asyncio.subprocess.Process, *, is_shell: bool) -> None:
        self._master, self._process = master, process
        self._is_shell = is_shell
        self._received = ReadBuffer(self._pause, self._resume, ENOUGH)
        self._writable = asyncio.Event()
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._reaper = asyncio.create_task(self._reap())
        self._resume()

    @classmethod
    async def start(cls, argv: Sequence[str], columns: int, rows: int, *, is_shell: bool = False) -> PtyChannel:
        """Start ``argv`` in a terminal of that size; ``is_shell`` when nothing runs while it runs alone.

        Raises OpenError.
        """
        if sys.platform == "win32":
            raise OpenError("a terminal cannot be opened here", unavailable())
        import pty

        name = Path(argv[0]).name
        try:
            master, slave = pty.openpty()
        except OSError as error:
            raise OpenError("the system gives no terminal", printable(str(error))) from error
        try:
            set_size(master, columns, rows)
            os.set_blocking(master, False)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _STARTER, *argv),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment(),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            os.close(master)
            raise OpenError(f"{printable(name)} could not be started", printable(str(error))) from error
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return cls(master, process, is_shell=is_shell)

    # -- what a channel offers ------------------------------------------------------------------------------------

    async def read(self) -> bytes:
        """Return the next bytes of the output, ``b""`` at its end."""
        data = await self._received.get()
        if not data:  # the terminal is closed a moment before the program is known to have ended
            with contextlib.suppress(TimeoutError):
                async with timeout(GRACE):
                    await self._process.wait()
        return data

    async def write(self, data: bytes) -> None:
        """Type all of ``data``. Raises BrokenPipeError once the program is gone."""
        while data:
            if self._master < 0 or self._received.ended:
                raise BrokenPipeError(self.ending() or "the terminal is closed")
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await self._until_writable()
            except OSError as error:
                raise BrokenPipeError(printable(str(error))) from error

    def resize(self, columns: int, rows: int) -> None:
        """Set the size of the terminal; the system tells the program."""
        if self._master >= 0:
            set_size(self._master, columns, rows)

    @property
    def runs(self) -> bool | None:
        """Whether another program than the shell has the terminal."""
        if sys.platform == "win32" or self._master < 0 or self._process.returncode is not None:
            return False
        if not self._is_shell:
            return None
        try:
            return os.tcgetpgrp(self._master) != self._process.pid
        except OSError:
            return None

    @property
    def exit_code(self) -> int | None:
        """The exit code; 128 and the number of a signal that ended the program."""
        code = self._process.returncode
        return code if code is None or code >= 0 else 128 - code

    async def stop(self) -> None:
        """Hang the terminal up and end the program, with all that it has started there."""
        if sys.platform == "win32" or self._stopped:
            return
        self._stopped = True
        for number in (signal.SIGHUP, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(TimeoutError):
                async with timeout(GRACE):
                    await self._process.wait()
                    break
        self._reaper.cancel()
        self._finish()

    def ending(self) -> str:
        """Return how the program ended."""
        code = self.exit_code
        return "" if code is None else f"The program ended with {exit_text(code)}."

    # -- the descriptor -------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        if self._master >= 0:
            self._loop.remove_reader(self._master)

    def _resume(self) -> None:
        if self._master >= 0 and not self._received.ended:
            self._loop.add_reader(self._master, self._take)

    def _take(self) -> None:
        try:
            data = os.read(self._master, PIECE)
        except BlockingIOError:
            return
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        if data:
            self._received.put(data)
        else:
            self._pause()
            self._received.end()

    async def _until_writable(self) -> None:
        self._writable.clear()
        self._loop.add_writer(self._master, self._writable.set)
        try:
            await self._writable.wait()
        finally:
            if self._master >= 0:
                self._loop.remove_writer(self._master)

    async def _reap(self) -> None:
        await self._process.wait()
        # A program that was left in the background may hold the terminal open for ever.
        await asyncio.sleep(GRACE)
        while self._received.waiting:  # noqa: ASYNC110  no event tells that all was taken
            await asyncio.sleep(GRACE)
        self._finish()

    def _finish(self) -> None:
        master, self._master = self._master, -1
        if master >= 0:
            self._loop.remove_reader(master)
            self._loop.remove_writer(master)
            os.close(master)
        self._writable.set()
        self._received.end()


def set_size(descriptor: int, columns: int, rows: int) -> None:
    """Set the size of a terminal in cells."""
    if sys.platform == "win32":
        return
    import fcntl
    import termios

    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


async def open_terminal(info: ConnectionInfo, context: ConnectContext, wish: TerminalWish) -> PtyChannel:
    """Open a terminal on this computer: for sessions with what runs here. Raises OpenError."""
    context.step("session", "a shell of this computer")
    return await PtyChannel.start(posix_argv(wish), wish.columns, wish.rows, is_shell=not wish.line)
