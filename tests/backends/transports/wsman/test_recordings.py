"""Conversations with real WinRM services, played again through the transport and the engine above it."""

from __future__ import annotations

import asyncio
import base64
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pstui.backends.errors import SessionBroken, SessionDisconnected
from pstui.backends.psrp import disconnection
from pstui.backends.psrp.invocation import Call, Invocation
from pstui.backends.records import PipelineState, RunspaceState
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.envelope import Request
from pstui.backends.transports.wsman.shell import list_commands, list_shells
from pstui.backends.transports.wsman.target import shell_uri

from tests.support.replay_clixml import read
from tests.support.replay_wire import FRAGMENT_HEADER, MESSAGE_HEADER, NAMES
from tests.support.wsman_replay import Replay, action, names
from tests.support.wsman_scene import DEADLINE, Scene, scene, way

_STREAM = re.compile(r"<rsp:Stream [^>]*>([^<]*)<")

#: conversations that run commands to their end, one after the other
WITH_COMMANDS = [
    "client_execute_ps",
    "client_execute_ps_failure",
    "psrp_clear_commands",
    "psrp_error_failed",
    "psrp_get_command_metadata",
    "psrp_long_running_cmdlet",
    "psrp_no_profile",
    "psrp_pshost_methods",
    "psrp_run_protocol_version_2.1",
    "psrp_run_protocol_version_2.2",
    "psrp_run_protocol_version_2.3",
    "psrp_small_msg_size",
    "psrp_stream_output_invocation",
    "psrp_with_input",
    "psrp_with_jea_configuration",
]


def recorded(replay: Replay, command: str) -> tuple[Counter[str], Any]:
    """Return how many messages of each kind a recorded command brought, and its last state."""
    data = b""
    for one in replay.entries:
        if one.verb == "Receive" and one.command == command and one.response:
            data += b"".join(base64.b64decode(text) for text in _STREAM.findall(one.response))
    kinds: Counter[str] = Counter()
    state, blob = None, b""
    while data:
        _, _, flags, length = FRAGMENT_HEADER.unpack_from(data)
        blob += data[FRAGMENT_HEADER.size :][:length]
        data = data[FRAGMENT_HEADER.size + length :]
        if flags & 2:
            kind = NAMES[MESSAGE_HEADER.unpack_from(blob)[1]]
            kinds[kind] += 1
            if kind == "PIPELINE_STATE":
                state = read(blob[MESSAGE_HEADER.size :].removeprefix(b"\xef\xbb\xbf").decode())["PipelineState"][1]
            blob = b""
    return kinds, state


def commands(replay: Replay) -> list[str]:
    """Return the ids of the recorded commands, as the service knew them: old ones give ids of their own."""
    answers = [one.response or "" for one in replay.entries if one.verb == "Command"]
    return [re.findall(r"CommandId>([^<]*)<", answer)[0] for answer in answers]


@pytest.mark.parametrize("name", WITH_COMMANDS)
async def test_commands_bring_what_the_real_service_sent(name: str) -> None:
    async with scene(name) as stage:
        await stage.pool.open()
        for command in commands(stage.replay):
            kinds, state = recorded(stage.replay, command)
            before = len(stage.errors)
            result, output = await stage.run("x" * 10)
            assert (int(result.state), len(output)) == (int(state), kinds["PIPELINE_OUTPUT"])
            assert len(stage.errors) - before == kinds["ERROR_RECORD"]
        await stage.pool.close()
        assert stage.replay.verbs()[-1] == "Delete"
        assert stage.broke is None


@pytest.mark.parametrize("name", [name for name in names() if name != "psrp_disconnect_runspaces"])
async def test_every_conversation_opens_and_closes(name: str) -> None:
    async with scene(name) as stage:
        await stage.pool.open()
        assert stage.pool.state is RunspaceState.OPENED
        assert "PSVersionTable" in stage.pool.private_data
        await stage.pool.close()
        assert stage.replay.verbs() == ["Create", "Delete"]


@pytest.mark.parametrize(("name", "version"), [(f"psrp_run_protocol_version_2.{n}", (2, n)) for n in (1, 2, 3)])
async def test_older_services_set_the_version_and_the_size(name: str, version: tuple[int, int]) -> None:
    async with scene(name) as stage:
        small = stage.transport.max_payload
        await stage.pool.open()
        assert stage.pool.protocol == version
        assert (stage.transport.max_payload > small) is (version >= (2, 2))


def parts(envelope: str) -> dict[str, Any]:
    """Return what distinguishes one request from another, without ids and payload."""
    header, _, body = envelope.partition("Body")
    return {
        "action": action(envelope),
        "resource": re.findall(r"ResourceURI[^>]*>([^<]*)<", header),
        "selectors": re.findall(r'Selector Name="([^"]*)"', header),
        "elements": re.findall(r"<(?:\w+:)?(\w+)", body),
    }


@pytest.mark.parametrize("name", ["psrp_run_protocol_version_2.3", "psrp_with_input"])
async def test_requests_have_the_shape_that_a_real_service_took(name: str) -> None:
    async with scene(name) as stage:
        await stage.pool.open()
        await stage.run()
        await stage.pool.close()
        asked = [one for one in stage.replay.entries if one.verb != "Send"]
        assert asked
        for entry in asked:
            mine = next(one for one in stage.replay.asked if action(one) == entry.verb)
            ours, theirs = parts(mine), parts(entry.request)
            assert ours == theirs


async def test_ids_are_the_pools_and_the_pipelines_in_upper_case() -> None:
    async with scene("psrp_run_protocol_version_2.3") as stage:
        await stage.pool.open()
        await stage.run("Get-Date")
        create = next(one for one in stage.replay.asked if action(one) == "Create")
        command = next(one for one in stage.replay.asked if action(one) == "Command")
        assert f'ShellId="{str(stage.pool.id).upper()}"' in create
        ids = re.findall(r'CommandId="([^"]*)"', command)
        assert len(ids) == 1
        assert ids[0] == str(uuid.UUID(ids[0])).upper()
        assert "<rsp:Command>Get-Date</rsp:Command>" in command


@pytest.mark.parametrize(
    ("text", "told"), [("", " "), ("y" * 300, "y" * 255), ("a\x1bb", "a b"), ("<&>", "&lt;&amp;&gt;")]
)
async def test_the_command_line_is_the_history_text(text: str, told: str) -> None:
    async with scene("psrp_run_protocol_version_2.3") as stage:
        await stage.pool.open()
        invocation = Invocation(((Call("x", is_script=True),),), history=text or None)
        await stage.pool.run(invocation)
        command = next(one for one in stage.replay.asked if action(one) == "Command")
        assert f"<rsp:Command>{told}</rsp:Command>" in command


async def test_no_profile_is_an_option_that_must_be_complied_with() -> None:
    async with scene("psrp_no_profile", no_profile=True) as stage:
        await stage.pool.open()
        create = stage.replay.asked[0]
        (option,) = re.findall(r"<wsman:Option ([^>]*WINRS_NOPROFILE[^>]*)>1<", create)
        assert 'MustComply="true"' in option


async def test_small_envelopes_are_never_exceeded() -> None:
    size = 8192
    async with scene("psrp_small_msg_size", envelope=size) as stage:
        await stage.pool.open()
        stage.replay.sends_first = 10
        result, _ = await stage.run("x" * 50_000)
        assert result.state is PipelineState.COMPLETED
        assert max(len(one) for one in stage.replay.asked) <= size


async def test_a_silent_command_is_asked_again_with_a_new_request() -> None:
    async with scene("psrp_long_running_cmdlet") as stage:
        await stage.pool.open()
        result, _ = await stage.run()
        assert result.state is PipelineState.COMPLETED
        asked = [one for one in stage.replay.asked if action(one) == "Receive" and "CommandId" in one]
        ids = [re.findall(r"MessageID>([^<]*)<", one)[0] for one in asked]
        assert len(set(ids)) == len(ids) == 3


async def test_host_calls_are_answered_on_the_prompt_stream() -> None:
    async with scene("psrp_pshost_raw_ui_mocked_methods") as stage:
        await stage.pool.open()
        task = asyncio.create_task(stage.run())
        while stage.replay.verbs().count("Send") < 1:
            if stage.console.awaits_key is not None and not stage.console.awaits_key.done():
                from pstui.backends.console import KeyInfo

                stage.console.awaits_key.set_result(KeyInfo(65, "a"))
            await asyncio.sleep(0.01)
        result, _ = await task
        assert result.state is PipelineState.COMPLETED
        sends = [one for one in stage.replay.asked if action(one) == "Send"]
        assert all('Name="pr"' in one and "CommandId=" in one for one in sends)


async def test_a_session_that_the_service_has_forgotten_is_broken_with_the_code() -> None:
    async with scene("psrp_receive_failure") as stage:
        await stage.pool.open()
        assert stage.transport._requests is not None
        command = next(one.command for one in stage.replay.entries if one.command)
        request = stage.transport._requests.receive(uuid.UUID(command))
        with pytest.raises(faults.Fault) as failed:
            await stage.client.once(request)
        assert failed.value.code == faults.NO_SUCH_SESSION


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("psrp_is_alive_state_disconnected", ["Connected", "Disconnected"]),
        ("psrp_is_alive_invalid_selectors", ["Connected", "-2144108453 (CannotConnectTargetSessionDoesNotExist)"]),
        ("psrp_is_alive_other_wsman_error", ["unknown"]),
        ("psrp_is_alive_http_error", ["Connected", "no reply"]),
    ],
)
async def test_the_state_of_a_shell_is_asked_for(name: str, outcomes: list[str]) -> None:
    async with scene(name) as stage:
        await stage.pool.open()
        for outcome in outcomes:
            try:
                said = await stage.transport._state() or "unknown"
            except SessionBroken as error:
                said = f"{error.what} {error.why}"
            assert outcome in said or (outcome == "no reply" and "lost" in said)


async def test_a_disconnected_session_is_taken_up_again_by_the_same_client() -> None:
    async with scene("psrp_disconnect_runspaces") as stage:
        await stage.pool.open()
        await disconnection.disconnect(stage.pool)
        assert stage.pool.state is RunspaceState.DISCONNECTED
        # The recorded client asked for nothing between; the state is what the service would say.
        stage.transport._state = answered("Disconnected")  # type: ignore[method-assign]  # see above
        await disconnection.reconnect(stage.pool)
        assert stage.pool.state is RunspaceState.OPENED
        await disconnection.disconnect(stage.pool)
        assert stage.replay.verbs() == ["Create", "Disconnect", "Reconnect", "Disconnect"]


def answered(state: str) -> Callable[[], Any]:
    async def answer() -> str:
        return state

    return answer


async def test_the_sessions_of_a_computer_are_listed_and_connected_to() -> None:
    replay = Replay("psrp_disconnect_runspaces")
    client = Client(way(), replay.connection)
    async with asyncio.timeout(DEADLINE):
        found = await list_shells(client)
        assert [one.state for one in found] == ["Disconnected", "Disconnected"]
        assert [one.idle_timeout for one in found] == [7200.0, 7200.0]
        assert {one.resource_uri for one in found} == {shell_uri("")}
        assert await list_commands(client, found[0].shell_id) == []
        for one in found:
            stage = Scene(replay)
            await disconnection.connect(stage.pool, one.shell_id)
            assert stage.pool.state is RunspaceState.OPENED
            assert stage.pool.id == one.shell_id
            await stage.pool.close()
    client.connections.close()


async def test_the_output_of_disconnected_commands_is_received_by_another_client() -> None:
    replay = Replay("psrp_disconnected_commands")
    client = Client(way(), replay.connection)
    async with asyncio.timeout(DEADLINE):
        for one in await list_shells(client):
            (command,) = await list_commands(client, one.shell_id)
            kinds, state = recorded(replay, str(command).upper())
            stage, output = Scene(replay), list[Any]()
            await disconnection.connect(stage.pool, one.shell_id)
            result = await disconnection.receive(stage.pool, command, on_output=output.append)
            assert (int(result.state), len(output)) == (int(state), kinds["PIPELINE_OUTPUT"])
            assert output
            await stage.pool.close()
    client.connections.close()


async def test_a_command_goes_on_when_its_session_is_disconnected() -> None:
    async with scene("psrp_disconnected_commands") as stage:
        await stage.pool.open()
        running = asyncio.create_task(stage.run())
        while "Command" not in stage.replay.verbs() or not stage.pool.pipelines:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await disconnection.disconnect(stage.pool)
        with pytest.raises(SessionDisconnected):
            await running
        assert "Signal" not in stage.replay.verbs()
        assert len(stage.pool.disconnected_pipelines) == 1


def test_a_request_sent_again_differs_only_in_the_mark_of_a_repetition() -> None:
    client_way = way()
    from pstui.backends.transports.wsman.envelope import Envelopes

    request: Request = Envelopes(client_way.target.url, client_way.options).request("urn:x", "urn:y")
    assert request.data != request.again
    pattern = rb'(OperationID s:mustUnderstand=)"(?:true|false)"'
    assert re.sub(pattern, rb"\1", request.data) == re.sub(pattern, rb"\1", request.again)
