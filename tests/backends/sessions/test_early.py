"""A session that opens before there is a console for it: what is written waits, and so do questions."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, ConsoleSize, Question, QuestionKind
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions.early import EarlyConsole
from pstui.backends.sessions.manager import SessionManager

from tests.support.scripted_console import ScriptedConsole

SIZE = ConsoleSize(70, 20)
DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "demo")
NOWHERE = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("/nowhere/to/be/found",)}, "nowhere")


async def prepared(info: ConnectionInfo, console: Console) -> ConnectionInfo:
    return info


async def test_what_comes_before_the_console_is_shown_on_it_in_order_and_questions_wait() -> None:
    early, shown = EarlyConsole(SIZE), ScriptedConsole()
    early.write(Write("one"))
    early.write(Write("two", stream=Stream.NOTICE))
    asked = asyncio.ensure_future(early.ask(Question(QuestionKind.LINE, "Sure? ", remote=False)))
    await asyncio.sleep(0)
    assert (early.backlog, early.size, shown.lines) == (2, SIZE, [])
    assert not asked.done()
    early.lead_to(shown)
    early.write(Write("three"))
    async with asyncio.timeout(60):
        while shown.asked is None:
            await asyncio.sleep(0)
        shown.asked.set_result("yes")
        assert (await asked).reveal() == "yes"
    assert shown.lines[:3] == ["one", "two", "three"]
    assert early.size is shown.size


async def test_a_session_opens_before_anybody_takes_it_and_is_taken_once() -> None:
    manager = SessionManager()
    early = manager.begin(DEMO, SIZE, prepared)
    async with asyncio.timeout(60):
        while not manager.sessions or manager.sessions[0].state is not RunspaceState.OPENED:
            await asyncio.sleep(0.01)
    assert early.begun.is_set()
    other = ConnectionInfo(ParameterSet.DEMO, {}, "demo")
    assert manager.take_early(other) is None
    assert manager.take_early(DEMO) is early
    assert manager.take_early(DEMO) is None
    console, steps = ScriptedConsole(), list[str]()
    session = await early.take(console, lambda name, detail: steps.append(name))
    assert session.console is console
    assert session.host_to_send() is not None, "the console has another size than was foreseen"
    assert steps
    await manager.close_all()


async def test_a_failure_waits_for_who_takes_the_session() -> None:
    manager = SessionManager()
    early = manager.begin(NOWHERE, SIZE, prepared)
    async with asyncio.timeout(60):
        await early.begun.wait()
        with pytest.raises(OpenError, match="could not be started"):
            await early.take(ScriptedConsole(), lambda name, detail: None)
    assert not manager.sessions


async def test_who_is_cancelled_while_taking_it_gives_the_opening_up() -> None:
    async def never(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        await asyncio.Event().wait()
        return info

    manager = SessionManager()
    taking = asyncio.ensure_future(manager.begin(DEMO, SIZE, never).take(ScriptedConsole(), lambda name, detail: None))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert not manager.sessions
