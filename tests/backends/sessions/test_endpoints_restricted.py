"""Endpoints that allow little: completion from their commands, and the reason why a line was refused (3.3, 3.9)."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.sessions.completion import KnownCommands
from pstui.backends.sessions.interactive import InteractiveSession, Outcome

from tests.support.scripted_peer import (
    COMPLETED,
    FAILED,
    METADATA,
    Action,
    ScriptedPeer,
    error_record,
    line,
    meeting,
    members,
    output,
    state,
)

NO_EXPANSION = [state(FAILED, error_record("no such command", "CommandNotFoundException", "CommandNotFoundException"))]
REFUSED = [state(FAILED, error_record("The syntax is not supported.", "ScriptsNotAllowed", "PSNotSupportedException"))]
PRINTS = [line("Error: The syntax is not supported."), state(COMPLETED)]
NOTICE = "This endpoint accepts commands with constant arguments only."


def described(name: str, target: str = "", **parameters: str) -> Action:
    """Return the metadata of one command; ``parameters`` are types by name."""
    entries = "".join(
        f'<En><S N="Key">{key}</S><Obj N="Value" RefId="{60 + index}"><MS><S N="Name">{key}</S>'
        f'<S N="ParameterType">{kind}</S></MS></Obj></En>'
        for index, (key, kind) in enumerate(parameters.items())
    )
    table = f'<Obj RefId="50"><DCT>{entries}</DCT></Obj>'
    return output(members(Name=f"<S>{name}</S>", ResolvedCommandName=f"<S>{target}</S>", Parameters=table))


ALL = [
    output(members(Count="<I32>4</I32>")),
    described("Get-Thing", Name="System.String", Newest="System.Int32, mscorlib"),
    described("Get-Other"),
    described("Restart-Thing", Force="System.Management.Automation.SwitchParameter"),
    described("gt", "Get-Thing"),
    output("<Nil />"),
    output(members(Name="<I32>1</I32>")),
    state(COMPLETED),
]


@pytest.mark.parametrize(
    ("typed", "start", "texts"),
    [
        ("", 0, ["Get-Other", "Get-Thing", "Restart-Thing", "gt"]),
        ("get-t", 0, ["Get-Thing"]),
        ("  Get-", 2, ["Get-Other", "Get-Thing"]),
        ("Get-Other | re", 12, ["Restart-Thing"]),
        ("Get-Other; re", 11, ["Restart-Thing"]),
        ("Get-Thing -", 10, ["-Name", "-Newest"]),
        ("Get-Thing -Name x -new", 18, ["-Newest"]),
        ("gt -na", 3, ["-Name"]),
        ("Get-Thing x", 10, []),
        ("Get-Nothing -", 12, []),
        ("'unfinished", 0, []),
    ],
)
async def test_names_and_parameters_are_completed_without_tabexpansion2(
    typed: str, start: int, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ScriptedPeer(commands={"TabExpansion2": NO_EXPANSION})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.commands["GET_COMMAND_METADATA"] = ALL
        found = await asyncio.wait_for(met.interactive.complete(typed, len(typed)), 5)
        assert (found.start, [match.text for match in found.matches]) == (start, texts)
        assert found.start + found.length == len(typed)
        await met.manager.close_all()


async def test_the_commands_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"TabExpansion2": NO_EXPANSION})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        peer.commands["GET_COMMAND_METADATA"] = ALL
        for _ in range(3):
            found = await met.interactive.complete("Get-Thing -n", 12)
        assert [(match.text, match.kind, match.tooltip) for match in found.matches] == [
            ("-Name", "ParameterName", "[String] Name"),
            ("-Newest", "ParameterName", "[Int32] Newest"),
        ]
        assert peer.heard.count("GET_COMMAND_METADATA") == 2
        assert peer.heard.count("run TabExpansion2") == 1
        assert met.console.shown() == []
        await met.manager.close_all()


async def test_a_completion_that_fails_otherwise_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"TabExpansion2": [state(FAILED, error_record("broken"))]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        for _ in range(2):
            assert (await met.interactive.complete("Get-", 4)).matches == ()
        assert peer.heard.count("run TabExpansion2") == 2
        assert peer.heard.count("GET_COMMAND_METADATA") == 1
        await met.manager.close_all()


def test_metadata_of_any_shape_is_read() -> None:
    names = KnownCommands()
    names.load([None, 1, [], {}, {"Name": 5}, {"Name": "a\x1bb"}, {"Name": "Get-It", "Parameters": [1]}])
    assert names.complete("g") == (0, [("Get-It", "Command", "Get-It")])
    assert names.complete("Get-It -") == (7, [])


async def test_the_reason_for_a_refused_line_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"1+1": REFUSED, "$x=1": REFUSED, "Out-Default": PRINTS})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("1+1") is Outcome.READY
        assert met.interactive.hint.startswith(NOTICE)
        assert await met.interactive.run("$x=1") is Outcome.READY
        assert met.interactive.hint == ""
        assert met.session.no_language
        other = InteractiveSession(met.session, met.console)
        assert await other.run("1+1") is Outcome.READY
        assert other.hint == ""
        # Said beside the text, which stays what the far end sent.
        assert met.console.shown() == ["Error: The syntax is not supported."] * 3
        await met.manager.close_all()


async def test_from_then_on_numbers_keep_their_spelling_in_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"1+1": REFUSED, "Out-Default": PRINTS, "GET_COMMAND_METADATA": METADATA})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        await met.interactive.run("Get-Thing 0x10")
        assert met.peer.created[-2]["PowerShell"]["Cmds"][0]["IsScript"] is True
        await met.interactive.run("1+1")
        await met.interactive.run("Get-Thing 0x10")
        sent = met.peer.created[-2]["PowerShell"]["Cmds"][0]
        assert (sent["Cmd"], sent["IsScript"]) == ("Get-Thing", False)
        assert sent["Args"][0]["V"] == ("I32", "16")
        await met.manager.close_all()
