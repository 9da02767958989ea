"""What is said, and what is not, of a login that another program has to do with: proxies, Kerberos, agents, SFTP."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError, SessionBroken
from pstui.backends.transports import registry
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.ssh import failures, target

from tests.backends.transports.ssh.test_transport import ACKNOWLEDGE
from tests.support.nobody import NobodyConsole
from tests.support.sshd import make_home, make_key, running_sshd

LIMIT = 30.0
#: joins its standard streams to a port
PROXY = """\
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def pass_on(read, write):
    while data := read():
        write(data)
threading.Thread(target=pass_on, args=(lambda: os.read(0, 65536), there.sendall), daemon=True).start()
pass_on(lambda: there.recv(65536), lambda data: os.write(1, data))
"""


async def test_no_child_of_a_proxy_command_is_complained_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "asyncio")
    script = tmp_path / "proxy.py"
    script.write_text(PROXY)
    with running_sshd(tmp_path / "sshd", subsystems={"powershell": ACKNOWLEDGE}) as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        info = server.info(Options={"ProxyCommand": f"{sys.executable} {script} %h %p"})
        for _ in range(2):
            made = await asyncio.wait_for(registry.connect(info, ConnectContext(NobodyConsole())), LIMIT)
            await made.abort()
        with pytest.raises(OpenError):
            failing = server.info(Options={"ProxyCommand": "exit 3"})
            await asyncio.wait_for(registry.connect(failing, ConnectContext(NobodyConsole())), LIMIT)
    assert [one.getMessage() for one in caplog.records if "child" in one.getMessage()] == []


@pytest.mark.parametrize("takes_it", [True, False])
async def test_kerberos_without_its_extra_is_named_where_the_server_takes_it(
    takes_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (failures, target):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    with running_sshd(tmp_path / "sshd", more_config=f"GSSAPIAuthentication {'yes' if takes_it else 'no'}") as server:
        if "Unsupported option GSSAPIAuthentication" in server.log:
            pytest.skip("this sshd was built without Kerberos")
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        info = server.info(KeyFilePath=str(make_key(tmp_path / "other")), Options={"GSSAPIAuthentication": "yes"})
        with pytest.raises(OpenError) as caught:
            await asyncio.wait_for(registry.connect(info, ConnectContext(NobodyConsole())), LIMIT)
    assert ("needs the extra kerberos of this installation" in caught.value.why) is takes_it
    assert bool(caught.value.offers) is takes_it


def test_an_agent_named_by_a_variable_that_is_not_set_is_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home", monkeypatch, config="Host db\n ForwardAgent $MY_AGENT\n")
    monkeypatch.setattr(target, "config_files", lambda: [home / "config", tmp_path / "none"])
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/usual")
    info = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "db"})
    monkeypatch.delenv("MY_AGENT", raising=False)
    assert target.settings(target.resolve(info, tmp_path)[-1])["agent_forwarding"] is True
    monkeypatch.setenv("MY_AGENT", "/run/mine")
    assert target.settings(target.resolve(info, tmp_path)[-1])["agent_forwarding"] == "/run/mine"


async def test_a_server_that_forces_sftp_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sshd(tmp_path / "sshd", more_config="ForceCommand internal-sftp") as server:
        make_home(tmp_path / "home", monkeypatch, server.known_hosts_line)
        made = await asyncio.wait_for(registry.connect(server.info(), ConnectContext(NobodyConsole())), LIMIT)
        await made.open(b"opening")
        with pytest.raises(SessionBroken) as caught:
            async with asyncio.timeout(LIMIT):
                async for _ in made.incoming():
                    pass
        assert "sftp-server ends so when it is spoken to in another language" in str(caught.value.text())
        await made.abort()
