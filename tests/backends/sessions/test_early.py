"""A session that opens before there is a console for it: what is written waits, and so do questions."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Console, Question, QuestionKind
from pstui.backends.errors import OpenError
from pstui.backends.records import RunspaceState, Stream, Write
from pstui.backends.sessions.early import EarlyConsole
from pstui.backends.sessions.manager import SessionManager

from tests.support.scripted_console import ScriptedConsole

DEMO = ConnectionInfo(ParameterSet.DEMO, {}, "demo")
NOWHERE = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("/nowhere/to/be/found",)}, "nowhere")
SLEEPS = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("sleep", "600")}, "sleeps")


async def prepared(info: ConnectionInfo, console: Console) -> ConnectionInfo:
    return info


async def test_what_comes_before_the_console_is_shown_on_it_in_order_and_questions_wait() -> None:
    early, shown = EarlyConsole(), ScriptedConsole()
    early.write(Write("one"))
    early.write(Write("two", stream=Stream.NOTICE))
    asked = asyncio.ensure_future(early.ask(Question(QuestionKind.LINE, "Sure? ", remote=False)))
    await asyncio.sleep(0)
    assert (early.backlog, shown.lines) == (2, [])
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


async def test_a_session_connects_before_anybody_takes_it_and_is_taken_once() -> None:
    manager = SessionManager()
    early = manager.begin(DEMO, prepared)
    async with asyncio.timeout(60):
        await early.begun.wait()
    other = ConnectionInfo(ParameterSet.DEMO, {}, "demo")
    assert manager.take_early(other) is None
    assert manager.take_early(DEMO) is early
    assert manager.take_early(DEMO) is None
    console, steps = ScriptedConsole(), list[str]()
    session = await early.take(console, lambda name, detail: steps.append(name))
    assert (session.console, session.state) == (console, RunspaceState.BEFORE_OPEN)
    await session.open()
    assert session.host_to_send() is None, "it was opened with the size of the console that it is shown on"
    assert "session" in steps
    await manager.close_all()


async def test_a_failure_is_told_when_the_session_is_opened() -> None:
    manager = SessionManager()
    early = manager.begin(NOWHERE, prepared)
    async with asyncio.timeout(60):
        await early.begun.wait()
        session = await early.take(ScriptedConsole(), lambda name, detail: None)
        with pytest.raises(OpenError, match="could not be started"):
            await session.open()


async def test_a_session_that_nobody_takes_is_let_go_of() -> None:
    manager, before = SessionManager(), child_processes()
    early = manager.begin(SLEEPS, prepared)
    async with asyncio.timeout(60):
        await early.begun.wait()
        while not child_processes() - before:
            await asyncio.sleep(0.01)
        await manager.close_all()
        while child_processes() - before:
            await asyncio.sleep(0.01)


def child_processes() -> set[str]:
    """The numbers of the processes that this one has started."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


async def test_what_waits_for_a_password_can_be_given_up() -> None:
    async def never(info: ConnectionInfo, console: Console) -> ConnectionInfo:
        await asyncio.Event().wait()
        return info

    manager = SessionManager()
    taking = asyncio.ensure_future(manager.begin(DEMO, never).take(ScriptedConsole(), lambda name, detail: None))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert not manager.sessions
