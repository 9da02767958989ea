"""The same lines typed at the real client and at a session of ours: what each showed for each line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import ConsoleSize, QuestionCancelled
from pstui.backends.sessions.interactive import InteractiveSession

from tests.support.powershell import entered
from tests.support.scripted_console import ScriptedConsole
from tests.support.tmux import Terminal

#: Seconds one line may take: on a busy machine it is the real client that needs them.
LIMIT = 60.0
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A line, and what is typed at each row that ends so while it runs; ``CTRL_C`` presses the key instead."""

    line: str
    answers: tuple[tuple[str, str], ...] = ()


def answered_at_the_real_client(t: Terminal, host: str, lines: Sequence[Asked]) -> list[list[str]]:
    """Type lines and the answers to what each asks; return what each showed, its own row left out."""
    prompt = f"[{host}]: "
    shown: list[list[str]] = []
    for asked in lines:
        before = len(_all_rows(t))
        t.line(asked.line)
        above = before
        for row, text in asked.answers:
            t.wait_for(lambda row=row, above=above: _ends_with(t, row, above), f"{row} of {asked.line}", LIMIT)
            above = len(_all_rows(t))
            if text == CTRL_C:
                t.keys("C-c")
            else:
                t.line(text)
        t.wait_for(lambda above=above: _is_at_prompt(t, prompt, above), asked.line, LIMIT)
        shown.append(_all_rows(t)[before:-1])
    return shown


def _ends_with(t: Terminal, row: str, above: int) -> bool:
    rows = _all_rows(t)
    return len(rows) >= above and rows[-1].endswith(row)


async def answered_here(info: ConnectionInfo, lines: Sequence[Asked]) -> list[list[str]]:
    """Type lines and answers at a session of ours; return what each showed."""
    console = ScriptedConsole(size=SIZE)
    shown: list[list[str]] = []
    async with entered(info, console) as interactive:
        for asked in lines:
            console.buffer.flush_partial()
            before = len(console.shown())
            running = asyncio.create_task(interactive.run(asked.line))
            async with asyncio.timeout(LIMIT):
                for row, text in asked.answers:
                    await _answer(interactive, console, row, text)
                await running
            shown.append([row.rstrip() for row in console.shown()[before:]])
    return shown


async def _answer(interactive: InteractiveSession, console: ScriptedConsole, row: str, text: str) -> None:
    while console.asked is None and not (text == CTRL_C and console.shown() and console.shown()[-1].endswith(row)):
        await asyncio.sleep(0.01)
    question, console.asked = console.asked, None
    if question is None:
        await interactive.stop()
    elif text == CTRL_C:
        question.set_exception(QuestionCancelled())
    else:
        question.set_result(text)


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
