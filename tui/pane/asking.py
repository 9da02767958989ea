"""What a pane is asked and the answer it owes: the part of a question that is no widget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pstui.backends.console import KeyInfo, Question, QuestionCancelled


@dataclass(slots=True)
class Asking:
    """A question on its way to a person. ``answer`` or ``refuse`` ends it; a second end is ignored."""

    question: Question
    reply: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, text: str) -> None:
        """Give the text typed."""
        if not self.reply.done():
            self.reply.set_result(text)

    def refuse(self) -> None:
        """Say that nothing will be answered."""
        if not self.reply.done():
            self.reply.set_exception(QuestionCancelled("cancelled"))


@dataclass(slots=True)
class AskingKey:
    """A wait for one key press."""

    source: str
    reply: asyncio.Future[KeyInfo] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, key: KeyInfo) -> None:
        """Give the key pressed."""
        if not self.reply.done():
            self.reply.set_result(key)

    def refuse(self) -> None:
        """Say that no key will come."""
        if not self.reply.done():
            self.reply.set_exception(QuestionCancelled("cancelled"))


AnyAsking = Asking | AskingKey
#: takes a key (Textual's name and its character) that was typed behind the end of a question
StrayKey = Callable[[str, str | None], Awaitable[object]]
