"""The same lines typed at the real client and at a session of ours: what each showed for each line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import ConsoleSize

from tests.support.powershell import entered
from tests.support.scripted_console import ScriptedConsole
from tests.support.tmux import Terminal

#: Seconds one line may take.
LIMIT = 20.0
#: What is typed for Ctrl+C while the line before it runs.
CTRL_C = "^C"
#: The size of both consoles: wide enough that no line wraps.
SIZE = ConsoleSize(200, 50)


def typed_at_the_real_client(t: Terminal, host: str, lines: Sequence[str]) -> list[list[str]]:
    """Type lines one after the other, each when the prompt stands there again; return what each showed."""
    prompt = f"[{host}]: "
    shown: list[list[str]] = []
    for text in lines:
        before = _all_rows(t)
        t.line(text)
        t.wait_for(lambda before=before: _is_at_prompt(t, prompt, len(before)), text, LIMIT)
        shown.append(_all_rows(t)[len(before) : -1])
    return shown


def _all_rows(t: Terminal) -> list[str]:
    rows = [row.rstrip() for row in t.run("capture-pane", "-p", "-J", "-S", "-").split("\n")]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _is_at_prompt(t: Terminal, prompt: str, above: int) -> bool:
    rows = _all_rows(t)
    return len(rows) > above and rows[-1].startswith(prompt) and rows[-1].endswith(">")


async def typed_here(info: ConnectionInfo, lines: Sequence[str]) -> list[list[str]]:
    """Type lines at a session of ours, as one person would; return what each showed."""
    console = ScriptedConsole(size=SIZE)
    shown: list[list[str]] = []
    async with entered(info, console) as interactive:
        for text in lines:
            console.buffer.flush_partial()
            before = len(console.shown())
            await asyncio.wait_for(interactive.run(text), LIMIT)
            shown.append([row.rstrip() for row in console.shown()[before:]])
    return shown
