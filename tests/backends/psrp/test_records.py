"""What a session keeps of errors and information for lists that can be opened, and that it keeps no more (3.4, 8.3)."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from pstui.backends.psrp.record_info import error_info
from pstui.backends.records import ErrorInfo
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.reported import (
    MAX_INFORMATION,
    MAX_KEPT,
    MAX_RECORDS,
    SessionRecords,
    read_stop,
    stop_lines,
)

from tests.support.paths import RECORDINGS
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import (
    COMPLETED,
    FAILED,
    Action,
    ScriptedPeer,
    call,
    error_record,
    line,
    meeting,
    members,
    output,
    state,
)


def says(name: str, clixml: str) -> Action:
    """Return the action that sends a record of the command."""
    return lambda peer, guid: peer.say(name, clixml, guid)


def recorded(name: str, kind: str) -> list[str]:
    """Return the messages of one kind in a recording of the real server."""
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        messages = [message for text in file for message in json.loads(text).get("messages", ())]
    return [message["clixml"] for message in messages if message["type"] == kind]


def detailed(message: str) -> str:
    """Return an ErrorRecord with everything a server can say about one."""
    more = (
        '<B N="SerializeExtendedInfo">true</B>'
        '<S N="InvocationInfo_InvocationName">Get-Thing</S><S N="InvocationInfo_Line">Get-Thing -Name x</S>'
        '<I32 N="InvocationInfo_OffsetInLine">1</I32><I64 N="InvocationInfo_HistoryId">7</I64>'
        '<S N="InvocationInfo_ScriptName"></S><I32 N="InvocationInfo_ScriptLineNumber">1</I32>'
        '<I32 N="InvocationInfo_PipelineLength">1</I32><I32 N="InvocationInfo_PipelinePosition">1</I32>'
        '<B N="InvocationInfo_ExpectingInput">false</B><I32 N="InvocationInfo_CommandOrigin">1</I32>'
        '<S N="InvocationInfo_PositionMessage">At line:1 char:1</S><B N="SerializeExtent">false</B>'
        '<S N="ErrorDetails_ScriptStackTrace">at f, x.ps1: line 3</S>'
        '<Obj N="PipelineIterationInfo" RefId="98"><LST><I32>0</I32></LST></Obj>'
    )
    return error_record(message).replace('<B N="SerializeExtendedInfo">false</B>', more)


async def errors_of(
    monkeypatch: pytest.MonkeyPatch, *actions: Action, typed: str = "Get-Thing"
) -> tuple[ErrorInfo, ...]:
    """Run one line that does this and return the errors kept."""
    peer = ScriptedPeer(commands={"Get-Thing": [*actions]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run(typed), 5) is Outcome.READY
        errors = tuple(met.session.errors)
        await met.manager.close_all()
    return errors


async def test_an_error_record_is_kept_with_all_that_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = await errors_of(monkeypatch, says("ERROR_RECORD", detailed("it failed")), state(COMPLETED))
    assert found == ErrorInfo(
        message="it failed",
        exception_type="System.Management.Automation.RemoteException",
        fully_qualified_error_id="Oops",
        category="NotSpecified",
        category_reason="RuntimeException",
        position="At line:1 char:1",
        stack_trace="at f, x.ps1: line 3",
    )


@pytest.mark.parametrize("message", ["", " "])
async def test_an_error_without_a_message_says_its_category(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "OperationStopped: (:String) [], RuntimeException"
    record = error_record(message).replace('"ErrorCategory_Message">', f'"ErrorCategory_Message">{said}')
    (found,) = await errors_of(monkeypatch, says("ERROR_RECORD", record), state(COMPLETED))
    assert found.message == said


async def test_a_terminating_error_is_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (throw,) = [text for text in recorded("streams", "PIPELINE_STATE") if "ExceptionAsErrorRecord" in text]
    (found,) = await errors_of(monkeypatch, says("PIPELINE_STATE", throw))
    assert (found.message, found.category, found.category_reason) == ("thrown", "OperationStopped", "RuntimeException")
    assert found.stack_trace == "at <ScriptBlock>, <No file>: line 1"


async def test_errors_of_a_typed_line_arrive_as_lines_and_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "Get-Item: Cannot find path '/a'.",
        "Get-Item: Cannot find path '/b'.",
        "Write-Error: m",
        "  Recommendation: do it",
        "Get-Item : Cannot find path '/nope'.",
        "At line:1 char:26",
        "+ Get-Item /nope",
        "+ ~~~~~~~~~~~~~~",
    ]
    calls = [call(18, f"<S>{row}</S>") for row in rows]
    found = await errors_of(monkeypatch, *calls, line("no error"), state(COMPLETED))
    assert [error.message for error in found] == [
        rows[0],
        rows[1],
        "\n".join(rows[2:4]),
        "\n".join(rows[4:]),
    ]


async def test_the_engine_s_own_commands_leave_no_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"TabExpansion2": [state(FAILED, error_record("no completion"))]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.commands["prompt"] = [state(FAILED, error_record("no prompt"))]
        await met.interactive.refresh()
        await met.interactive.complete("Get-", 4)
        assert met.session.errors == ()
        await met.manager.close_all()


async def test_errors_of_invoke_command_are_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(
        commands={"Get-Thing": [says("ERROR_RECORD", error_record("one")), state(FAILED, error_record("two"))]}
    )
    with meeting(monkeypatch, peer) as met:
        await met.session.open()
        result = await met.session.invoke_script("Get-Thing", ScriptedConsole(), out_default=False)
        assert result.had_errors
        assert [error.message for error in met.session.errors] == ["one", "two"]
        await met.manager.close_all()


async def test_information_records_are_kept_as_the_real_server_sends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = recorded("streams", "INFORMATION_RECORD")
    assert sent
    records = [says("INFORMATION_RECORD", text) for text in sent]
    broken = says("INFORMATION_RECORD", "<Obj RefId='0'><MS><DT N='TimeGenerated'>when</DT></MS></Obj>")
    peer = ScriptedPeer(commands={"Get-Thing": [*records, broken, state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("Get-Thing") is Outcome.READY
        found = met.session.information
        assert len(found) == len(sent)
        assert (found[0].message, found[0].source, found[0].tags) == ("host", "Write-Host", ("PSHOST",))
        assert (found[0].user, found[0].computer) == ("root", "vm")
        assert met.console.shown() == []
        await met.manager.close_all()


def test_everything_kept_is_bounded() -> None:
    records = SessionRecords()
    for number in range(3 * MAX_RECORDS):
        records.add_error(ErrorInfo(str(number)))
        records.add_error_line("x" * 1_000)
        records.add_information(b"<S>x</S>" * 10)
        breakpoint = {"Breakpoint": {"Id": number, "Command": "c"}, "UpdateType": 0}
        records.breakpoint_event({"PSEventArgs.SourceArgs": [breakpoint]})
    records.add_information(bytes(MAX_INFORMATION + 1))
    records.add_error_line("x" * 100_000)
    for _ in range(10_000):
        records.add_error_line("  more of it")
    assert len(records.errors) == MAX_RECORDS
    assert max(len(error.message) for error in records.errors) <= 70_000
    assert len(records._information.all) == len(records.breakpoints) == MAX_RECORDS
    assert max(map(len, records._information.all)) <= MAX_INFORMATION
    for number in range(100):
        records.add_error(ErrorInfo(str(number), position="x" * 1_000_000))
    assert sum(len(error.position) for error in records.errors) <= MAX_KEPT
    assert records.errors[-1].message == "99"


def test_the_texts_of_an_error_are_cut() -> None:
    names = ("ErrorCategory_Reason", "ErrorDetails_ScriptStackTrace", "FullyQualifiedErrorId")
    odd: dict[str, Any] = dict.fromkeys(names, "x" * 1000)
    found = error_info(Element("Obj"), {**odd, "ErrorDetails_Message": ["no", "text"], "Exception": "y" * 99}, 100)
    assert found.message == "y" * 99
    assert {found.category_reason, found.stack_trace, found.fully_qualified_error_id} == {"x" * 100 + "…"}
    whole = error_info(Element("Obj"), odd, None)
    assert len(whole.stack_trace) == 1_000


def test_of_a_stop_little_is_shown() -> None:
    hit = [{"Id": number, "Command": "c" * 9_000} for number in range(5_000)]
    place = {"InvocationInfo_PositionMessage": "x\n" * 100_000}
    stop = read_stop({"PSEventArgs.SourceArgs": [{"Breakpoints": hit, "SerializedInvocationInfo": place}]})
    shown = stop_lines(stop, first=True)
    assert 100 <= len(shown) <= 130 and sum(len(line.text) for line in shown) < 30_000


@pytest.mark.parametrize("command", ["prompt", "TabExpansion2", "GET_COMMAND_METADATA"])
async def test_answers_without_end_are_not_collected(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.psrp.pool.MAX_COMMANDS", 5)
    kept: list[Any] = []
    taken = "pstui.backends.records.Bounded.take"

    def take(self: Bounded, value: Any) -> None:
        original(self, value)
        kept.append(len(self))

    from pstui.backends.records import Bounded

    original = Bounded.take
    flood: list[Action] = [output(members(Name="<S>Out-Default</S>"))] * 300

    def pour(peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for action in flood:
            action(peer, guid)

    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        monkeypatch.setattr(taken, take)
        met.peer.commands[command] = [pour, state(COMPLETED)]
        if command == "prompt":
            await met.interactive.refresh()
        elif command == "TabExpansion2":
            await met.interactive.complete("Get-", 4)
        else:
            await met.session.command_metadata(["*"])
        assert len(kept) == 300
        assert max(kept) <= 5
        await met.manager.close_all()


async def test_an_error_that_no_out_default_took_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {"Get-Thing": [says("ERROR_RECORD", error_record("no such parameter")), line("after"), state(COMPLETED)]}
    with meeting(monkeypatch, ScriptedPeer(commands=commands)) as met:
        await met.interactive.enter()
        assert await asyncio.wait_for(met.interactive.run("Get-Thing"), 5) is Outcome.READY
        assert met.console.shown() == ["no such parameter", "after"]
        assert [error.message for error in met.session.errors] == ["no such parameter"]
        await met.manager.close_all()
