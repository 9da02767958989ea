"""The engine ssh: sessions through this computer's own ssh, against a real sshd and a server that asks questions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.console import Question, QuestionKind
from pstui.backends.credentials import ASKED_FOR, LoginPassword, Secret
from pstui.backends.errors import CallError, OpenCancelled, OpenError, SessionBroken
from pstui.backends.files.opening import files_of, open_files
from pstui.backends.sessions.manager import SessionManager
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, TerminalWish, Transport
from pstui.backends.transports.ssh import engine
from pstui.backends.transports.ssh.describe import describe
from pstui.backends.transports.wsman.way import open_way

from tests.backends.transports.ssh.test_login import PASSWORD, Rules, running
from tests.backends.transports.ssh.test_transport import SUBSYSTEMS, end_of, speaks
from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.parts import requires
from tests.support.sshd import DEMO, Sshd, _descendants, free_port, make_home, make_key, running_sshd
from tests.support.terminals import seen, try_out_a_shell

#: seconds for what takes a part of one
LIMIT = 30.0
SSH = ("ssh",)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    subsystems = {**SUBSYSTEMS, "demo": DEMO}
    more = "MaxStartups 100\nSubsystem sftp internal-sftp\n"
    with running_sshd(tmp_path_factory.mktemp("sshd"), subsystems=subsystems, more_config=more) as sshd:
        make_key(sshd.folder / "locked", "sesame")
        sshd.allow(sshd.folder / "locked")
        yield sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Sshd) -> Path:
    return make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither a process nor a file remains of any test here, and no choice that was made."""
    requires("sshd", ("ssh",))
    scratch = Path(tempfile.mkdtemp(prefix="pt-"))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = set(_descendants(os.getpid()))
    yield
    engine.forget_choices()
    end = time.monotonic() + LIMIT
    while list(scratch.iterdir()):  # a thread may still be about it
        assert time.monotonic() < end, list(scratch.iterdir())
        time.sleep(0.01)
    scratch.rmdir()
    while left := set(_descendants(os.getpid())) - before:
        assert time.monotonic() < end, left
        time.sleep(0.01)


async def opened(info: ConnectionInfo, console: NobodyConsole, steps: list[str] | None = None) -> Transport:
    context = ConnectContext(console, lambda name, detail: steps.append(name) if steps is not None else None)
    return await asyncio.wait_for(registry.connect(info, context), LIMIT)


@contextlib.asynccontextmanager
async def session(info: ConnectionInfo, console: NobodyConsole | None = None) -> AsyncIterator[Transport]:
    transport = await opened(info, console or NobodyConsole())
    try:
        yield transport
    finally:
        await transport.abort()


async def refusal(info: ConnectionInfo, console: NobodyConsole | None = None) -> OpenError:
    with pytest.raises(OpenError) as refused:
        async with session(info, console):
            pass
    return refused.value


async def test_a_session_speaks_and_closes(server: Sshd, home: Path) -> None:
    steps: list[str] = []
    transport = await opened(server.info(Engine=SSH), NobodyConsole(), steps)
    await speaks(transport)
    await asyncio.wait_for(transport.close(), LIMIT)
    assert steps == ["name", "port", "host key", "authentication", "session"]


async def test_much_goes_through_both_ways(server: Sshd, home: Path) -> None:
    data = os.urandom(1 << 18)
    async with session(server.info(Engine=SSH)) as transport:
        opening = asyncio.ensure_future(transport.open(data))
        async for piece in transport.incoming():
            assert piece.data == data
            break
        await opening


@pytest.mark.parametrize("known", [True, False])
async def test_a_wrong_password_is_asked_again_and_a_known_one_is_sent_once(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed: list[str] = []

    async def fetch() -> Secret:
        return Secret("old")

    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=[PASSWORD] if known else ["wrong", PASSWORD])
        info = server.info(Engine=SSH)
        if known:
            login = LoginPassword(fetch, lambda user, secret: typed.append(f"{user} {secret.reveal()}"))
            info = ConnectionInfo(info.parameter_set, info.values, settings={ASKED_FOR: login})
        async with session(info, console):
            pass
    assert server.rules.attempts == (["old", PASSWORD] if known else ["wrong", PASSWORD])
    last = console.questions[-1]
    assert last.label == "ann@127.0.0.1's password: " and last.kind is QuestionKind.SECRET and not last.remote
    assert [write.text for write in last.preamble] == ["The answer was not accepted. Try again."]
    assert typed == ([f"ann {PASSWORD}"] if known else [])


@pytest.mark.parametrize("engine", [SSH, ("asyncssh",)])
async def test_what_stands_behind_a_colon_in_a_user_name_is_shown_nowhere(
    engine: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = AnsweringConsole(answers=["wrong"] * 3)
        info = server.info(Engine=engine, UserName="ann:hunter2")
        context = ConnectContext(console, lambda step, detail: steps.append(f"{step} {detail}"))
        with pytest.raises(OpenError, match="the login was refused") as refused:
            await registry.connect(info, context)
    error = refused.value
    labels = [question.label for question in console.questions]
    assert labels[0] == "ann:***@127.0.0.1's password: " and "authentication ann:***" in steps
    assert "User name: ann:***." in error.why
    assert "hunter2" not in "\n".join([*labels, *steps, console.text, error.text(), error.details])


class Looking(AnsweringConsole):
    """Looks at this account's processes and at the folder of the questions while one is asked."""

    seen: list[str]

    async def ask(self, question: Question) -> Secret:
        self.seen = []
        for pid in _descendants(os.getpid()):
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    self.seen.append(Path(f"/proc/{pid}/{name}").read_text(errors="replace"))
        for folder in Path(tempfile.gettempdir()).iterdir():
            assert folder.stat().st_mode & 0o777 == 0o700
            self.seen += [file.read_text() for file in folder.iterdir() if file.is_file()]
        return await AnsweringConsole.ask(self, question)


async def test_an_answer_stands_nowhere_and_the_files_go_with_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [
        ("Two steps", "", [("The first\nPassword: ", False)], [PASSWORD]),
        ("", "", [("Code: ", False)], ["271828"]),
    ]
    async with running(Rules(questions=questions), tmp_path, monkeypatch) as server:
        console = Looking(answers=[PASSWORD, "271828"])
        async with session(server.info(Engine=SSH), console):
            pass
    assert [question.label for question in console.questions] == ["Password: ", "(ann@127.0.0.1) Code: "]
    assert all(question.voice == "from the server 127.0.0.1" for question in console.questions)
    assert any("SSH_ASKPASS" in text for text in console.seen) and any("powershell" in text for text in console.seen)
    assert not any(PASSWORD in text or "271828" in text for text in console.seen), "asked the second time"


async def test_a_refused_answer_ends_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        assert isinstance(await refusal(server.info(Engine=SSH), AnsweringConsole(answers=[None])), OpenCancelled)
        error = await refusal(server.info(Engine=SSH))
    assert not isinstance(error, OpenCancelled) and "There is nobody to ask for: ann@127.0.0.1's password" in error.why
    assert "the login was refused" in error.what


class Waiting(NobodyConsole):
    """A person who is asked and does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def ask(self, question: Question) -> Secret:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_giving_up_while_a_question_waits_ends_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as server:
        console = Waiting()
        opening = asyncio.ensure_future(opened(server.info(Engine=SSH), console))
        await asyncio.wait_for(console.asked.wait(), LIMIT)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def test_an_unknown_host_key_is_asked_about(server: Sshd, home: Path) -> None:
    (home / "known_hosts").unlink()
    console = AnsweringConsole(answers=["n"])
    assert isinstance(await refusal(server.info(Engine=SSH), console), OpenCancelled)
    (question,) = console.questions
    mark = next(word for write in question.preamble for word in write.text.split() if "SHA256:" in word).rstrip(".")
    assert question.kind is QuestionKind.CHOICE and "authenticity of host" in question.preamble[0].text
    async with session(server.info(Engine=SSH), AnsweringConsole(answers=["perhaps", mark])) as transport:
        await speaks(transport)
    assert f"[127.0.0.1]:{server.port}" in (home / "known_hosts").read_text()


async def test_a_passphrase_is_asked(server: Sshd, home: Path) -> None:
    console = AnsweringConsole(answers=["wrong", "sesame"])
    async with session(server.info(Engine=SSH, KeyFilePath=str(server.folder / "locked")), console):
        pass
    assert console.questions[1].label == f"Enter passphrase for key '{server.folder / 'locked'}': "
    assert console.questions[1].preamble


def refused_key(server: Sshd, home: Path) -> dict[str, Any]:
    return {"KeyFilePath": str(make_key(home / "other"))}


def changed_key(server: Sshd, home: Path) -> dict[str, Any]:
    kind, key = Path(f"{make_key(home / 'other')}.pub").read_text().split()[:2]
    (home / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")
    return {}


@pytest.mark.parametrize(
    ("values", "what", "why"),
    [
        (refused_key, "the login was refused", "Keys offered:"),
        (changed_key, "the host key has changed, so the connection is refused", "intercepting"),
        ({"Port": -1}, "the SSH port does not answer", "Nothing listens"),
        ({"HostName": "no.such.host.invalid"}, "the name is not known", "Could not resolve"),
        ({"Subsystem": "none"}, "the server has no subsystem none", "not set up"),
        ({"Options": {"ProxyCommand": "sh -c 'echo gateway says no >&2; exit 1'"}}, "", "gateway says no"),
        ({"Options": {"Ciphers": "nonsense"}}, "the SSH configuration cannot be used", "nonsense"),
        ({"KeyFilePath": "/no/such/key"}, "the key file /no/such/key does not exist", "names a private key"),
        ({"UserName": "-oProxyCommand=touch /tmp/x"}, "the user name", "dash"),
        ({"Subsystem": "-v"}, "the subsystem", "dash"),
        ({"HostName": "-v"}, "the host name", "dash"),
        ({"Options": {"RemoteCommand": "id"}}, "the SSH option RemoteCommand is not supported", ""),
        ({"Engine": ("putty",)}, "there is no engine of SSH named putty", ""),
    ],
)
async def test_what_fails_is_told(
    values: dict[str, Any] | Callable[[Sshd, Path], dict[str, Any]], what: str, why: str, server: Sshd, home: Path
) -> None:
    found = {"Engine": SSH, **(values(server, home) if callable(values) else values)}
    if found.get("Port") == -1:
        found["Port"] = free_port()
    console = NobodyConsole()
    error = await refusal(server.info(**found), console)
    assert what in error.what
    assert why in error.why or why in "".join(write.text for write in console.writes)


async def test_no_word_of_the_configuration_becomes_an_option(server: Sshd, home: Path, tmp_path: Path) -> None:
    mark = tmp_path / "run"
    (home / "config").write_text(f"Host db\n HostName -oProxyCommand=touch${{IFS}}{mark}\n User -F/dev/null\n")
    await refusal(server.info(Engine=SSH, HostName="db", UserName=None))
    assert not mark.exists()


async def test_an_end_of_the_connection_is_told(server: Sshd, home: Path) -> None:
    options = {"ServerAliveInterval": "1", "ServerAliveCountMax": "1"}
    assert server._process is not None
    before = set(_descendants(server._process.pid))
    async with session(server.info(Engine=SSH, Options=options)) as transport:
        await speaks(transport)
        held = set(_descendants(server._process.pid)) - before
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            error = await asyncio.wait_for(end_of(transport), LIMIT)
        finally:
            for pid in held:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    assert error.why == "127.0.0.1 does not answer any more (ServerAliveInterval)."


async def test_an_end_of_the_subsystem_is_told(server: Sshd, home: Path) -> None:
    async with session(server.info(Engine=SSH, Subsystem="failing")) as transport:
        with contextlib.suppress(SessionBroken):  # it may have ended by then
            await transport.open(b"opening")
        error = await asyncio.wait_for(end_of(transport), LIMIT)
    assert "exit code 3" in error.why
    async with session(server.info(Engine=SSH)) as transport:
        await speaks(transport)
        server.kill_connections()
        error = await asyncio.wait_for(end_of(transport), LIMIT)
    assert "closed the connection" in error.why or "was lost" in error.why


async def test_forwards_of_a_profile_listen(server: Sshd, home: Path) -> None:
    here = free_port()
    info = server.info(Engine=SSH)
    info = ConnectionInfo(
        info.parameter_set, info.values, settings={"forwards": (f"local {here} {server.host}:{server.port}",)}
    )
    async with session(info):
        reader, writer = await asyncio.open_connection("127.0.0.1", here)
        assert (await asyncio.wait_for(reader.readline(), LIMIT)).startswith(b"SSH-2.0-")
        writer.close()
        await writer.wait_closed()


# One login for several.


def logins(server: Sshd) -> int:
    return server.log.count("Accepted publickey")


async def test_sessions_of_one_host_share_a_login_and_outlive_the_first(server: Sshd, home: Path) -> None:
    before = logins(server)
    info = server.info(Engine=SSH, KeyFilePath=str(server.folder / "locked"))
    console = AnsweringConsole(answers=["sesame"])
    transports = await asyncio.gather(*(opened(info, console) for _ in range(3)))
    try:
        assert (len(console.questions), logins(server) - before) == (1, 1)
        (folder,) = (one for one in Path(tempfile.gettempdir()).iterdir() if (one / "m").exists())
        assert folder.stat().st_mode & 0o777 == 0o700
        await asyncio.wait_for(transports[0].close(), LIMIT)
        for transport in transports[1:]:
            await speaks(transport)
        async with session(info, console) as late:
            await speaks(late)
        assert (len(console.questions), logins(server) - before) == (1, 1)
    finally:
        for transport in transports[1:]:
            await asyncio.wait_for(transport.close(), LIMIT)


async def test_a_terminal_is_opened_on_the_login_of_the_sessions(server: Sshd, home: Path, tmp_path: Path) -> None:
    before = logins(server)
    async with session(server.info(Engine=SSH)) as first:
        for number in (1, 2):
            wish = TerminalWish(91, 17, str(tmp_path))
            channel = await registry.open_terminal(server.info(Engine=SSH), ConnectContext(NobodyConsole()), wish)
            try:
                await try_out_a_shell(channel, "17 91", str(tmp_path), server.user)
                assert channel.ending() == "The terminal on 127.0.0.1 ended with exit code 3."
            finally:
                await channel.stop()
            assert logins(server) - before == 1, number
        await speaks(first)
    alone = server.info(Engine=SSH, KeyFilePath=str(server.folder / "locked"), HostName="localhost")
    (home / "known_hosts").write_text(server.known_hosts_line.replace("127.0.0.1", "localhost"))
    channel = await registry.open_terminal(alone, ConnectContext(NobodyConsole()), TerminalWish(91, 17, "/"))
    try:
        await seen(channel, b"Enter passphrase for key")
        await channel.write(b"sesame\r")
        while not (await channel.read()).strip():
            pass  # what is typed before the shell asks is thrown away with the end of the question
        await try_out_a_shell(channel, "17 91", "/", server.user)
    finally:
        await channel.stop()


async def test_a_subsystem_that_is_not_there_is_told_on_a_shared_login(server: Sshd, home: Path) -> None:
    async with session(server.info(Engine=SSH)) as first:
        async with session(server.info(Engine=SSH, Subsystem="none")) as second:
            with pytest.raises(SessionBroken) as ended:  # it may have ended before anything was written
                await second.open(b"opening")
                raise await asyncio.wait_for(end_of(second), LIMIT)
        assert "127.0.0.1 may not have it" in ended.value.why
        await speaks(first)


@pytest.mark.parametrize("how", ["share", "another", "configuration"])
async def test_what_is_not_to_be_shared_logs_in_by_itself(how: str, server: Sshd, home: Path) -> None:
    before = logins(server)
    infos = [server.info(Engine=SSH), server.info(Engine=SSH)]
    if how == "share":
        infos[1] = ConnectionInfo(infos[1].parameter_set, infos[1].values, settings={"share": False})
    elif how == "another":
        infos[1] = server.info(Engine=SSH, Options={"Compression": "yes"})
    else:
        (home / "config").write_text(f"Host *\n ControlMaster no\n ControlPath {home}/none\n")
    async with session(infos[0]), session(infos[1]) as other:
        await speaks(other)
        assert logins(server) - before == 2
        assert not (home / "none").exists()


async def test_a_new_login_follows_a_connection_that_was_lost(server: Sshd, home: Path) -> None:
    before = logins(server)
    async with session(server.info(Engine=SSH)) as first, session(server.info(Engine=SSH)) as second:
        await speaks(first)
        await speaks(second)
        server.kill_connections()
        for lost in (first, second):
            await asyncio.wait_for(end_of(lost), LIMIT)
        async with session(server.info(Engine=SSH)) as again:
            await speaks(again)
    assert logins(server) - before == 2


# On the way.


@pytest.mark.parametrize("name", ["asyncssh", "ssh"])
async def test_an_ssh_on_the_way_asks_here(name: str, server: Sshd, home: Path) -> None:
    through = f"ssh -i {server.folder / 'locked'} -o UserKnownHostsFile={home / 'known_hosts'} -W %h:%p"
    command = f"{through} -p {server.port} {server.user}@{server.host}"
    console = AnsweringConsole(answers=["sesame"])
    async with session(server.info(Engine=(name,), Options={"ProxyCommand": command}), console) as transport:
        await speaks(transport)
    assert "passphrase" in console.questions[0].label
    error = await refusal(
        server.info(Engine=(name,), Options={"ProxyCommand": command}), AnsweringConsole(answers=[None])
    )
    assert isinstance(error, OpenCancelled)


async def test_a_question_on_the_way_is_not_asked_twice_for_an_unknown_host(server: Sshd, home: Path) -> None:
    known = home / "of the way"
    (home / "known_hosts").rename(known)
    through = f'ssh -i {server.folder / "locked"} -o UserKnownHostsFile="\\"{known}\\"" -W %h:%p'
    command = f"{through} -p {server.port} {server.user}@{server.host}"
    console = AnsweringConsole(answers=["sesame", "y"])
    async with session(server.info(Options={"ProxyCommand": command}), console) as transport:
        await speaks(transport)


async def test_a_password_of_the_target_is_not_for_a_jump_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch() -> Secret:
        raise AssertionError("nobody but the target may have it")

    async with running(Rules(password=PASSWORD), tmp_path, monkeypatch) as gate:
        info = gate.info(Engine=SSH, Options={"ProxyJump": f"ann@127.0.0.1:{gate.port}"}, Port=free_port())
        info = ConnectionInfo(
            info.parameter_set, info.values, settings={ASKED_FOR: LoginPassword(fetch, lambda user, secret: None)}
        )
        known = f"{tmp_path}/home/.ssh/known_hosts"
        # A jump host gets none of the options; the account's own file does not know this one.
        console = AnsweringConsole(answers=["y", None])
        config = tmp_path / "home" / ".ssh" / "config"
        config.write_text(f"UserKnownHostsFile {known}\n")
        console.answers.pop(0)
        assert isinstance(await refusal(info, console), OpenCancelled)
    assert console.questions[0].label == "ann@127.0.0.1's password: "


# A master that runs.


@pytest.fixture
def master(server: Sshd, home: Path) -> Iterator[Path]:
    """A master of ssh for the server, which knows nothing else of how to log in."""
    place = Path(tempfile.gettempdir()) / "master"
    (home / "config").write_text(f"Host db\n HostName {server.host}\n Port {server.port}\n ControlPath {place}\n")
    options = ["-o", f"UserKnownHostsFile={home / 'known_hosts'}", "-i", str(server.user_key), "-M", "-S", str(place)]
    process = subprocess.Popen(["ssh", "-F", "none", *options, "-N", "-p", str(server.port), server.host])
    end = time.monotonic() + LIMIT
    while not place.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    yield place
    process.terminate()
    process.wait()


def said_of(info: ConnectionInfo) -> dict[str, str]:
    """Return what -WhatIf says of the engine."""
    hosts = describe(info)
    assert not isinstance(hosts, str), hosts
    found: dict[str, str] = hosts[-1]["Engine"]
    return found


@pytest.mark.parametrize("named", [None, SSH])
async def test_a_master_that_runs_is_used(
    named: tuple[str, ...] | None, server: Sshd, home: Path, master: Path
) -> None:
    plain = {"HostName": "db", "UserName": None, "Port": None, "KeyFilePath": None}
    before = server.log.count("Accepted publickey")
    console = NobodyConsole()
    async with session(server.info(Engine=named, **plain), console) as transport:
        await speaks(transport)
        assert said_of(server.info(**plain)) == {
            "Value": "ssh",
            "From": f"a master of ssh runs for this host ({master})",
        }
    assert server.log.count("Accepted publickey") == before
    assert any("goes through ssh" in write.text for write in console.writes) is (named is None)
    async with session(server.info(Engine=("asyncssh",), **{**plain, "KeyFilePath": str(server.user_key)})):
        assert server.log.count("Accepted publickey") == before + 1


async def test_a_terminal_and_a_gate_go_through_a_master_that_runs(
    server: Sshd, home: Path, master: Path, tmp_path: Path
) -> None:
    info = server.info(HostName="db", UserName=None, Port=None, KeyFilePath=None)
    before, console = logins(server), NobodyConsole()
    wish = TerminalWish(91, 17, str(tmp_path))
    channel = await asyncio.wait_for(registry.open_terminal(info, ConnectContext(console), wish), LIMIT)
    try:
        await try_out_a_shell(channel, "17 91", str(tmp_path), server.user)
    finally:
        await channel.stop()
    assert [write.text for write in console.writes] == [
        f"db: the terminal goes through ssh, because a master of ssh runs for this host ({master})."
    ]
    target = ConnectionInfo(
        ParameterSet.COMPUTER_NAME, {"ComputerName": server.host}, settings={"gates": {"db": info}, "via": "db"}
    )
    way = await asyncio.wait_for(open_way(target, None, ConnectContext(console)), LIMIT)
    assert way is not None
    made = await asyncio.to_thread(way.dial, server.host, server.port, LIMIT)
    try:
        assert (await asyncio.to_thread(made.recv, 8)) == b"SSH-2.0-"
    finally:
        made.close()
        way.close()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=LIMIT)
    assert logins(server) == before
    assert master.is_socket(), "it is the user's own"


async def test_files_go_through_a_master_that_runs_where_powershell_is_there(
    server: Sshd, home: Path, master: Path, tmp_path: Path
) -> None:
    plain = {"HostName": "db", "UserName": None, "Port": None}
    before, manager, console = logins(server), SessionManager(), NobodyConsole()
    (tmp_path / "one").write_text("1")
    info = server.info(**plain, KeyFilePath=None, Subsystem="demo")
    files = await asyncio.wait_for(open_files(info, console, manager), LIMIT)
    assert "PowerShell" in files.way
    assert "one" in [entry.name for entry in await files.entries(str(tmp_path))]
    await files.close()
    session = manager.create(info, console)
    await asyncio.wait_for(session.open(), LIMIT)
    files = await asyncio.wait_for(files_of(session, console), LIMIT)
    assert await files.stat(str(tmp_path / "one")) is not None
    await files.close()
    await manager.remove(session)
    assert logins(server) == before
    # Without one there SFTP has to log in.
    files = await asyncio.wait_for(open_files(server.info(**plain, Subsystem="none"), console, manager), LIMIT)
    assert "SFTP" in files.way and manager.sessions == ()
    await files.close()
    assert logins(server) == before + 1


async def test_a_socket_that_nobody_serves_is_no_master(server: Sshd, home: Path) -> None:
    place = home / "dead"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    options = f"HashKnownHosts no\nControlPath {place}\n"
    (home / "config").write_text(options)
    assert said_of(server.info())["Value"] == "asyncssh"
    async with session(server.info()) as transport:
        await speaks(transport)


# Where the built-in engine has to give up.


async def test_a_server_that_asyncssh_cannot_reach_is_offered_by_ssh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "KexAlgorithms sntrup761x25519-sha512@openssh.com\n"
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS, more_config=config) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        for _ in range(10):
            error = await refusal(server.info())
            if "closed before SSH began" not in error.what:
                break  # sshd resets the connection at once, and its offer may be lost with it
        assert "no matching key exchange method was found" in error.what and "sntrup761" in error.why
        assert '-Engine ssh, in a profile engine = "ssh"' in error.hint
        (offer,) = error.offers
        assert offer.run is not None
        await offer.run()
        async with session(server.info()) as transport:
            await speaks(transport)
        assert (await refusal(server.info(Engine=("asyncssh",)))).offers == ()


async def test_a_connection_handed_over_is_taken_by_ssh(server: Sshd, home: Path, tmp_path: Path) -> None:
    script = tmp_path / "hand_over.py"
    script.write_text(
        "import array, socket, sys\n"
        f"made = socket.create_connection(({server.host!r}, {server.port}))\n"
        "line = socket.socket(fileno=1)\n"
        "line.sendmsg([b'\\0'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [made.fileno()]))])\n"
    )
    (home / "config").write_text(f"ProxyCommand {os.sys.executable} {script}\nProxyUseFdpass yes\n")  # type: ignore[attr-defined]
    error = await refusal(server.info())
    assert "ProxyUseFdpass" in error.why and error.offers
    async with session(server.info(Engine=SSH)) as transport:
        await speaks(transport)


async def test_what_only_ssh_can_log_in_with_is_named(server: Sshd, home: Path) -> None:
    (home / "config").write_text("HashKnownHosts no\nPKCS11Provider /no/such/token.so\n")
    error = await refusal(server.info(KeyFilePath=str(make_key(home / "other"))))
    assert "PKCS11Provider" in error.why and error.offers


async def test_the_pin_of_a_token_is_asked(server: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    util = requires("softhsm2", ("softhsm2-util",))
    library = Path(util).parents[1] / "lib" / "softhsm" / "libsofthsm2.so"
    (home / "tokens").mkdir()
    (home / "hsm").write_text(f"directories.tokendir = {home / 'tokens'}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(home / "hsm"))
    key = home / "token_key"
    words = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "", "-f", str(key)]
    subprocess.run(words, check=True, timeout=60)
    server.allow(key)
    base = [util, "--module", str(library)]
    pins = ["--pin", "314159", "--so-pin", "271828"]
    subprocess.run([*base, "--init-token", "--free", "--label", "safe", *pins], check=True, capture_output=True)
    stored = ["--token", "safe", "--label", "k", "--id", "01", *pins[:2]]
    subprocess.run([*base, "--import", str(key), *stored], check=True, capture_output=True)
    key.unlink()
    console = AnsweringConsole(answers=["314159"])
    info = server.info(Engine=SSH, KeyFilePath=None, Options={"PKCS11Provider": str(library)})
    async with session(info, console) as transport:
        await speaks(transport)
    (question,) = console.questions
    assert question.label == "Enter PIN for 'safe': " and question.kind is QuestionKind.SECRET


# Saying which.


def test_the_engine_is_named_in_a_profile_and_in_the_defaults() -> None:
    table = {"host_name": "db", "user_name": "ann"}
    of = engine.engine_of
    assert of(profile_connection("host", "db", table)).name == "asyncssh"
    assert of(profile_connection("host", "db", {**table, "engine": "ssh"})).name == "ssh"
    defaults = {"engine": "ssh"}
    assert of(profile_connection("host", "db", table, defaults=defaults)).name == "ssh"
    assert of(profile_connection("host", "db", {**table, "engine": "asyncssh"}, defaults=defaults)).name == "asyncssh"
    box = profile_connection("container", "api", {"container_id": "api"}, defaults=defaults)
    assert "Engine" not in box.values, "an engine of SSH is none of containers"
    podman = {"engine": ["podman", "--remote"]}
    assert "Engine" not in profile_connection("host", "db", table, defaults=podman).values
    box = profile_connection("container", "api", {"container_id": "api"}, defaults=podman)
    assert box.values["Engine"] == ("podman", "--remote")
    with pytest.raises(CallError, match="the value of -Engine is not allowed"):
        of(profile_connection("host", "db", {**table, "engine": ["podman"]}))


async def test_without_an_ssh_the_engine_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = await refusal(ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db", "Engine": SSH}))
    assert "there is no ssh here" in error.what and "-Engine asyncssh" in error.hint


async def test_a_token_holds_for_one_question() -> None:
    from pstui.backends.transports.ssh.askpass import Askpass, Request

    asked: list[Request] = []

    async def answer(request: Request) -> str:
        asked.append(request)
        return "yes"

    askpass = Askpass(answer)
    await askpass.start()
    try:
        assert (askpass.folder / "token").stat().st_mode & 0o777 == 0o600
        token = (askpass.folder / "token").read_text()

        async def call(told: object) -> Any:
            reader, writer = await asyncio.open_unix_connection(str(askpass.folder / "socket"))
            writer.write(json.dumps(told).encode() + b"\n")
            line = await asyncio.wait_for(reader.read(), LIMIT)
            writer.close()
            await writer.wait_closed()
            return json.loads(line or b"null")

        assert await call({"token": token, "question": "one?"}) == {"answer": "yes"}
        assert await call({"token": token, "question": "two?"}) == {"again": True}
        assert await call({"token": 5}) == {"again": True}
        assert await call(["no", "table"]) == {"again": True}
        assert [request.question for request in asked] == ["one?"]
    finally:
        await askpass.close()
