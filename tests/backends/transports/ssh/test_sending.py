"""What is sent after the end of a connection: nothing, and no warning of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pstui.backends.transports.ssh.receive_window import stop_at_the_end

from tests.support.sshd import Sshd, make_home, sshd

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
