"""What is agreed on before the login: servers that offer only what is old, and new keys for a long connection."""

from __future__ import annotations

import asyncio
import subprocess
import warnings
from pathlib import Path

import asyncssh
import pytest
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import session

from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.answers import AnsweringConsole
from tests.support.nobody import NobodyConsole
from tests.support.parts import requires
from tests.support.sshd import Sshd, make_home, make_key, running_sshd

LIMIT = 60.0
FLOOD = 3_000_000


async def opened(server: Sshd, **values: object) -> None:
    made = await asyncio.wait_for(registry.connect(server.info(**values), ConnectContext(NobodyConsole())), LIMIT)
    await made.abort()


@pytest.mark.parametrize(
    ("line", "what", "offer"),
    [
        ("HostKeyAlgorithms ssh-dss", "host key type", "ssh-dss"),
        ("KexAlgorithms diffie-hellman-group1-sha1", "key exchange method", "diffie-hellman-group1-sha1"),
        ("Ciphers aes128-cbc", "cipher", "aes128-cbc"),
        ("Ciphers aes128-ctr\nMACs hmac-md5", "MAC", "hmac-md5"),
    ],
)
async def test_a_server_that_offers_only_what_is_old_is_told_as_ssh_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, what: str, offer: str
) -> None:
    kind = "dsa" if "dss" in line else "ed25519"
    known = subprocess.run([requires("sshd", ("ssh",)), "-Q", "key"], capture_output=True, text=True, check=True).stdout
    if kind == "dsa" and "ssh-dss" not in known:
        pytest.skip("this OpenSSH knows no DSA any longer")
    (tmp_path / "sshd").mkdir()
    make_key(tmp_path / "sshd" / "host_key", kind=kind)
    with running_sshd(tmp_path / "sshd", subsystems={"powershell": ACKNOWLEDGE}, more_config=line) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        with pytest.raises(OpenError, match=f"no matching {what} was found") as caught:
            await opened(server)
        assert f"The server offers: {offer}.\n" in caught.value.why and "pstui offers: " in caught.value.why
        option = line.split("\n")[-1].split()[0]
        if option != "HostKeyAlgorithms":
            await opened(server, Options={option: f"+{offer}"})


async def test_old_key_exchange_says_nothing_on_standard_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "KexAlgorithms diffie-hellman-group14-sha256"
    with running_sshd(tmp_path / "sshd", subsystems={"powershell": ACKNOWLEDGE}, more_config=more) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await opened(server)
    assert [str(one.message) for one in caught if "Diffie-Hellman" in str(one.message)] == []


async def flooded(server: Sshd, **values: object) -> int:
    """Receive a flood; return how often the server was asked for new keys meanwhile."""
    before = server.log.count("SSH2_MSG_KEXINIT received")
    channel = await session.connect(server.info(**values), ConnectContext(AnsweringConsole()))
    size = 0
    async with asyncio.timeout(LIMIT):
        while size < FLOOD:
            data = await channel.read()
            assert data and not data.strip(b"\0"), "intact"
            size += len(data)
    assert size == FLOOD
    await channel.stop()
    return server.log.count("SSH2_MSG_KEXINIT received") - before - 1


async def test_rekey_limit_counts_what_comes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subsystems = {"powershell": f"head -c {FLOOD} /dev/zero; exec cat"}
    with running_sshd(tmp_path / "sshd", subsystems=subsystems, more_config="LogLevel DEBUG1") as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        assert await flooded(server) == 0
        assert await flooded(server, Options={"RekeyLimit": "512K"}) in range(2, 7)


async def test_the_library_still_counts_only_what_it_sends(tmp_path: Path) -> None:
    subsystems = {"powershell": f"head -c {FLOOD} /dev/zero; exec cat"}
    with running_sshd(tmp_path / "sshd", subsystems=subsystems, more_config="LogLevel DEBUG1") as server:
        async with asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            client_keys=[str(server.user_key)],
            known_hosts=None,
            config=None,
            rekey_bytes=512 << 10,
        ) as there:
            _, reader, _ = await there.open_session(subsystem="powershell", encoding=None)
            await asyncio.wait_for(reader.readexactly(FLOOD), LIMIT)
        assert server.log.count("SSH2_MSG_KEXINIT received") == 1
