"""One login for everything that goes to the same host, counted in the server's own log."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.console import Question
from pstui.backends.credentials import Secret
from pstui.backends.errors import OpenCancelled, OpenError, SessionBroken
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, Transport
from pstui.backends.transports.ssh import shared

from tests.backends.transports.ssh.test_login import PASSWORD, Rules, Server, running
from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.sshd import Sshd, make_home, running_sshd

LIMIT = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    subsystems = {"powershell": ACKNOWLEDGE, "cat": "exec cat"}
    with running_sshd(tmp_path_factory.mktemp("sshd"), subsystems=subsystems, more_config="MaxSessions 4\n") as sshd:
        yield sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Sshd) -> Path:
    return make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)


class Logins:
    """How often a server has let somebody in since this was made."""

    def __init__(self, server: Sshd) -> None:
        self._server, self._before = server, server.log.count("Accepted publickey")

    @property
    def count(self) -> int:
        return self._server.log.count("Accepted publickey") - self._before


async def connect(server: Sshd, settings: dict[str, Any] | None = None, **values: Any) -> Transport:
    info = server.info(**values)
    if settings:
        info = type(info)(info.parameter_set, info.values, settings=settings)
    return await asyncio.wait_for(registry.connect(info, ConnectContext(NobodyConsole())), LIMIT)


async def test_sessions_to_one_host_share_a_login(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    one = await connect(server)
    two, three = await asyncio.gather(connect(server), connect(server))
    assert logins.count == 1
    await one.abort()
    assert len(shared.links().connections()) == 1
    await connect(server)
    assert logins.count == 1
    for transport in (two, three):
        await transport.abort()
    (link,) = shared.links().connections()
    assert link.users == 1
    await link.drop()


async def test_the_last_to_go_closes_it(server: Sshd, home: Path) -> None:
    one, two = await connect(server), await connect(server)
    (link,) = shared.links().connections()
    await one.abort()
    assert link.is_alive
    await two.abort()
    await two.abort()
    assert not link.is_alive
    assert shared.links().connections() == ()


async def test_an_alias_of_the_same_host_shares_it_too(server: Sshd, home: Path) -> None:
    (home / "config").write_text(
        f"Host a b\n HostName {server.host}\n Port {server.port}\n User {server.user}\n"
        f" IdentityFile {server.user_key}\nHost c\n HostName {server.host}\n Port {server.port}\n User {server.user}\n"
        f" IdentityFile {server.user_key}\n HostKeyAlias [{server.host}]:{server.port}\n"
    )
    logins = Logins(server)
    plain = {"UserName": None, "Port": None, "KeyFilePath": None}
    made = [await connect(server, HostName=name, **plain) for name in ("a", "b")]
    assert logins.count == 1
    made.append(await connect(server, HostName="c", **plain))
    assert logins.count == 2, "what is said of it differs"
    for transport in made:
        await transport.abort()


async def test_the_class_of_service_of_the_configuration_is_set(server: Sshd, home: Path) -> None:
    (home / "config").write_text("IPQoS lowdelay cs1\n")
    made = await connect(server)
    (link,) = shared.links().connections()
    assert link.connection.get_extra_info("socket").getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0x20
    await made.abort()


async def test_a_connection_that_gives_no_more_sessions_is_left_for_another(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    made = [await connect(server) for _ in range(7)]
    assert logins.count == 2
    assert sorted(link.users for link in shared.links().connections()) == [3, 4]
    made.append(await connect(server))
    assert logins.count == 2, "a place that is left is used first"
    for transport in made:
        await transport.abort()


async def test_a_session_may_have_a_login_of_its_own(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    one, two = await connect(server), await connect(server, {"share": False})
    assert logins.count == 2
    three = await connect(server)
    assert logins.count == 2, "the others go on sharing theirs"
    for transport in (one, two, three):
        await transport.abort()
    assert shared.links().connections() == ()


async def test_a_jump_host_is_shared_with_those_behind_it(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    (home / "config").write_text(
        f"Host gate inner\n HostName {server.host}\n Port {server.port}\n User {server.user}\n"
        f" IdentityFile {server.user_key}\nHost other inner\n LogLevel INFO\n"
        f"Host other\n HostName localhost\n HostKeyAlias [{server.host}]:{server.port}\n Port {server.port}\n"
        f" User {server.user}\n IdentityFile {server.user_key}\n ProxyJump gate\n"
    )
    plain = {"UserName": None, "Port": None, "KeyFilePath": None}
    behind = [await connect(server, HostName="other", **plain) for _ in range(2)]
    assert logins.count == 2
    gate = await connect(server, HostName="gate", **plain)
    assert logins.count == 2
    await gate.abort()
    assert len(shared.links().connections()) == 2
    for transport in behind:
        await transport.abort()
    assert shared.links().connections() == ()


async def test_what_the_server_does_not_offer_is_told_and_the_rest_goes_on(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    one = await connect(server)
    with pytest.raises(OpenError, match="no subsystem nothing"):
        await connect(server, Subsystem="nothing")
    two = await connect(server)
    assert logins.count == 1
    await one.abort()
    await two.abort()


async def test_a_dead_connection_ends_its_sessions_and_is_not_used_again(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    sessions = [await connect(server) for _ in range(2)]
    for session in sessions:
        await session.open(b"opening")
    server.kill_connections()
    for session in sessions:
        with pytest.raises(SessionBroken):
            async with asyncio.timeout(LIMIT):
                async for _ in session.incoming():
                    pass
    again = await connect(server)
    assert logins.count == 2
    for session in (*sessions, again):
        await session.abort()
    assert shared.links().connections() == ()


async def test_an_opening_that_is_given_up_leaves_nothing(server: Sshd, home: Path) -> None:
    one = await connect(server)
    for turns in range(0, 60, 7):
        opening = asyncio.ensure_future(connect(server))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await opening).abort()
    (link,) = shared.links().connections()
    async with asyncio.timeout(LIMIT):
        while link.users > 1:
            await asyncio.sleep(0.01)
    two = await connect(server)
    await one.abort()
    await two.abort()
    assert shared.links().connections() == ()


async def test_a_terminal_and_files_take_the_same_connection(server: Sshd, home: Path) -> None:
    logins = Logins(server)
    session = await connect(server)
    lease = await shared.lease(server.info(), ConnectContext(NobodyConsole()))
    async with lease.connection.create_process(subsystem="cat", encoding="utf-8") as process:
        process.stdin.write("here\n")
        assert await asyncio.wait_for(process.stdout.readline(), LIMIT) == "here\n"
    assert (logins.count, lease.is_reused) == (1, True)
    await session.abort()
    assert lease.link.is_alive
    await lease.release()
    await lease.release()
    assert shared.links().connections() == ()


class Hesitating(AnsweringConsole):
    """Answers once it is told to."""

    def __init__(self, answers: list[str | None]) -> None:
        super().__init__(answers=answers)
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def ask(self, question: Question) -> Secret:
        self.asked.set()
        await self.may_answer.wait()
        return await AnsweringConsole.ask(self, question)


async def started(server: Server, first: Hesitating, *others: AnsweringConsole) -> list[asyncio.Task[Transport]]:
    """Begin a connection for each console; the first is asked, and then the others wait for it."""
    opening = [asyncio.create_task(registry.connect(server.info(), ConnectContext(first)))]
    await asyncio.wait_for(first.asked.wait(), LIMIT)
    for console in others:
        waits = asyncio.Event()
        context = ConnectContext(console, lambda step, detail, waits=waits: waits.set())
        opening.append(asyncio.create_task(registry.connect(server.info(), context)))
        await asyncio.wait_for(waits.wait(), LIMIT)
    return opening


async def test_one_answer_serves_all_that_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as there:
        first = Hesitating([PASSWORD])
        others = [AnsweringConsole() for _ in range(3)]
        opening = await started(there, first, *others)
        first.may_answer.set()
        for transport in await asyncio.wait_for(asyncio.gather(*opening), LIMIT):
            await transport.abort()
    assert there.rules.attempts == [PASSWORD]


async def test_who_is_turned_down_takes_those_that_wait_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as there:
        first, second = Hesitating(["wrong"] * 3), AnsweringConsole()
        opening = await started(there, first, second)
        first.may_answer.set()
        ended = await asyncio.wait_for(asyncio.gather(*opening, return_exceptions=True), LIMIT)
    assert [type(one) for one in ended] == [OpenError, OpenError]
    assert there.rules.attempts == ["wrong"] * 3


async def test_who_gives_up_leaves_the_login_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as there:
        first, second = Hesitating([None]), AnsweringConsole(answers=[PASSWORD])
        opening = await started(there, first, second)
        first.may_answer.set()
        with pytest.raises(OpenCancelled):
            await asyncio.wait_for(opening[0], LIMIT)
        await (await asyncio.wait_for(opening[1], LIMIT)).abort()
    assert there.rules.attempts == [PASSWORD]
