"""A WinRM service that means ill: nothing hangs, nothing grows, nothing is given away, and the error says why."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.transports.wsman import client as wsman_client
from pstui.backends.transports.wsman import http as wsman_sockets
from pstui.backends.transports.wsman.envelope import Envelopes
from pstui.backends.transports.wsman.faults import BadReply
from pstui.backends.transports.wsman.shell import LONGEST, seconds
from pstui.backends.transports.wsman.target import WSManOptions

from tests.support.rogue_http import Answer, envelope, message_id, reply, rogue
from tests.support.wsman_calls import credential, refusal, session

pytestmark = pytest.mark.lets_connections_go

SECRET = "hush-hush-hush"


def to(port: int, **values: Any) -> ConnectionInfo:
    """A call whose messages go readable, so that a server without any mechanism can answer them."""
    given = {"ComputerName": "localhost", "Port": port, "Authentication": "Basic"}
    given |= {"Credential": credential("alice", SECRET), "SessionOption": {"MaxConnectionRetryCount": 0}, **values}
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, given, settings={"allow_unencrypted": True})


async def refused(answer: Answer, **values: Any) -> str:
    async with rogue(answer) as server:
        told = await refusal(to(server.port, **values))
    assert SECRET not in told
    assert "\x1b" not in told
    assert len(told) < 2500
    return told


def answers(*parts: bytes) -> Answer:
    async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
        for part in parts:
            yield part.replace(b"|id|", message_id(body))

    return answer


async def test_a_body_without_end_is_cut_off() -> None:
    sent = 0

    async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            sent += 65536
            yield b"10000\r\n" + b"x" * 65536 + b"\r\n"

    assert "a reply of more than 8 MiB" in await refused(answer)
    assert sent < 3 * wsman_sockets.MAX_REPLY


async def test_a_body_that_grows_when_it_is_unpacked_is_cut_off() -> None:
    packed = gzip.compress(b"\0" * 200_000_000, 9)
    told = await refused(answers(reply(packed, "200 OK", b"Content-Encoding: gzip")))
    assert "a reply of more than 8 MiB" in told


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
async def test_an_answer_that_trickles_in_is_not_waited_for_for_ever(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsman_client, "TRANSFER", 0.5)
    monkeypatch.setattr(wsman_client, "SLACK", 0.5)

    async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
        yield start
        while True:
            await asyncio.sleep(0.1)
            yield b"x"

    began = time.monotonic()
    told = await refused(answer, SessionOption={"OpenTimeout": 200, "MaxConnectionRetryCount": 0})
    assert "no reply came in time" in told
    assert "did not end within" in told
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "flood", [b"X-%d: y\r\n" * 200, b"X: " + b"y" * 200_000 + b"\r\n"], ids=["many", "one that is long"]
)
async def test_a_flood_of_headers_is_refused(flood: bytes) -> None:
    told = await refused(answers(b"HTTP/1.1 200 OK\r\n" + flood + b"Content-Length: 0\r\n\r\n"))
    assert "header" in told.casefold() or "closed before a reply came" in told


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "&b;&b;">]><x>&a;</x>', "declarations"),
        (b'<!ENTITY % x SYSTEM "file:///etc/passwd"><x/>', "declarations"),
        ("\ufeff<x/>".encode("utf-16-le"), "declarations"),
        (b'<?xml version="1.0" encoding="utf-7"?><s/>', "cannot be read"),
        (b'<?xml version="1.0" encoding="no-such"?><s/>', "cannot be read"),
        (b"<a>" * 100_000, "cannot be read"),
        (b"<a>" * 300_000 + b"</a>" * 300_000, "answered another request"),
        (b"\x1b]0;title\x07", "cannot be read"),
        (b"", "cannot be read"),
        (envelope(b"uuid:0", b""), "answered another request"),
        (envelope(b"|id|", b"<rsp:ReceiveResponse/>"), ""),
    ],
)
def test_what_is_no_answer_is_refused(content: bytes, why: str) -> None:
    envelopes = Envelopes("http://server/wsman", WSManOptions())
    request = envelopes.request("action", "resource")
    reply = content.replace(b"|id|", request.message_id.encode())
    if not why:
        envelopes.read(request, reply)
        return
    with pytest.raises(BadReply, match=why):
        envelopes.read(request, reply)


async def test_an_answer_to_another_request_ends_the_session() -> None:
    told = await refused(answers(reply(envelope(b"uuid:00000000-0000-0000-0000-000000000000", b"<x/>"))))
    assert "not a working WinRM service" in told
    assert "answered another request" in told


async def test_an_error_of_the_service_cannot_steer_the_terminal() -> None:
    fault = (
        b"<s:Fault><s:Reason><s:Text>&#x9b;31m\xc2\x9b2J" + b"long " * 5000 + b"</s:Text></s:Reason><s:Detail>"
        b'<f:WSManFault Code="' + b"9" * 4000 + b'"/></s:Detail></s:Fault>'
    )
    told = await refused(answers(reply(envelope(b"|id|", fault), "500 Error")))
    assert "\x9b" not in told
    assert "999" not in told


async def test_a_redirect_is_shown_without_its_tricks() -> None:
    location = b"http://elsewhere/\x1b]0;title\x07{host}" + b"x" * 5000
    told = await refused(answers(reply(b"", "302 Found", b"Location: " + location)))
    assert "it redirects the connection" in told


@pytest.mark.parametrize(
    "location",
    [b"http://user:pass@localhost/wsman", b"file:///etc/passwd", b"//[", b"gopher://x", b"http://", b"\xff\xfe"],
)
async def test_a_redirect_to_nowhere_is_refused(location: bytes) -> None:
    async with rogue(answers(reply(b"", "302 Found", b"Location: " + location))) as server:
        values = dict(to(server.port).values)
        del values["ComputerName"], values["Port"]
        values |= {"ConnectionUri": f"http://localhost:{server.port}/wsman", "AllowRedirection": True}
        info = ConnectionInfo(ParameterSet.URI, values, settings={"allow_unencrypted": True})
        told = await refusal(info)
        assert len(server.heads) == 1
    assert "address" in told


async def test_a_redirect_to_a_host_that_is_not_trusted_gets_no_proof() -> None:
    """The rules are applied anew to where a redirect leads: NTLM goes to trusted hosts alone."""
    async with rogue(answers(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n")) as other:
        location = f"Location: http://127.0.0.1:{other.port}/wsman".encode()
        async with rogue(answers(reply(b"", "302 Found", location))) as server:
            values = {
                "ConnectionUri": f"http://localhost:{server.port}/wsman",
                "AllowRedirection": True,
                "Authentication": "Negotiate",
                "Credential": credential("alice", SECRET),
            }
            info = ConnectionInfo(ParameterSet.URI, values, settings={"trusted_hosts": ["localhost"]})
            told = await refusal(info)
            assert "IP address can be used only with HTTPS or as a trusted host" in told
            assert not other.heads
            assert b"Authorization: NTLM" not in server.heads[0]


async def test_a_redirect_that_was_not_allowed_is_not_followed() -> None:
    """With Basic the password would be sent at once to wherever it leads."""
    async with rogue(answers(reply(b"", "404 No"))) as other:
        location = f"Location: http://localhost:{other.port}/wsman".encode()
        async with rogue(answers(reply(b"", "302 Found", location))) as server:
            assert "it redirects the connection" in await refusal(to(server.port))
            assert not other.heads


async def test_a_session_whose_service_turns_ill_ends_with_a_reason() -> None:
    """It opens as it should, and then answers a Receive with what no XML parser takes."""
    created = (
        b'<x:ResourceCreated xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"/>'
        b"<rsp:Shell><rsp:ShellId>00000000-0000-0000-0000-000000000001</rsp:ShellId></rsp:Shell>"
    )

    async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
        if b"transfer/Create<" in body:
            yield reply(envelope(message_id(body), created))
        elif b"Receive<" in body:
            yield reply(b'<?xml version="1.0" encoding="utf-7"?><s/>')
        else:
            yield reply(envelope(message_id(body), b""))

    async with rogue(answer) as server:
        with pytest.raises((OpenError, SessionBroken)) as told:
            async with session(to(server.port)):
                pass
    assert "cannot be read" in f"{told.value.what} {told.value.why}"


@pytest.mark.parametrize("text", ["P" + "9" * 400 + "DT0S", "PT1e5S", "PT" + "9" * 300 + "." + "9" * 300 + "S", "x"])
def test_a_duration_stays_a_number(text: str) -> None:
    assert 0 <= seconds(text) <= LONGEST
    assert int(seconds(text)) >= 0


async def test_no_secret_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even where everything is logged: the libraries' debug messages hold tokens and whole envelopes."""
    caplog.set_level(logging.DEBUG)
    told = await refused(answers(reply(b"<x/>")))
    seen = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (SECRET, base64.b64encode(f"alice:{SECRET}".encode()).decode(), "Envelope"):
        assert secret not in seen
        assert secret not in told
