"""Standard input as the input of a remote pipeline: one object a line."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import AsyncIterator

#: lines read ahead of the far end
_AHEAD = 1_000
_CHUNK = 64 * 1024
#: a line without an end is cut here, in bytes
_LINE_LIMIT = 16 * 1024 * 1024

_TAKES_INPUT = re.compile(r"\$(?:\{?(?:input|_|psitem)\b)|\bprocess\b|\bfilter\b|ValueFromPipeline", re.IGNORECASE)
_COMMAND_FIRST = re.compile(r"\s*[&.]?\s*([A-Za-z][\w.\\/:-]*)(?![\w(])")
_KEYWORDS = frozenset(
    (
        *("begin", "break", "class", "continue", "data", "do", "dynamicparam", "end", "enum", "exit", "for", "foreach"),
        *("function", "if", "param", "return", "switch", "throw", "trap", "try", "until", "using", "while"),
    )
)


def is_redirected() -> bool:
    """Tell whether standard input is something else than a terminal."""
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def may_take_input(script: str) -> bool:
    """Tell whether a script could use pipeline input at all.

    A script that cannot must not swallow the standard input of the shell loop it runs in, nor wait for its end: it
    names neither ``$input`` nor ``$_``, has no ``process`` block, and does not begin with a command.
    """
    if _TAKES_INPUT.search(script):
        return True
    first = _COMMAND_FIRST.match(script)
    return first is not None and first.group(1).lower() not in _KEYWORDS


async def lines(fd: int = 0) -> AsyncIterator[object]:
    """Yield the lines of a descriptor as text without their ends, read no further ahead than the far end follows."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    room = threading.BoundedSemaphore(_AHEAD)

    def hand_over(line: str | None) -> None:
        room.acquire()
        loop.call_soon_threadsafe(queue.put_nowait, line)

    # A daemon thread on the bare descriptor: a pipe that never ends must not keep the process from ending, and
    # Python's own buffered stdin may not be read by a thread that dies with the process.
    threading.Thread(target=_read, args=(fd, hand_over), name="pstui-stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        room.release()
        yield line


def _read(fd: int, hand_over: object) -> None:
    assert callable(hand_over)
    rest = b""
    first = True
    try:
        while True:
            try:
                chunk = os.read(fd, _CHUNK)
            except OSError:
                chunk = b""
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE_LIMIT or (not chunk and rest):
                whole, rest = [*whole, rest], b""
            for line in whole:
                hand_over(line.removesuffix(b"\r").decode("utf-8-sig" if first else "utf-8", "replace"))
                first = False
            if not chunk:
                hand_over(None)
                return
    except RuntimeError:
        return  # the loop ended: nobody takes input any longer
