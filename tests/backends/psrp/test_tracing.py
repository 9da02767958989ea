"""The log of the protocol: what it holds, what it must not hold, and that it can be played."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import Secret
from pstui.backends.errors import CallError, OpenError
from pstui.backends.psrp.limits import MAX_TRACED
from pstui.backends.psrp.trace_file import TraceFile
from pstui.backends.psrp.tracing import TracedShell, Tracer
from pstui.backends.sessions.interactive import Outcome
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports.base import ConnectContext, ShellTransport, Transport

from tests.backends.psrp.test_session_key import KeyServer
from tests.support.replay_script import make_script, read_recording
from tests.support.scripted_console import ScriptedConsole
from tests.support.scripted_peer import COMPLETED, ScriptedPeer, call, end, line, meeting, members, output, state
from tests.support.wsman_scene import scene

DEMO = ConnectionInfo(ParameterSet.DEMO)
#: each character is written in another way somewhere
SECRET = "Zq9!<planted>&'\"_x0041_\U0001f511#Xw7"


def entries(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a trace."""
    return [json.loads(text) for text in file.read_text("ascii").splitlines()]


def clean(file: Path, *secrets: str) -> bool:
    """Whether no secret is in a trace: not its longest word, however the rest is written, nor as a SecureString."""
    text = file.read_text("ascii")
    words = [max(re.findall(r"[A-Za-z0-9-]+", secret), key=len) for secret in secrets]
    secured = [base64.b64encode(secret.encode("utf-16-le")).decode() for secret in secrets]
    return not [form for form in (*words, *secured) if form in text]


@pytest.fixture
async def traced(tmp_path: Path) -> AsyncIterator[SessionManager]:
    manager = SessionManager()
    manager.tracer = Tracer(str(tmp_path / "trace.jsonl"))
    yield manager
    await manager.close_all()
    manager.tracer.close()


async def test_each_session_has_a_file_of_its_own(traced: SessionManager, tmp_path: Path) -> None:
    for number in range(2):
        console = ScriptedConsole()
        interactive = traced.interact(traced.create(DEMO, console), console)
        await interactive.enter()
        assert await interactive.run(f"'session {number}'") is Outcome.READY
        assert f"session {number}" in (tmp_path / f"trace{'-2' * number}.jsonl").read_text(), "it is written at once"
    await traced.close_all()
    first = tmp_path / "trace.jsonl"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    script = make_script(read_recording(first))
    assert [event.kind for event in script if event.guid.int == 0][:1] == ["opening"]
    assert script[-1].name == "RUNSPACEPOOL_STATE" and any("session 0" in event.clixml for event in script)


async def test_an_opening_that_fails_is_told(traced: SessionManager, tmp_path: Path) -> None:
    info = ConnectionInfo(ParameterSet.PROCESS, {"Command": ("/no/such/program",)})
    with pytest.raises(OpenError, match="could not be started"):
        await traced.create(info, ScriptedConsole()).open()
    assert "/no/such/program" in entries(tmp_path / "trace.jsonl")[-1]["failure"]


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    for path in (there, tmp_path / "no" / "folder", tmp_path):
        with pytest.raises(CallError, match="--trace"):
            TraceFile(path)
    assert there.read_text() == "mine"


def test_a_file_is_bounded(tmp_path: Path) -> None:
    file = TraceFile(tmp_path / "trace", limit=1_000)
    for _ in range(100):
        file.write({"text": "x" * 100})
    lines = entries(tmp_path / "trace")
    assert (tmp_path / "trace").stat().st_size < 1_200 and "its size" in lines[-1]["note"]


def test_a_full_disk_ends_the_trace_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.O_EXCL", 0)  # the device that is always full exists already
    told: list[str] = []
    file = TraceFile(Path("/dev/full"))
    file.on_problem = told.append
    file.write({"a": 1})
    file.write({"a": 2})
    assert len(told) == 1 and "No space left" in told[0] and "continues" in told[0]


async def test_no_secret_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password asked for, a credential, a line with one, and a far end that says all of them again."""
    peer = ScriptedPeer()
    text = SECRET.replace("_x", "_x005F_x").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    peer.commands["ask"] = [call(12, ci=1)]
    peer.commands["login"] = [call(24, "<S>a</S>", "<S>b</S>", "<S></S>", "<S></S>", ci=2)]
    peer.commands["again"] = [
        line(SECRET.replace("_x", "_x005F_x")),
        output(f"<SS>{base64.b64encode(SECRET.encode('utf-16-le')).decode()}</SS>"),
        output(members(a=f"<S>{text}</S>", b=f'<S N="{text.replace(chr(34), "&quot;")}">x</S>')),
        state(COMPLETED),
    ]
    peer.on_answer = state(COMPLETED)
    tracer = Tracer(str(tmp_path / "trace"))
    with meeting(monkeypatch, peer) as met:
        met.session.tracer = tracer
        await met.interactive.enter()
        for name, answers in (("ask", [SECRET]), ("login", ["planted-user", SECRET])):
            running = asyncio.create_task(met.interactive.run(name))
            for answer in answers:
                asked = await met.console.question()
                asked.set_result(answer)
                await met.console.settled(asked)
            await running
        await met.interactive.run("again")
        await met.interactive.run("$password = 'Planted2'; say it")
        await met.interactive.run("ConvertTo-SecureString -String Planted3 -AsPlainText -Force")
        await met.manager.close_all()
    tracer.close()
    assert "[secret]" in (tmp_path / "trace").read_text()
    assert clean(tmp_path / "trace", SECRET, "Planted2", "Planted3", "planted-user")


async def test_what_was_known_before_is_kept_out_too(tmp_path: Path) -> None:
    secret = Secret("known before")
    tracer = Tracer(str(tmp_path / "trace"))
    assert tracer.redactor.secrets_out("it is known before, and known%20before") == "it is [secret], and [secret]"
    tracer.close()
    Secret("made after the end")
    assert tracer.redactor.secrets_out("made after the end") == "made after the end" and secret


async def test_a_large_message_is_noted_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = ScriptedPeer(commands={"much": [line("x" * (MAX_TRACED + 1)), state(COMPLETED)]})
    tracer = Tracer(str(tmp_path / "trace"))
    with meeting(monkeypatch, peer) as met:
        met.session.tracer = tracer
        await met.interactive.enter()
        await met.interactive.run("much")
        await met.manager.close_all()
    tracer.close()
    messages = [message for entry in entries(tmp_path / "trace") for message in entry.get("messages", ())]
    (large,) = [message for message in messages if "size" in message]
    assert large["size"] > MAX_TRACED and large["type"] == "PIPELINE_HOST_CALL" and "clixml" not in large


async def test_the_end_of_a_far_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tracer = Tracer(str(tmp_path / "trace"))
    with meeting(monkeypatch, ScriptedPeer(commands={"die": [end]})) as met:
        met.session.tracer = tracer
        await met.interactive.enter()
        assert await met.interactive.run("die") is Outcome.BROKEN
        await met.manager.close_all()
    tracer.close()
    assert any("far end" in entry.get("failure", "") for entry in entries(tmp_path / "trace"))


async def test_a_shell_over_winrm(tmp_path: Path) -> None:
    tracer = Tracer(str(tmp_path / "trace"))
    async with scene("psrp_run_protocol_version_2.3") as played:

        async def connect(info: ConnectionInfo, context: ConnectContext) -> Transport:
            return played.transport

        context = ConnectContext(played.console)
        traced = await tracer.noting(connect)(ConnectionInfo(ParameterSet.COMPUTER_NAME), context)
        assert isinstance(traced, TracedShell) and isinstance(traced, ShellTransport)
        played.transport = traced  # type: ignore[assignment]  # it stands in for the one it notes
        played.pool = played.make_pool()
        await played.pool.open()
        await played.run()
        await played.pool.close()
    tracer.close()
    names = [entry["element"] for entry in entries(tmp_path / "trace") if entry.get("from") == "client"]
    assert names[0] == "Data" and "Command" in names and names[-1] == "Close"


async def test_the_keys_of_a_session_are_no_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = KeyServer()
    server.commands["ask"] = [call(12, ci=1)]
    server.on_answer = state(COMPLETED)
    tracer = Tracer(str(tmp_path / "trace"))
    with meeting(monkeypatch, server) as met:
        met.session.tracer = tracer
        await met.interactive.enter()
        running = asyncio.create_task(met.interactive.run("ask"))
        (await met.console.question()).set_result(SECRET)
        await running
        await met.manager.close_all()
    tracer.close()
    text = (tmp_path / "trace").read_text()
    assert "PUBLIC_KEY" in text and "ENCRYPTED_SESSION_KEY" in text
    assert server.keys[0]["PublicKey"] not in text and server.answers[0]["mr"][1] not in text
