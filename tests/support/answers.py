"""A Console with somebody at it who has decided beforehand what to answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from pstui.backends.console import Question, QuestionCancelled
from pstui.backends.credentials import Secret

from tests.support.nobody import NobodyConsole


@dataclass(slots=True)
class AnsweringConsole(NobodyConsole):
    """Gives the next of ``answers`` to each question and keeps the questions; None cancels one.

    A question more than there are answers fails the test.
    """

    answers: list[str | None] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    async def ask(self, question: Question) -> Secret:
        self.questions.append(question)
        assert self.answers, f"nobody expected the question {question.label!r}"
        answer = self.answers.pop(0)
        if answer is None:
            raise QuestionCancelled
        return Secret(answer)

    @property
    def text(self) -> str:
        """Everything that was written."""
        return "".join(write.text + ("\n" if write.newline else "") for write in self.writes)
