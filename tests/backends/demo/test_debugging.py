"""The demo endpoint takes of the debugger's commands what a real server takes, and answers the rest as that does."""

from __future__ import annotations

from typing import Any

import pytest
from psrpcore import types as ps
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.demo.commands.registry import commands
from pstui.backends.psrp.debugging import DEBUG_MODE, DebugModes
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.records import PipelineState
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.sessions.reported import refusal

from tests.support.scripted_console import ScriptedConsole

ARGUMENTS: dict[str, tuple[tuple[str, Any], ...]] = {
    "a bare number": (("Mode", ps.PSInt(6)),),
    "an unknown parameter": (("Foo", DebugModes.LocalScript),),
    "none": (),
    "text": (("Mode", "LocalScript"),),
}


@pytest.mark.parametrize("what", [*ARGUMENTS, ""])
async def test_a_mode_that_is_no_enum_is_answered_with_an_error_and_completed(what: str) -> None:
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), console)
    try:
        await session.open()
        found: list[Any] = []
        invocation = Invocation(((Call("__Set-PSDebugMode", ARGUMENTS[what]),),)) if what else DEBUG_MODE
        result = await session.run(invocation, on_output=found.append)
        assert result.state is PipelineState.COMPLETED
        assert refusal(result, found) == ("Mode" if what else "")
    finally:
        await manager.close_all()


async def test_a_parameter_that_a_command_does_not_have_is_refused_by_every_command() -> None:
    manager, console = SessionManager(), ScriptedConsole()
    session = manager.create(ConnectionInfo(ParameterSet.DEMO), console)
    known = [spec.name for spec in commands()]
    assert len(known) > 40
    try:
        await session.open()
        taken = []
        for name in known:
            call = Call(name, (("NoSuchThing", 1),))
            result = await session.run(Invocation(((call,),)))
            said = "" if result.error is None else result.error.fully_qualified_error_id
            if result.state is not PipelineState.FAILED or not said.startswith("NamedParameterNotFound"):
                taken.append((name, result.state, said))
        assert taken == []
    finally:
        await manager.close_all()
