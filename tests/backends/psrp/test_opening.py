"""Dialogues of opening, entering, running and leaving with a scripted server (protocol-notes 2.5–2.8, 3.7, 3.11)."""

from __future__ import annotations

import asyncio

import pytest
from pstui.backends.errors import OpenCancelled, OpenError, SessionStateError
from pstui.backends.records import RunspaceAvailability, RunspaceState
from pstui.backends.sessions.interactive import Outcome

from tests.support.replay_wire import ZERO
from tests.support.scripted_peer import (
    COMPLETED,
    FAILED,
    ScriptedPeer,
    call,
    end,
    error_record,
    line,
    meeting,
    metadata,
    output,
    raw,
    state,
)


async def test_a_session_is_opened_checked_and_prompted(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        assert met.session.state is RunspaceState.OPENED
        assert met.session.availability is RunspaceAvailability.AVAILABLE
        assert met.session.application_private_data == {"Where": "there"}
        assert met.session.instance_id == met.peer.pool_id
        assert met.interactive.prompt == "[localhost]: PS> "
        assert met.peer.heard == [
            "SESSION_CAPABILITY",
            "INIT_RUNSPACEPOOL",
            "Command",
            "GET_COMMAND_METADATA",
            "Close",
            "Command",
            "run prompt",
            "Close",
        ]
        await met.manager.close_all()
        assert met.peer.heard[-1] == "Close pool"
        assert met.peer.stopped


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2", "2.3", "2.4"])
async def test_every_version_of_the_protocol_is_taken(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(version=version)) as met:
        await met.interactive.enter()
        assert f"{met.session.protocol[0]}.{met.session.protocol[1]}" == version
        assert await met.interactive.run("exit") in (Outcome.READY, Outcome.LEFT)
        await met.manager.close_all()


@pytest.mark.parametrize(
    ("version", "ps_version", "serialization"),
    [
        ("3.0", "2.0", "1.1.0.1"),
        ("2.5", "2.0", "1.1.0.1"),
        ("1.0", "2.0", "1.1.0.1"),
        ("2.4", "3.0", "1.1.0.1"),
        ("2.4", "2.0", "1.1.0.2"),
    ],
)
async def test_a_server_of_another_protocol_is_refused(
    version: str, ps_version: str, serialization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ScriptedPeer(version=version, ps_version=ps_version, serialization=serialization)
    with meeting(monkeypatch, peer) as met:
        with pytest.raises(OpenError) as refused:
            await met.interactive.enter()
        usual = {"2.0", "2.4", "1.1.0.1"}
        wrong = [said for said in (version, ps_version, serialization) if said not in usual] or [version]
        assert f"{wrong[0]}, which does not fit" in refused.value.text()
        assert peer.stopped


async def test_an_unencrypted_way_is_not_offered_plain_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(version="2.4"), is_private=False) as met, pytest.raises(OpenError):
        await met.interactive.enter()


async def test_a_server_that_never_answers_the_opening_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.psrp.pool.OPEN_TIMEOUT", 0.05)
    with meeting(monkeypatch, ScriptedPeer(opens=False)) as met:
        with pytest.raises(OpenError, match=r"0\.05 s"):
            await met.interactive.enter()
        assert met.peer.stopped


async def test_an_opening_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(opens=False)) as met:
        entering = asyncio.create_task(met.interactive.enter())
        await met.peer.until("INIT_RUNSPACEPOOL")
        await asyncio.wait_for(met.interactive.stop(), 5)
        with pytest.raises(OpenCancelled):
            await asyncio.wait_for(entering, 5)
        assert met.peer.stopped


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (raw(b""), "ended"),
        (raw(b"Welcome to the machine!\n"), "Welcome to the machine!"),
        (raw(b"__NamedPipeError__:no room\n"), "no room"),
        (raw(b"<Close PSGuid='00000000-0000-0000-0000-000000000000' />\n"), "may not send"),
        (lambda peer, guid: peer.state(ZERO, 5, error_record("not today")), "not today"),
    ],
    ids=["end", "banner", "reported error", "an element of clients", "broken state"],
)
async def test_an_opening_that_goes_wrong_says_how(say: object, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(opens=False)) as met:
        entering = asyncio.create_task(met.interactive.enter())
        await met.peer.until("INIT_RUNSPACEPOOL")
        assert callable(say)
        say(met.peer, ZERO)
        with pytest.raises(OpenError) as refused:
            await asyncio.wait_for(entering, 5)
        assert words in f"{refused.value.text()} {refused.value.details}"
        assert met.session.state in (RunspaceState.BROKEN, RunspaceState.CLOSED)


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (metadata("Out-Default"), "Exit-PSSession"),
        (metadata("Exit-PSSession"), "Out-Default"),
        (metadata(), "Out-Default, Exit-PSSession"),
    ],
)
async def test_what_is_missing_for_entering_is_named(
    answer: list[object], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ScriptedPeer(commands={"GET_COMMAND_METADATA": answer})  # type: ignore[dict-item] # actions
    with meeting(monkeypatch, peer) as met:
        with pytest.raises(OpenError) as refused:
            await met.interactive.enter()
        assert f"lacks {missing}" in refused.value.what
        assert peer.heard[-1] == "Close pool"


@pytest.mark.parametrize(
    "actions",
    [
        [state(COMPLETED)],
        [output("<S></S>"), state(COMPLETED)],
        [output("<Nil />"), state(COMPLETED)],
        [state(FAILED, error_record("no prompt"))],
    ],
)
async def test_a_prompt_without_text_is_ps(actions: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer(commands={"prompt": actions})) as met:  # type: ignore[dict-item] # actions
        await met.interactive.enter()
        assert met.interactive.prompt == "[localhost]: PS>"
        assert met.console.shown() == []
        await met.manager.close_all()


async def test_output_follows_a_line_and_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Get-Thing": [line("one"), line("two"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("Get-Thing") is Outcome.READY
        assert met.console.shown() == ["one", "two"]
        await met.manager.close_all()


async def test_a_terminating_error_is_reported_by_the_far_end(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(
        commands={
            "Get-Thing": [state(FAILED, error_record("it broke"))],
            "Out-Default": [line("Error: it broke"), state(COMPLETED)],
        }
    )
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("Get-Thing") is Outcome.READY
        assert met.console.shown() == ["Error: it broke"]
        assert peer.heard.index("run Out-Default") > peer.heard.index("run Get-Thing")
        await peer.until("END_OF_PIPELINE_INPUT")
        await met.manager.close_all()


async def test_a_terminating_error_is_shown_even_if_the_far_end_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = [state(FAILED, error_record("it broke"))]
    peer = ScriptedPeer(commands={"Get-Thing": failing, "Out-Default": failing})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("Get-Thing") is Outcome.READY
        assert met.console.shown() == ["Error: it broke"]
        await met.manager.close_all()


async def test_incomplete_input_is_continued_and_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    wants_more = [state(FAILED, error_record("missing )", reason="IncompleteParseException"))]
    peer = ScriptedPeer(commands={"if (": wants_more, "if (\n1) {}": [line("done"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("if (") is Outcome.INCOMPLETE
        assert met.interactive.prompt == ">> "
        assert await met.interactive.run("1) {}") is Outcome.INCOMPLETE
        assert await met.interactive.run("") is Outcome.READY
        assert met.console.shown() == ["done"]
        await met.manager.close_all()


@pytest.mark.parametrize("typed", ["exit", " EXIT ", "Exit-PSSession"])
async def test_leaving_closes_a_temporary_session(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Exit-PSSession": [call(53), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run(typed) is Outcome.LEFT
        assert peer.heard[-3:] == ["run Exit-PSSession", "Close", "Close pool"]
        assert met.session.state is RunspaceState.CLOSED


async def test_exit_with_a_code_leaves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"exit 3": [call(6, "<I32>3</I32>"), state(COMPLETED)]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        assert await met.interactive.run("exit 3") is Outcome.LEFT


async def test_one_command_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": [line("started")]})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        assert met.session.availability is RunspaceAvailability.BUSY
        with pytest.raises(SessionStateError):
            await met.interactive.complete("Get-", 4)
        with pytest.raises(SessionStateError):
            await met.session.invoke_script("1", met.console)
        await met.interactive.stop()
        assert await asyncio.wait_for(running, 5) is Outcome.READY
        await met.manager.close_all()


async def test_commands_are_closed_before_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"Wait-Long": []})
    with meeting(monkeypatch, peer) as met:
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("Wait-Long"))
        await peer.until("run Wait-Long")
        await asyncio.wait_for(met.manager.close_all(), 5)
        assert await asyncio.wait_for(running, 5) is Outcome.BROKEN
        assert peer.heard[-2:] == ["Close", "Close pool"]


async def test_a_server_that_does_not_confirm_the_close_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        met.peer.quiet = {"CloseAck"}
        met.transport[0].close_timeout = 0.05
        await asyncio.wait_for(met.manager.close_all(), 5)
        assert met.peer.heard[-1] == "Close pool"
        assert met.peer.stopped


async def test_the_death_of_an_idle_session_is_told_to_those_who_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    with meeting(monkeypatch, ScriptedPeer()) as met:
        await met.interactive.enter()
        seen: list[RunspaceState] = []
        broken = asyncio.Event()

        def watch(session: object) -> None:
            seen.append(met.session.state)
            broken.set()

        met.session.on_state(watch)
        end(met.peer, ZERO)
        await asyncio.wait_for(broken.wait(), 5)
        assert seen == [RunspaceState.BROKEN]
        assert met.session.failure is not None
        assert await met.interactive.run("Get-Thing") is Outcome.BROKEN
        assert "run Get-Thing" not in met.peer.heard
