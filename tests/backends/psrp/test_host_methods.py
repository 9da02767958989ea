"""All 56 host methods through the engine, for commands and the pool: shown, asked, answered (protocol-notes 4.3)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from pstui.backends.console import ConsoleSize, KeyInfo
from pstui.backends.psrp.host_methods import HOST_METHODS
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions.interactive import Outcome

from tests.support.host_table import (
    ABC,
    CELL,
    CORNER,
    EVERYTHING,
    PROGRESS,
    TABLE,
    VOID,
    YES_NO,
    Dialogue,
    field,
    i,
    items,
    number,
    obj,
    s,
)
from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, meeting


def test_no_method_is_missing_from_the_table() -> None:
    assert sorted(HOST_METHODS) == list(range(1, 57))
    assert {dialogue.method for dialogue in TABLE} == set(HOST_METHODS)
    for dialogue in TABLE:
        assert HOST_METHODS[dialogue.method].answered == (dialogue.answers is not VOID or bool(dialogue.refuses))


@dataclass
class Scene:
    """The far end of one call: it makes the call in its scope and completes the command once that is over."""

    dialogue: Dialogue
    of_pool: bool
    guid: uuid.UUID = ZERO
    answered_to: uuid.UUID | None = None

    def peer(self) -> ScriptedPeer:
        """Return the server that plays it."""
        return ScriptedPeer(commands={"Do-It": [self.call]}, on_answer=self.answer)

    def call(self, peer: ScriptedPeer, guid: uuid.UUID) -> None:
        """Make the call; a void one is over at once."""
        self.guid = guid
        method = HOST_METHODS[self.dialogue.method]
        ci = 7 if method.answered else -100
        peer.host_call(self.dialogue.method, self.dialogue.arguments, ci, ZERO if self.of_pool else guid)
        if not method.answered:
            peer.state(guid, COMPLETED)

    def answer(self, peer: ScriptedPeer, guid: uuid.UUID) -> None:
        """Take the answer and let the command complete."""
        self.answered_to = guid
        peer.state(self.guid, COMPLETED)


async def respond(console: ScriptedConsole, typed: tuple[str | KeyInfo | None, ...]) -> None:
    """Answer what is asked, one after the other."""
    for entry in typed:
        waiting = await console.waiting()
        if entry is None:
            console.refuse()
        else:
            waiting.set_result(entry)
        await console.settled(waiting)


@pytest.mark.parametrize("scope", ["pipeline", "pool"])
@pytest.mark.parametrize("dialogue", TABLE, ids=lambda entry: f"{HOST_METHODS[entry.method].name} {entry.note}".strip())
async def test_a_call_is_shown_asked_and_answered(
    dialogue: Dialogue, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(dialogue, of_pool=scope == "pool")
    peer = scene.peer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        typing = asyncio.create_task(respond(met.console, dialogue.typed))
        outcome = await asyncio.wait_for(met.interactive.run("Do-It"), 5)
        await asyncio.wait_for(typing, 5)
        assert tuple(met.console.shown()) == dialogue.shows
        assert outcome is (Outcome.LEFT if dialogue.note == "leaves" else Outcome.READY)
        if dialogue.answers is VOID and not dialogue.refuses:
            assert peer.answers == []
        else:
            check_answer(scene, peer)
        await met.manager.close_all()


def check_answer(scene: Scene, peer: ScriptedPeer) -> None:
    """The call was answered once, in its scope, on the right stream, with the right value."""
    (sent,) = peer.answers
    assert (sent["ci"], sent["mi"]) == (("I64", "7"), number(scene.dialogue.method))
    assert "answer 7 on PromptResponse" in peer.heard
    assert scene.answered_to == (ZERO if scene.of_pool else scene.guid)
    if scene.dialogue.refuses:
        assert "mr" not in sent
        assert scene.dialogue.refuses in sent["me"]["Exception"]["Message"]
    else:
        assert "me" not in sent
        assert scene.dialogue.answers in (any, sent.get("mr"))


async def hold(monkeypatch: pytest.MonkeyPatch, *calls: tuple[int, tuple[str, ...]]) -> tuple[Any, ScriptedPeer]:
    """Enter, let one command make these calls (answered ones last), and return the meeting and its peer."""

    def play(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for ci, (method, arguments) in enumerate(calls, 1):
            peer.host_call(method, arguments, ci if HOST_METHODS[method].answered else -100, guid)

    peer = ScriptedPeer(commands={"Do-It": [play]})
    wanted = sum(HOST_METHODS[method].answered for method, _ in calls)

    def answered(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        if len(peer.answers) == wanted:
            peer.state(guid, COMPLETED)

    peer.on_answer = answered
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        await asyncio.wait_for(met.interactive.run("Do-It"), 5)
        await met.manager.close_all()
    return met, peer


async def test_getters_answer_from_live_values(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = [
        (28, (i(3),)),
        (30, (i(4),)),
        (32, (CORNER,)),
        (36, (i(25),)),
        (42, (s("far"),)),
        (13, (s("abcde"),)),
    ]
    getting = [(number, ()) for number in (27, 29, 31, 35, 41)]
    met, peer = await hold(monkeypatch, *setting, *getting)
    said = {int(answer["mi"][1]): answer["mr"] for answer in peer.answers}
    assert said == {
        27: number(3),
        29: number(4),
        31: {"x": number(5), "y": number(0)},
        35: number(25),
        41: "far",
    }
    assert met.console.titles == ["far"]


async def test_the_size_answered_is_the_pane_s_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.console.size = ConsoleSize(99, 33)
        peer.host_call(39, (), 1, ZERO)
        await peer.until("answer 1")
        assert peer.answers[0]["mr"] == {"width": number(99), "height": number(33)}
        await met.manager.close_all()


async def test_set_colours_hold_for_plain_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Write] = []
    monkeypatch.setattr(ScriptedConsole, "write", lambda self, record: written.append(record))
    await hold(
        monkeypatch,
        (28, (i(3),)),
        (16, (s("plain"),)),
        (17, (i(10), i(-1), s("green"))),
        (18, (s("error"),)),
        (28, (i(-1),)),
        (16, (s("plain again"),)),
        (1, ()),
    )
    colours = [(record.text, record.foreground, record.stream) for record in written if record.text]
    assert colours[:4] == [
        ("plain", 3, Stream.OUTPUT),
        ("green", 10, Stream.OUTPUT),
        ("error", -1, Stream.ERROR),
        ("plain again", -1, Stream.OUTPUT),
    ]


async def test_progress_clearing_and_title_reach_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    met, _ = await hold(
        monkeypatch,
        (20, ("<I64>1</I64>", PROGRESS)),
        (32, (obj(x=i(0), y=i(0)),)),
        (48, (EVERYTHING, CELL)),
        (48, (obj(left=i(0), top=i(0), right=i(259), bottom=i(49)), CELL)),
        (42, (s("a\x1b]0;evil\x07b" + "x" * 500),)),
        (1, ()),
    )
    (record,) = met.console.progressed
    assert (record.source_id, record.activity_id, record.parent_id) == (1, 7, -1)
    assert (record.activity, record.status, record.percent, record.seconds_remaining) == ("Copying", "file 3", 63, 12)
    assert met.console.cleared == 2
    (title,) = met.console.titles
    assert title.startswith("a]0;evilb")
    assert len(title) == 200


@pytest.mark.parametrize("method", [6, 53])
async def test_the_pool_itself_may_end_an_idle_session(method: int, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.host_call(method, (i(3),) if method == 6 else (), -100, ZERO)
        peer.host_call(1, (), 1, ZERO)
        await peer.until("answer 1")
        assert await asyncio.wait_for(met.interactive.refresh(), 5) is Outcome.LEFT
        assert met.session.state is RunspaceState.CLOSED


#: Arguments that do not fit, by method: every kind of argument is wrong once.
MISFITS: list[tuple[int, tuple[str, ...]]] = [
    (16, ()),
    (16, (i(1),)),
    (17, (i(16), i(0), s("x"))),
    (17, (s("Red"), i(0), s("x"))),
    (6, ("<I64>9999999999</I64>",)),
    (6, ("<B>true</B>",)),
    (20, (i(1), s("x"))),
    (32, (obj(x=i(1)),)),
    (32, (obj(x=i(1), y="<I64>99999999999</I64>"),)),
    (34, (s("x"),)),
    (38, (obj(width=i(1), height=s("2")),)),
    (48, (obj(left=i(1)), CELL)),
    (48, (EVERYTHING, s("x"))),
    (49, (CORNER, items())),
    (23, (s(""), s(""), items(s("x")))),
    (23, (s(""), s(""), items(obj(name=i(1))))),
    (23, (s(""), s(""), items(*[field("x")] * 1001))),
    (24, (s(""), i(1), s(""), s(""))),
    (26, (s(""), s(""), items(obj(label=s("a"), helpMessage=f"<S>{'x' * 1_100_000}</S>")), i(0))),
    (26, (s(""), s(""), YES_NO, s("0"))),
    (46, (s("4"),)),
    (50, (s("x"),)),
    (56, (s(""), s(""), ABC, items(s("x")))),
]


@pytest.mark.parametrize(("method", "arguments"), MISFITS, ids=[str(index) for index in range(len(MISFITS))])
async def test_arguments_that_do_not_fit_are_refused(
    method: int, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    met, peer = await hold(monkeypatch, (method, arguments), (1, ()))
    name = HOST_METHODS[method].name
    if HOST_METHODS[method].answered:
        assert any("me" in answer for answer in peer.answers)
        assert met.console.shown() == []
    else:
        assert met.console.shown()[0].startswith(f"{name}")
    assert met.console.questions == []
