"""The questions of many hosts, asked one after the other: one answer for all who ask the same, if the person says so.

How this works. Each host that asks waits for an answer of its own. The board takes the oldest question to the face.
Once it is answered, and others ask the same or may still do so, it asks whether they are to have that answer, too. A
host is given such an answer once: what it asks again is asked of the person. Answers are forgotten with the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pstui.backends.console import Choice, Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import Secret
from pstui.backends.records import Stream, Write
from pstui.tui.fanout.groups import without_names
from pstui.tui.pane.question import Asking
from pstui.tui.plain import plain

#: names of hosts that are told beside a question
_TOLD = 3
_CHOICES = (
    Choice("all who ask the same", "A", "Whoever asks in the same words in this run has this answer, too."),
    Choice("this host alone", "O", "The others are asked for."),
)
_ALL, _ALONE = ("a", "all who ask the same"), ("o", "this host alone", "")


@dataclass(eq=False, slots=True)
class _Waiting:
    """A host that waits for an answer."""

    host: str
    key: tuple[Any, ...]
    question: Question
    answer: asyncio.Future[Secret] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Board:
    """Where hosts ask. ``present`` and ``withdraw`` show a question and take it away; ``others`` counts who runs."""

    def __init__(
        self, present: Callable[[Asking], None], withdraw: Callable[[Asking], None], others: Callable[[], int]
    ) -> None:
        self._present, self._withdraw, self._others = present, withdraw, others
        self._waiting: list[_Waiting] = []
        self._shared: dict[tuple[Any, ...], Secret] = {}
        self._given: set[tuple[str, tuple[Any, ...]]] = set()
        #: what is asked no more
        self._refused: set[tuple[Any, ...]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked."""
        return self._task is None or self._task.done()

    def forget(self) -> None:
        """Forget every answer that is shared."""
        self._shared.clear()
        self._given.clear()
        self._refused.clear()

    async def ask(self, host: str, names: tuple[str, ...], question: Question) -> Secret:
        """Return the answer for a host, which calls itself by ``names`` in its questions. Raises QuestionCancelled."""
        waiting = _Waiting(host, _key(question, names), question)
        if waiting.key in self._refused:
            raise QuestionCancelled("nobody answers it in this run")
        if (shared := self._share(waiting)) is not None:
            return shared
        self._waiting.append(waiting)
        if self.is_idle:
            self._task = asyncio.create_task(self._go_on())
        try:
            return await waiting.answer
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def _share(self, waiting: _Waiting) -> Secret | None:
        shared = self._shared.get(waiting.key)
        if shared is None or (waiting.host, waiting.key) in self._given:
            return None
        self._given.add((waiting.host, waiting.key))
        return shared

    async def _go_on(self) -> None:
        while self._waiting:
            waiting = self._waiting[0]
            try:
                answer = await self._ask_person(waiting)
                if answer is not None:
                    self._waiting.remove(waiting)
                    waiting.answer.set_result(answer)
                    if self._may_be_asked_again(waiting) and await self._for_all(waiting):
                        self._shared[waiting.key] = answer
                        self._give()
            except QuestionCancelled as cancelled:
                self._refuse(waiting, str(cancelled))
                same = [each for each in self._waiting if each.key == waiting.key]
                if same and await self._for_all(waiting, is_refused=True):
                    self._refused.add(waiting.key)
                    for each in same:
                        self._refuse(each, str(cancelled))

    def _refuse(self, waiting: _Waiting, why: str) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
        if not waiting.answer.done():
            waiting.answer.set_exception(QuestionCancelled(why))

    def _give(self) -> None:
        for each in tuple(self._waiting):
            if not each.answer.done() and (shared := self._share(each)) is not None:
                self._waiting.remove(each)
                each.answer.set_result(shared)

    async def _ask_person(self, waiting: _Waiting) -> Secret | None:
        """Return what the person answers, None where the host has gone meanwhile. Raises QuestionCancelled."""
        names = self._names(waiting)
        asked = replace(waiting.question, source=f"each of {names}" if ", " in names else names)
        return await self._shown(Asking(asked), waiting.answer)

    def _may_be_asked_again(self, waiting: _Waiting) -> bool:
        """Whether another host asks the same now, or may still do so."""
        if any(each.key == waiting.key for each in self._waiting):
            return True
        return not waiting.question.single and self._others() > 1

    async def _for_all(self, waiting: _Waiting, *, is_refused: bool = False) -> bool:
        """Ask whether an answer is for all; so it is, by default, where it is that there is none: Esc twice ends it."""
        default = 0 if is_refused else 1
        label = f'[A] all who ask the same  [O] this host alone  (default is "{_CHOICES[default].hotkey}"): '
        others = self._names(waiting)
        now = f" {others} ask{'' if ',' in others or ' ' in others else 's'} it now." if others else ""
        what = "Is it left unanswered" if is_refused else "Is that the answer"
        said: tuple[str, ...] = (f"{what} for all who ask the same?{now}",)
        while True:
            told = tuple(Write(text, stream=Stream.NOTICE) for text in said)
            question = Question(QuestionKind.CHOICE, label, told, _CHOICES, (default,), remote=False)
            try:
                answer = await self._shown(Asking(question), None)
            except QuestionCancelled:
                return is_refused
            word = "" if answer is None else answer.reveal().strip().casefold()
            if word in (*_ALL, *_ALONE):
                return is_refused if not word else word in _ALL
            said = tuple(f"{choice.hotkey} - {choice.help}" for choice in _CHOICES)

    def _names(self, waiting: _Waiting) -> str:
        """Return who asks the same as one that waits, or waited."""
        same = [each.host for each in self._waiting if each.key == waiting.key]
        more = f" and {len(same) - _TOLD} more" if len(same) > _TOLD else ""
        return ", ".join(plain(name, limit=40) for name in same[:_TOLD]) + more

    async def _shown(self, asking: Asking, gone: asyncio.Future[Secret] | None) -> Secret | None:
        self._present(asking)
        try:
            wanted: set[asyncio.Future[Any]] = {asking.reply} if gone is None else {asking.reply, gone}
            await asyncio.wait(wanted, return_when=asyncio.FIRST_COMPLETED)
            return Secret(asking.reply.result()) if asking.reply.done() else None
        finally:
            self._withdraw(asking)


def _key(question: Question, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what two questions have in common that are the same but for the name of the host.

    Whose words they are belongs to it: what a script asks never has the answer that a login was given.
    """
    texts = (question.label, question.voice, *(record.text for record in question.preamble))
    return question.kind, question.remote, tuple(without_names(text, names) for text in texts)
