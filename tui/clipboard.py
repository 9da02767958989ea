"""Copying to the clipboard: by the terminal itself (OSC 52), and by a program of this computer where there is one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pstui.backends.timeouts import timeout
from textual.app import App

#: bytes of UTF-8 given to the terminal: xterm and hterm take no more than some 100,000 of base64
OSC52_LIMIT: Final = 74_000
#: bytes given to a program; a whole scrollback fits
PROGRAM_LIMIT: Final = 64 << 20
#: seconds a program may take to read the text
PROGRAM_TIMEOUT: Final = 3.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program that puts its standard input on the clipboard."""

    argv: tuple[str, ...]
    encoding: str = "utf-8"


def find_program(
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> Program | None:
    """Return the clipboard program of the desktop that this terminal belongs to, None without one.

    With ssh this computer's own clipboard is not the user's: only a display that ssh forwards is.
    """
    far = "SSH_CONNECTION" in environ or "SSH_TTY" in environ
    wanted: list[tuple[bool, tuple[str, ...], str]] = [
        (platform == "darwin" and not far, ("pbcopy",), "utf-8"),
        (bool(environ.get("WSL_DISTRO_NAME")) and not far, ("clip.exe",), "utf-16-le"),
        (platform == "win32" and not far, ("clip.exe",), "utf-16-le"),
        (bool(environ.get("WAYLAND_DISPLAY")) and not far, ("wl-copy",), "utf-8"),
        (bool(environ.get("DISPLAY")), ("xclip", "-selection", "clipboard", "-in"), "utf-8"),
        (bool(environ.get("DISPLAY")), ("xsel", "--clipboard", "--input"), "utf-8"),
    ]
    for fits, argv, encoding in wanted:
        if fits and (path := which(argv[0])) is not None:
            return Program((path, *argv[1:]), encoding)
    return None


async def give(program: Program, text: str) -> str:
    """Hand a text to a program; returns what went wrong, empty when nothing did."""
    name = Path(program.argv[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            # Programs of X and Wayland stay to serve the text, beyond the end of pstui too.
            start_new_session=True,
        )
    except OSError as error:
        return f"{name}: {error.strerror}"
    try:
        async with timeout(PROGRAM_TIMEOUT):
            await process.communicate(text.encode(program.encoding, "replace"))
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return f"{name} does not answer"
    return "" if process.returncode == 0 else f"{name} ended with {process.returncode}"


class Clipboard:
    """Copies for one application. ``osc52`` writes to the terminal, ``say`` tells the user what happened."""

    def __init__(self, app: App[Any], osc52: Callable[[str], None], say: Callable[[str], None]) -> None:
        self._app, self._osc52, self._say = app, osc52, say

    def copy(self, text: str) -> None:
        """Copy a text both ways, where they work, and say how much was copied or why nothing was."""
        if not text:
            return
        text = text.encode("utf-8", "replace").decode()
        size = len(text.encode())
        program = find_program() if size <= PROGRAM_LIMIT else None
        by_terminal = size <= OSC52_LIMIT
        if by_terminal:
            self._osc52(text)
        if program is not None:
            self._app.run_worker(self._give(program, text, by_terminal), group="clipboard", exclusive=True)
        elif by_terminal:
            self._say(copied(text))
        else:
            self._say(f"not copied: {size:,} bytes are too many for this terminal; save the text instead")

    async def _give(self, program: Program, text: str, by_terminal: bool) -> None:
        problem = await give(program, text)
        if problem and not by_terminal:
            self._say(f"not copied: {problem}")
        else:
            self._say(copied(text))


def copied(text: str) -> str:
    """Return how much was copied."""
    lines = text.count("\n") + 1
    if lines > 1:
        return f"copied {lines:,} lines"
    return f"copied {len(text):,} character{'s' if len(text) != 1 else ''}"
