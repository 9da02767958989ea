"""Invoke-Command on several targets: side by side, none of them in the way of another."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.records import Write
from pstui.tui.cli import invoke
from pstui.tui.cli import invoke as cli_invoke
from pstui.tui.cli.blocks import Blocks
from pstui.tui.cli.console import with_passwords
from pstui.tui.cli.exit_codes import outcome
from pstui.tui.cli.input import SharedInput
from pstui.tui.cli.main import main
from pstui.tui.cli.run import Invocation

from tests.support.cli_far_end import Manager, Session, invoke_on
from tests.support.nobody import NobodyConsole

Captured = pytest.CaptureFixture[str]


def test_each_target_runs_the_script_and_a_line_is_never_mixed_with_anothers(capfd: Captured) -> None:
    manager = Manager()
    assert invoke_on(["a", "b"], "part x | part y | say z", manager) == 0
    assert capfd.readouterr().out == "xyz\nxyz\n"
    assert [session.calls for session in manager.sessions] == [["open", "close"]] * 2


async def test_lines_are_handed_over_whole() -> None:
    shared = NobodyConsole()
    blocks = Blocks(shared)
    first, second = blocks.of("a"), blocks.of("b")
    first.write(Write("one, ", newline=False))
    second.write(Write("two"))
    assert first.column() == 5
    first.write(Write("done"))
    second.write(Write("left open", newline=False))
    second.finish()
    assert [(write.text, write.newline) for write in shared.writes] == [
        ("two", True),
        ("one, ", False),
        ("done", True),
        ("left open", True),
    ]


def test_a_target_that_does_not_open_holds_up_no_other(capfd: Captured) -> None:
    assert invoke_on(["a", "b", "c"], "say here", Manager({"b": "no"})) == 3
    out, err = capfd.readouterr()
    assert out == "here\nhere\n"
    assert "pstui: [b] db: port 22 refuses" in err.splitlines(), "an address does not say which of them it was"
    assert err.splitlines()[-1] == "pstui: 1 of 3 targets failed, 1 without a session"
    assert invoke_on(["a", "b"], "say here", Manager("no")) == 3
    assert capfd.readouterr().err.splitlines()[-1] == "pstui: 2 of 2 targets failed, 2 without a session"
    assert invoke_on(["a", "b"], "say here", Manager()) == 0
    assert capfd.readouterr().err == ""


def test_an_error_names_its_target(capfd: Captured) -> None:
    assert invoke_on(["a", "b"], "throw boom", Manager()) == 1
    *errors, last = capfd.readouterr().err.splitlines()
    assert (sorted(errors), last) == (["[a] Error: boom", "[b] Error: boom"], "pstui: 2 of 2 targets failed")


def test_objects_say_which_computer_they_come_from(capfd: Captured) -> None:
    for shown in (True, False):
        options = {"form": "json", "named": True, "shown": shown}
        assert invoke_on(["a", "b"], 'object {"Id": 4} | object 7', Manager(), **options) == 0
        notes = {"RunspaceId": "00000000-0000-0000-0000-000000000007", "PSShowComputerName": shown}
        assert [json.loads(line) for line in capfd.readouterr().out.splitlines()] == [
            {**value, "PSComputerName": host, **notes} for host in "ab" for value in ({"Id": 4}, {"value": 7})
        ]


def test_no_more_targets_at_once_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"open": 0, "most": 0}
    whole_open, whole_close = Session.open, Session.close

    async def opened(self: Session) -> None:
        counts["open"] += 1
        counts["most"] = max(counts["most"], counts["open"])
        await whole_open(self)
        for _ in range(5):
            await asyncio.sleep(0)

    async def closed(self: Session) -> None:
        counts["open"] -= 1
        await whole_close(self)

    monkeypatch.setattr(Session, "open", opened)
    monkeypatch.setattr(Session, "close", closed)
    assert invoke_on([f"h{n}" for n in range(9)], "say x", Manager(), throttle=4) == 0
    assert counts == {"open": 0, "most": 4}


def test_each_target_reads_the_whole_input(capfd: Captured) -> None:
    assert invoke_on(["a", "b"], "echo", Manager(), input=["1", "2"]) == 0
    assert capfd.readouterr().out.count("in 2\n2 in all\n") == 2


async def test_an_input_that_several_read_is_read_once(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(30_000)]
    (tmp_path / "input").write_text("\n".join(lines))
    with (tmp_path / "input").open("rb") as file:
        shared = SharedInput("lines", file.fileno())
        late = shared.items()
        first = list(await anext(late))

        async def everything() -> list[str]:
            return [item async for batch in shared.items() for item in batch]

        assert await asyncio.gather(everything(), everything()) == [lines] * 2
        assert first + [item async for batch in late for item in batch] == lines


async def test_a_password_is_asked_once_for_all() -> None:
    asked: list[str] = []

    class Answering(NobodyConsole):
        async def ask(self, question: Question) -> Secret:
            asked.append(question.label)
            return Secret("word")

    infos = [
        ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": host, "Credential": PSCredential("admin")})
        for host in "abc"
    ]
    filled = await with_passwords([*infos, ConnectionInfo(ParameterSet.DEMO)], Answering())
    assert asked == ["Password for admin: "]
    assert [info.values.get("Credential") for info in filled] == [PSCredential("admin", Secret("word"))] * 3 + [None]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([0, 0], 0), ([3, 3], 3), ([0, 3], 3), ([1, 3], 3), ([130, 130], 130), ([0, 1], 1), ([0, 7, 4], 7)],
)
def test_the_exit_code_of_several(codes: list[int], expected: int) -> None:
    assert outcome(codes) == expected


@pytest.mark.parametrize(
    ("line", "hosts", "throttle", "marked"),
    [
        ("icm a,b { 1 }", ["a", "b"], 32, True),
        ("icm -HostName a, b@c { 1 }", ["a", "c"], 32, True),
        ("icm -cn a,b { 1 } -ThrottleLimit 3", ["a", "b"], 3, True),
        ("icm -cn a,b { 1 } -ThrottleLimit 0 -HideComputerName", ["a", "b"], 32, True),
        ("icm -Session (New-PSSession a,b) { 1 }", ["a", "b"], 32, True),
        ("icm -HostName a { 1 }", ["a"], 32, False),
    ],
)
def test_what_a_line_asks_for(
    line: str, hosts: list[str], throttle: int, marked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Invocation] = []

    def record(invocation: Invocation, **_: object) -> int:
        seen.append(invocation)
        return 0

    monkeypatch.setattr(invoke, "run", record)
    assert main(["--line", line]) == 0
    assert [info.computer_name for info in seen[0].infos] == hosts
    assert (seen[0].throttle, seen[0].script.named, seen[0].script.text) == (throttle, marked, "1")


def test_what_is_piped_in_or_given_as_an_object_is_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def record(invocation: Invocation, **_: object) -> int:
        seen.append(invocation.input)
        return 0

    monkeypatch.setattr(invoke, "run", record)
    for line in ("1, 'b' | icm -HostName h { $input }", "icm -HostName h { $input } -InputObject 5"):
        assert main(["--line", line]) == 0
    assert seen == [[1, "b"], [5]]
    assert main(["icm", "-HostName", "h", "-ScriptBlock", "1"]) == 0
    assert seen[-1] is None


@pytest.mark.parametrize(
    ("rest", "said", "error_id"),
    [
        ("-AsJob", "&", ""),
        ("-JobName j", "&", ""),
        ("-InDisconnectedSession", "in the screen", ""),
        ("-RemoteDebug", "breakpoint", ""),
        ("-SessionName s", "Leave it out", cli_invoke._ID),
    ],
)
def test_what_a_call_without_a_screen_cannot_do_is_refused(
    rest: str, said: str, error_id: str, capsys: Captured
) -> None:
    assert main(["--line", f"icm srv {{ 1 }} {rest}"]) == 2
    err = capsys.readouterr().err
    assert said in err and error_id in err


def test_verbose_tells_the_steps_of_opening(capfd: Captured) -> None:
    code = main(["icm", "-HostName", "127.0.0.1", "-Port", "1", "-ScriptBlock", "1", "-Verbose"])
    err = capfd.readouterr().err.splitlines()
    assert code == 3
    assert err[:2] == ["VERBOSE: 127.0.0.1: name 127.0.0.1", "VERBOSE: 127.0.0.1: port 1 at 127.0.0.1"]
