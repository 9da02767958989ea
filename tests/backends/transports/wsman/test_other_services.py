"""A WSMan service that is not Windows': its own namespaces, no WinRM codes, its own times, other seals.

The conversations are those of an independent server that hosts PowerShell (``tests/data/winrm/independent``).
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import SessionStateError
from pstui.backends.psrp import disconnection
from pstui.backends.records import PipelineState, RunspaceState
from pstui.backends.transports.wsman import errors, faults
from pstui.backends.transports.wsman.client import Client
from pstui.backends.transports.wsman.connect import shell_name
from pstui.backends.transports.wsman.envelope import Envelopes
from pstui.backends.transports.wsman.http import WITHOUT_TABS, EndpointSettings, WinRMConnection
from pstui.backends.transports.wsman.sealing import Sealing
from pstui.backends.transports.wsman.security import AuthenticationPlan
from pstui.backends.transports.wsman.shell import list_shells
from pstui.backends.transports.wsman.target import Target, WSManOptions, shell_uri

from tests.support.wsman_replay import Replay, action, entries
from tests.support.wsman_scene import scene, way

REFUSED_HEADER = entries("independent/must-understand")[1]["response"]


async def test_a_receive_that_crosses_the_end_of_its_command_leaves_the_session_alone() -> None:
    async with scene("independent/command-gone") as stage:
        await stage.pool.open()
        texts: list[str] = []
        for _ in range(sum(one.verb == "Command" for one in stage.replay.entries)):
            result, output = await stage.run()
            assert result.state is PipelineState.COMPLETED
            texts += [item for item in output if isinstance(item, str)]
        assert stage.broke is None
        assert stage.pool.state is RunspaceState.OPENED


async def test_a_recorded_session_answers_to_its_end() -> None:
    async with scene("independent/session") as stage:
        await stage.pool.open()
        for _ in range(sum(one.verb == "Command" for one in stage.replay.entries)):
            await stage.run()
        assert stage.broke is None


async def test_a_fault_on_one_command_ends_that_command() -> None:
    class Failing(Replay):
        def take(self, envelope: str, cut: threading.Event) -> bytes:
            if action(envelope) == "Receive" and self.verbs().count("Command") == 3 and "CommandId" in envelope:
                return fault("wsman:InternalError", "The plugin failed").encode()
            return super().take(envelope, cut)

    async with scene("independent/command-gone", Failing) as stage:
        await stage.pool.open()
        for _ in range(2):
            await stage.run()
        with pytest.raises(SessionStateError, match="ended the command") as caught:
            await stage.run()
        assert "The plugin failed" in caught.value.text()
        assert stage.broke is None
        assert (await stage.run())[0].state is PipelineState.COMPLETED


async def test_a_shell_of_which_the_service_tells_nothing_is_connected_to_all_the_same() -> None:
    async with scene("independent/disconnect") as stage:
        stage.replay.granted += ("Reconnect",)
        await stage.pool.open()
        await disconnection.disconnect(stage.pool)
        asked = len(stage.replay.asked)
        await disconnection.reconnect(stage.pool)
        assert stage.pool.state is RunspaceState.OPENED
        assert [action(one) for one in stage.replay.asked[asked:]][:2] == ["Get", "Reconnect"]


async def test_shells_are_listed_in_any_namespace() -> None:
    answer = next(one["response"] for one in entries("independent/disconnect") if action(one["request"]) == "Enumerate")
    found = await list_shells(Answering([answer]).client())
    assert [str(one.shell_id).upper() for one in found] == ["F9F19CF2-BB6A-463D-9382-6387B29D016E"]
    assert found[0].resource_uri == "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"


SHELL = "<x:ShellId>F9F19CF2-BB6A-463D-9382-6387B29D016E</x:ShellId><x:Name>nightly</x:Name>"
LIST = '<x:EnumerateResponse xmlns:x="urn:any">{}</x:EnumerateResponse>'


@pytest.mark.parametrize(
    "page",
    [
        f"<x:Items><x:Shell>{SHELL}</x:Shell></x:Items><x:EndOfSequence/>",
        f"<x:EnumerationContext/><y:Items xmlns:y='urn:other'><Shell xmlns:x='urn:any'>{SHELL}</Shell></y:Items>",
        f"<x:Items><x:Item><x:Shell>{SHELL}</x:Shell><x:EndpointReference/></x:Item></x:Items>",
        "<x:Items><Shell ShellId='F9F19CF2-BB6A-463D-9382-6387B29D016E' Name='nightly'/></x:Items>",
    ],
)
async def test_a_list_is_read_in_every_form(page: str) -> None:
    (shell,) = await list_shells(Answering([_body(LIST.format(page))]).client())
    assert (str(shell.shell_id).upper(), shell.name) == ("F9F19CF2-BB6A-463D-9382-6387B29D016E", "nightly")


@pytest.mark.parametrize(
    "page", ["<x:Items/>", "<x:EndOfSequence/>", "<x:Items/><x:EnumerationContext/><x:EndOfSequence/>", ""]
)
async def test_an_empty_list_is_empty(page: str) -> None:
    assert await list_shells(Answering([_body(LIST.format(page))]).client()) == []


@pytest.mark.parametrize(
    "page",
    [
        "<x:Items><x:Shell><x:Id>1</x:Id></x:Shell></x:Items>",
        "<x:Items><x:Item><x:Process/></x:Item></x:Items>",
        f"<x:Shells><x:Shell>{SHELL}</x:Shell></x:Shells>",
    ],
)
async def test_a_list_that_is_not_understood_is_told(page: str) -> None:
    with pytest.raises(faults.BadReply, match="does not understand"):
        await list_shells(Answering([_body(LIST.format(page))]).client())


async def test_a_list_of_something_else_is_not_an_empty_list() -> None:
    answer = next(one["response"] for one in entries("independent/disconnect") if action(one["request"]) == "Enumerate")
    with pytest.raises(faults.BadReply, match="does not understand"):
        await list_shells(Answering([re.sub(r"(</?p:)Shell\b", r"\1Process", answer)]).client())


async def test_a_header_that_is_not_understood_is_sent_again_without_its_mark() -> None:
    service = Answering([REFUSED_HEADER, "<done/>"])
    client = service.client()
    await client.call(client.envelopes.request("http://x/Get", "resource"))
    first, second = service.asked
    assert 'mustUnderstand="true"' in first
    assert 'mustUnderstand="true"' not in second
    assert first.replace("true", "false") == second
    await client.call(client.envelopes.request("http://x/Get", "resource"))
    assert 'mustUnderstand="true"' not in service.asked[2], "what was refused once is not tried again"


@pytest.mark.parametrize("verb", ["Create", "Command", "Receive", "Signal", "Delete"])
async def test_a_header_is_refused_in_whichever_request(verb: str) -> None:
    class Refusing(Replay):
        def take(self, envelope: str, cut: threading.Event) -> bytes:
            header = envelope.partition("Body")[0]
            if action(envelope) == verb and 'mustUnderstand="true"' in header:
                value = "<e:Value>e:MustUnderstand</e:Value><e:Subcode><e:Value>x:Unknown</e:Value></e:Subcode>"
                return re.sub("<e:Value>.*</e:Subcode>", value, fault("x", "A header is not understood")).encode()
            return super().take(envelope, cut)

    async with scene("independent/command-gone", Refusing) as stage:
        await stage.pool.open()
        assert (await stage.run())[0].state is PipelineState.COMPLETED
        assert stage.broke is None
        await stage.pool.close()
        assert stage.replay.verbs()[-1] in ("Delete", "Signal", "Receive")


async def test_stopping_what_the_service_has_forgotten_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.transports.wsman.transport.FAREWELL", 0.05)

    class Forgetting(Replay):
        def take(self, envelope: str, cut: threading.Event) -> bytes:
            if action(envelope) == "Signal":
                return fault("wsa:DestinationUnreachable", "No such command").encode()
            if action(envelope) == "Receive" and "CommandId" in envelope:
                cut.wait(0.02)
                return fault("wsman:TimedOut", "").encode()
            return super().take(envelope, cut)

    async with scene("independent/command-gone", Forgetting) as stage:
        await stage.pool.open()
        running = asyncio.create_task(stage.run())
        while not stage.pool.pipelines or "Command" not in stage.replay.verbs():
            await asyncio.sleep(0.01)
        (pipeline,) = stage.pool.pipelines
        await stage.transport.signal(pipeline)
        assert stage.broke is None
        running.cancel()
        await asyncio.wait({running})


async def test_a_refusal_that_goes_on_is_told() -> None:
    client = Answering([REFUSED_HEADER] * 3).client()
    with pytest.raises(faults.Fault, match="MustUnderstand"):
        await client.call(client.envelopes.request("http://x/Get", "resource"))


async def test_patience_follows_a_service_that_takes_its_own_time() -> None:
    service = Answering(["<done/>"] * 2)
    client = service.client()
    before = client.slack
    service.pause = 0.05
    await client.call(client.envelopes.request("http://x/Receive", "resource", patience=0.0))
    assert client.slack > before
    lost = faults.NetworkFailure(faults.NetworkKind.READ_TIMEOUT, "no reply")
    service.answers.insert(0, lost)

    async def answers(failure: faults.NetworkFailure, generation: int) -> None:
        return None

    client.recover, grown = answers, client.slack
    await client.call(client.envelopes.request("http://x/Receive", "resource", patience=1.0))
    assert client.slack == 2 * grown


def test_every_shell_has_a_name() -> None:
    assert re.fullmatch(r".+@.+", shell_name(""))
    assert shell_name("web").endswith(":web")


class Plain:
    """A context that seals nothing."""

    def wrap_winrm(self, message: bytes) -> tuple[bytes, bytes, int]:
        return b"HEAD", message, 0

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        assert header == b"HEAD"
        return data


class Measuring(Plain):
    """A context that opens nothing and measures what it is given."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        self.found.append((len(header), len(data)))
        return data


BOUNDARY = "Encrypted Boundary"


@pytest.mark.parametrize("number", range(4))
def test_what_the_real_client_and_its_service_sealed_is_taken_apart(number: int) -> None:
    one, context = entries("independent/sealed")[number], Measuring()
    body = base64.b64decode(one["body"])
    (length,) = map(int, re.findall(rb"Length=(\d+)", body))
    assert len(Sealing(context, Sealing.SPNEGO).unwrap_message(body, BOUNDARY)) == length
    assert context.found == [(16, length)]
    assert body.endswith(b"--\r\n\r\n") is (one["from"] == "server")


@pytest.mark.parametrize("tabs", [True, False])
@pytest.mark.parametrize("end", [b"", b"\r\n"])
@pytest.mark.parametrize("message", [b"<a/>", b"\tContent-Type: application/octet-stream\r\n" * 3, bytes(range(256))])
def test_sealed_parts_are_read_with_tabs_and_without(tabs: bool, end: bytes, message: bytes) -> None:
    kind, body = Sealing(Plain(), Sealing.SPNEGO, tabs=tabs).wrap_message(message)
    assert kind == "multipart/encrypted"
    assert (b"\r\n\tContent-Type" in body[: -len(message) - 40]) is tabs
    assert Sealing(Plain(), Sealing.SPNEGO).unwrap_message(body + end, BOUNDARY) == message


@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
@pytest.mark.parametrize("blank", [False, True])
@pytest.mark.parametrize("behind", [False, True])
def test_other_line_ends_around_sealed_data_are_read(line: bytes, blank: bool, behind: bool) -> None:
    message = b"<a>\r\n</a>\r\n"
    mark = b"--" + BOUNDARY.encode()
    told = b"OriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d" % len(message)
    head = line.join((mark, b"Content-Type: application/HTTP-SPNEGO-session-encrypted", told, mark))
    data = struct.pack("<i", 4) + b"HEAD" + message
    body = line.join((head, b"Content-Type: application/octet-stream; charset=x", b""))
    body += (line if blank else b"") + data + (line if behind else b"") + mark + b"--" + line
    assert Sealing(Plain(), Sealing.SPNEGO).unwrap_message(body, BOUNDARY) == message


def test_many_sealed_parts_are_joined() -> None:
    message = bytes(range(256)) * 200
    _, body = Sealing(Plain(), Sealing.CREDSSP, tabs=False).wrap_message(message)
    assert Sealing(Plain(), Sealing.CREDSSP).unwrap_message(body, BOUNDARY) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--Encrypted Boundary\r\n",
        b"--Encrypted Boundary\r\nLength=4\r\n--Encrypted Boundary\r\nnothing",
        b"--Encrypted Boundary\r\nLength=4\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n"
        + struct.pack("<i", 2**31 - 1)
        + b"HEAD",
        b"--Encrypted Boundary\r\nLength=9\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n"
        + struct.pack("<i", 4)
        + b"HEADabc",
    ],
)
def test_a_damaged_seal_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(faults.BadReply, match="sealed"):
        Sealing(Plain(), Sealing.SPNEGO).unwrap_message(body, BOUNDARY)


def test_a_seal_that_does_not_open_is_not_taken_for_a_refused_logon() -> None:
    class Broken(Plain):
        def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
            raise ValueError("Message Integrity Check")

    _, body = Sealing(Plain(), Sealing.SPNEGO).wrap_message(b"<a/>")
    with pytest.raises(faults.BadReply) as caught:
        Sealing(Broken(), Sealing.SPNEGO).unwrap_message(body, BOUNDARY)
    told = errors.open_error(caught.value, errors.ErrorContext(target(80), "alice", "ntlm"))
    assert "Kerberos" not in told.text()


def test_ntlm_that_fails_is_not_called_kerberos() -> None:
    failure = faults.AuthenticationFailure("no such thing", secret_sent=False)
    told = errors.open_error(failure, errors.ErrorContext(target(80), "alice", "ntlm"))
    assert "ntlm authentication failed" in told.text()
    assert "Kerberos" not in told.text()


def test_a_failure_of_the_service_is_not_taken_for_another_service() -> None:
    told = errors.open_error(faults.HTTPFailure(500), errors.ErrorContext(target(80)))
    assert "Something other" not in told.text()


@pytest.fixture
def http_port() -> Iterator[int]:
    """A service of plain HTTP that waits for the end of the headers, whatever comes before."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += (more := connection.recv(4096))
                if not more:
                    return
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(server.getsockname()[1])
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_tls_on_the_http_port_is_recognised(http_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pstui.backends.transports.wsman.http.HANDSHAKE", 0.1)
    plan, credential = AuthenticationPlan("basic", sealed=False), PSCredential("alice")
    connection = WinRMConnection(EndpointSettings(target(http_port), plan, WSManOptions(), credential))
    with pytest.raises(faults.NetworkFailure) as caught:
        connection.exchange(b"<a/>", 30.0)
    assert caught.value.kind is faults.NetworkKind.NOT_TLS
    told = errors.open_error(caught.value, errors.ErrorContext(target(http_port)))
    assert "Leave -UseSSL out" in told.text()


def target(port: int) -> Target:
    return Target(port != 80, "127.0.0.1", port, "wsman", shell_uri(""))


def fault(subcode: str, reason: str) -> str:
    """Return a fault as services other than Windows' write it."""
    soap = "http://www.w3.org/2003/05/soap-envelope"
    return (
        f'<e:Envelope xmlns:e="{soap}"><e:Header/><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value>'
        f"<e:Subcode><e:Value>{subcode}</e:Value></e:Subcode></e:Code><e:Reason><e:Text>{reason}</e:Text></e:Reason>"
        "</e:Fault></e:Body></e:Envelope>"
    )


def _body(content: str) -> str:
    soap, wsa = "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/ws/2004/08/addressing"
    head = "<e:Header><a:RelatesTo>-</a:RelatesTo></e:Header>"
    return f'<e:Envelope xmlns:e="{soap}" xmlns:a="{wsa}">{head}<e:Body>{content}</e:Body></e:Envelope>'


class Answering:
    """A service that gives one answer after the other, the last one for ever. ``asked`` lists the envelopes."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers, self.asked, self.pause = list(answers), list[str](), 0.0

    def client(self) -> Client:
        return Client(way(), lambda settings: self)

    def exchange(self, message: bytes, silence: float | None) -> bytes:
        self.asked.append(message.decode())
        if self.pause:
            threading.Event().wait(self.pause)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        message_id = re.search(r"MessageID>([^<]+)<", message.decode())
        assert message_id
        if answer == "<done/>":
            soap, wsa = "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/ws/2004/08/addressing"
            head = f'<a:RelatesTo xmlns:a="{wsa}">{message_id[1]}</a:RelatesTo>'
            return f'<e:Envelope xmlns:e="{soap}"><e:Header>{head}</e:Header><e:Body/></e:Envelope>'.encode()
        return re.sub(r"(RelatesTo>)[^<]*", lambda found: found[1] + message_id[1], str(answer)).encode()

    def cut(self) -> None: ...
    def close(self) -> None: ...


def test_names_of_faults_without_a_code() -> None:
    envelopes = Envelopes("http://h/wsman", WSManOptions())
    request = envelopes.request("http://x/Get", "resource")
    for subcode, code in (("wsman:TimedOut", faults.OPERATION_TIMED_OUT), ("wsman:AccessDenied", faults.ACCESS_DENIED)):
        with pytest.raises(faults.Fault) as caught:
            envelopes.read(request, fault(subcode, "no").encode())
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("subcode", "reason", "code"),
    [
        ("", "The operation timed out", faults.OPERATION_TIMED_OUT),
        ("wsman:InternalError", "wsman:OperationTimeout has passed", faults.OPERATION_TIMED_OUT),
        ("x:InternalError", "Access is denied.", faults.ACCESS_DENIED),
        ("x:Other", "The operation timed out", 0),  # what has a word of its own is not guessed at
        ("", "The plugin failed", 0),
    ],
)
def test_a_fault_without_a_word_of_its_own_is_understood_by_its_text(subcode: str, reason: str, code: int) -> None:
    found = faults.Fault(0, reason, subcode=subcode.rpartition(":")[2])
    assert found.code == code
    assert found.is_timeout is (code == faults.OPERATION_TIMED_OUT)


def test_a_subcode_counts_beside_a_code_that_is_not_known() -> None:
    assert faults.Fault(1460, "", subcode="TimedOut").asks_again
    assert not faults.Fault(1460, "", subcode="InternalError").asks_again


@pytest.mark.parametrize("status", [400, 415, 500])
def test_a_service_that_answers_tabs_with_a_status_gets_none(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = AuthenticationPlan("ntlm", sealed=True)
    connection = WinRMConnection(EndpointSettings(target(80), plan, WSManOptions(), PSCredential("alice")))
    tabs: list[bool] = []

    def post(message: bytes, limits: object) -> bytes:
        connection.encryption = Sealing(Plain(), Sealing.SPNEGO, tabs=WITHOUT_TABS not in connection.settings.settled)
        tabs.append(connection.encryption.tabs)
        if tabs[-1]:
            raise faults.HTTPFailure(status)
        return b"<done/>"

    monkeypatch.setattr(connection, "_post", post)
    assert connection.exchange(b"<a/>", 1.0) == b"<done/>"
    assert tabs == [True, False]
    connection.close()
