"""Port forwards through a real sshd: real bytes both ways, who listens, what fails, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.errors import OpenError, PstuiError
from pstui.backends.forwards import Forward, Forwards, ForwardState, parse
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, Forwarding, Transport
from pstui.backends.transports.ssh import forwarding, shared
from pstui.backends.transports.ssh.listeners import LocalListener

from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.answers import AnsweringConsole
from tests.support.sshd import Sshd, free_port, make_home, running_sshd

LIMIT = 20.0
DATA = bytes(range(256)) * 1200
GREETING = b"220 here\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    more = "MaxSessions 2\nAllowStreamLocalForwarding yes\nGatewayPorts clientspecified\n"
    with running_sshd(
        tmp_path_factory.mktemp("sshd"), subsystems={"powershell": ACKNOWLEDGE}, more_config=more
    ) as sshd:
        yield sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Sshd) -> Path:
    return make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)


async def connect(
    server: Sshd, *forwards: str, console: AnsweringConsole | None = None, **values: Any
) -> tuple[Transport, Forwards]:
    info = server.info(**values)
    info = type(info)(info.parameter_set, info.values, settings={"forwards": forwards})
    made = await asyncio.wait_for(registry.connect(info, ConnectContext(console or AnsweringConsole())), LIMIT)
    assert isinstance(made, Forwarding) and made.forwards is not None
    return made, made.forwards


@contextlib.asynccontextmanager
async def echo(path: Path | None = None) -> AsyncIterator[int]:
    """A service that greets, sends back what it gets, and ends when its client has ended."""

    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(GREETING)
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write(b"bye")
            writer.close()
            await writer.wait_closed()
            writers.remove(writer)  # what has ended may not be aborted

    if path is not None:
        there: Any = await asyncio.start_unix_server(serve, path)
    else:
        there = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield 0 if path else int(there.sockets[0].getsockname()[1])
    finally:
        there.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


async def exchanged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send DATA, and return what came."""

    async def send() -> None:
        with contextlib.suppress(OSError):  # turned away meanwhile
            writer.write(DATA)
            await writer.drain()
            writer.write_eof()

    sending = asyncio.create_task(send())
    got = await asyncio.wait_for(reader.read(-1), LIMIT)
    await sending
    writer.close()
    return got


async def through(port: int, host: str = "127.0.0.1") -> bytes:
    return await exchanged(*await asyncio.open_connection(host, port))


ANSWER = GREETING + DATA + b"bye"


async def settled(forward: Forward) -> tuple[int, int, int]:
    """Return connections, bytes sent and received once nothing is under way."""
    async with asyncio.timeout(LIMIT):
        while forward.connections:
            await asyncio.sleep(0.01)
    return forward.connections, forward.sent, forward.received


async def test_a_local_forward_carries_bytes_both_ways_and_counts_them(server: Sshd, home: Path) -> None:
    port = free_port()
    async with echo() as there:
        transport, forwards = await connect(server, f"local {port} 127.0.0.1:{there}")
        (forward,) = forwards.listed()
        assert (forward.state, forward.port) == (ForwardState.LISTENING, port)
        assert await through(port) == ANSWER
        assert await through(port, "::1") == ANSWER
        assert await settled(forward) == (0, 2 * len(DATA), 2 * len(ANSWER))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(LIMIT):
            while forward.connections != 1:
                await asyncio.sleep(0.01)
        await transport.abort()
        assert forward.connections == 0
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_remote_forward_carries_bytes_both_ways(server: Sshd, home: Path) -> None:
    console = AnsweringConsole()
    async with echo() as here:
        transport, forwards = await connect(
            server, f"remote 0 127.0.0.1:{here}", "remote 127.0.0.1:0 127.0.0.1:1", console=console
        )
        forward, dead = forwards.listed()
        assert f"remote 0 127.0.0.1:{here} listens on port {forward.port}" in console.text
        assert await through(forward.port) == ANSWER
        assert await settled(forward) == (0, len(ANSWER), len(DATA))
        with contextlib.suppress(OSError):
            assert await through(dead.port) == b""
        await forwards.remove(forward)
        # another program may have got the port by now
        with contextlib.suppress(OSError, TimeoutError):
            assert await asyncio.wait_for(through(forward.port), 5) != ANSWER
        await transport.abort()


async def socks5(port: int, host: str, to: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x05\x01\x00")
    assert await reader.readexactly(2) == b"\x05\x00"
    writer.write(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + to.to_bytes(2, "big"))
    assert (await reader.readexactly(10))[:2] == b"\x05\x00"
    return await exchanged(reader, writer)


async def test_a_socks_proxy_works_here_and_there(server: Sshd, home: Path) -> None:
    async with echo() as there:
        transport, forwards = await connect(server, "socks 0", "remote 0")
        for forward in forwards.listed():
            assert await asyncio.wait_for(socks5(forward.port, "127.0.0.1", there), LIMIT) == ANSWER
            for nonsense in (b"GET / HTTP/1.1\r\n\r\n" + b"\x05" * 99, b"\x04\x02" + b"\x05\x00" * 50):
                reader, writer = await asyncio.open_connection("127.0.0.1", forward.port)
                writer.write(nonsense)
                with contextlib.suppress(ConnectionResetError):
                    assert await asyncio.wait_for(reader.read(), LIMIT) in (b"", b"\x05\xff")
                writer.close()
            await settled(forward)
        await transport.abort()


async def test_permit_remote_open_bounds_where_the_far_end_may_go(server: Sshd, home: Path) -> None:
    async with echo() as there, echo() as other:
        options = {"PermitRemoteOpen": f"127.0.0.1:{there}"}
        transport, forwards = await connect(server, "remote 0", Options=options)
        (forward,) = forwards.listed()
        assert await asyncio.wait_for(socks5(forward.port, "127.0.0.1", there), LIMIT) == ANSWER
        assert await asyncio.wait_for(socks5(forward.port, "127.0.0.1", other), LIMIT) == b""
        await transport.abort()


async def test_sockets_with_a_path_at_both_ends(server: Sshd, home: Path, tmp_path: Path) -> None:
    near, far, there = tmp_path / "near", tmp_path / "far", tmp_path / "there"
    async with echo(there):
        specs = f"local {near} {there}", f"remote {far} {there}", f"local 0 {there}"
        transport, forwards = await connect(server, *specs)
        assert stat.S_IMODE(near.stat().st_mode) == 0o600
        for path in (near, far):
            assert await exchanged(*await asyncio.open_unix_connection(path)) == ANSWER
        assert await through(forwards.listed()[2].port) == ANSWER
        await transport.abort()
        assert not near.exists()


async def test_what_the_configuration_wants_listens(server: Sshd, home: Path) -> None:
    ports = [free_port() for _ in range(3)]
    async with echo() as there:
        (home / "config").write_text(
            f"Host {server.host}\n LocalForward {ports[0]} 127.0.0.1:{there}\n DynamicForward [::1]:{ports[1]}\n"
            f" RemoteForward {ports[2]} 127.0.0.1:{there}\n"
        )
        transport, forwards = await connect(server)
        assert [each.state for each in forwards.listed()] == [ForwardState.LISTENING] * 3
        assert await through(ports[0]) == await through(ports[2]) == ANSWER
        await transport.abort()
        transport, forwards = await connect(server, Options={"ClearAllForwardings": "yes"})
        assert forwards.listed() == ()
        await transport.abort()


async def test_others_may_connect_only_where_the_configuration_says_so(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has 127.0.0.2 without being told")
    async with echo() as there:
        for options, host in (({}, ""), ({"GatewayPorts": "yes"}, ""), ({}, "*:")):
            transport, forwards = await connect(server, f"local {host}0 127.0.0.1:{there}", Options=options)
            (forward,) = forwards.listed()
            if options or host:
                assert await through(forward.port, "127.0.0.2") == ANSWER
            else:
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.2", forward.port)
            await transport.abort()


async def test_a_socket_that_is_there_is_removed_only_where_the_configuration_says_so(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    path, file = tmp_path / "old", tmp_path / "file"
    file.write_text("mine")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(path))
    specs = f"local {path} 127.0.0.1:1", f"local {file} 127.0.0.1:1"
    for options, states in (
        ({}, [ForwardState.FAILED, ForwardState.FAILED]),
        (
            {"StreamLocalBindUnlink": "yes", "StreamLocalBindMask": "0111"},
            [ForwardState.LISTENING, ForwardState.FAILED],
        ),
    ):
        transport, forwards = await connect(server, *specs, Options=options)
        assert [each.state for each in forwards.listed()] == states
        if options:
            assert stat.S_IMODE(path.stat().st_mode) == 0o666
        await transport.abort()
    assert file.read_text() == "mine"


async def test_a_port_in_use_is_told_and_ends_nothing_unless_the_configuration_wants_so(
    server: Sshd, home: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, console = taken.getsockname()[1], AnsweringConsole()
        spec = f"{port} 127.0.0.1:1"
        transport, forwards = await connect(server, f"local {spec}", console=console)
        (forward,) = forwards.listed()
        assert forward.state is ForwardState.FAILED
        assert f"Port {port} of this computer is in use" in console.text
        with pytest.raises(PstuiError, match="does not listen"):
            await forwards.add(parse(f"socks {port}"))
        await transport.abort()
        strict = {"LocalForward": spec, "ExitOnForwardFailure": "yes"}
        with pytest.raises(OpenError, match="does not listen"):
            await connect(server, Options=strict)
        remote, forwards = await connect(server, f"remote 127.0.0.1:{port} 127.0.0.1:1", console=console)
        assert forwards.listed()[0].why.startswith("The server does not listen there")
        await remote.abort()
    assert shared.links().connections() == ()


async def test_forwards_come_and_go_by_hand_and_live_as_long_as_a_session(server: Sshd, home: Path) -> None:
    async with echo() as there:
        one, forwards = await connect(server)
        others = [(await connect(server))[0] for _ in range(2)]
        assert len(shared.links().connections()) == 2, "MaxSessions"
        forward = await forwards.add(parse(f"-L 0:127.0.0.1:{there}"))
        with pytest.raises(PstuiError, match="there already"):
            await forwards.add(parse(f"local 0 to 127.0.0.1:{there}"))
        await one.abort()
        assert await through(forward.port) == ANSWER
        await others[0].abort()
        assert await through(forward.port) == ANSWER, "it has gone to the other connection"
        await others[1].abort()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", forward.port)
    again, forwards = await connect(server)
    assert forwards.listed() == ()
    await again.abort()


async def test_a_lost_connection_takes_no_forward_along_for_ever(server: Sshd, home: Path) -> None:
    async with echo() as there:
        one, forwards = await connect(server)
        port = free_port()
        forward = await forwards.add(parse(f"local {port} 127.0.0.1:{there}"))
        server.kill_connections()
        async with asyncio.timeout(LIMIT):
            while forward.state is not ForwardState.WAITING:
                await asyncio.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        with pytest.raises(PstuiError, match="lost"):
            await forwards.add(parse("socks 0"))
        await one.abort()
        again, forwards = await connect(server)
        assert forwards.listed() == (forward,)
        assert await through(port) == ANSWER
        await forwards.remove(forward)
        await again.abort()


async def test_a_slow_reader_holds_the_far_end_up(server: Sshd, home: Path) -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        with contextlib.suppress(OSError):
            for _ in range(800):
                writer.write(bytes(1 << 17))
                await writer.drain()
                written += 1 << 17
        writer.close()

    there = await asyncio.start_server(flood, "127.0.0.1", 0)
    transport, forwards = await connect(server, f"local 0 127.0.0.1:{there.sockets[0].getsockname()[1]}")
    (forward,) = forwards.listed()
    reader, writer = await asyncio.open_connection("127.0.0.1", forward.port, limit=1 << 16)
    size = 0
    while size < 4 << 20:
        size += len(await asyncio.wait_for(reader.read(1 << 16), LIMIT))
        await asyncio.sleep(0)
    before = -1
    while before != written:
        before = written
        await asyncio.sleep(0.2)
    # The sockets on the way hold some megabytes; without a bound all hundred would be here.
    assert written - size < 24 << 20
    writer.close()
    await transport.abort()
    there.close()


async def test_one_too_many_is_turned_away(server: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "MAX_CONNECTIONS", 1)
    async with echo() as there:
        transport, forwards = await connect(server, f"local 0 127.0.0.1:{there}")
        (forward,) = forwards.listed()
        first = await asyncio.open_connection("127.0.0.1", forward.port)
        assert await asyncio.wait_for(first[0].readexactly(len(GREETING)), LIMIT) == GREETING
        with contextlib.suppress(ConnectionResetError):
            second = await asyncio.open_connection("127.0.0.1", forward.port)
            assert await asyncio.wait_for(second[0].read(), LIMIT) == b""
            second[1].close()
        first[1].close()
        await transport.abort()


def test_a_path_that_was_made_anew_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("another's")
    LocalListener(path=path, made=(1, 1)).close()
    assert path.exists()
