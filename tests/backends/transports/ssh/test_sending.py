"""What is not sent: anything after the end of a connection, and empty packets. And what arrives is not copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.transports.ssh.receive_window import Arrived, send_nothing_empty, stop_at_the_end

from tests.support.sshd import Sshd, make_home, running_sshd, sshd

__all__ = ["sshd"]


async def sent_after_the_end(server: Sshd, mend: Callable[[asyncssh.SSHClientConnection], None]) -> None:
    """End a connection and send on it in the same turn of the loop."""
    options: dict[str, Any] = {"client_keys": [str(server.user_key)], "known_hosts": None, "config": None}
    async with asyncssh.connect(server.host, server.port, username=server.user, **options) as there:
        mend(there)
        library: Any = there
        library._transport.abort()
        for _ in range(20):
            there.send_debug("more")


async def test_nothing_is_sent_after_the_end(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    await sent_after_the_end(sshd, stop_at_the_end)
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_the_library_still_writes_on(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    await sent_after_the_end(sshd, lambda connection: None)
    assert "socket.send() raised exception." in caplog.text


async def empty_packets(folder: Path, cipher: str, mend: Callable[[asyncssh.SSHClientConnection], None]) -> int:
    """Return how many a server gets while a command is run."""
    with running_sshd(folder / "sshd", more_config=f"LogLevel DEBUG3\nCiphers {cipher}") as server:
        options: dict[str, Any] = {"client_keys": [str(server.user_key)], "known_hosts": None, "config": None}
        options["encryption_algs"] = [cipher]
        async with asyncssh.connect(server.host, server.port, username=server.user, **options) as there:
            mend(there)
            assert (await there.run("echo here")).stdout == "here\n"
        return server.log.count("Received SSH2_MSG_IGNORE")


@pytest.mark.parametrize(
    ("cipher", "are_sent"),
    [("aes256-gcm@openssh.com", False), ("chacha20-poly1305@openssh.com", False), ("aes128-cbc", True)],
)
async def test_what_is_empty_is_sent_only_where_it_hides_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cipher: str, are_sent: bool
) -> None:
    make_home(tmp_path / "home", monkeypatch)
    # Those that the login sends are gone before this mend is there.
    assert (await empty_packets(tmp_path, cipher, send_nothing_empty) > 3) is are_sent


async def test_the_library_still_sends_what_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_home(tmp_path / "home", monkeypatch)
    assert await empty_packets(tmp_path, "aes256-gcm@openssh.com", lambda connection: None) > 3


async def test_the_library_still_keeps_bytes(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_home(tmp_path / "home", monkeypatch)
    options: dict[str, Any] = {"client_keys": [str(sshd.user_key)], "known_hosts": None, "config": None}
    async with asyncssh.connect(sshd.host, sshd.port, username=sshd.user, **options) as there:
        library: Any = there
        assert type(library._inpbuf) is bytes


def test_what_arrived_is_cut_as_bytes_are() -> None:
    whole = bytes(range(200))
    plain, arrived = b"", Arrived(b"")
    for at in range(0, len(whole), 50):
        plain += whole[at : at + 50]
        arrived += whole[at : at + 50]
        for head, end in ((7, 20), (0, 9)):
            assert (arrived[:end], arrived[head:end]) == (plain[:end], plain[head:end])
            assert arrived.find(bytes([plain[12]]), 0, 20) == plain.find(bytes([plain[12]]), 0, 20) == 12
            plain, arrived = plain[end:], arrived[end:]  # type: ignore[assignment]
            assert len(arrived) == len(plain)
            assert arrived.find(b"\xff", 0, 20) == -1
    assert not Arrived(b"")
