"""One line on many hosts: each is accounted for, answers are grouped, questions collected, files written."""

from __future__ import annotations

import asyncio
import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Console, Question, QuestionKind
from pstui.backends.errors import PstuiError
from pstui.tui.fanout.board import Board
from pstui.tui.fanout.engine import MAX_ERRORS, MAX_LINES, MAX_TEXT, THROTTLE_LIMIT, FanOut, State
from pstui.tui.fanout.export import write
from pstui.tui.pane.question import Asking

from tests.support.fan_hosts import FakeSessions, target

#: answers a question that is shown, None for one that is left alone
Person = Callable[[Asking], str | None]


async def prepared(info: ConnectionInfo, console: Console) -> ConnectionInfo:
    return info


def fan_out(names: Sequence[str], sessions: FakeSessions, person: Person = lambda asking: None) -> FanOut:
    def present(asking: Asking) -> None:
        answer = person(asking)
        if answer == "refuse":
            asking.refuse()
        elif answer is not None:
            asking.answer(answer)

    return FanOut(
        [target(name) for name in names],
        sessions,
        prepared,
        board=lambda others: Board(present, lambda asking: None, others),
    )


def states(fan: FanOut) -> dict[State, int]:
    return dict(Counter(host.state for host in fan.hosts))


async def until(seen: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not seen():
            await asyncio.sleep(0)


async def test_every_host_of_many_is_accounted_for() -> None:
    kinds = {"same": 30, "other": 6, "slow": 8, "refuse": 5, "die": 4, "fail": 3, "hang": 2, "never": 2}
    sessions = FakeSessions()
    fan = fan_out([f"{kind}-{number}" for kind, count in kinds.items() for number in range(count)], sessions)
    running = asyncio.create_task(fan.run("Get-Date"))
    await until(lambda: sum(host.state is State.RUNNING for host in fan.hosts) == 10)
    assert fan.running and sessions.most <= THROTTLE_LIMIT
    await until(lambda: len(sessions.ran) == 53 and states(fan).get(State.OPENING) == 2)
    sessions.go.set()
    await until(lambda: states(fan).get(State.DONE) == 44)
    await fan.stop_all()
    await running
    assert states(fan) == {State.DONE: 44, State.FAILED: 12, State.STOPPED: 4}
    said = [(group.state, len(group.hosts), group.is_most) for group in fan.groups()]
    assert said[:2] == [(State.DONE, 38, True), (State.DONE, 6, False)]
    assert said[2:5] == [(State.FAILED, 5, False), (State.FAILED, 4, False), (State.FAILED, 3, False)]
    assert said[5:] == [(State.STOPPED, 4, False)]
    problems = [group.hosts[0].problem for group in fan.groups()[2:5]]
    assert problems == ["port 22 refuses", "the far end is gone", "Error: it is not there"]
    died = next(host for host in fan.hosts if host.name == "die-0")
    assert died.output == "one" and died.session is None, "what came before it died is kept, its session is not"
    await fan.close()
    assert sessions.made == []


async def test_a_thousand_hosts_with_delays_refusals_and_hangs_end_with_each_accounted_for() -> None:
    kinds = {"same": 700, "other": 50, "slow": 100, "refuse": 80, "die": 40, "fail": 20, "hang": 6, "never": 4}
    left, names = dict(kinds), list[str]()
    while left:  # one of each kind after the other, as they come in a list
        for kind in list(left):
            names.append(f"{kind}-{left[kind]}")
            left[kind] -= 1
            if not left[kind]:
                del left[kind]
    sessions = FakeSessions()
    sessions.go.set()
    fan = fan_out(names, sessions)
    running = asyncio.create_task(fan.run("Get-Date"))
    await until(lambda: sum(host.state.over for host in fan.hosts) == 990)
    await fan.stop_all()
    await running
    assert states(fan) == {State.DONE: 850, State.FAILED: 140, State.STOPPED: 10}
    assert sorted(host.name for group in fan.groups() for host in group.hosts) == sorted(names)
    assert [len(group.hosts) for group in fan.groups()] == [800, 50, 80, 40, 20, 10]
    await fan.close()
    assert sessions.made == []


async def test_what_a_host_writes_is_bounded() -> None:
    fan = fan_out(["flood-1"], FakeSessions())
    await fan.run("x")
    (host,) = fan.hosts
    assert len(host.output) <= MAX_TEXT + 10_000 and len(host.lines) <= MAX_LINES and host.left_out > 1_000
    assert sum(map(len, host.errors)) <= MAX_ERRORS and len(host.errors) < MAX_ERRORS
    await fan.close()


async def test_at_most_so_many_open_at_once_and_a_waiting_one_can_be_stopped() -> None:
    sessions = FakeSessions()
    fan = fan_out([f"hang-{number}" for number in range(40)], sessions)
    running = asyncio.create_task(fan.run("x"))
    await until(lambda: len(sessions.ran) == THROTTLE_LIMIT)
    waiting = next(host for host in fan.hosts if host.state is State.WAITING)
    await fan.stop(waiting)
    await until(lambda: waiting.state is State.STOPPED)
    assert len(sessions.ran) == THROTTLE_LIMIT
    await fan.stop_all()
    await running
    assert states(fan) == {State.STOPPED: 40} and len(sessions.ran) == THROTTLE_LIMIT
    await fan.close()


async def test_the_failed_alone_run_again_in_new_sessions_and_the_others_in_theirs() -> None:
    sessions = FakeSessions()
    fan = fan_out(["same-1", "refuse-1", "same-2"], sessions)
    await fan.run("first")
    assert [host.name for host in fan.failed] == ["refuse-1"]
    sessions.mended = True
    kept = {id(session) for session in sessions.made}
    await fan.run("first", fan.failed)
    assert fan.failed == [] and sessions.ran.count(("same-1", "first")) == 1
    await fan.run("second")
    assert kept < {id(session) for session in sessions.made} and len(sessions.made) == 3
    assert fan.hosts[0].output == "one\ntwo", "the colours of the far end are not part of its answer"
    await fan.close()


async def test_one_answer_for_all_who_ask_the_same_if_the_person_says_so() -> None:
    asked: list[str] = []

    def person(asking: Asking) -> str:
        asked.append(f"{asking.question.source}|{asking.question.label}")
        return "A" if "same" in asking.question.label else "secret"

    fan = fan_out(["ask-1", "ask-2", "ask-3", "same-1"], FakeSessions(), person)
    await fan.run("x")
    assert asked[0].endswith("|Password of ask-1: ") and len(asked) == 2
    assert [host.output for host in fan.hosts[:3]] == ["6 letters"] * 3
    await fan.run("x")
    assert len(asked) == 4, "the next line asks anew"
    await fan.close()


async def test_each_is_asked_for_itself_and_a_refusal_is_that_hosts_alone() -> None:
    asked: list[str] = []

    def person(asking: Asking) -> str:
        asked.append(asking.question.label)
        return "O" if "same" in asking.question.label else "refuse" if "ask-2" in asking.question.label else "four"

    fan = fan_out(["ask-1", "ask-2", "ask-3"], FakeSessions(), person)
    await fan.run("x")
    assert [host.state for host in fan.hosts] == [State.DONE, State.FAILED, State.DONE]
    assert sum("Password" in label for label in asked) == 3
    await fan.close()


LOGIN = "me@{}'s password: "


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        (Question(QuestionKind.SECRET, LOGIN, remote=False), Question(QuestionKind.SECRET, LOGIN, remote=False), True),
        # a script that asks in the words of a login gets no password of one
        (Question(QuestionKind.SECRET, LOGIN, remote=False), Question(QuestionKind.SECRET, LOGIN), False),
        (Question(QuestionKind.SECRET, LOGIN), Question(QuestionKind.SECRET, LOGIN, voice="from the server {}"), False),
        (Question(QuestionKind.LINE, "Name: "), Question(QuestionKind.SECRET, "Name: "), False),
        # a host may be called as a part of any word
        (Question(QuestionKind.LINE, "Name at {}: "), Question(QuestionKind.LINE, "Name at {}: "), True),
        (Question(QuestionKind.LINE, "{}: key 1?", single=True), Question(QuestionKind.LINE, "{}: key 2?"), False),
    ],
)
async def test_only_who_asks_the_same_has_the_answer(first: Question, second: Question, is_shared: bool) -> None:
    asked: list[str] = []

    def present(asking: Asking) -> None:
        asked.append(asking.question.label)
        is_whose = asking.question.choices
        asking.answer("?" if is_whose and len(asked) == 2 else "A" if is_whose else "yes")

    board = Board(present, lambda asking: None, lambda: 1 if first.single else 3)

    def of(question: Question, host: str) -> Question:
        return replace(question, label=question.label.format(host), voice=question.voice.format(host))

    for question, host in ((first, "m"), (second, "a")):
        assert (await board.ask(host, (host, f"{host}:22"), of(question, host))).reveal() == "yes"
        await until(lambda: board.is_idle)
    assert (of(second, "a").label not in asked) == is_shared
    assert any("all who ask the same" in label for label in asked) != first.single


@pytest.mark.parametrize(("whose", "asked_for"), [("refuse", 1), ("", 1), ("O", 3)])
async def test_a_question_may_be_left_unanswered_for_all_who_ask_it(whose: str, asked_for: int) -> None:
    asked: list[str] = []

    def person(asking: Asking) -> str:
        asked.append(asking.question.label)
        return whose if "same" in asking.question.label else "refuse"

    fan = fan_out(["ask-1", "ask-2", "ask-3"], FakeSessions(), person)
    await fan.run("x")
    assert [host.state for host in fan.hosts] == [State.FAILED] * 3
    assert sum("Password" in label for label in asked) == asked_for
    await fan.close()


async def test_a_question_of_a_host_that_is_stopped_is_withdrawn() -> None:
    shown: list[Asking] = []
    fan = fan_out(["ask-1"], FakeSessions(), shown.append)
    running = asyncio.create_task(fan.run("x"))
    await until(lambda: shown)
    assert fan.hosts[0].state is State.ASKING
    await fan.stop(fan.hosts[0])
    await running
    assert fan.hosts[0].state is State.STOPPED
    await fan.close()


async def test_answers_are_written_as_text_json_and_csv_and_nothing_is_overwritten(tmp_path: Path) -> None:
    fan = fan_out(["same-1", "other-1", "same-2", "refuse-1"], FakeSessions())
    await fan.run("Get-Date")
    for ending in ("txt", "json", "csv"):
        write(fan, tmp_path / f"answers.{ending}")
    text = (tmp_path / "answers.txt").read_text()
    assert "same-1,same-2 (2)\n---------------\none\ntwo\n" in text and "refuse-1" in text and "port 22 refuses" in text
    records = json.loads((tmp_path / "answers.json").read_text())
    assert [one["host"] for one in records] == ["same-1", "other-1", "same-2", "refuse-1"]
    assert records[3]["state"] == "failed" and "Nothing listens there." in records[3]["errors"][0]
    rows = list(csv.DictReader((tmp_path / "answers.csv").open(newline="")))
    assert rows[1]["output"] == "one\n2" and rows[3]["problem"] == "port 22 refuses"
    with pytest.raises(PstuiError, match="exists already"):
        write(fan, tmp_path / "answers.txt")
    with pytest.raises(PstuiError, match="was not written"):
        write(fan, tmp_path / "answers.xml")
    await fan.close()
