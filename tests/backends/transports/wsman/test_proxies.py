"""Proxies on the way to a WinRM service: which one is taken, what it learns, and what is told when it refuses."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.wsman.connect import Connector
from pstui.backends.transports.wsman.target import Target, WSManOptions, find_proxy

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, winrm_endpoint
from tests.support.winrm_proxy import Proxy, running_proxy
from tests.support.winrm_runs import without_realms
from tests.support.wsman_calls import call, credential, refusal, session

__all__ = ["winrm_endpoint"]

WINRM = WinRMOptions(https=True)

_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def a_new_run(monkeypatch: pytest.MonkeyPatch, winrm_endpoint: WinRMEndpoint, tmp_path: Path) -> None:
    """No proxy is named, and the endpoint's authority is trusted."""
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(winrm_endpoint.authority.certificate))
    without_realms(monkeypatch, tmp_path)


def through(access: str = "IEConfig", **option: Any) -> dict[str, Any]:
    return {"SessionOption": {"ProxyAccessType": access, **option}}


def signed_in(user: str, password: str) -> dict[str, Any]:
    return {"ProxyAuthentication": "Basic", "ProxyCredential": credential(user, password)}


def name_proxy(monkeypatch: pytest.MonkeyPatch, proxy: Proxy, user: str = "") -> None:
    address = proxy.url.replace("://", f"://{user}@") if user else proxy.url
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("HTTPS_PROXY", address)


async def says(info: Any) -> list[str]:
    console = ScriptedConsole()
    async with session(info, console) as opened:
        await opened.invoke_script("'here'; 1..300", console)
        return console.shown()


@pytest.mark.parametrize("access", ["IEConfig", "WinHttpConfig"])
@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
async def test_a_session_goes_through_the_proxy_that_the_machine_names(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, access: str, ssl: bool
) -> None:
    with running_proxy() as proxy:
        name_proxy(monkeypatch, proxy)
        assert await says(call(winrm_endpoint, ssl=ssl, **through(access))) == ["here", *map(str, range(1, 301))]
        port = winrm_endpoint.https_port if ssl else winrm_endpoint.port
        wanted = f"CONNECT localhost:{port}" if ssl else f"POST http://localhost:{port}/wsman?PSVersion=7.6"
        assert set(proxy.asked) == {wanted}


@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("place", ["option", "environment"])
async def test_a_proxy_learns_who_asks(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, ssl: bool, place: str
) -> None:
    with running_proxy("pröxy€user", "p:w@d/€") as proxy:
        if place == "option":
            name_proxy(monkeypatch, proxy)
            option = signed_in("pröxy€user", "p:w@d/€")
        else:
            name_proxy(monkeypatch, proxy, "pr%C3%B6xy%E2%82%ACuser:p%3Aw%40d%2F%E2%82%AC")
            option = {}
        assert (await says(call(winrm_endpoint, ssl=ssl, **through(**option))))[0] == "here"
        assert proxy.asked
        assert not proxy.refused
    # It is the proxy's alone: nothing of it travels on.
    assert b"Proxy-Auth" not in winrm_endpoint.wire("in")


@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("option", [{}, signed_in("who", "hush-hush")], ids=["nobody", "wrong"])
async def test_a_proxy_that_refuses_is_told_apart_from_the_service(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, ssl: bool, option: dict[str, Any]
) -> None:
    with running_proxy("someone", "else") as proxy:
        name_proxy(monkeypatch, proxy)
        told = await refusal(call(winrm_endpoint, ssl=ssl, **through(**option)))
        assert "the proxy did not let the connection through" in told
        assert "407" in told
        assert "-ProxyCredential" in told
        assert "-2144108526 (CannotConnect)" in told
        assert "hush-hush" not in told
        assert proxy.refused == 1


@pytest.mark.parametrize("access", ["None", "NoProxyServer"])
async def test_without_a_proxy_nothing_goes_through_one(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, access: str
) -> None:
    with running_proxy() as proxy:
        name_proxy(monkeypatch, proxy)
        assert (await says(call(winrm_endpoint, **through(access))))[0] == "here"
        assert not proxy.asked


async def test_who_is_excepted_is_reached_directly(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_proxy() as proxy:
        name_proxy(monkeypatch, proxy)
        monkeypatch.setenv("NO_PROXY", "example.org,localhost")
        assert (await says(call(winrm_endpoint, **through())))[0] == "here"
        assert not proxy.asked


@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
async def test_a_proxy_that_is_not_there_is_named(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, ssl: bool
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("https_proxy" if ssl else "http_proxy", address)
        option = through(MaxConnectionRetryCount=0)
        told = await refusal(call(winrm_endpoint, ssl=ssl, **option))
    assert f"the proxy {address} does not answer" in told
    assert "NoProxyServer" in told
    assert "-2144108526 (CannotConnect)" in told


@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
async def test_a_computer_that_the_proxy_does_not_reach_is_told(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, ssl: bool
) -> None:
    with running_proxy() as proxy, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        name_proxy(monkeypatch, proxy)
        told = await refusal(call(winrm_endpoint, ssl=ssl, **through(), Port=taken.getsockname()[1]))
    assert "the proxy does not get through to it" in told
    assert "502" in told


async def test_a_cut_behind_the_proxy_is_ridden_out(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = ScriptedConsole()
    with running_proxy() as proxy:
        name_proxy(monkeypatch, proxy)
        async with session(call(winrm_endpoint, ssl=True, **through()), console) as opened:
            winrm_endpoint.cut_after(60_000, 0.5)
            await opened.invoke_script("1..5000", console)
            assert [int(line) for line in console.shown() if line.isdigit()] == list(range(1, 5001))
            assert any("restored" in line for line in console.shown())


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("socks4://127.0.0.1:1080", "socks4 is not supported"),
        ("socks5h://user:hush@127.0.0.1:1", "the proxy 127.0.0.1:1 does not answer"),
        ("http://:3128", "Its address cannot be read"),
        ("http://proxy:port", "Its address cannot be read"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_refused(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, address: str, told: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", address)
    text = await refusal(call(winrm_endpoint, **through()))
    assert told in text
    assert "NoProxyServer" in text
    assert "hush" not in text


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (through("AutoDetect"), "ProxyAccessType AutoDetect is not supported"),
        (through("None", ProxyCredential=credential()), "ProxyCredential is not supported"),
        (through("NoProxyServer", ProxyCredential=credential()), "ProxyCredential is not supported"),
        (through(ProxyCredential=credential()), "ProxyAuthentication Negotiate is not supported"),
        (
            through(ProxyCredential=credential(), ProxyAuthentication="Digest"),
            "ProxyAuthentication Digest is not supported",
        ),
    ],
)
async def test_what_cannot_be_had_is_refused_by_name(
    winrm_endpoint: WinRMEndpoint, option: dict[str, Any], told: str
) -> None:
    assert told in await refusal(call(winrm_endpoint, **option))


async def test_the_way_is_told_and_no_secret_with_it(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://me:hush@proxy.example:3128/")
    steps: list[tuple[str, str]] = []
    context = ConnectContext(ScriptedConsole(), step=lambda name, detail: steps.append((name, detail)))
    client = await Connector(call(winrm_endpoint, **through()), context).client()
    assert ("port", f"{winrm_endpoint.port} (http, through the proxy proxy.example:3128)") in steps
    # Its name is for the proxy to look up.
    assert not [name for name, _ in steps if name == "name"]
    assert "hush" not in repr(client.endpoint) + repr(steps) + repr(client.endpoint.error_context)


def test_the_scheme_of_the_target_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://plain:1")
    monkeypatch.setenv("https_proxy", "https://secure")
    settings = WSManOptions(proxy="system")
    found = [find_proxy(Target(ssl, "server", 5985, "wsman", ""), settings) for ssl in (False, True)]
    assert [one.url for one in found if one] == ["http://plain:1", "https://secure:443"]
    assert find_proxy(Target(False, "server", 5985, "wsman", ""), WSManOptions()) is None


class Socks(socketserver.ThreadingTCPServer):
    """A SOCKS 5 proxy that lets one user in, and what it was asked for."""

    daemon_threads = True

    def __init__(self, login: bytes) -> None:
        super().__init__(("127.0.0.1", 0), SocksClient)
        self.login, self.asked = login, list[tuple[bytes, int]]()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class SocksClient(socketserver.BaseRequestHandler):
    server: Socks

    def handle(self) -> None:
        client: socket.socket = self.request
        client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])
        client.sendall(b"\x05\x02")
        client.sendall(b"\x01\x00" if client.recv(600)[1:] == self.server.login else b"\x01\x01")
        if not (asked := client.recv(600)):
            return
        assert asked[:4] == b"\x05\x01\x00\x03", "the proxy looks the name up"
        host, port = asked[5:-2], int.from_bytes(asked[-2:], "big")
        self.server.asked.append((host, port))
        try:
            there = socket.create_connection((host.decode(), port))
        except OSError:
            client.sendall(b"\x05\x05\x00\x01" + bytes(6))
            return
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        with there:
            back = threading.Thread(target=self.pass_on, args=(there, client), daemon=True)
            back.start()
            self.pass_on(client, there)
            back.join()

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def socks() -> Iterator[Socks]:
    server = Socks(b"\x04user\x06h\xc3\xbc sh")
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("ssl", [False, True], ids=["http", "https"])
async def test_a_session_goes_through_a_socks_proxy_that_looks_the_name_up(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, socks: Socks, ssl: bool
) -> None:
    monkeypatch.setenv("all_proxy", f"socks5h://user:h%C3%BC%20sh@127.0.0.1:{socks.server_address[1]}")
    assert await says(call(winrm_endpoint, ssl=ssl, **through())) == ["here", *map(str, range(1, 301))]
    assert set(socks.asked) == {(b"localhost", winrm_endpoint.https_port if ssl else winrm_endpoint.port)}


async def test_a_socks_proxy_that_refuses_is_told(
    winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, socks: Socks
) -> None:
    address = f"127.0.0.1:{socks.server_address[1]}"
    monkeypatch.setenv("all_proxy", f"socks5://user:wrong@{address}")
    told = await refusal(call(winrm_endpoint, **through()))
    assert "does not take the user name and the password" in told
    assert "wrong" not in told
    monkeypatch.setenv("all_proxy", f"socks5://user:h%C3%BC%20sh@{address}")
    told = await refusal(call(winrm_endpoint, Port=1, **through()))
    assert address in told
    assert "the connection was refused" in told
