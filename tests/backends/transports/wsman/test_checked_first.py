"""What can be known before a password is asked for is said first: no question comes before the refusal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from pstui.backends.addresses import is_this_machine
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import OpenError
from pstui.backends.sessions.manager import SessionManager
from pstui.tui.cli.console import with_passwords
from pstui.tui.profiles.vault import Vault

from tests.support.scripted_console import ScriptedConsole
from tests.support.winrm_runs import a_new_run

__all__ = ["a_new_run"]


@pytest.fixture
def closed() -> int:
    """Return a port of this computer on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Return a port that counts who comes, and says nothing."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        sock.setblocking(False)
        yield sock


def to(host: str, port: int, *, trusted: bool = True, **values: object) -> ConnectionInfo:
    given = {"ComputerName": host, "Port": port, "Credential": PSCredential("alice"), **values}
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, given, settings={"trusted_hosts": ["*"] if trusted else []})


async def refused(info: ConnectionInfo) -> tuple[str, ScriptedConsole]:
    console = ScriptedConsole()
    with pytest.raises(OpenError) as told:
        await SessionManager().create(info, console).open()
    return told.value.text(), console


@pytest.mark.parametrize("host", [".", "localhost", "LocalHost.", "127.0.0.1", "127.1.2.3", "[::1]", "a.localhost"])
async def test_where_nothing_listens_here_the_way_without_a_service_is_named(host: str, closed: int) -> None:
    told, console = await refused(to(host, closed))
    assert "of this computer" in told
    assert "Enter-PSSession without a computer" in told
    assert not console.questions


def test_one_rule_says_what_this_machine_is() -> None:
    own = socket.gethostname()
    here = [".", "localhost", "LOCALHOST.", "127.0.0.1", "::1", "[::1]", "::ffff:127.0.0.1", own, own.upper()]
    assert [host for host in here if not is_this_machine(host)] == []
    there = ["web1", "10.0.0.1", "localhost.contoso.com", "fe80::1%eth0", ""]
    assert [host for host in there if is_this_machine(host)] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"trusted": False}, "IP address"),
        ({"Authentication": "Basic"}, "Basic authentication over http is refused"),
        ({"CertificateThumbprint": "AB" * 20}, "a client certificate needs https"),
    ],
)
async def test_what_the_rules_forbid_is_said_before_anything_is_asked(
    values: dict[str, object], words: str, listening: socket.socket
) -> None:
    told, console = await refused(to("127.0.0.1", listening.getsockname()[1], **values))  # type: ignore[arg-type]
    assert words in told
    assert not console.questions


async def test_the_port_of_this_computer_is_tried_once(
    closed: int, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    connect = asyncio.open_connection

    async def counted(host: str, port: int, **more: object) -> object:
        tried.append(port)
        return await connect(host, port, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "open_connection", counted)
    await refused(to("localhost", closed))
    assert tried == [closed]
    open_port = listening.getsockname()[1]
    await refused(to("127.0.0.1", open_port, trusted=False))
    assert tried == [closed, open_port]


async def test_a_password_of_a_profile_or_of_several_is_not_asked_for_in_vain(closed: int) -> None:
    console = ScriptedConsole()
    vault, manager = Vault(lambda: {"me": {"user_name": "alice"}}), SessionManager()
    vault.check = manager.check
    info = to("localhost", closed)
    named = ConnectionInfo(info.parameter_set, info.values, settings={**info.settings, "credential": "me"})
    with pytest.raises(OpenError, match="nothing answers"):
        await vault.ready(named, console)
    assert await with_passwords([info], console, manager.check) == [info]
    assert not console.questions
