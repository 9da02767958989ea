"""Each broken target: which step failed, why, and the one thing to do next."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.doctor import ways
from pstui.backends.doctor.checks import Check, Sign
from pstui.backends.doctor.examination import Examination, examine
from pstui.backends.doctor.report import told
from pstui.backends.sessions.manager import SessionManager

from tests.support.nobody import NobodyConsole
from tests.support.rogue_http import reply, rogue
from tests.support.sshd import free_port, make_home
from tests.support.winrm_tls import Authority, server_context

S = ParameterSet


@dataclass(frozen=True)
class Ground:
    """What a case may use: a folder, and the client's home."""

    folder: Path
    patch: pytest.MonkeyPatch


Made = Callable[[Ground], AbstractAsyncContextManager[ConnectionInfo]]


def fixed(parameter_set: ParameterSet, **values: Any) -> Made:
    """A target that needs no server."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        yield ConnectionInfo(parameter_set, values)

    return made


def listening(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], target: Any) -> Made:
    """A target whose port ``serve`` answers."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        make_home(ground.folder / "home", ground.patch)
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            yield target(server.sockets[0].getsockname()[1])
        finally:
            server.close()

    return made


async def greet_as_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n")
    with contextlib.suppress(OSError):
        await reader.read(1000)
        writer.close()


async def greet_as_ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
    with contextlib.suppress(OSError):
        await reader.read(1000)
        writer.close()


def key_file(text: str, mode: int = 0o600) -> Made:
    """A target with a key of this computer; no server is reached."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        make_home(ground.folder / "home", ground.patch)
        key = ground.folder / "key"
        if text:
            key.write_text(text)
            key.chmod(mode)
        yield ConnectionInfo(S.SSH_HOST, {"HostName": "127.0.0.1", "UserName": "ann", "KeyFilePath": str(key)})

    return made


def configured(text: str) -> Made:
    """A host of ssh_config."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        make_home(ground.folder / "home", ground.patch)
        folder = ground.folder / "home" / ".ssh"
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(f"Host web\n{text}\n")
        yield ConnectionInfo(S.SSH_HOST, {"HostName": "web", "UserName": "ann"})

    return made


def says_and_ends(said: bytes, code: int) -> Made:
    """An SSH server whose subsystem writes something and ends."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        key = asyncssh.generate_private_key("ssh-ed25519")

        def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
            process.stderr.write(said)
            process.exit(code)

        serving: dict[str, Any] = {"process_factory": serve, "encoding": None}
        server = await asyncssh.listen("127.0.0.1", 0, server_factory=Anyone, server_host_keys=[key], **serving)
        shown = key.export_public_key("openssh").decode()
        make_home(ground.folder / "home", ground.patch, f"[127.0.0.1]:{server.get_port()} {shown}")
        async with server:
            yield ConnectionInfo(S.SSH_HOST, {"HostName": "127.0.0.1", "Port": server.get_port(), "UserName": "bob"})

    return made


def ssh_to(port: int) -> ConnectionInfo:
    return ConnectionInfo(S.SSH_HOST, {"HostName": "127.0.0.1", "Port": port, "UserName": "ann"})


def winrm_to(port: int, **values: Any) -> ConnectionInfo:
    given = {
        "ComputerName": "localhost",
        "Port": port,
        "Credential": PSCredential("ann", Secret("pa55 word")),
        **values,
    }
    return ConnectionInfo(S.COMPUTER_NAME, given, settings={"trusted_hosts": ["localhost"]})


class Anyone(asyncssh.SSHServer):
    """Lets everybody in but ann."""

    def begin_auth(self, username: str) -> bool:
        return username == "ann"


class WithoutSubsystems(asyncssh.SSHServerSession[bytes]):
    """A session in which no subsystem is found."""

    def subsystem_requested(self, subsystem: str) -> bool:
        return False


class Bare(Anyone):
    """A server without subsystems."""

    def session_requested(self) -> WithoutSubsystems:
        return WithoutSubsystems()


def ssh_server(*, known: bool | None = True, user: str = "ann", subsystem: bool = True) -> Made:
    """An SSH server, whose key is known, another one than known, or not known at all (None)."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        key, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))

        def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
            process.stdout.write(b"Welcome to this computer!\n")
            process.exit(0)

        options: dict[str, Any] = {"process_factory": serve, "encoding": None} if subsystem else {}
        kind = Anyone if subsystem else Bare
        server = await asyncssh.listen("127.0.0.1", 0, server_factory=kind, server_host_keys=[key], **options)
        shown = (key if known else other).export_public_key("openssh").decode()
        line = "" if known is None else f"[127.0.0.1]:{server.get_port()} {shown}"
        make_home(ground.folder / "home", ground.patch, line)
        async with server:
            yield ConnectionInfo(S.SSH_HOST, {"HostName": "127.0.0.1", "Port": server.get_port(), "UserName": user})

    return made


def http(status: str, *headers: bytes) -> Made:
    """A service that gives one answer to everything."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
            yield reply(b"", status, *headers)

        async with rogue(answer) as server:
            yield winrm_to(server.port)

    return made


def https(*, trusted: bool = True, expired: bool = False, hosts: tuple[str, ...] = ("localhost",)) -> Made:
    """A service with a certificate."""

    @asynccontextmanager
    async def made(ground: Ground) -> AsyncIterator[ConnectionInfo]:
        authority = Authority(ground.folder / "certificates")
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            ground.patch.delenv(name, raising=False)
        if trusted:
            ground.patch.setenv("SSL_CERT_FILE", str(authority.certificate))
        context: ssl.SSLContext = server_context(authority.server(hosts=hosts, expired=expired), None)
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        try:
            yield winrm_to(server.sockets[0].getsockname()[1], UseSSL=True)
        finally:
            server.close()

    return made


def far_off() -> bytes:
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    return f"Date: {format_datetime(then)}".encode()


@dataclass(frozen=True)
class Case:
    """``step`` is the check that is bad first, ``said`` is in its text, ``next`` in what to do."""

    made: Made
    step: str
    said: str
    next: str


WRONG = [sys.executable, "-c", "print('hello')"]
CASES: dict[str, Case] = {
    "no such name": Case(fixed(S.SSH_HOST, HostName="nobody.invalid"), "name", "the name", "getent hosts nobody"),
    "nothing on the SSH port": Case(
        fixed(S.SSH_HOST, HostName="127.0.0.1", Port=1, UserName="ann"), "port", "refused", "ssh -v -p 1 ann@127.0.0.1"
    ),
    "no SSH server": Case(listening(greet_as_mail, ssh_to), "port", "", "ssh -v -p"),
    "another host key": Case(ssh_server(known=False), "host key", "has changed", "ssh-keygen -R '[127.0.0.1]:"),
    "an unknown host key": Case(ssh_server(known=None), "host key", "is not known", "add the key to /"),
    "login refused": Case(ssh_server(), "authentication", "the login was refused", "ssh -v -p"),
    "no subsystem": Case(
        ssh_server(user="bob", subsystem=False), "session", "no subsystem powershell", "\n    Subsystem powershell "
    ),
    "a subsystem that greets": Case(ssh_server(user="bob"), "session", "sent text", "pwsh -v"),
    "no PowerShell there": Case(
        says_and_ends(b"bash: pwsh: command not found\n", 127), "session", "has ended the session", "pwsh -v"
    ),
    "no key file": Case(key_file(""), "session", "does not exist", "ssh-keygen -t ed25519"),
    "a key for everybody": Case(
        key_file("-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o644), "session", "read by others", "chmod 600"
    ),
    "a key that is none": Case(key_file("no key\n"), "session", "not an SSH key", "the private key"),
    "a jump host without a name": Case(
        configured("HostName 127.0.0.1\nProxyJump jump.invalid"), "name", "jump.invalid", "getent hosts jump.invalid"
    ),
    "a jump host that refuses": Case(
        configured("HostName 127.0.0.1\nProxyJump ann@127.0.0.1:1"), "port", "refused", "ssh -v ann@web"
    ),
    "an option that ssh does not know": Case(
        configured("Nonsense yes"), "session", "cannot be used", "Correct -Options"
    ),
    "no HTTP": Case(listening(greet_as_mail, winrm_to), "service", "no HTTP answer: 220 mail", "5985"),
    "SSH on the port of WinRM": Case(listening(greet_as_ssh, winrm_to), "service", "SSH-2.0", "-HostName"),
    "a service that fails": Case(http("500 Internal Server Error"), "session", "its service failed", "log"),
    "a proxy in between": Case(http("407 Proxy Authentication Required"), "session", "proxy", "-ProxyCredential"),
    "no WinRM there": Case(http("404 Not Found"), "session", "no WinRM service at", "URLPrefix"),
    "clocks apart": Case(
        http("401 Unauthorized", b"WWW-Authenticate: Negotiate", far_off()), "clock", "s apart", "date"
    ),
    "expired certificate": Case(https(expired=True), "TLS date", "valid from", "date -u"),
    "unknown authority": Case(https(trusted=False), "TLS chain", "", ""),
    "a certificate for another name": Case(https(hosts=("web.example.com",)), "TLS chain", "localhost", ""),
    "no such process": Case(fixed(S.HOST_PROCESS, ProcessId=2**22 + 1), "name", "no process", ""),
    "no such program": Case(fixed(S.PROCESS, Command=("/nowhere/pwsh",)), "session", "could not be started", ""),
    "a program that is no server": Case(fixed(S.PROCESS, Command=tuple(WRONG)), "session", "hello", ""),
}


async def examined(info: ConnectionInfo) -> Examination:
    return await asyncio.wait_for(examine(SessionManager(), info, NobodyConsole()), 60)


@pytest.mark.parametrize("name", CASES)
async def test_a_broken_target(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    async with case.made(Ground(tmp_path, monkeypatch)) as info:
        found = await examined(info)
    assert not found.passed
    bad = [check for check in found.checks if check.sign is Sign.BAD]
    assert bad[0].name == case.step, found.checks
    assert case.said in bad[0].line
    assert case.next in bad[0].next
    assert all(line in "\n".join(told(found.checks)) for line in bad[0].next.splitlines()), (
        "the hint stands there whole"
    )
    assert all(check.sign is not Sign.RUNNING for check in found.checks)
    assert not any("\x1b" in part for check in found.checks for part in (check.line, check.why, check.next))


async def test_what_works_says_what_is_there() -> None:
    shown: list[list[str]] = []

    def show(checks: Any) -> None:
        shown.append([check.line for check in checks])

    sessions = SessionManager()
    found = await examine(sessions, ConnectionInfo(S.DEMO), NobodyConsole(), show)
    assert found.passed and found.failed is None
    assert [check.name for check in found.checks] == ["session", "PowerShell", "protocol", "language mode"]
    assert shown[0] == ["… session: the demo endpoint inside pstui"]
    assert shown[-1][0] == "✓ session: the demo endpoint inside pstui"
    assert sessions.sessions == ()


async def test_a_way_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "LOOK", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        checks = [check.name async for check in ways.look_at_way(winrm_to(port, UseSSL=True))]
    assert checks[0] == "addresses" and "mechanisms" not in checks
    (check, *_) = [check async for check in ways.look_at_way(winrm_to(free_port()))]
    assert check.name == "addresses"


async def test_a_flood_of_fields_is_read_up_to_a_limit() -> None:
    async def answer(head: bytes, body: bytes) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\x1b[31m\r\n"
        for _ in range(200):
            yield b"X: " + b"x" * 10_000

    async with rogue(answer) as server:
        found: list[Check] = [check async for check in ways.look_at_way(winrm_to(server.port))]
    (offered,) = [check.detail for check in found if check.name == "mechanisms"]
    assert offered.startswith("Negotiate") and "\x1b" not in offered
