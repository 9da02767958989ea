"""``--transcript FILE``: what the pane shows, as plain text, on disk the moment it is shown."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from typing import Protocol

from pstui.backends.errors import CallError
from pstui.backends.places import expanded


class TranscriptSink(Protocol):
    """Where the first session's text goes beside the screen."""

    def line(self, text: str) -> None:
        """Take one finished line, without its line end."""

    def close(self) -> None:
        """No more lines will come."""


class TranscriptFile:
    """A sink of finished lines: UTF-8, one write a line, no buffer between a line and the disk.

    The file is made readable by its owner only. One that exists is appended to: emptying it would lose the work of
    another day. What cannot be opened is refused with CallError, before any session is opened; what fails later
    (a full disk) is told once through ``on_problem`` and kept in ``problem``, and the session continues without.
    """

    def __init__(self, path: str | os.PathLike[str], on_problem: Callable[[str], None] | None = None) -> None:
        self.path = expanded(path)
        self.problem = ""
        self.on_problem = on_problem
        self._fd = self._open()
        self._end_last_line()

    def line(self, text: str) -> None:
        """Write one line. ``text`` is plain: whoever shows it has cleaned it; it holds no line end."""
        self._write(_encode(text) + b"\n")

    def close(self) -> None:
        """Close the file; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError as error:
                self._fail(error)

    def _open(self) -> int:
        # O_NONBLOCK: opening a pipe that nobody reads must fail, not wait.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        flags |= getattr(os, "O_BINARY", 0)
        try:
            fd = os.open(self.path, flags, 0o600)
        except FileNotFoundError as error:
            raise CallError(
                f"--transcript: the folder {self.path.parent} does not exist", hint="Make it, or name another file."
            ) from error
        except OSError as error:
            raise CallError(
                f"--transcript: {self.path} cannot be written", f"{error.strerror}.", "Name another file."
            ) from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise CallError(
                f"--transcript: {self.path} is not an ordinary file",
                "A device or a pipe could hold the screen up.",
                "Name another file.",
            )
        return fd

    def _end_last_line(self) -> None:
        try:
            if self.path.stat().st_size == 0:
                return
            with self.path.open("rb") as existing:
                existing.seek(-1, os.SEEK_END)
                ended = existing.read(1) == b"\n"
        except OSError:  # not readable to us: appending is still possible
            return
        if not ended:
            self._write(b"\n")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._fd >= 0:
            try:
                view = view[os.write(self._fd, view) :]
            except OSError as error:
                self._fail(error)
                return

    def _fail(self, error: OSError) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):  # the first error says it already
                os.close(fd)
        if not self.problem:
            self.problem = f"The transcript {self.path} ends here: {error.strerror}. The session continues without it."
            if self.on_problem is not None:
                self.on_problem(self.problem)


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs: join them where they fit, mark them where they do not
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
