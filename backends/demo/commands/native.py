"""Programs of this computer: found on PATH, run without a shell, their lines passed on as they come."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pstui.backends.demo.language.errors import ErrorInfo, StatementError
from pstui.backends.demo.language.values import to_text
from pstui.backends.demo.server.session import Session
from pstui.backends.demo.server.streams import Streams

_CHUNK = 64 * 1024
#: a line without an end is passed on in pieces of this size
_MAX_LINE = 256 * 1024


def find_program(name: str, session: Session) -> str | None:
    """Return the path of a program, or None."""
    if not name or "\0" in name:
        return None
    if "/" in name or (os.sep != "/" and os.sep in name):
        path = session.resolve(name)
        return str(path) if path.is_file() and os.access(path, os.X_OK) else None
    return shutil.which(name)


async def run_program(
    program: str,
    arguments: list[str],
    source: AsyncGenerator[Any, None],
    session: Session,
    streams: Streams,
    errors: str,
) -> AsyncGenerator[Any, None]:
    """Run a program and yield its lines; ``$LASTEXITCODE`` is set at its end. A stop kills it with its children."""
    await streams.settle()
    if any("\0" in word for word in arguments):
        raise StatementError(ErrorInfo("An argument holds a null character.", "NativeCommandFailed", "InvalidArgument"))
    text = "".join(f"{to_text(item)}\n" for item in [item async for item in source])
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.PIPE if text else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if streams.rendering or errors == "output" else asyncio.subprocess.PIPE,
            cwd=session.location if session.location.is_dir() else None,
            start_new_session=os.name == "posix",
            limit=_CHUNK,
        )
    except OSError as error:
        message = f"The program '{Path(program).name}' could not be started: {error.strerror or error}."
        raise StatementError(
            ErrorInfo(message, "NativeCommandFailed", "ResourceUnavailable", "ApplicationFailedException", program)
        ) from None
    helpers = [asyncio.create_task(_feed(process, text))] if text else []
    if process.stderr is not None:
        helpers.append(asyncio.create_task(_complain(process.stderr, streams, "" if errors == "null" else program)))
    finished = False
    try:
        if process.stdout is not None:
            async for line in _lines(process.stdout):
                yield line
        await asyncio.gather(*helpers)
        session.exit_code = await process.wait()
        session.succeeded = session.exit_code == 0
        finished = True
    finally:
        for helper in helpers:
            helper.cancel()
        if not finished:
            await _end(process)


async def _feed(process: asyncio.subprocess.Process, text: str) -> None:
    if process.stdin is None:
        return
    with suppress(ConnectionError):
        process.stdin.write(text.encode(errors="replace"))
        await process.stdin.drain()
    process.stdin.close()


async def _complain(stream: asyncio.StreamReader, streams: Streams, program: str) -> None:
    async for line in _lines(stream):
        if program:
            info = ErrorInfo(line, "NativeCommandError", "NotSpecified", "RemoteException", line, Path(program).name)
            await streams.error(info)


async def _lines(stream: asyncio.StreamReader) -> AsyncGenerator[str, None]:
    waiting = b""
    while chunk := await stream.read(_CHUNK):
        *whole, waiting = (waiting + chunk).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r").decode(errors="replace")
        if len(waiting) > _MAX_LINE:
            yield waiting.decode(errors="replace")
            waiting = b""
    if waiting:
        yield waiting.decode(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the program, and whatever it started in its own process group, even when itself it is gone by now."""
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()
