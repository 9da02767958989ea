"""Every keyword of ssh_config(5): done, named by -WhatIf, or refused; from a file and from -Options alike."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError
from pstui.backends.transports.ssh import target
from pstui.backends.transports.ssh.describe import describe
from pstui.backends.transports.ssh.keywords import IGNORED, KNOWN
from pstui.backends.transports.ssh.options import option_lines
from pstui.backends.transports.ssh.target import Hop

from tests.support.parts import requires
from tests.support.sshd import make_home

#: what has an effect on the connection, each with a value that is not the usual one
DONE = {
    "AddKeysToAgent": "yes", "AddressFamily": "inet", "BatchMode": "yes", "BindAddress": "127.0.0.1",
    "CASignatureAlgorithms": "ssh-ed25519", "CertificateFile": "/c", "CheckHostIP": "yes", "Ciphers": "aes256-ctr",
    "Compression": "yes", "ConnectTimeout": "7", "ControlPath": "/run/none", "DynamicForward": "1080",
    "ExitOnForwardFailure": "yes", "ForwardAgent": "yes", "GatewayPorts": "yes", "GlobalKnownHostsFile": "/g",
    "GSSAPIAuthentication": "yes", "GSSAPIDelegateCredentials": "yes", "HashKnownHosts": "yes",
    "HostKeyAlgorithms": "ssh-ed25519", "HostKeyAlias": "other", "HostName": "db", "IdentitiesOnly": "yes",
    "IdentityAgent": "/a", "IdentityFile": "/i", "IPQoS": "af11", "KbdInteractiveAuthentication": "no",
    "KexAlgorithms": "curve25519-sha256", "KnownHostsCommand": "/bin/true", "LocalForward": "1 a:1",
    "MACs": "hmac-sha2-256", "NumberOfPasswordPrompts": "1", "PasswordAuthentication": "no",
    "PermitRemoteOpen": "a:1", "Port": "23", "PreferredAuthentications": "password", "ProxyCommand": "nc %h %p",
    "ProxyJump": "gate", "PubkeyAcceptedAlgorithms": "ssh-ed25519", "PubkeyAuthentication": "no",
    "RekeyLimit": "1G", "RemoteForward": "1 a:1", "RequiredRSASize": "2048", "RevokedHostKeys": "/r",
    "SendEnv": "X_*", "ServerAliveCountMax": "5", "ServerAliveInterval": "9", "SetEnv": "A=1",
    "StreamLocalBindMask": "0077", "StreamLocalBindUnlink": "yes", "StrictHostKeyChecking": "yes",
    "TCPKeepAlive": "no", "UpdateHostKeys": "no", "User": "bob", "UserKnownHostsFile": "/u",
}  # fmt: skip
#: what is told by name: pstui does not do it
NOT_DONE = {
    "BindInterface": "lo", "ConnectionAttempts": "3", "FingerprintHash": "md5", "GSSAPIClientIdentity": "a",
    "GSSAPIKeyExchange": "yes", "GSSAPIRenewalForcesRekey": "yes", "GSSAPIServerIdentity": "a",
    "GSSAPITrustDns": "yes", "HostbasedAuthentication": "yes", "KbdInteractiveDevices": "pam", "LocalCommand": "true",
    "NoHostAuthenticationForLocalhost": "yes", "PermitLocalCommand": "yes", "PKCS11Provider": "/lib/x.so",
    "ProxyUseFdpass": "yes", "SecurityKeyProvider": "/lib/y.so", "Tunnel": "yes", "VerifyHostKeyDNS": "yes",
    "VisualHostKey": "yes",
}  # fmt: skip
#: what has nothing to do with a session of PowerShell
MEANINGLESS = {
    "ControlMaster": "auto", "ControlPersist": "5m", "EnableEscapeCommandline": "yes", "EnableSSHKeysign": "yes",
    "EscapeChar": "none", "ForkAfterAuthentication": "yes", "ForwardX11": "yes", "ForwardX11Timeout": "5m",
    "HostbasedAcceptedAlgorithms": "ssh-ed25519", "LogLevel": "DEBUG", "LogVerbose": "a", "RemoteCommand": "ls",
    "RequestTTY": "force", "SessionType": "none", "StdinNull": "yes", "SyslogFacility": "AUTH",
    "TunnelDevice": "3", "XAuthLocation": "/x",
}  # fmt: skip
#: what decides which lines and names count, or what another keyword does
DECIDING = {
    "CanonicalDomains": "a", "CanonicalizeFallbackLocal": "yes", "CanonicalizeHostname": "no",
    "CanonicalizeMaxDots": "2", "CanonicalizePermittedCNAMEs": "none", "ClearAllForwardings": "yes", "Host": "t",
    "IgnoreUnknown": "x", "Include": "/none", "Match": "all", "ForwardX11Trusted": "yes",
    "GSSAPIKexAlgorithms": "gss-group14-sha256-",
}  # fmt: skip
#: set by -Options beside those of DONE
ALSO_OPTIONS = {"ClearAllForwardings"}
#: in a file alone
NOT_OPTIONS = {"ControlPath"}


INFO = ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": "t"})


@pytest.fixture(params=["ssh", "own"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of its own, read by ssh or by pstui."""
    folder = make_home(tmp_path / "home", monkeypatch, config="")
    monkeypatch.setattr(target, "config_files", lambda: [folder / "config", tmp_path / "system"])
    if request.param == "own":
        monkeypatch.setattr(target, "program", lambda: "")
    else:
        requires("sshd", ("ssh",))
    return folder


def read(home: Path, text: str) -> tuple[Hop, dict[str, Any]]:
    """Return the target that a configuration makes, and what -WhatIf says of it."""
    (home / "config").write_text(text)
    told = describe(INFO)
    assert not isinstance(told, str), told
    return target.resolve(INFO, home)[-1], told[-1]


def reaching(hop: Hop) -> tuple[object, ...]:
    """Return what a connection is made of."""
    told = hop.told
    assert told is not None
    rest = (told.text(name) for name in ("addkeystoagent", "checkhostip", "controlpath"))
    return (hop.identity, hop.forwards, hop.service, *rest)


@pytest.mark.parametrize("table", [DONE, NOT_DONE, MEANINGLESS, {}])
def test_what_is_not_done_is_named(table: dict[str, str], home: Path) -> None:
    _, said = read(home, "".join(f"{name} {value}\n" for name, value in table.items()))
    named = {name.lower() for name in table} if table is not DONE else set()
    assert set(said.get("NotDone", ())) == (named if table is NOT_DONE else set())
    assert set(said.get("WithoutMeaning", ())) == (named if table is MEANINGLESS else set())


def test_what_is_not_named_has_an_effect(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "program", lambda: "")  # ssh -G says the same, and takes its time
    usual = target.resolve(INFO, home)[-1]
    for name, value in DONE.items():
        (home / "config").write_text(f"Host t\n {name} {value}\n")
        assert reaching(target.resolve(INFO, home)[-1]) != reaching(usual), name


def test_the_table_has_every_keyword() -> None:
    here = {name.lower() for table in (DONE, NOT_DONE, MEANINGLESS, DECIDING) for name in table}
    assert {kind.name for kind in KNOWN.values()} <= here
    ssh = requires("sshd", ("ssh",))
    told = subprocess.run([ssh, "-G", "-F", "none", "x"], capture_output=True, text=True, check=True, timeout=60)
    newer = {"tag", "obscurekeystroketiming", "channeltimeout", "versionaddendum", "refuseconnection", "warnweakcrypto"}
    assert {line.split(" ")[0].lower() for line in told.stdout.splitlines()} <= here | newer


def test_each_keyword_of_the_options_is_taken_or_refused_by_name() -> None:
    for name, value in {**DONE, **NOT_DONE, **MEANINGLESS, **DECIDING, **dict.fromkeys(IGNORED, "x")}.items():
        if (name in DONE and name not in NOT_OPTIONS) or name in ALSO_OPTIONS:
            assert option_lines({name: value}), name
            continue
        with pytest.raises(CallError) as refused:
            option_lines({name: value})
        assert name in refused.value.what and "-Engine ssh" in refused.value.hint


def test_a_way_to_log_in_by_tokens_is_known_by_its_old_name_too(home: Path) -> None:
    _, said = read(home, "SmartcardDevice /lib/x.so\n")
    assert said["NotDone"] == ["pkcs11provider"]


def test_canonical_names_are_told_where_there_is_no_ssh(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "program", lambda: "")
    _, said = read(home, "CanonicalizeHostname yes\nCanonicalDomains corp.example\n")
    assert said["NotDone"] == ["canonicalizehostname"]


def test_what_means_nothing_says_so_and_stops_nothing(home: Path) -> None:
    hop, said = read(home, "ForkAfterAuthentication yes\nLogLevel QUIET\nUser bob\n")
    assert hop.user == "bob"
    assert "loglevel" in said["WithoutMeaning"] and "NotDone" not in said
