"""A Console with nobody at it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pstui.backends.console import ConsoleSize, KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.records import ProgressRecord, Write


@dataclass(slots=True)
class NobodyConsole:
    """A Console without a person: keeps what was written in memory and refuses every question."""

    size: ConsoleSize = field(default_factory=ConsoleSize)
    writes: list[Write] = field(default_factory=list)
    title: str = ""

    @property
    def backlog(self) -> int:
        return 0

    @property
    def rest(self) -> float:
        return 0.0

    async def drained(self) -> None:
        return

    def write(self, record: Write) -> None:
        self.writes.append(record)

    def progress(self, record: ProgressRecord) -> None:
        return

    def clear(self) -> None:
        return

    def set_title(self, title: str) -> None:
        self.title = title

    def row(self) -> int:
        return 0

    def column(self) -> int:
        text = ""
        for write in reversed(self.writes):
            text = write.text.rpartition("\n")[2] + ("\n" if write.newline else "") + text
            if "\n" in write.text or write.newline:
                break
        return len(text.rpartition("\n")[2])

    async def ask(self, question: Question) -> Secret:
        raise QuestionCancelled(f"nobody is there to answer {question.label.strip()!r}", nobody=True)

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        raise QuestionCancelled("nobody is there to press a key", nobody=True)
