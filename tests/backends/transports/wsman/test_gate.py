"""WinRM through an SSH host: a real sshd before the endpoint, whose own port cannot be reached directly here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.tui.profiles.reading import read
from pstui.tui.profiles.vault import Vault
from urllib3.util import connection as urllib3_connection

from tests.support.scripted_console import ScriptedConsole
from tests.support.sshd import Sshd, make_home, running_sshd
from tests.support.winrm_fixture import WinRMEndpoint, WinRMOptions, running_winrm, winrm_endpoint
from tests.support.winrm_kdc import REALM, Kdc
from tests.support.winrm_runs import a_new_run
from tests.support.wsman_calls import call, credential, refusal, session

__all__ = ["a_new_run", "winrm_endpoint"]

WINRM = WinRMOptions(kerberos=["localhost"], https=True)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("gate")) as running:
        yield running


@pytest.fixture
def gate(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the gate's name in ssh_config; nothing else leads anywhere."""
    home = make_home(tmp_path / "home", monkeypatch, sshd.known_hosts_line)
    own = f"HostName {sshd.host}\nPort {sshd.port}\nIdentityFile {sshd.user_key}\nIdentitiesOnly yes\n"
    (home / "config").write_text(f"Host gate\n{own}Host second\n{own}")

    def directly(*args: Any, **kwargs: Any) -> Any:
        raise OSError("there is no direct way")

    monkeypatch.setattr(urllib3_connection, "create_connection", directly)
    return "gate"


@pytest.fixture
def kdc(winrm_endpoint: WinRMEndpoint, monkeypatch: pytest.MonkeyPatch, a_new_run: None) -> Iterator[Kdc]:
    assert winrm_endpoint.kdc is not None
    for name, value in winrm_endpoint.kdc.client.items():
        monkeypatch.setenv(name, value)
    yield winrm_endpoint.kdc
    winrm_endpoint.kdc.kdestroy()


def through(endpoint: WinRMEndpoint, gate: str, **values: Any) -> ConnectionInfo:
    settings = {"via": gate, **values.pop("settings", {})}
    info: ConnectionInfo = call(endpoint, settings=settings, **values)
    return info


async def answer(info: ConnectionInfo) -> list[str]:
    console = ScriptedConsole()
    async with session(info, console) as opened:
        await opened.invoke_script("'here'", console)
    return console.shown()


async def test_ntlm_goes_through_the_gate_and_is_sealed(winrm_endpoint: WinRMEndpoint, sshd: Sshd, gate: str) -> None:
    logins = sshd.log.count("Accepted publickey")
    assert await answer(through(winrm_endpoint, gate)) == ["here"]
    assert winrm_endpoint.requests("Create")[-1]["sealed"]
    assert sshd.log.count("Accepted publickey") == logins + 1, "all connections of a session share the login"


async def test_kerberos_proves_the_target_and_not_the_gate(winrm_endpoint: WinRMEndpoint, gate: str, kdc: Kdc) -> None:
    name = credential(f"alice@{REALM}")
    settings: dict[str, Any] = {"trusted_hosts": []}
    assert await answer(
        through(winrm_endpoint, gate, Credential=name, Authentication="Kerberos", settings=settings)
    ) == ["here"]
    assert winrm_endpoint.requests("Create")[-1]["user"] == f"alice@{REALM}"


async def test_tls_checks_the_targets_certificate(
    winrm_endpoint: WinRMEndpoint, gate: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = await refusal(through(winrm_endpoint, gate, ssl=True))
    assert told.startswith("localhost: "), "the target is named"
    assert "certificate" in told
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(winrm_endpoint.authority.certificate))
    assert await answer(through(winrm_endpoint, gate, ssl=True)) == ["here"]
    with running_winrm(tmp_path / "other", WinRMOptions(https=True, certified=["elsewhere.test"])) as other:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.authority.certificate))
        told = await refusal(through(other, gate, ssl=True))
        assert told.startswith("localhost: ")
        assert "name" in told


async def test_a_chain_of_gates_leads_there(
    winrm_endpoint: WinRMEndpoint, sshd: Sshd, gate: str, tmp_path: Path
) -> None:
    with running_sshd(tmp_path / "second") as second:
        home = tmp_path / "home" / ".ssh"
        (home / "known_hosts").write_text(sshd.known_hosts_line + second.known_hosts_line)
        config = home / "config"
        own = f"HostName {second.host}\nPort {second.port}\nIdentityFile {second.user_key}\n"
        config.write_text(f"{config.read_text()}Host inner\n{own}")
        logins = sshd.log.count("Accepted publickey")
        assert await answer(through(winrm_endpoint, "gate, inner")) == ["here"]
        assert sshd.log.count("Accepted publickey") == logins + 1
        assert second.log.count("Accepted publickey") == 1


async def test_a_closed_port_behind_the_gate_is_said_before_a_password_is_asked(
    winrm_endpoint: WinRMEndpoint, gate: str
) -> None:
    console = ScriptedConsole()
    told = await refusal(through(winrm_endpoint, gate, Port=1, Credential=credential(password=None)), console)
    assert "nothing answers on port 1" in told
    assert "gate, through which it goes" in told
    assert "of this computer" not in told, "localhost is the gate's"
    assert not console.questions


def by_ssh(gate: str) -> dict[str, Any]:
    """The gate through this computer's own ssh."""
    return {"gates": {gate: ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": gate, "Engine": ("ssh",)})}}


async def test_this_computers_ssh_is_a_gate_and_logs_in_once(
    winrm_endpoint: WinRMEndpoint, sshd: Sshd, gate: str
) -> None:
    logins = sshd.log.count("Accepted publickey")
    assert await answer(through(winrm_endpoint, gate, settings=by_ssh(gate))) == ["here"]
    assert sshd.log.count("Accepted publickey") == logins + 1
    told = await refusal(through(winrm_endpoint, gate, Port=1, settings=by_ssh(gate)))
    assert "nothing answers on port 1" in told and "gate, through which it goes" in told


async def test_a_gate_that_is_no_host_is_refused(winrm_endpoint: WinRMEndpoint) -> None:
    told = await refusal(through(winrm_endpoint, "no host!"))
    assert "cannot be a host" in told


async def test_a_saved_host_is_a_gate_by_its_name(winrm_endpoint: WinRMEndpoint, sshd: Sshd, gate: str) -> None:
    file = winrm_endpoint.folder / "gates.toml"
    file.write_text(
        f'[hosts.door]\nhost_name = "{sshd.host}"\nport = {sshd.port}\nkey_file_path = "{sshd.user_key}"\n'
        f'[hosts.web1]\ncomputer_name = "localhost"\nport = {winrm_endpoint.port}\nvia = "door"\n'
        'trusted_hosts = ["<local>"]\n[hosts.winrm]\ncomputer_name = "elsewhere"\n'
    )
    profiles = read(file)
    vault = Vault(lambda: {}, hosts=profiles.gate)
    info = profiles.connection("host", "web1")
    ready = await vault.ready(
        ConnectionInfo(info.parameter_set, {**info.values, "Credential": credential()}, settings=info.settings),
        ScriptedConsole(),
    )
    assert await answer(ready) == ["here"]
    with pytest.raises(Exception, match="leads to no others"):
        profiles.gate("winrm")
