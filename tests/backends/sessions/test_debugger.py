"""The far end's debugger: stops, its commands, values, errors, breakpoints, every way out (protocol-notes 2.4)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field

import pytest
from pstui.backends.records import RunspaceAvailability, RunspaceState, Stream
from pstui.backends.sessions.interactive import InteractiveSession, Outcome
from pstui.backends.sessions.reported import read_stop

from tests.support.replay_wire import ZERO
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import (
    COMPLETED,
    FAILED,
    Action,
    Meeting,
    ScriptedPeer,
    call,
    end,
    error_record,
    event,
    line,
    meeting,
    members,
    output,
    resumes,
    state,
    stop_event,
)

POSITION = "At /root/x.ps1:3 char:5\n+     Get-Date\n+     ~~~~~~~~"


@dataclass
class Script:
    """A far end whose ``Start-Script`` stands at a breakpoint; what happens after each resumption is planned."""

    plan: list[list[Action]] = field(default_factory=list)
    guid: uuid.UUID = ZERO

    def peer(self, **commands: list[Action]) -> ScriptedPeer:
        """Return the server that plays it."""
        return ScriptedPeer(
            commands={
                "Start-Script": [self._started, stop_event(POSITION, ("Get-Date",))],
                "__Set-PSDebuggerAction": [state(COMPLETED), self._resumed],
                "s": resumes("StepInto"),
                "v": resumes("StepOver"),
                "o": resumes("StepOut"),
                "c": resumes("Continue"),
                "q": resumes("Stop"),
                **commands,
            }
        )

    def _started(self, peer: ScriptedPeer, guid: uuid.UUID) -> None:
        self.guid = guid

    def _resumed(self, peer: ScriptedPeer, guid: uuid.UUID) -> None:
        for action in self.plan.pop(0) if self.plan else [state(COMPLETED)]:
            action(peer, self.guid)


async def stopped(met: Meeting) -> None:
    """Enter and run into the breakpoint."""
    await met.interactive.enter()
    met.peer.commands["prompt"] = [output("<S>[DBG]: PS&gt; </S>"), state(COMPLETED)]
    assert await asyncio.wait_for(met.interactive.run("Start-Script"), 5) is Outcome.READY
    assert met.session.availability is RunspaceAvailability.REMOTE_DEBUG


async def typed(met: Meeting, *lines: str) -> Outcome:
    """Type lines one after the other; return the last outcome."""
    outcome = Outcome.READY
    for text in lines:
        outcome = await asyncio.wait_for(met.interactive.run(text), 5)
    return outcome


async def test_a_stop_shows_the_source_and_the_debugger_s_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        assert met.console.shown() == [
            "Entering debug mode. Use h or ? for help.",
            "",
            "Hit Command breakpoint on 'Get-Date'",
            "",
            *POSITION.splitlines(),
        ]
        assert met.interactive.prompt == "[localhost]: [DBG]: PS> "
        assert met.session.stopped is not None
        assert met.session.stopped.position == POSITION
        await met.manager.close_all()


@pytest.mark.parametrize("step", ["s", "v", "o"])
async def test_steps_stop_again_and_enter_repeats_them(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(plan=[[stop_event("At line:4")], [stop_event("At line:5")], [state(COMPLETED)]])
    with meeting(monkeypatch, script.peer()) as met:
        await stopped(met)
        assert await typed(met, step, "") is Outcome.READY
        assert met.console.shown()[-2:] == ["At line:4", "At line:5"]
        assert met.console.shown().count("Entering debug mode. Use h or ? for help.") == 1
        met.peer.commands["prompt"] = [output("<S>PS&gt; </S>"), state(COMPLETED)]
        assert await typed(met, "") is Outcome.READY
        assert met.session.availability is RunspaceAvailability.AVAILABLE
        assert met.session.stopped is None
        assert met.interactive.prompt == "[localhost]: PS> "
        assert met.peer.heard.count(f"run {step}") == 3
        await met.manager.close_all()


async def test_quitting_stops_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    record = error_record("The pipeline has been stopped.", "PipelineStopped", "PipelineStoppedException")
    script = Script(plan=[[state(3, record)]])
    peer = script.peer(**{"Out-Default": [line("Error: The pipeline has been stopped."), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        assert await typed(met, "q") is Outcome.READY
        assert met.console.shown()[-1] == "Error: The pipeline has been stopped."
        assert met.session.availability is RunspaceAvailability.AVAILABLE
        assert await typed(met, "Get-Thing") is Outcome.READY
        assert "run Get-Thing" in peer.heard
        await met.manager.close_all()


async def test_listing_and_the_call_stack_are_shown_and_listing_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = members(Command="<S>f</S>", Arguments="<S>{}</S>", Location="<S>x.ps1: line 3</S>")
    peer = Script().peer(
        l=[output("<S>    3:*     Get-Date</S>"), state(COMPLETED)],
        k=[output(frame), state(COMPLETED)],
    )
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        await typed(met, "l", "")
        assert met.console.shown()[-2:] == ["    3:*     Get-Date"] * 2
        await typed(met, "k")
        rows = met.console.shown()
        assert "Command   : f" in rows
        assert "Location  : x.ps1: line 3" in rows
        await typed(met, "")
        assert peer.heard.count("run k") == 1
        await met.manager.close_all()


async def test_variables_and_expressions_give_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Script().peer(
        **{
            "$x": [output("<I32>42</I32>"), state(COMPLETED)],
            "$null": [output("<Nil />"), state(COMPLETED)],
            "$list": [output('<Obj RefId="0"><LST><S>a</S><S>b</S></LST></Obj>'), state(COMPLETED)],
            "Write-Host hi": [line("hi"), state(COMPLETED)],
        }
    )
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        before = len(met.console.shown())
        await typed(met, "$x", "$null", "$list", "Write-Host hi")
        assert met.console.shown()[before:] == ["42", "a", "b", "hi"]
        await met.manager.close_all()


async def test_errors_inside_the_debugger_are_shown_and_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Script().peer(
        **{
            "throw 1": [state(FAILED, error_record("thrown here"))],
            "Get-Nope": [output(error_record("no such thing")), state(COMPLETED)],
        }
    )
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        before = len(met.console.shown())
        assert await typed(met, "throw 1", "Get-Nope") is Outcome.READY
        assert met.console.shown()[before:] == ["Error: thrown here", "Error: no such thing"]
        assert met.session.availability is RunspaceAvailability.REMOTE_DEBUG
        assert met.interactive.prompt == "[localhost]: [DBG]: PS> "
        await met.manager.close_all()


async def test_a_prompt_that_fails_there_is_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        met.peer.commands["prompt"] = [state(FAILED, error_record("no prompt"))]
        assert await met.interactive.refresh() is Outcome.READY
        assert met.interactive.prompt == "[localhost]: PS>"
        await met.manager.close_all()


async def test_a_question_while_stopped_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Script().peer(**{"Read-Host": [call(11, ci=5)]})
    peer.on_answer = state(COMPLETED)
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        running = asyncio.create_task(met.interactive.run("Read-Host"))
        (await met.console.question()).set_result("hello")
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        assert peer.answers[0]["mr"] == "hello"
        await met.manager.close_all()


async def test_completion_asks_the_debugger_with_named_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = members(
        CurrentMatchIndex="<I32>-1</I32>",
        ReplacementIndex="<I32>0</I32>",
        ReplacementLength="<I32>4</I32>",
        CompletionMatches=f'<Obj RefId="7"><LST>{members(CompletionText="<S>Get-Date</S>")}</LST></Obj>',
    )
    peer = Script().peer(TabExpansion2=[output(answer), state(COMPLETED)])
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        found = await asyncio.wait_for(met.interactive.complete("Get-", 4), 5)
        assert [match.text for match in found.matches] == ["Get-Date"]
        sent = peer.created[-1]["PowerShell"]
        assert sent["IsNested"] is True
        assert [argument["N"] for argument in sent["Cmds"][0]["Args"]] == ["InputScript", "CursorColumn", "Options"]
        await met.manager.close_all()


async def test_leaving_a_temporary_session_while_stopped_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        await asyncio.wait_for(met.interactive.leave(), 5)
        assert met.session.state is RunspaceState.CLOSED
        assert met.session.stopped is None
        assert met.peer.heard[-1] == "Close pool"


async def test_leaving_a_kept_session_lets_the_script_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        met.session.temporary = False
        await stopped(met)
        await asyncio.wait_for(met.interactive.leave(), 5)
        await asyncio.wait_for(met.session.available(), 5)
        assert met.peer.heard.count("run __Set-PSDebuggerAction") == 1
        assert met.session.state is RunspaceState.OPENED
        await met.manager.close_all()


async def test_exit_in_the_debugger_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Script().peer(exit=[call(6, "<I32>0</I32>"), state(COMPLETED)])
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        assert await typed(met, "exit") is Outcome.LEFT
        assert met.session.state is RunspaceState.CLOSED


async def test_a_session_that_dies_while_stopped_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        end(met.peer, ZERO)
        while met.session.state is RunspaceState.OPENED:
            await asyncio.wait_for(met.session.changed(), 5)
        assert met.session.state is RunspaceState.BROKEN
        assert await typed(met, "s") is Outcome.BROKEN
        assert "run s" not in met.peer.heard


async def test_breaking_a_session_off_while_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        await asyncio.wait_for(met.session.break_session(), 5)
        assert await typed(met, "c") is Outcome.BROKEN
        assert met.session.stopped is None


async def test_breakpoints_are_listed_as_the_far_end_reports_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def update(number: int, kind: int, **properties: str) -> Action:
        breakpoint = members(Id=f"<I32>{number}</I32>", **properties)
        change = members(Breakpoint=breakpoint, UpdateType=f"<I32>{kind}</I32>")
        return event("PSInternalRemoteDebuggerBreakpointUpdatedEvent", f'<Obj RefId="70"><LST>{change}</LST></Obj>')

    peer = ScriptedPeer(
        commands={
            "Set-Them": [
                update(0, 0, Command="<S>Get-Date</S>"),
                update(1, 0, Script="<S>/x.ps1</S>", Line="<I32>3</I32>"),
                update(2, 0, Variable="<S>v</S>", AccessMode="<S>Read</S>"),
                state(COMPLETED),
            ],
            "Remove-One": [update(1, 1), state(COMPLETED)],
        }
    )
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        await typed(met, "Set-Them")
        assert met.session.breakpoints == {
            0: "Command breakpoint on 'Get-Date'",
            1: "Line breakpoint on '/x.ps1:3'",
            2: "Variable breakpoint on '$v' (Read access)",
        }
        await typed(met, "Remove-One")
        assert sorted(met.session.breakpoints) == [0, 2]
        await met.manager.close_all()


async def test_events_that_make_no_sense_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = [
        stop_event("x"),
        event("PSInternalRemoteDebuggerStopEvent", "<S>x</S>"),
        event("PSInternalRemoteDebuggerBreakpointUpdatedEvent", "<Nil />"),
        event("Other", "<Nil />"),
    ]
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        for action in odd:
            action(met.peer, ZERO)
        assert await typed(met, "Get-Thing") is Outcome.READY
        assert met.session.stopped is None
        assert met.session.breakpoints == {}
        await met.manager.close_all()


async def test_values_without_end_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.sessions.reported.MAX_VALUE_LINES", 50)
    monkeypatch.setattr("pstui.backends.sessions.debugger.MAX_VALUE_LINES", 60)
    peer = Script().peer(**{"1..100": [*(output(f"<I32>{n}</I32>") for n in range(100)), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await stopped(met)
        before = len(met.console.shown())
        await typed(met, "1..100")
        rows = met.console.shown()[before:]
        assert len(rows) == 51
        assert rows[-1] == "…"
        await met.manager.close_all()


def test_the_debugger_s_words_have_a_stream_of_their_own_kind() -> None:
    from pstui.backends.sessions.reported import DebuggerStop, stop_lines

    (record,) = stop_lines(DebuggerStop((), "At line:1"), first=False)
    assert record.stream is Stream.OUTPUT
    assert record.foreground == 14


LONG = (
    "$sum = inner 5; $other = 'a long text that goes on and on'; $third = 'more'; $fourth = inner 7; $fifth = 'the end'"
)


@pytest.mark.parametrize(
    ("line", "offset", "shown"),
    [
        # as the real client shows them
        ("Wait-Debugger; 'x'", 1, ("Wait-Debugger; 'x'", "~~~~~~~~~~~~~~~~~~")),
        ("\t$inside = $n * 2", 2, ("    $inside = $n * 2", "    ~~~~~~~~~~~~~~~~")),
        (LONG, 1, (LONG[:69] + " …", "~" * 69)),
        (LONG, 17, ("… " + LONG[4:73] + " …", " " * 14 + "~" * 57)),
        (LONG, 61, ("… " + LONG[len(LONG) - 69 :], " " * 17 + "~" * 54)),
        (LONG, 97, ("… " + LONG[len(LONG) - 69 :], " " * 53 + "~" * 18)),
    ],
)
def test_the_mark_stands_under_the_statement(line: str, offset: int, shown: tuple[str, str]) -> None:
    invocation = {
        "InvocationInfo_PositionMessage": f"At line:1 char:{offset}\n+ as the server has it\n+ ~~~",
        "InvocationInfo_Line": line,
        "InvocationInfo_OffsetInLine": offset,
    }
    stop = read_stop({"PSEventArgs.SourceArgs": [{"SerializedInvocationInfo": invocation}]})
    assert stop.position.split("\n") == [f"At line:1 char:{offset}", f"+ {shown[0]}", f"+ {shown[1]}"]


ARGUMENT_EXCEPTION = (
    '<Obj RefId="0"><ToString>Mode</ToString><Props><S N="Message">Mode</S><I32 N="HResult">-2147024809</I32>'
    '<S N="StackTrace">at</S></Props></Obj>'
)


async def test_a_mode_that_is_refused_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {"__Set-PSDebugMode": [output(ARGUMENT_EXCEPTION), state(COMPLETED)]}
    with meeting(monkeypatch, ScriptedPeer(commands=commands)) as met:
        await met.session.open()
        met.session.application_private_data = {"DebugMode": 1}
        await met.interactive.enter()
        assert met.console.shown() == ["Breakpoints do not stop in this session: Mode"]
        await met.manager.close_all()


async def test_a_script_stays_stopped_when_going_on_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [output(ARGUMENT_EXCEPTION), state(COMPLETED)]
    with meeting(monkeypatch, Script().peer(**{"__Set-PSDebuggerAction": refused})) as met:
        await stopped(met)
        assert await typed(met, "c") is Outcome.READY
        assert "the far end did not take what the debugger was told" in met.console.shown()[-2]
        assert met.session.availability is RunspaceAvailability.REMOTE_DEBUG
        await met.manager.close_all()


async def test_the_help_is_named_once_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        await typed(met, "c")
        assert await asyncio.wait_for(met.interactive.run("Start-Script"), 5) is Outcome.READY
        assert met.console.shown().count("Entering debug mode. Use h or ? for help.") == 1
        await met.manager.close_all()


async def test_two_consoles_at_one_stop_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, Script().peer()) as met:
        await stopped(met)
        other = InteractiveSession(met.session, ScriptedConsole())
        await asyncio.wait_for(asyncio.gather(met.interactive.refresh(), other.run("$x"), met.interactive.refresh()), 5)
        assert met.session.availability is RunspaceAvailability.REMOTE_DEBUG
        await met.manager.close_all()
