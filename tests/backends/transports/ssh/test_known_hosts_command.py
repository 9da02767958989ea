"""KnownHostsCommand: what it prints counts as known, run as ssh runs it; the real ssh is asked the same."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pstui.backends.errors import OpenError
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import known_hosts_command
from pstui.backends.transports.ssh.known_hosts_command import KnownHostsCommand

from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.answers import AnsweringConsole
from tests.support.sshd import Sshd, make_home, make_key, running_sshd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd"), subsystems={"powershell": ACKNOWLEDGE}) as sshd:
        yield sshd


def script(folder: Path, text: str) -> Path:
    """Write a command that notes how it was called."""
    path = folder / "known keys"
    path.write_text(f'#!/bin/sh\nfor one in "$@"; do echo "$one" >>"{folder}/calls"; done\n{text}\n')
    path.chmod(0o700)
    return path


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


async def opened(server: Sshd, **options: str) -> AnsweringConsole:
    """Open and close a connection that may ask nothing; return its console."""
    console = AnsweringConsole(answers=[])
    transport = await registry.connect(server.info(Options=options), ConnectContext(console))
    await transport.abort()
    return console


async def test_a_key_that_the_command_prints_is_known(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    command = script(tmp_path, f"printf %s '{server.known_hosts_line}'")
    await opened(server, KnownHostsCommand=f'"{command}" %H "a b" %%')
    assert calls(tmp_path) == [f"[{server.host}]:{server.port}", "a b", "%"], "it says the same with the key: once"


async def test_it_is_run_with_the_key_where_it_names_it(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = make_home(tmp_path / "home", monkeypatch)
    line = server.known_hosts_line.strip()
    command = script(tmp_path, f"test \"$1\" = HOSTNAME && echo '{line}' || true")
    value = f'"{command}" %I %t %f %K %p'
    options = {"KnownHostsCommand": value, "UserKnownHostsFile": str(ssh / "none"), "BatchMode": "yes"}
    await opened(server, **options)
    ours = calls(tmp_path)
    kind, blob = line.split()[1:3]
    port = str(server.port)
    assert ours[:5] == ["ORDER", "NONE", "NONE", "NONE", port]
    assert ours[5:7] == ["HOSTNAME", kind] and ours[7].startswith("SHA256:") and ours[8:10] == [blob, port]
    (tmp_path / "calls").unlink()
    words = [f"-o{name}={text}" for name, text in options.items()]
    command_line = ["ssh", "-F", "none", *words, "-i", str(server.user_key), "-p", port, server.host, "true"]
    subprocess.run(command_line, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=20)
    assert ours[:10] == calls(tmp_path)[:10], "as ssh calls it"


async def test_a_key_other_than_the_printed_one_has_changed(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text().split()
    command = script(tmp_path, f"echo '[{server.host}]:{server.port} {other[0]} {other[1]}'")
    with pytest.raises(OpenError, match="the host key has changed") as caught:
        await opened(server, KnownHostsCommand=f'"{command}"')
    assert "KnownHostsCommand" in caught.value.why and "ssh-keygen" not in caught.value.hint


async def test_what_goes_wrong_with_it_is_told(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_home(tmp_path / "home", monkeypatch)
    with pytest.raises(OpenError, match="the host key is not known"):
        await opened(server, KnownHostsCommand="/no/such/command", StrictHostKeyChecking="yes")
    found = KnownHostsCommand("relative %H", {})
    assert found.run("db") == [] and "whole path" in found.problem
    with pytest.raises(OpenError, match="KnownHostsCommand failed") as caught:
        KnownHostsCommand('/bin/sh -c "exit 3"', {}).run("db")
    assert "exit code 3" in caught.value.why
    # As with ssh, even where the key is known otherwise.
    make_home(tmp_path / "known", monkeypatch, server.known_hosts_line)
    for failing in ("/bin/false", '/bin/sh -c "kill -9 $$"'):
        with pytest.raises(OpenError, match="KnownHostsCommand failed"):
            await opened(server, KnownHostsCommand=failing)
    await opened(server, KnownHostsCommand="/no/such/command")


def test_neither_its_output_nor_its_time_is_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_hosts_command, "MAX_OUTPUT", 1000)
    found = KnownHostsCommand('/bin/sh -c "yes"', {})
    assert sum(len(line) + 1 for line in found.run("db")) <= 1001
    monkeypatch.setattr(known_hosts_command, "PATIENCE", 0.05)
    with pytest.raises(OpenError, match="KnownHostsCommand failed"):
        KnownHostsCommand('/bin/sh -c "sleep 60"', {}).run("db")
