"""One terminal for the text of several targets and the question of one of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, cast

from pstui.backends.console import BACKLOG_LIMIT, ConsoleSize, Question, QuestionKind
from pstui.backends.records import ProgressRecord, Stream, Write
from pstui.tui.cli.console import Look, TerminalConsole


class Screen:
    """What a person would see of output and terminal together; keys come when they are typed."""

    def __init__(self) -> None:
        self.text = ""
        self.files = ""
        self.backlog = 0
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.asked = asyncio.Event()

    def put(self, where: str, text: str, length: int = 0) -> None:
        self.text += text

    async def drained(self, limit: int = 0) -> None:
        return

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        yield

    async def read(self) -> str:
        self.asked.set()
        return await self.keys.get()

    def write(self, text: str) -> None:
        self.text += text

    def close(self) -> None:
        self.asked.clear()


def console_on(screen: Screen, **look: Any) -> TerminalConsole:
    size = ConsoleSize(80, 24)
    return TerminalConsole(cast(Any, screen), Look(False, False, size, **look), open_terminal=lambda: cast(Any, screen))


async def test_what_others_write_waits_for_the_answer() -> None:
    screen = Screen()
    console = console_on(screen, progress=True)
    asking = asyncio.create_task(console.ask(Question(QuestionKind.SECRET, "(bob@inner) Password: ")))
    await screen.asked.wait()
    console.write(Write("OK-PSTUI"))
    console.write(Write("careful", stream=Stream.WARNING))
    console.progress(ProgressRecord(0, 1, -1, "Copying", "now", "", 50, -1, False))
    assert screen.text.endswith("(bob@inner) Password: ")
    for key in "pw":
        screen.keys.put_nowait(key)
    screen.keys.put_nowait("\r")
    assert (await asking).reveal() == "pw"
    assert screen.text.endswith("(bob@inner) Password: **\nOK-PSTUI\ncareful\n")


async def test_who_writes_on_and_on_waits_too() -> None:
    screen = Screen()
    console = console_on(screen)
    asking = asyncio.create_task(console.ask(Question(QuestionKind.LINE, "Name: ")))
    await screen.asked.wait()
    for _ in range(BACKLOG_LIMIT + 1):
        console.write(Write("x"))
    assert console.backlog > BACKLOG_LIMIT
    draining = asyncio.create_task(console.drained())
    await asyncio.sleep(0)
    assert not draining.done()
    screen.keys.put_nowait("\r")
    await asking
    await asyncio.wait_for(draining, 20)
    assert console.backlog == 0
    assert screen.text.count("x\n") == BACKLOG_LIMIT + 1


async def test_a_file_is_written_meanwhile() -> None:
    screen = Screen()
    console = console_on(screen, bare_out=True)
    asking = asyncio.create_task(console.ask(Question(QuestionKind.LINE, "Name: ")))
    await screen.asked.wait()
    console.write(Write("to the file"))
    assert screen.text.endswith("to the file\n")
    screen.keys.put_nowait("\r")
    await asking
