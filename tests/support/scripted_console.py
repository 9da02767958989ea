"""A Console without a screen, and a person at it: takes the steps of a recording through an InteractiveSession.

The text is kept in the same ``TextBuffer`` that a pane draws, so that what is compared is what would be shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pstui.backends.console import ConsoleSize, KeyInfo, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.tui.transcript.render.buffer import TextBuffer

from tests.support.replay_log import report
from tests.support.screens import Step

#: Seconds anything may take before a test gives up.
DEADLINE = 15.0


@dataclass(slots=True)
class ScriptedConsole:
    """Shows text in a buffer and holds each question until somebody answers it."""

    size: ConsoleSize = field(default_factory=lambda: ConsoleSize(260, 50))
    lines: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    progressed: list[ProgressRecord] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    cleared: int = 0
    top: int = 0
    buffer: TextBuffer = field(init=False)
    asked: asyncio.Future[str] | None = None
    awaits_key: asyncio.Future[KeyInfo] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.buffer = TextBuffer(on_line=self.lines.append)

    @property
    def backlog(self) -> int:
        return 0

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
        return

    def write(self, record: Write) -> None:
        self.buffer.write(record)

    def progress(self, record: ProgressRecord) -> None:
        self.progressed.append(record)

    def clear(self) -> None:
        self.cleared += 1
        self.buffer.flush_partial()
        self.top = self.buffer.end

    def set_title(self, title: str) -> None:
        self.titles.append(title)

    def row(self) -> int:
        rows = self.buffer.dropped + self.buffer.line_count - self.top
        return min(rows - (self.column() > 0), self.size.height - 1)

    def column(self) -> int:
        return self.buffer.column()

    async def ask(self, question: Question) -> Secret:
        """Wait for an answer and leave question and answer in the text, as the contract says."""
        self.questions.append(question)
        self.asked = asyncio.get_running_loop().create_future()
        self.changed.set()
        answer: str | None = None
        try:
            answer = await self.asked
            return question.answered(answer)
        finally:
            self.asked = None
            self._leave_behind(question, answer)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        self.awaits_key = asyncio.get_running_loop().create_future()
        self.changed.set()
        try:
            key = await self.awaits_key
        finally:
            self.awaits_key = None
        if echo:
            self.write(Write(key.character, newline=False))
        return key

    async def question(self) -> asyncio.Future[str]:
        """Wait until a question stands here and return where its answer goes."""
        async with asyncio.timeout(DEADLINE):
            while self.asked is None:
                self.changed.clear()
                await self.changed.wait()
        return self.asked

    async def waiting(self) -> asyncio.Future[Any]:
        """Wait until a question or a key is awaited and return where the answer goes."""
        async with asyncio.timeout(DEADLINE):
            while (found := self.asked or self.awaits_key) is None:
                self.changed.clear()
                await self.changed.wait()
        return found

    async def settled(self, answered: asyncio.Future[Any]) -> None:
        """Wait until what was answered has been taken."""
        while answered in (self.asked, self.awaits_key):
            await asyncio.sleep(0)

    def refuse(self) -> None:
        """Refuse what is asked, a line or a key, as Esc and Ctrl+C do in a pane."""
        for waiting in (self.asked, self.awaits_key):
            if waiting is not None:
                waiting.set_exception(QuestionCancelled())
        self.asked = None

    def _leave_behind(self, question: Question, answer: str | None) -> None:
        for record in question.preamble:
            self.write(record)
        self.write(Write(question.label, newline=False))
        if answer is not None:
            self.write(Write("*" * len(answer) if question.kind is QuestionKind.SECRET else answer))

    def echo(self, prompt: str, line: str) -> None:
        """Leave a prompt and the line typed at it."""
        self.buffer.flush_partial()
        self.buffer.mark_prompt()
        self.write(Write(prompt + line))

    def shown(self) -> list[str]:
        """Return the lines shown so far, an unfinished one last."""
        open_line = [self.buffer.text(self.buffer.line_count - 1)] if self.buffer.column() else []
        return [*self.lines, *open_line]


@dataclass(slots=True)
class Person:
    """Takes steps at one entered session, each when the session is ready for it.

    ``log`` is the log of the stand-in server: Ctrl+C is pressed only once that waits for it.
    """

    session: InteractiveSession
    console: ScriptedConsole
    log: Path
    running: asyncio.Task[Outcome] | None = None
    outcome: Outcome = Outcome.READY
    signals: int = 0

    async def take(self, steps: Iterable[Step]) -> None:
        """Take the steps until they end or the session does."""
        for step in steps:
            await self._settle()
            if self.outcome in (Outcome.LEFT, Outcome.BROKEN):
                return
            if step.kind == "line":
                self._type(step.text)
            elif step.kind == "key":
                await self._press(step.text)
        await self._settle()

    async def _settle(self) -> None:
        """Wait until a line can be typed, a question answered or only Ctrl+C helps."""
        async with asyncio.timeout(DEADLINE):
            while self.running is not None:
                if self.console.asked is not None or self.console.awaits_key is not None or self._stuck():
                    return
                done, _ = await asyncio.wait({self.running}, timeout=0.01)
                if done:
                    self.outcome, self.running = await self.running, None

    def _stuck(self) -> bool:
        return report(self.log).of("waiting").count("signal") > self.signals

    def _type(self, line: str) -> None:
        if self.console.asked is not None:
            self.console.asked.set_result(line)
            self.console.asked = None
            return
        self.console.echo(self.session.prompt, line)
        self.running = asyncio.create_task(self.session.run(line))

    async def _press(self, key: str) -> None:
        if self.console.awaits_key is not None:
            self.console.awaits_key.set_result(KeyInfo(ord(key.upper()), key))
            self.console.awaits_key = None
        elif self.console.asked is not None:
            self.console.refuse()
        else:
            self.signals += self.running is not None
            await asyncio.wait_for(self.session.stop(), DEADLINE)
