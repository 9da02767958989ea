"""The question before a line that a guard holds."""

from __future__ import annotations

import asyncio

from pstui.backends.console import Console, Question, QuestionCancelled, QuestionKind
from pstui.backends.records import Stream, Write
from pstui.tui.guard.guards import Guard
from pstui.tui.guard.rules import Held
from pstui.tui.guard.texts import answer_to, question, quotation

#: characters from which a line is read in a thread: that takes longer than a frame
_LONG = 2_000


async def judged(guard: Guard, text: str) -> tuple[Held, ...]:
    """Return what a guard holds of a text, without holding up the screen."""
    return guard.judge(text) if len(text) < _LONG else await asyncio.to_thread(guard.judge, text)


async def may_run(console: Console, guard: Guard | None, text: str, source: str, *, hosts: int = 1) -> bool:
    """Return whether a text may run: nothing of it is held, or a person wants it all the same.

    The question quotes it. One host wants ``yes``, several want their number. What ``read`` holds does not run.
    """
    if guard is None or not (held := await judged(guard, text)):
        return True
    quoted = quotation(guard, held, text)
    if guard.reads_only:
        for line in (*quoted, "It was not run: only reading lines are let through here."):
            console.write(Write(line, stream=Stream.ERROR))
        return False
    preamble = tuple(Write(line) for line in quoted)
    try:
        answer = await console.ask(Question(QuestionKind.LINE, question(hosts), preamble, remote=False, source=source))
    except QuestionCancelled as cancelled:
        if cancelled.nobody:
            console.write(Write(f"{quoted[0]} Nobody can be asked, so it was not run.", stream=Stream.ERROR))
        return False
    if answer.reveal().strip().casefold() == answer_to(hosts):
        return True
    console.write(Write("It was not run.", stream=Stream.NOTICE))
    return False
