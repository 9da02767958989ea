"""Sessions over a real OpenSSH server: logging in, host keys, jump hosts, and every way to fail with its message."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import getpass
import logging
import os
import socket
import stat
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.console import QuestionKind
from pstui.backends.errors import OpenCancelled, OpenError, SessionBroken
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext, Transport
from pstui.backends.transports.ssh.host_keys import fingerprint

from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.sshd import Sshd, free_port, make_home, make_key, running_sshd

#: seconds within which a failure has to be told
PROMPT = 5.0

ACKNOWLEDGE = r"""
while read -r line; do
  case "$line" in
    "<Data "*) printf "<DataAck PSGuid='%s' />\n" 00000000-0000-0000-0000-000000000000; printf '%s\n' "$line" ;;
    "<Close "*) printf "<CloseAck PSGuid='%s' />\n" 00000000-0000-0000-0000-000000000000; exit 0 ;;
  esac
done
"""
SUBSYSTEMS = {
    "powershell": ACKNOWLEDGE,
    "garbage": "echo Welcome to db; sleep 600",
    "failing": "exit 3",
    "absent": "exec /no/such/program",
    "silent": "exec sleep 600",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd"), subsystems=SUBSYSTEMS, more_config="MaxStartups 100\n") as sshd:
        yield sshd


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Sshd) -> Path:
    return make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)


@pytest.fixture(autouse=True)
async def nothing_is_left_behind() -> AsyncIterator[None]:
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:  # what is written in a thread takes its time
        await asyncio.wait(left, timeout=10)
    assert not {task for task in left if not task.done()}


@contextlib.asynccontextmanager
async def connected(
    server: Sshd, console: NobodyConsole | None = None, steps: list[tuple[str, str]] | None = None, **values: Any
) -> AsyncIterator[Transport]:
    context = ConnectContext(
        console or NobodyConsole(), lambda *step: steps.append(step) if steps is not None else None
    )
    transport = await asyncio.wait_for(registry.connect(server.info(**values), context), 20)
    try:
        yield transport
    finally:
        await transport.abort()


async def refusal(server: Sshd, console: NobodyConsole | None = None, **values: Any) -> OpenError:
    began = time.monotonic()
    with pytest.raises(OpenError) as refused:
        async with connected(server, console, **values):
            pass
    assert time.monotonic() - began < PROMPT
    error = refused.value
    assert error.what
    if not isinstance(error, OpenCancelled):
        assert error.why
        assert error.hint
    return error


async def speaks(transport: Transport) -> None:
    """Send something and see it come back."""
    await transport.open(b"opening")
    incoming = transport.incoming()
    assert (await asyncio.wait_for(anext(incoming), 10)).data == b"opening"
    await incoming.aclose()  # type: ignore[attr-defined]  # it is a generator


async def end_of(transport: Transport) -> SessionBroken:
    with pytest.raises(SessionBroken) as broken:
        async for _ in transport.incoming():
            pass
    return broken.value


# Logging in.


async def test_a_key_file_opens_a_session(server: Sshd, home: Path) -> None:
    steps: list[tuple[str, str]] = []
    async with connected(server, steps=steps) as transport:
        await speaks(transport)
        await asyncio.wait_for(transport.close(), 10)
    assert [name for name, _ in steps] == ["name", "port", "host key", "authentication", "session"]
    assert str(server.port) in dict(steps)["port"]
    assert "SHA256:" in dict(steps)["host key"]


async def test_much_goes_through_both_ways(server: Sshd, home: Path) -> None:
    data = os.urandom(1 << 20)
    async with connected(server) as transport:
        incoming = transport.incoming()
        await transport.open(data)
        assert (await asyncio.wait_for(anext(incoming), 30)).data == data
        await incoming.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_the_users_own_keys_are_found(server: Sshd, home: Path) -> None:
    for name in ("user_key", "user_key.pub"):
        target = home / name.replace("user_key", "id_ed25519")
        target.write_bytes((server.folder / name).read_bytes())
        target.chmod(0o600)
    async with connected(server, KeyFilePath=None) as transport:
        await speaks(transport)
    (home / "id_ed25519").chmod(0o644)
    assert "can be read by others" in (await refusal(server, KeyFilePath=None)).why


async def test_the_configuration_names_user_port_and_key(server: Sshd, home: Path) -> None:
    (home / "config").write_text(
        f"Host db\n  HostName {server.host}\n  Port {server.port}\n  User {server.user}\n"
        f"  IdentityFile {server.user_key}\n  IdentitiesOnly yes\n"
    )
    async with connected(server, HostName="db", Port=None, UserName=None, KeyFilePath=None) as transport:
        await speaks(transport)


async def test_the_agent_signs(server: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert agent.stdout is not None
        agent.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        subprocess.run(["ssh-add", "-q", str(server.user_key)], check=True, timeout=20, capture_output=True)
        async with connected(server, KeyFilePath=None) as transport:
            await speaks(transport)
        error = await refusal(server, KeyFilePath=None, Options={"IdentityAgent": "none"})
        assert "No key was there" in error.why
    finally:
        agent.terminate()
        agent.communicate(timeout=10)


@pytest.mark.parametrize("form", ["OpenSSH", "PEM"])
async def test_a_passphrase_is_asked_once_and_opens_the_key(
    server: Sshd, home: Path, tmp_path: Path, form: str
) -> None:
    key = make_key(tmp_path / "locked", "open sesame", kind="ecdsa" if form == "PEM" else "ed25519")
    if form == "PEM":
        command = ["ssh-keygen", "-p", "-m", "PEM", "-P", "open sesame", "-N", "open sesame", "-f", str(key)]
        subprocess.run(command, check=True, capture_output=True)
    server.allow(key)
    console = AnsweringConsole(answers=["open sesame"])
    async with connected(server, console, KeyFilePath=str(key)) as transport:
        await speaks(transport)
    (question,) = console.questions
    assert question.kind is QuestionKind.SECRET
    assert str(key) in question.label
    assert not question.remote


async def test_a_wrong_passphrase_is_asked_again_and_then_named(server: Sshd, home: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "locked", "open sesame")
    server.allow(key)
    console = AnsweringConsole(answers=["wrong", "open sesame"])
    async with connected(server, console, KeyFilePath=str(key)) as transport:
        await speaks(transport)
    assert "wrong" in console.questions[1].preamble[0].text
    error = await refusal(server, AnsweringConsole(answers=["a", "b", "c"]), KeyFilePath=str(key))
    assert "passphrase" in error.why
    assert str(key) in error.why


async def test_no_passphrase_is_asked_for_a_key_the_server_does_not_take(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    key = make_key(tmp_path / "locked", "open sesame")
    console = AnsweringConsole()
    await refusal(server, console, KeyFilePath=str(key))
    assert not console.questions


async def test_refusing_the_passphrase_cancels(server: Sshd, home: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "locked", "open sesame")
    server.allow(key)
    error = await refusal(server, AnsweringConsole(answers=[None]), KeyFilePath=str(key))
    assert isinstance(error, OpenCancelled)


async def test_a_wrong_key_is_refused_with_what_was_tried(server: Sshd, home: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "stranger")
    error = await refusal(server, KeyFilePath=str(key))
    assert "refused" in error.what
    assert server.user in error.why
    assert "publickey" in error.why
    assert str(key) in error.why


async def test_a_key_of_the_configuration_that_is_missing_is_named_when_the_login_fails(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    options = {"IdentityFile": str(tmp_path / "absent")}
    error = await refusal(server, KeyFilePath=None, Options=options)
    assert options["IdentityFile"] in error.why
    async with connected(server, Options=options) as transport:
        await speaks(transport)


async def test_a_key_file_that_is_none_is_named_before_anything_is_opened(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("buy milk")
    putty = tmp_path / "key.ppk"
    putty.write_text("PuTTY-User-Key-File-3: ssh-ed25519\n")
    for path, word in ((tmp_path / "absent", "does not exist"), (text, "not an SSH key"), (tmp_path, "cannot be read")):
        error = await refusal(server, KeyFilePath=str(path))
        assert str(path) in error.what
        assert word in error.what
    assert "puttygen" in (await refusal(server, KeyFilePath=str(putty))).hint
    error = await refusal(server, KeyFilePath=f"{server.user_key}.pub")
    assert "public half" in error.why


# Host keys.


@pytest.mark.parametrize("answer", ["y", "Yes"])
async def test_an_unknown_host_key_is_asked_about_and_kept(server: Sshd, home: Path, answer: str) -> None:
    (home / "known_hosts").unlink()
    console = AnsweringConsole(answers=[answer])
    async with connected(server, console) as transport:
        await speaks(transport)
    (question,) = console.questions
    assert question.kind is QuestionKind.CHOICE
    assert not question.remote
    assert [choice.hotkey for choice in question.choices] == ["Y", "O", "N"]
    assert question.defaults == (2,)
    assert any("SHA256:" in write.text for write in question.preamble)
    assert (home / "known_hosts").read_text() == server.known_hosts_line
    assert stat.S_IMODE((home / "known_hosts").stat().st_mode) == 0o600
    async with connected(server, AnsweringConsole()) as transport:
        await speaks(transport)


async def test_a_host_key_accepted_once_is_not_kept(server: Sshd, home: Path) -> None:
    (home / "known_hosts").unlink()
    async with connected(server, AnsweringConsole(answers=["what?", "o"])) as transport:
        await speaks(transport)
    assert not (home / "known_hosts").exists()


@pytest.mark.parametrize("wanted", [True, False])
async def test_names_are_hashed_where_that_is_set(server: Sshd, home: Path, wanted: bool) -> None:
    file = home / "known_hosts"
    file.write_text(server.known_hosts_line.replace(str(server.port), "1"))
    subprocess.run(["ssh-keygen", "-H", "-f", str(file)], check=True, capture_output=True)
    async with connected(server, AnsweringConsole(answers=["y"]), Options={"HashKnownHosts": wanted}):
        pass
    lines = file.read_text().splitlines()
    assert [line.startswith("|1|") for line in lines] == [True, wanted], "whatever the file has already"
    subprocess.run(["ssh-keygen", "-F", f"[{server.host}]:{server.port}", "-f", str(file)], check=True)
    async with connected(server, AnsweringConsole()):
        pass


@pytest.mark.parametrize("answer", ["n", "", None])
async def test_a_host_key_that_is_not_accepted_cancels(server: Sshd, home: Path, answer: str | None) -> None:
    (home / "known_hosts").unlink()
    error = await refusal(server, AnsweringConsole(answers=[answer]))
    assert isinstance(error, OpenCancelled)
    assert not (home / "known_hosts").exists()


async def test_without_anybody_to_ask_an_unknown_host_key_is_refused(server: Sshd, home: Path) -> None:
    (home / "known_hosts").unlink()
    for options in ({}, {"StrictHostKeyChecking": "yes"}):
        error = await refusal(server, Options=options)
        assert "not known" in error.what
        assert "SHA256:" in error.why
    error = await refusal(server, AnsweringConsole(), Options={"BatchMode": "yes"})
    assert "not known" in error.what


async def test_accept_new_keeps_the_key_without_asking(server: Sshd, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "other_hosts"
    options = {"StrictHostKeyChecking": "accept-new", "UserKnownHostsFile": str(file), "HashKnownHosts": False}
    async with connected(server, AnsweringConsole(), Options=options):
        pass
    assert file.read_text() == server.known_hosts_line


@pytest.mark.parametrize("options", [{}, {"StrictHostKeyChecking": "no"}])
async def test_a_changed_host_key_is_refused_and_never_asked_away(
    server: Sshd, home: Path, tmp_path: Path, options: dict[str, str]
) -> None:
    old = make_key(tmp_path / "old")
    kind, key = Path(f"{old}.pub").read_text().split()[:2]
    name = f"[{server.host}]:{server.port}"
    (home / "known_hosts").write_text(f"# mine\n{name} {kind} {key}\n")
    error = await refusal(server, AnsweringConsole(), Options=options)
    assert "changed" in error.what
    assert error.why.count("SHA256:") == 2
    assert f"{home / 'known_hosts'}, line 2" in error.why
    assert "ssh-keygen -R" in error.hint
    assert name in error.hint
    subprocess.run(["sh", "-c", error.hint.partition("remove the old key: ")[2]], check=True, capture_output=True)
    async with connected(server, AnsweringConsole(answers=["y"])):
        pass


async def test_a_revoked_host_key_is_refused(server: Sshd, home: Path) -> None:
    line = server.known_hosts_line
    (home / "known_hosts").write_text(f"{line}@revoked * {line.partition(' ')[2]}")
    error = await refusal(server, AnsweringConsole())
    assert "revoked" in error.what
    assert "line 2" in error.why


async def test_a_certificate_of_a_known_authority_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = make_key(tmp_path / "authority")
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS) as server:
        server.stop()
        key = server.folder / "host_key.pub"
        command = ["ssh-keygen", "-q", "-s", str(authority), "-I", "db", "-h", "-n", server.host, str(key)]
        subprocess.run(command, check=True, capture_output=True)
        server.more_config = f"HostCertificate {server.folder}/host_key-cert.pub\n"
        server.start()
        name = f"[{server.host}]:{server.port}"
        known = f"@cert-authority {name} {Path(f'{authority}.pub').read_text()}"
        home = make_home(tmp_path / "home", monkeypatch, known)
        async with connected(server, AnsweringConsole()) as transport:
            await speaks(transport)
        (home / "known_hosts").write_text(f"{known}@revoked * {server.known_hosts_line.partition(' ')[2]}")
        assert "revoked" in (await refusal(server, AnsweringConsole())).what


async def test_the_further_keys_of_a_server_are_kept_for_the_day_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS) as server:
        server.stop()
        second = make_key(server.folder / "second_key", kind="ecdsa")
        server.more_config = f"HostKey {second}\n"
        server.start()
        home = make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        file = home / "known_hosts"
        async with connected(server, Options={"UpdateHostKeys": "no"}) as transport:
            await speaks(transport)
        assert len(file.read_text().splitlines()) == 1
        for _ in range(2):
            async with connected(server), asyncio.timeout(20):
                while len(file.read_text().splitlines()) < 2:
                    await asyncio.sleep(0.01)
        kept = file.read_text().splitlines()
        assert len(kept) == 2, "each is kept once"
        assert kept[1].split()[:3] == [f"[{server.host}]:{server.port}", *Path(f"{second}.pub").read_text().split()[:2]]
        server.stop()
        (server.folder / "host_key").write_bytes(second.read_bytes())
        (server.folder / "host_key.pub").write_bytes(Path(f"{second}.pub").read_bytes())
        server.more_config = ""
        server.start()
        async with connected(server) as transport:
            await speaks(transport)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com\n", ["sntrup761"]),
        ("Ciphers chacha20-poly1305@openssh.com\n", []),
    ],
)
async def test_no_common_way_to_encrypt_is_named(
    config: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS, more_config=config) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        for _ in range(8):
            error = await refusal(server, Options={"Ciphers": "aes128-ctr"})
            if "closed before SSH began" not in error.what:
                break  # the server, which refuses as well, sometimes resets the connection before its list is read
        assert "no matching" in error.what
        assert all(word in error.why for word in words)


async def test_a_changed_key_is_refused_whatever_is_set_and_that_is_said(
    server: Sshd, home: Path, tmp_path: Path
) -> None:
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text().split()
    (home / "known_hosts").write_text(f"[{server.host}]:{server.port} {other[0]} {other[1]}\n")
    error = await refusal(server, Options={"StrictHostKeyChecking": "no"})
    assert "changed" in error.what
    assert "StrictHostKeyChecking no does not change that" in error.why


async def test_a_key_that_others_can_read_is_not_used(server: Sshd, home: Path) -> None:
    server.user_key.chmod(0o644)
    try:
        error = await refusal(server)
    finally:
        server.user_key.chmod(0o600)
    assert "can be read by others" in error.what
    assert "chmod 600" in error.hint


@pytest.mark.parametrize("wrong", [["-n", "127.0.0.1", "-V", "20200101:20200102"], ["-n", "other"]])
async def test_a_certificate_that_is_not_valid_leads_to_the_key_itself(
    wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS) as server:
        server.stop()
        authority = make_key(tmp_path / "ca")
        command = ["ssh-keygen", "-q", "-s", str(authority), "-I", "db", "-h", *wrong]
        subprocess.run([*command, str(server.folder / "host_key.pub")], check=True, capture_output=True)
        server.more_config = f"HostCertificate {server.folder}/host_key-cert.pub\n"
        server.start()
        known = f"@cert-authority [{server.host}]:{server.port} {Path(f'{authority}.pub').read_text()}"
        home = make_home(tmp_path / "home", monkeypatch, known)
        console = AnsweringConsole(answers=["y"])
        async with connected(server, console) as transport:
            await speaks(transport)
        assert "certificate of the host is not valid" in console.text
        assert fingerprint(base64.b64decode(server.known_hosts_line.split()[2])) in str(console.questions[0].preamble)
        assert (home / "known_hosts").read_text() == known + server.known_hosts_line, "never the authority's key"
        async with connected(server) as transport:
            await speaks(transport)


# The way there.


async def test_a_second_server_is_reached_through_a_first(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sshd(tmp_path / "bastion", more_config="LogLevel DEBUG1\n") as bastion:
        bastion.allow(server.user_key)
        home = make_home(tmp_path / "home", monkeypatch)
        console = AnsweringConsole(answers=["y", "y"])
        jump = f"{bastion.user}@{bastion.host}:{bastion.port}"
        async with connected(server, console, Options={"ProxyJump": jump}) as transport:
            await speaks(transport)
            assert "direct-tcpip" in bastion.log
            bastion.kill_connections()
            error = await asyncio.wait_for(end_of(transport), PROMPT)
            assert "lost" in error.why
        assert (home / "known_hosts").read_text() == bastion.known_hosts_line + server.known_hosts_line
        refused = await refusal(server, Port=free_port(), Options={"ProxyJump": jump})
        assert "jump host" in refused.what


async def test_a_proxy_command_carries_the_connection(server: Sshd, home: Path) -> None:
    program = (
        "import socket,sys,threading as t;s=socket.create_connection((sys.argv[1],int(sys.argv[2])));"
        "r=lambda:[(sys.stdout.buffer.write(d),sys.stdout.flush()) for d in iter(lambda:s.recv(9999),b'')];"
        "t.Thread(target=r).start();[s.sendall(d) for d in iter(lambda:sys.stdin.buffer.raw.read(9999),b'')]"
    )
    script = home / "proxy.py"
    script.write_text(program)
    command = f"python3 {script} %h %p 2>/dev/null"
    async with connected(server, Options={"ProxyCommand": command}) as transport:
        await speaks(transport)
    error = await refusal(server, Options={"ProxyCommand": "/no/such/proxy %h"})
    assert "/no/such/proxy" in error.why
    error = await refusal(server, Options={"ProxyCommand": "sh -c 'echo the gateway says no >&2'"})
    assert "the gateway says no" in error.why


# Failing to open.


async def test_a_refused_port_is_named(server: Sshd, home: Path) -> None:
    port = free_port()
    error = await refusal(server, Port=port)
    assert str(port) in error.what
    assert "refused" in error.what


async def test_an_unknown_name_is_named(server: Sshd, home: Path) -> None:
    error = await refusal(server, HostName="no-such-host.invalid")
    assert "no-such-host.invalid" in error.what
    assert "name" in error.what


async def test_a_missing_subsystem_names_the_line_it_needs(server: Sshd, home: Path) -> None:
    error = await refusal(server, Subsystem="pwsh7")
    assert "pwsh7" in error.what
    assert "Subsystem powershell" in error.hint
    assert "-sshs" in error.hint


async def test_what_is_no_ssh_server_is_named(server: Sshd, home: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"<p>\r\n" * 2000)
        writer.close()

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-1.5-old\r\n")
        await reader.read()
        writer.close()

    for handler in (answer, close, old):
        listener = await asyncio.start_server(handler, "127.0.0.1", 0)
        async with listener:
            error = await refusal(server, Port=listener.sockets[0].getsockname()[1])
            assert "SSH" in error.what


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        yield listener.getsockname()[1]


async def test_connecting_timeout_is_kept_and_named(server: Sshd, home: Path) -> None:
    with deaf_port() as port:
        error = await refusal(server, Port=port, ConnectingTimeout=300)
    assert "300 ms" in error.what


async def test_a_connecting_timeout_of_0_is_over_at_once_as_with_powershell(server: Sshd, home: Path) -> None:
    error = await refusal(server, ConnectingTimeout=0)
    assert "0 ms" in error.what
    async with connected(server, ConnectingTimeout=-1):
        pass


async def test_a_limit_of_our_own_ends_a_handshake_that_never_comes(
    server: Sshd, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pstui.backends.transports.ssh import connect as ssh_opening

    monkeypatch.setattr(ssh_opening, "HANDSHAKE_TIMEOUT", 0.3)
    with deaf_port() as port:
        error = await refusal(server, Port=port)
    assert "handshake" in error.what


async def test_connecting_timeout_counts_to_the_first_answer(server: Sshd, home: Path) -> None:
    async with connected(server, Subsystem="silent", ConnectingTimeout=1500) as transport:
        await transport.open(b"opening")
        error = await asyncio.wait_for(end_of(transport), PROMPT)
    assert "1500 ms" in error.what


async def test_cancelling_leaves_nothing_behind(server: Sshd, home: Path) -> None:
    with deaf_port() as port:
        reached = asyncio.Event()

        def step(name: str, detail: str) -> None:
            if name == "port":
                reached.set()

        context = ConnectContext(NobodyConsole(), step)
        opening = asyncio.ensure_future(registry.connect(server.info(Port=port), context))
        await asyncio.wait_for(reached.wait(), 10)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(opening, 2)


async def test_cancelling_while_a_question_is_open_leaves_nothing_behind(server: Sshd, home: Path) -> None:
    (home / "known_hosts").unlink()
    asked = asyncio.Event()

    class Thinking(NobodyConsole):
        async def ask(self, question: Any) -> Any:
            asked.set()
            await asyncio.Event().wait()

    opening = asyncio.ensure_future(registry.connect(server.info(), ConnectContext(Thinking())))
    await asyncio.wait_for(asked.wait(), 10)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(opening, 2)


# A session that ends by itself.


async def test_garbage_on_stdout_fails_at_once(server: Sshd, home: Path) -> None:
    async with connected(server, Subsystem="garbage") as transport:
        await transport.open(b"opening")
        error = await asyncio.wait_for(end_of(transport), PROMPT)
    assert "Welcome to db" in error.what


@pytest.mark.parametrize(("subsystem", "word"), [("failing", "code 3"), ("absent", "127")])
async def test_a_subsystem_that_fails_says_how(server: Sshd, home: Path, subsystem: str, word: str) -> None:
    async with connected(server, Subsystem=subsystem) as transport:
        with contextlib.suppress(SessionBroken):
            await transport.open(b"opening")
        error = await asyncio.wait_for(end_of(transport), PROMPT)
    assert word in error.text()
    assert f"ssh -p {server.port} {getpass.getuser()}@{server.host} pwsh -v" in error.hint
    assert "ForceCommand" in error.hint


async def test_a_killed_subsystem_ends_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        async with connected(server) as transport:
            await speaks(transport)
            server.kill_subsystems()
            error = await asyncio.wait_for(end_of(transport), PROMPT)
            assert "KILL" in error.text()


async def test_a_killed_server_ends_an_idle_and_a_busy_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sshd(tmp_path / "sshd", subsystems=SUBSYSTEMS) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        async with connected(server) as idle, connected(server) as busy:
            await speaks(idle)
            await speaks(busy)
            waiting = asyncio.ensure_future(busy.command(uuid.uuid4(), b"never acknowledged"))
            server.kill_connections()
            for transport in (idle, busy):
                error = await asyncio.wait_for(end_of(transport), PROMPT)
                assert "lost" in error.why
            with pytest.raises(SessionBroken):
                await asyncio.wait_for(waiting, PROMPT)


async def test_a_server_that_falls_silent_is_noticed(server: Sshd, home: Path) -> None:
    import signal

    from tests.support.sshd import _descendants

    options = {"ServerAliveInterval": "1", "ServerAliveCountMax": "1"}
    assert server._process is not None
    before = set(_descendants(server._process.pid))
    async with connected(server, Options=options) as transport:
        await speaks(transport)
        held = set(_descendants(server._process.pid)) - before
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            error = await asyncio.wait_for(end_of(transport), PROMPT)
        finally:
            for pid in held:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
    assert "lost" in error.why


async def test_the_logs_hold_no_secret(
    server: Sshd, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = make_key(tmp_path / "locked", "open sesame")
    server.allow(key)
    with caplog.at_level(logging.DEBUG):
        async with connected(server, AnsweringConsole(answers=["open sesame"]), KeyFilePath=str(key)):
            pass
    assert "Auth for user" in caplog.text
    assert "sesame" not in caplog.text
