"""A failure that offers a way out: asked in the pane, never taken by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pstui.backends.errors import Offer, OpenError
from pstui.tui.pane.offers import take_offer

from tests.support.answers import AnsweringConsole


class Surroundings:
    """What was started, and what was run in the terminal."""

    def __init__(self) -> None:
        self.started = 0
        self.lent: list[Sequence[str]] = []

    async def start(self) -> None:
        self.started += 1

    async def terminal(self, command: Sequence[str]) -> None:
        self.lent.append(command)

    def error(self) -> OpenError:
        offers = [Offer("Start it", self.start), Offer("Open a plain terminal", command=("podman", "exec", "a b"))]
        return OpenError("api: the container is not running", offers=offers)


@pytest.mark.parametrize("answer", ["1", "start it", " START IT "])
async def test_an_offer_is_taken_by_its_key_or_its_words(answer: str) -> None:
    around, console = Surroundings(), AnsweringConsole(answers=[answer])
    assert await take_offer(console, around.error(), "api", around.terminal)
    assert (around.started, around.lent) == (1, [])
    (question,) = console.questions
    assert not question.remote
    assert question.label == '[1] Start it  [2] Open a plain terminal  [N] no  (default is "N"): '


@pytest.mark.parametrize("answers", [[""], ["n"], ["no"], [None], ["perhaps", "3", ""]])
async def test_nothing_is_taken_by_itself(answers: list[str | None]) -> None:
    around, console = Surroundings(), AnsweringConsole(answers=answers)
    assert not await take_offer(console, around.error(), "api", around.terminal)
    assert (around.started, around.lent) == (0, [])
    assert console.answers == []


async def test_a_program_runs_in_the_terminal_and_its_line_is_shown() -> None:
    around, console = Surroundings(), AnsweringConsole(answers=["2"])
    assert not await take_offer(console, around.error(), "api", around.terminal)
    assert around.lent == [("podman", "exec", "a b")]
    assert console.text == "podman exec 'a b'\n"


async def test_a_failure_without_offers_asks_nothing() -> None:
    around = Surroundings()
    assert not await take_offer(AnsweringConsole(), OpenError("x"), "x", around.terminal)
