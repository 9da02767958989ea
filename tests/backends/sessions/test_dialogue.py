"""Dialogues while a command runs: questions, Ctrl+C, acknowledgements that do not come (protocol-notes 2.9, 4)."""

from __future__ import annotations

import asyncio
import base64

import pytest
from pstui.backends.errors import SessionStateError
from pstui.backends.records import RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import ZERO
from tests.support.scripted_peer import (
    COMPLETED,
    METADATA,
    Action,
    Meeting,
    ScriptedPeer,
    call,
    error_record,
    line,
    meeting,
    state,
)

FIELD = (
    '<Obj RefId="5"><LST><Obj RefId="6"><MS><S N="name">{name}</S><S N="label"></S>'
    '<S N="parameterTypeName">String</S><S N="parameterTypeFullName">{type}</S>'
    '<S N="parameterAssemblyFullName">mscorlib</S><S N="helpMessage"></S><B N="isMandatory">true</B>'
    '<Obj N="metadata" RefId="7"><LST /></Obj><B N="modifiedByRemotingProtocol">false</B>'
    '<B N="isFromRemoteHost">false</B></MS></Obj></LST></Obj>'
)
CHOICES = (
    '<Obj RefId="5"><LST><Obj RefId="6"><MS><S N="label">&amp;Yes</S><S N="helpMessage">do it</S></MS></Obj>'
    '<Obj RefId="7"><MS><S N="label">&amp;No</S><S N="helpMessage">leave it</S></MS></Obj></LST></Obj>'
)


def ends_when_answered(peer: ScriptedPeer) -> ScriptedPeer:
    """Let the command complete as soon as its host call is answered."""
    peer.on_answer = state(COMPLETED)
    return peer


async def asking(met: Meeting, command: str) -> tuple[asyncio.Task[Outcome], asyncio.Future[str]]:
    """Enter, run a command that asks, and return both."""
    await met.interactive.enter()
    running = asyncio.create_task(met.interactive.run(command))
    return running, await met.console.question()


@pytest.mark.parametrize(
    ("number", "arguments", "typed", "result", "shown"),
    [
        (11, (), "hello", "hello", "hello"),
        (23, ("<S></S>", "<S></S>", FIELD.format(name="Who", type="System.String")), "Ann", {"Who": "Ann"}, "Who: Ann"),
        (26, ("<S>Sure?</S>", "<S>Really</S>", CHOICES, "<I32>1</I32>"), "y", ("I32", "0"), None),
        (26, ("<S>Sure?</S>", "<S>Really</S>", CHOICES, "<I32>1</I32>"), "", ("I32", "1"), None),
    ],
    ids=["ReadLine", "Prompt", "PromptForChoice", "PromptForChoice by default"],
)
async def test_a_question_is_answered_on_its_own_stream(
    number: int,
    arguments: tuple[str, ...],
    typed: str,
    result: object,
    shown: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = ends_when_answered(ScriptedPeer(commands={"Ask-Me": [call(number, *arguments, ci=7)]}))
    with meeting(monkeypatch, peer) as met:
        running, answer = await asking(met, "Ask-Me")
        answer.set_result(typed)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert "answer 7 on PromptResponse" in peer.heard
        (sent,) = peer.answers
        assert (sent["ci"], sent["mi"], sent.get("mr"), "me" in sent) == (
            ("I64", "7"),
            ("I32", str(number)),
            result,
            False,
        )
        if shown is not None:
            assert met.console.shown()[-1] == shown
        await met.manager.close_all()


async def test_a_secret_travels_as_one_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ends_when_answered(ScriptedPeer(commands={"Ask-Me": [call(12, ci=1)]}))
    with meeting(monkeypatch, peer) as met:
        running, answer = await asking(met, "Ask-Me")
        answer.set_result("s3cret")
        await asyncio.wait_for(running, 5)
        encoded = base64.b64encode("s3cret".encode("utf-16-le")).decode()
        assert peer.answers[0]["mr"] == ("SS", encoded)
        assert met.console.shown()[-1] == "******"
        assert "s3cret" not in "\n".join(met.console.shown())
        await met.manager.close_all()


async def test_a_question_of_the_pool_is_answered_to_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer()
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        call(11, ci=3)(peer, ZERO)
        (await met.console.question()).set_result("hello")
        await peer.until("answer 3 on PromptResponse")
        assert peer.answers[0]["mr"] == "hello"
        await met.manager.close_all()


async def test_text_goes_on_while_a_question_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ends_when_answered(ScriptedPeer(commands={"Ask-Me": [call(11, ci=1), line("meanwhile")]}))
    with meeting(monkeypatch, peer) as met:
        running, answer = await asking(met, "Ask-Me")
        async with asyncio.timeout(5):
            while "meanwhile" not in met.console.shown():
                await asyncio.sleep(0)
        answer.set_result("")
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


async def test_void_calls_are_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    void = [call(16, "<S>x</S>"), call(42, "<S>title</S>"), call(28, "<I32>3</I32>"), call(47), call(99)]
    peer = ScriptedPeer(commands={"Write-Much": [*void, state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        await met.interactive.run("Write-Much")
        await met.interactive.run("Write-Much")
        assert peer.answers == []
        assert met.console.titles == ["title", "title"]
        await met.manager.close_all()


@pytest.mark.parametrize(
    "asks",
    [
        call(99, ci=1),
        call(50, "<S>x</S>", ci=1),
        call(26, "<S>a</S>", ci=1),
        call(23, "<I32>1</I32>", "<S>b</S>", "<S>c</S>", ci=1),
    ],
    ids=["unknown method", "GetBufferContents", "too few arguments", "wrong arguments"],
)
async def test_what_cannot_be_answered_is_refused_with_an_exception(
    asks: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ends_when_answered(ScriptedPeer(commands={"Ask-Me": [asks]}))
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Ask-Me"), 5) is Outcome.READY
        (sent,) = peer.answers
        assert "me" in sent
        assert "mr" not in sent
        assert met.console.questions == []
        await met.manager.close_all()


async def test_a_refused_question_is_answered_with_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ends_when_answered(ScriptedPeer(commands={"Ask-Me": [call(11, ci=1)]}))
    with meeting(monkeypatch, peer) as met:
        running, _ = await asking(met, "Ask-Me")
        met.console.refuse()
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert "me" in peer.answers[0]
        assert "Signal" not in peer.heard
        await met.manager.close_all()


async def test_a_question_of_a_command_that_ends_is_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Ask-Me": [call(11, ci=1)]})
    with meeting(monkeypatch, peer) as met:
        running, _ = await asking(met, "Ask-Me")
        peer.raw(b"")
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN
        await asyncio.sleep(0)
        assert met.console.asked is None
        assert peer.answers == []


async def test_ctrl_c_signals_once_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": [line("working")]})
    peer.on_signal = [state(3, error_record("The pipeline has been stopped.", "PipelineStopped"))]
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        await asyncio.wait_for(asyncio.gather(met.interactive.stop(), met.interactive.stop()), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert peer.heard.count("Signal") == 1
        signal = peer.heard.index("Signal")
        assert peer.heard[signal + 1] == "Close"
        assert await met.interactive.run("Get-Other") is Outcome.READY
        await met.manager.close_all()


async def test_ctrl_c_before_the_command_is_on_its_way_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": []})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await asyncio.sleep(0)
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


async def test_a_stop_confirmed_without_a_state_is_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.psrp.pool.STATE_TIMEOUT", 0.05)
    peer = ScriptedPeer(commands={"Wait-Long": []}, on_signal=[])
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        await asyncio.wait_for(met.interactive.stop(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


async def test_a_stop_that_is_never_confirmed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": []}, on_signal=[], quiet={"SignalAck"})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        met.transport[0].signal_timeout = 0.05
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        with pytest.raises(SessionStateError, match=r"0\.05 s"):
            await asyncio.wait_for(met.interactive.stop(), 5)
        await asyncio.wait_for(met.manager.close_all(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN


async def test_a_command_that_asks_to_leave_and_goes_on_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.sessions.interactive.LEAVE_GRACE", 0.05)
    peer = ScriptedPeer(commands={"Leave-Late": [call(53)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Leave-Late"), 5) is Outcome.LEFT
        assert met.session.state is RunspaceState.CLOSED


async def test_nothing_is_sent_to_a_stopped_command(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Ask-Me": [call(11, ci=1)]})
    with meeting(monkeypatch, peer) as met:
        running, answer = await asking(met, "Ask-Me")
        await asyncio.wait_for(met.session.stop(), 5)
        if not answer.done():
            answer.set_result("too late")
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        after = peer.heard[peer.heard.index("Signal") + 1 :] if "Signal" in peer.heard else []
        assert not any(entry.startswith("answer") for entry in after)
        await met.manager.close_all()


@pytest.mark.parametrize("missing", ["CommandAck", "DataAck"])
async def test_closing_frees_a_command_whose_acknowledgement_never_comes(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ScriptedPeer(commands={"Get-Thing": [line("never")]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.quiet = {missing, "CloseAck"}
        met.transport[0].close_timeout = 0.05
        running = asyncio.create_task(met.interactive.run("Get-Thing"))
        await peer.until("Command")
        await asyncio.wait_for(met.manager.close_all(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN
        assert met.session.state in (RunspaceState.CLOSED, RunspaceState.BROKEN)


async def test_a_void_call_of_the_check_may_not_end_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"GET_COMMAND_METADATA": [call(6, "<I32>1</I32>"), call(53), *METADATA]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("Get-Thing") is Outcome.READY
        await met.manager.close_all()
