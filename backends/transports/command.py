"""Runs a tool of this computer for its answer: an argument list, a time limit, a bounded amount of text."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pstui.backends.errors import OpenError
from pstui.backends.timeouts import timeout
from pstui.backends.transports.streams import printable

#: seconds a tool has for its answer; an engine behind a network connection may be slow
TIMEOUT = 30.0
#: most bytes taken from each of its streams
MAX_OUTPUT = 8 << 20
#: seconds a tool that must end has before it is killed
GRACE = 0.5
#: seconds that Windows' tool has to end a tree of processes
TREE = 5.0


class ToolError(OpenError):
    """A tool could not be started, took too long or wrote too much. ``missing`` when there is no such program."""

    def __init__(self, what: str, why: str = "", hint: str = "", *, missing: bool = False) -> None:
        super().__init__(what, why, hint)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Answer:
    """How a tool ended and what it wrote; text is decoded as UTF-8, with invalid bytes replaced."""

    code: int
    output: str
    errors: str

    @property
    def reason(self) -> str:
        """The last lines on stderr, or else of the output, as one harmless line for a message."""
        lines = [line.strip() for line in (self.errors or self.output).splitlines() if line.strip()]
        return printable(" ".join(lines[-3:]))[:500] or f"It ended with exit code {self.code}."


async def run_tool(argv: Sequence[str], *, seconds: float = TIMEOUT, limit: int = MAX_OUTPUT) -> Answer:
    """Run ``argv`` without input and return its answer. Raises ToolError; cancelling it ends the tool."""
    name = printable(argv[0]) if argv else ""
    if not argv or not argv[0] or any("\0" in part for part in argv):
        raise ToolError(f"the command {name!r} cannot be run", "It is empty or holds a null character.")
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            **detached(),
        )
    except (OSError, ValueError) as error:
        raise _not_started(name, error) from error
    try:
        async with timeout(seconds):
            output, errors = await asyncio.gather(_take(process.stdout, limit), _take(process.stderr, limit))
            code = await process.wait()
    except TimeoutError:
        raise ToolError(
            f"{name} gave no answer within {seconds:g} s",
            "It may wait for a service that does not run, or for a network.",
            "Run it in a terminal to see what it waits for.",
        ) from None
    finally:
        await end(process)
    return Answer(code, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def not_found_hint(name: str) -> str:
    """Return what to do where no program of that name was found."""
    if len(name.split()) > 1:
        return "All of it was taken for the name of one program. Give each word by itself, not all in one quotation."
    return "Check the spelling, or give the whole path of the program."


def detached() -> dict[str, Any]:
    """Return what keeps a child apart from the terminal's own signals."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def kill_tree(process_id: int) -> None:
    """End a process of Windows and all that it has started: there are no groups to end, its own tool walks the tree."""
    if sys.platform == "win32":
        silent, flags = asyncio.subprocess.DEVNULL, subprocess.CREATE_NO_WINDOW
        argv = ("taskkill", "/T", "/F", "/PID", str(process_id))
        with contextlib.suppress(OSError, TimeoutError):
            killer = await asyncio.create_subprocess_exec(
                *argv, stdin=silent, stdout=silent, stderr=silent, creationflags=flags
            )
            await asyncio.wait_for(killer.wait(), TREE)


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process started ``detached`` and everything in its group, reap it and close its pipes."""
    for kill in (False, True):
        if process.returncode is not None:
            break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                await kill_tree(process.pid)
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE)
    # A pipe that is not read to its end stays open with its transport; there is no public way to close it.
    process._transport.close()  # type: ignore[attr-defined]  # see above


async def _take(stream: asyncio.StreamReader | None, limit: int) -> bytes:
    assert stream is not None
    taken = bytearray()
    while piece := await stream.read(1 << 16):
        taken += piece
        if len(taken) > limit:
            raise ToolError("a tool wrote more than can be taken", f"More than {limit} bytes.")
    return bytes(taken)


def _not_started(name: str, error: OSError | ValueError) -> ToolError:
    missing = isinstance(error, FileNotFoundError)
    reason = getattr(error, "strerror", None) or str(error)
    hint = not_found_hint(name) if missing else ""
    return ToolError(f"{name} could not be started", f"The system says: {printable(reason)}.", hint, missing=missing)
