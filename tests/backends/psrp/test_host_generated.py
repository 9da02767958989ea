"""Host calls with wrong ids, arguments, types and sizes, by the thousand: the session goes on or ends with one message.

``make fuzz`` makes twenty thousand (PSTUI_FUZZ).
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from pstui.backends.console import KeyInfo, Question, QuestionCancelled
from pstui.backends.credentials import Secret
from pstui.backends.psrp.host_calls import MAX_OPEN
from pstui.backends.psrp.host_methods import HOST_METHODS
from pstui.backends.records import ProgressRecord, RunspaceState, Write
from pstui.backends.sessions.interactive import Outcome

from tests.support import host_table as table
from tests.support.host_table import TABLE, array, i, items, obj, s
from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, meeting

CALLS = int(os.environ.get("PSTUI_FUZZ", "3000"))
PARTS = 4
BATCH = 20
#: Call id of the call that ends a batch.
LAST = 424242
#: A text longer than any that is shown whole.
HUGE = f"<S>{'x' * 1_500_000}</S>"
#: Longest text that may reach a console in one record (protocol-notes 7.4).
LONGEST = 1024 * 1024 + 20


@dataclass(slots=True)
class HastyConsole(ScriptedConsole):
    """Answers everything at once with something, refuses now and then, and counts instead of keeping."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))
    asked_for: int = 0
    longest: int = 0

    def write(self, record: Write) -> None:
        self.longest = max(self.longest, len(record.text))

    def progress(self, record: ProgressRecord) -> None:
        assert -1 <= record.percent <= 100

    def set_title(self, title: str) -> None:
        assert title.isprintable()

    def row(self) -> int:
        return 0

    def column(self) -> int:
        return 0

    async def ask(self, question: Question) -> Secret:
        self.asked_for += 1
        self.longest = max(self.longest, len(question.label))
        if self.chance.random() < 0.3:
            raise QuestionCancelled
        return Secret(self.chance.choice(["", "y", "a", "0", "!?", "!$null", "text", "\N{GRINNING FACE}"]))

    async def read_key(self, *, echo: bool, source: str = "") -> KeyInfo:
        if self.chance.random() < 0.3:
            raise QuestionCancelled
        return KeyInfo(65, self.chance.choice(["a", "", "\N{GRINNING FACE}"]))


class Calls:
    """Makes calls: right ones, spoilt ones, and ones that make no sense at all."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def value(self, depth: int = 0) -> str:
        """Any CLIXML value, now and then a large, deep or broken one."""
        pick = self.chance.random()
        if pick < 0.002:
            return HUGE
        if pick < 0.004:
            return "<Obj RefId='9'><LST>" * 200 + "</LST></Obj>" * 200
        makers: list[Callable[[], str]] = [
            lambda: s(self.chance.choice(["", "text", "\x1b[2J", "&", "a\nb", "\ud800", "_x0041_"])),
            lambda: i(self.chance.choice([-1, 0, 1, 15, 16, 99, -(2**31), 2**31 - 1])),
            lambda: f"<I64>{self.chance.choice([-(2**63), 2**63 - 1, 2**31])}</I64>",
            lambda: f"<U64>{2**64 - 1}</U64>",
            lambda: "<I32>many</I32>",
            lambda: "<I32>99999999999</I32>",
            lambda: "<Nil />",
            lambda: "<B>true</B>",
            lambda: "<C>65536</C>",
            lambda: "<Db>NaN</Db>",
            lambda: "<G>no guid</G>",
            lambda: "<DT>yesterday</DT>",
            lambda: "<BA>!!</BA>",
            lambda: "<SS>AAAA</SS>",
            lambda: "<Ref RefId='77' />",
            lambda: "<Nonsense>1</Nonsense>",
            lambda: table.CORNER,
            lambda: table.CELL,
            lambda: table.EVERYTHING,
            lambda: table.PROGRESS,
            lambda: table.field(self.chance.choice(["", "n"]), self.chance.choice(["System.String[]", "?"]), "&"),
            lambda: table.choice(self.chance.choice(["&Yes", "&", "", "?", "a&?"])),
        ]
        if depth < 3:
            makers += [
                lambda: items(*self.values(depth + 1)),
                lambda: array(*self.values(depth + 1)),
                lambda: obj(mae=i(1), mal=s("x")),
                lambda: obj(**{name: self.value(depth + 1) for name in ("x", "y", "label", "name") if self.coin()}),
            ]
        return self.chance.choice(makers)()

    def coin(self) -> bool:
        """Heads or tails."""
        return self.chance.random() < 0.5

    def values(self, depth: int = 0) -> list[str]:
        """A few values, sometimes very many."""
        count = 1200 if self.chance.random() < 0.005 else self.chance.randrange(7)
        return [self.value(depth) if count < 10 else i(1) for _ in range(count)]

    def call(self) -> tuple[int, int, tuple[str, ...]]:
        """One call: its id, its method, its arguments."""
        pick = self.chance.random()
        if pick < 0.7:
            known = self.chance.choice(TABLE)
            method, arguments = known.method, list(known.arguments)
            if arguments and pick < 0.4:
                arguments[self.chance.randrange(len(arguments))] = self.value()
            elif pick < 0.5:
                arguments = self.values()
        else:
            method = self.chance.choice([*HOST_METHODS, 0, -1, 57, 99, 2**31 - 1, 10**12])
            arguments = self.values()
        usual = self.chance.randrange(1, 50) if method in HOST_METHODS and HOST_METHODS[method].answered else -100
        ci = usual if self.chance.random() < 0.9 else self.chance.choice([-100, 0, -1, 1, 2**62])
        return ci, method, tuple(arguments)


def makes_no_sense(chance: random.Random) -> str:
    """Something that is no host call."""
    return chance.choice(["<S>call me</S>", "<Obj RefId='0'><MS /></Obj>", "<Obj", "", "<Nil />"])


def play(calls: Calls) -> Callable[[ScriptedPeer, uuid.UUID], None]:
    """Return the action that makes a batch of calls, of the command or of the pool, and a last one."""

    def act(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for _ in range(BATCH):
            ci, method, arguments = calls.call()
            if method not in (6, 53):
                peer.host_call(method, arguments, ci, guid if calls.chance.random() < 0.8 else ZERO)
        if calls.chance.random() < 0.02:
            peer.say("PIPELINE_HOST_CALL", makes_no_sense(calls.chance), guid)
        peer.host_call(1, (), LAST, guid)

    return act


def over(peer: ScriptedPeer, guid: uuid.UUID) -> None:
    """Complete the command when its last call is answered."""
    if peer.answers[-1]["ci"] == ("I64", str(LAST)):
        peer.state(guid, COMPLETED)
    peer.answers.clear()
    peer.heard.clear()


async def one_session(calls: Calls, batches: int, faults: list[str]) -> int:
    """Run batches in one session until it breaks; return how many were run."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(str(context)))
    peer = ScriptedPeer(commands={"Do-It": [play(calls)]}, on_answer=over)
    done = 0
    with pytest.MonkeyPatch.context() as patch, meeting(patch, peer) as met:
        console = HastyConsole(chance=calls.chance)
        met.interactive.console = met.session.console = console
        await met.interactive.enter()
        while done < batches:
            done += 1
            outcome = await asyncio.wait_for(met.interactive.run("Do-It"), 10)
            assert outcome in (Outcome.READY, Outcome.BROKEN)
            assert console.longest <= LONGEST
            assert len(asyncio.all_tasks()) < MAX_OPEN + 20
            if outcome is Outcome.BROKEN:
                assert met.session.state is RunspaceState.BROKEN
                assert met.session.failure is not None
                assert met.session.failure.message.strip()
                assert "Traceback" not in met.session.failure.message
                break
        await asyncio.wait_for(met.manager.close_all(), 10)
        assert peer.stopped
    return done


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_calls_do_no_harm(part: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    calls, faults = Calls(part), list[str]()
    left = CALLS // PARTS // BATCH
    sessions = 0
    while left > 0:
        left -= asyncio.run(one_session(calls, left, faults))
        sessions += 1
    assert faults == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert sessions < 3 + CALLS // PARTS // 50
